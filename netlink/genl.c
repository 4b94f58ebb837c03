/* SPDX-License-Identifier: Apache-2.0 */

#include "config.h"

#include "netlink/genl.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <string.h>

#include "netlink/genl-helper.h"
#include "netlink/nl-attr.h"
#include "netlink/nl-conn.h"
#include "netlink/retry.h"
#include "openvswitch/shash.h"
#include "openvswitch/vlog.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(genl_families);

BUILD_ASSERT_DECL(GENL_FAMILY_NAME_MAX == GENL_NAMSIZ);

static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(5, 5);

struct genl_watch {
    char *name;                 /* Of the family. */
    genl_family_cb *cb;
    void *aux;                  /* For 'cb'. */
    bool told;                  /* Was 'cb' ever called? */
    struct genl_family current; /* What was told; its id is 0 for gone. */
    bool gone;                  /* CTRL_CMD_DELFAMILY came for it. */
};

struct genl {
    struct nl_conn *requests;   /* Lane. */
    struct nl_conn *events;     /* Netlink socket in group "notify". */
    bool joined;                /* Is it? */
    struct genl_watch *watches;
    size_t n_watches, allocated_watches;
    struct shash families;      /* Of struct genl_family, being dumped. */
    bool dumping;               /* Is a dump queued or under way? */
    bool dirty;                 /* Is another one needed? */
    struct retry retry;         /* Until a dump that failed is repeated. */
};

uint16_t
genl_family_id(const struct genl_family *family)
{
    return family->id;
}

uint32_t
genl_family_group(const struct genl_family *family, const char *group)
{
    for (size_t i = 0; i < family->n_groups; i++) {
        if (!strcmp(family->groups[i].name, group)) {
            return family->groups[i].id;
        }
    }
    return 0;
}

static bool
parse_group(const struct nlattr *nest, struct genl_family *family)
{
    const struct nlattr *tb[CTRL_ATTR_MCAST_GRP_ID + 1];
    struct genl_group *group = &family->groups[family->n_groups];

    if (!attr_parse_nested(nest, CTRL_ATTR_MCAST_GRP_ID, tb)
        || !attr_get_string(tb[CTRL_ATTR_MCAST_GRP_NAME], group->name,
                            sizeof group->name)
        || !attr_get_u32(tb[CTRL_ATTR_MCAST_GRP_ID], &group->id)) {
        return false;
    }
    family->n_groups++;
    return true;
}

bool
genl_family_parse(const struct nlmsghdr *nlh, struct genl_family *family)
{
    const struct nlattr *groups[GENL_MAX_GROUPS + 1];
    const struct nlattr *tb[CTRL_ATTR_MCAST_GROUPS + 1];

    memset(family, 0, sizeof *family);
    if (!attr_parse_message(nlh, GENL_HDRLEN, CTRL_ATTR_MCAST_GROUPS, tb)
        || !attr_get_string(tb[CTRL_ATTR_FAMILY_NAME], family->name,
                            sizeof family->name)
        || !attr_get_u16(tb[CTRL_ATTR_FAMILY_ID], &family->id)
        || !family->id) {
        return false;
    }
    if (!tb[CTRL_ATTR_MCAST_GROUPS]) {
        return true;
    }
    if (!attr_parse_nested(tb[CTRL_ATTR_MCAST_GROUPS], GENL_MAX_GROUPS,
                           groups)) {
        return false;
    }
    /* The kernel numbers the nests from 1. */
    for (size_t i = 1; i <= GENL_MAX_GROUPS; i++) {
        if (groups[i] && family->n_groups < GENL_MAX_GROUPS
            && !parse_group(groups[i], family)) {
            return false;
        }
    }
    return true;
}

struct nlmsghdr *
genl_request_init(void *buf, size_t size, uint16_t family, uint8_t cmd,
                  uint8_t version, bool dump)
{
    struct genlmsghdr *genl;
    struct nlmsghdr *nlh;

    memset(buf, 0, size);
    nlh = mnl_nlmsg_put_header(buf);
    nlh->nlmsg_type = family;
    nlh->nlmsg_flags = NLM_F_REQUEST | (dump ? NLM_F_DUMP : 0);
    genl = mnl_nlmsg_put_extra_header(nlh, sizeof *genl);
    genl->cmd = cmd;
    genl->version = version;
    return nlh;
}

static void
genl_tell(struct genl_watch *watch, const struct genl_family *family)
{
    bool same = family && watch->current.id == family->id && !watch->gone;

    if (watch->told && (same || (!family && !watch->current.id))) {
        return;
    }
    if (watch->told && family && watch->current.id) {
        watch->cb(watch->aux, NULL);
    }
    VLOG_INFO("generic netlink family %s is %s", watch->name,
              family ? "there" : "not there");
    watch->told = true;
    watch->gone = false;
    if (family) {
        watch->current = *family;
    } else {
        memset(&watch->current, 0, sizeof watch->current);
    }
    watch->cb(watch->aux, family);
}

static void
genl_dump_message(void *genl_, const struct nlmsghdr *nlh)
{
    struct genl *genl = genl_;
    struct genl_family *family = xmalloc(sizeof *family);

    if (nlh->nlmsg_type != GENL_ID_CTRL || !genl_family_parse(nlh, family)) {
        VLOG_WARN_RL(&rl, "malformed family");
        free(family);
    } else if (!shash_add_once(&genl->families, family->name, family)) {
        free(family);
    }
}

/* Joins group "notify" as soon as the first dump named it.  It is not joined
 * before, although it never changes, because joining a group of generic
 * netlink may sleep too: the answer shows that it does not now. */
static bool
genl_join(struct genl *genl)
{
    const struct genl_family *ctrl = shash_find_data(&genl->families,
                                                     "nlctrl");
    uint32_t group = ctrl ? genl_family_group(ctrl, "notify") : 0;
    int error = group ? nl_conn_join(genl->events, group) : ENOENT;

    if (error) {
        VLOG_WARN_RL(&rl, "cannot watch generic netlink families: %s",
                     ovs_strerror(error));
        return false;
    }
    return true;
}

static void
genl_dump_done(void *genl_, const struct nl_result *result)
{
    struct genl *genl = genl_;

    genl->dumping = false;
    if (result->error || result->interrupted) {
        VLOG_WARN_RL(&rl, "reading generic netlink families: %s",
                     result->error ? ovs_strerror(result->error)
                     : "interrupted");
        retry_schedule(&genl->retry);
    } else if (!genl->joined) {
        if (genl_join(genl)) {
            /* Only what is read from now on misses nothing. */
            genl->joined = genl->dirty = true;
        } else {
            retry_schedule(&genl->retry);
        }
    } else {
        retry_reset(&genl->retry);
        for (size_t i = 0; i < genl->n_watches; i++) {
            struct genl_watch *watch = &genl->watches[i];

            genl_tell(watch, shash_find_data(&genl->families, watch->name));
        }
    }
    shash_clear_free_data(&genl->families);
}

static void
genl_event(void *genl_, const struct nlmsghdr *nlh)
{
    struct genl *genl = genl_;
    const struct genlmsghdr *hdr = mnl_nlmsg_get_payload(nlh);
    struct genl_family family;

    /* Also upon a malformed message: something changed. */
    genl->dirty = true;
    if (nlh->nlmsg_type == GENL_ID_CTRL
        && genl_family_parse(nlh, &family)
        && hdr->cmd == CTRL_CMD_DELFAMILY) {
        for (size_t i = 0; i < genl->n_watches; i++) {
            if (!strcmp(genl->watches[i].name, family.name)) {
                genl->watches[i].gone = true;
            }
        }
    }
}

static void
genl_lost(void *genl_, int error OVS_UNUSED)
{
    struct genl *genl = genl_;

    genl->dirty = true;
}

struct genl *
genl_create(struct event_base *base, struct kernel_helper *helper,
            int rcvbuf)
{
    static const struct nl_conn_class event_class = {
        .event = genl_event, .lost = genl_lost,
    };
    static const struct nl_conn_class request_class = { .event = NULL };
    struct genl *genl = xzalloc(sizeof *genl);

    shash_init(&genl->families);
    genl->events = nl_conn_create(base, NETLINK_GENERIC, rcvbuf,
                                  &event_class, genl);
    genl->requests = kernel_helper_connect(helper, base, LANE_NLCTRL,
                                           &request_class, genl);
    genl->dirty = true;
    return genl;
}

void
genl_destroy(struct genl *genl)
{
    if (genl) {
        nl_conn_destroy(genl->events);
        nl_conn_destroy(genl->requests);
        shash_destroy_free_data(&genl->families);
        for (size_t i = 0; i < genl->n_watches; i++) {
            free(genl->watches[i].name);
        }
        free(genl->watches);
        free(genl);
    }
}

void
genl_watch(struct genl *genl, const char *name, genl_family_cb *cb,
           void *aux)
{
    struct genl_watch *watch;

    if (genl->n_watches >= genl->allocated_watches) {
        genl->watches = x2nrealloc(genl->watches, &genl->allocated_watches,
                                   sizeof *genl->watches);
    }
    watch = &genl->watches[genl->n_watches++];
    memset(watch, 0, sizeof *watch);
    watch->name = xstrdup(name);
    watch->cb = cb;
    watch->aux = aux;
}

void
genl_run(struct genl *genl)
{
    if (retry_take(&genl->retry)) {
        genl->dirty = true;
    }
    if (genl->dirty && !genl->dumping && !genl->retry.at) {
        char buf[64];

        nl_conn_request(genl->requests,
                        genl_request_init(buf, sizeof buf, GENL_ID_CTRL,
                                          CTRL_CMD_GETFAMILY, 1, true),
                        genl_dump_message, genl_dump_done, genl);
        genl->dumping = true;
        genl->dirty = false;
    }
    nl_conn_run(genl->events);
    nl_conn_run(genl->requests);
}

void
genl_wait(struct genl *genl)
{
    nl_conn_wait(genl->events);
    nl_conn_wait(genl->requests);
    retry_wait(&genl->retry);
    if (genl->dirty && !genl->dumping && !genl->retry.at) {
        poll_immediate_wake();
    }
}

long long int
genl_busy_since(const struct genl *genl)
{
    return nl_conn_busy_since(genl->requests);
}
