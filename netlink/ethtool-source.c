/* SPDX-License-Identifier: Apache-2.0 */

#include "config.h"

#include "netlink/ethtool-source.h"

#include <errno.h>
#include <linux/ethtool_netlink.h>
#include <linux/netlink.h>

#include "coverage.h"
#include "hash.h"
#include "netlink/ethtool-msg.h"
#include "netlink/genl-helper.h"
#include "netlink/nl-conn.h"
#include "netlink/retry.h"
#include "netlink/source.h"
#include "openvswitch/hmap.h"
#include "openvswitch/list.h"
#include "util.h"

COVERAGE_DEFINE(ethtool_get);
COVERAGE_DEFINE(ethtool_set);

/* A request under way. */
struct feature_request {
    struct ovs_list node;       /* In ethtool_source's 'under_way'. */
    struct ethtool_source *es;
    struct feature *feature;    /* NULL if the netdev went meanwhile. */
    int ifindex;                /* Of the netdev. */
    enum tc_offload answer;
    bool answered;              /* Did an answer come? */
    bool refused;               /* Did the driver not do what we want? */
};

/* One netdev. */
struct feature {
    struct hmap_node node;      /* In ethtool_source's 'features'. */
    struct ovs_list todo;       /* In its 'todo', or empty. */
    struct feature_request *request; /* Under way, or NULL. */
    int ifindex;                /* Key. */
    enum tc_offload value;      /* As told last. */
    bool told;                  /* Was it? */
    bool asked;                 /* Is an answer wanted even if it is no
                                 * news? */
    bool notified;              /* Did the kernel notify a change? */
    bool get;                   /* Is it to be read? */
    bool set;                   /* Is it to be set, to 'set_on'? */
    bool set_on;
};

struct ethtool_source {
    struct source source;
    struct event_base *base;
    struct kernel_helper *helper;
    struct genl *genl;
    int rcvbuf;                 /* Bytes. */

    uint16_t family;            /* 0 while there is none. */
    struct nl_conn *requests;   /* Lane; NULL while there is no family. */
    struct nl_conn *events;     /* Socket in group "monitor"; likewise. */
    struct hmap features;       /* Of "struct feature". */
    struct ovs_list todo;       /* Of those with something to do and no
                                 * request under way. */
    struct ovs_list under_way;  /* Of "struct feature_request". */
    bool resync;                /* Is a full read needed? */
    bool resyncing;             /* Is one under way? */
    struct retry retry;         /* Until the lane is tried again. */
};

static struct feature *
feature_find(const struct ethtool_source *es, int ifindex)
{
    struct feature *f;

    HMAP_FOR_EACH_WITH_HASH (f, node, hash_int(ifindex, 0), &es->features) {
        if (f->ifindex == ifindex) {
            return f;
        }
    }
    return NULL;
}

static struct feature *
feature_get(struct ethtool_source *es, int ifindex)
{
    struct feature *f = feature_find(es, ifindex);

    if (!f) {
        f = xzalloc(sizeof *f);
        f->ifindex = ifindex;
        ovs_list_init(&f->todo);
        hmap_insert(&es->features, &f->node, hash_int(ifindex, 0));
    }
    return f;
}

/* Puts 'f' in line, unless it will be there when its request is done. */
static void
feature_schedule(struct ethtool_source *es, struct feature *f)
{
    if (!f->request && ovs_list_is_empty(&f->todo)) {
        ovs_list_push_back(&es->todo, &f->todo);
    }
}

static void
feature_destroy(struct ethtool_source *es, struct feature *f)
{
    hmap_remove(&es->features, &f->node);
    ovs_list_remove(&f->todo);
    if (f->request) {
        f->request->feature = NULL;
    }
    free(f);
}

static void
feature_tell(struct ethtool_source *es, struct feature *f,
             enum tc_offload value)
{
    bool news = !f->told || f->value != value;
    bool changed = news && f->told && f->notified && !f->asked;

    if (news || f->asked || es->resyncing) {
        f->told = true;
        f->value = value;
        es->source.sink->tc_offload(es->source.aux, f->ifindex, value,
                                    changed);
    }
    f->asked = f->notified = false;
}

/* Could the request succeed if it were repeated? */
static bool
is_transient(int error)
{
    return (error == ECONNRESET || error == EPIPE || error == ENOBUFS
            || error == ENOMEM || error == EBUSY || error == EINTR
            || error == EAGAIN || error == EMSGSIZE);
}

/* Takes 'req' off its netdev and frees it.  Returns the netdev if it still is
 * there, or NULL. */
static struct feature *
feature_request_finish(struct feature_request *req)
{
    struct feature *f = req->feature;

    if (f) {
        f->request = NULL;
    }
    ovs_list_remove(&req->node);
    free(req);
    return f;
}

static void ethtool_continue(struct ethtool_source *);

static void
feature_unknown(struct ethtool_source *es, struct feature *f)
{
    f->asked = true;
    feature_tell(es, f, TC_OFFLOAD_UNKNOWN);
    feature_destroy(es, f);
}

static void
ethtool_get_message(void *req_, const struct nlmsghdr *nlh)
{
    struct feature_request *req = req_;
    struct ethtool_source *es = req->es;
    int ifindex;

    if (nlh->nlmsg_type != es->family
        || !ethtool_features_parse(nlh, &ifindex, &req->answer)
        || ifindex != req->ifindex) {
        source_malformed(&es->source, "features");
    } else {
        req->answered = true;
    }
}

static void
ethtool_get_done(void *req_, const struct nl_result *result)
{
    struct feature_request *req = req_;
    struct ethtool_source *es = req->es;
    enum tc_offload answer = req->answer;
    bool answered = req->answered;
    struct feature *f = feature_request_finish(req);

    if (!f) {
        return;
    }
    if (is_transient(result->error)) {
        f->get = true;
        feature_schedule(es, f);
        retry_schedule(&es->retry);
        return;
    }
    retry_reset(&es->retry);
    if (f->get || f->set) {
        /* A notification came meanwhile: this answer may be the older. */
        feature_schedule(es, f);
    } else if (!result->error && answered) {
        feature_tell(es, f, answer);
    } else if (result->error == EOPNOTSUPP) {
        feature_tell(es, f, TC_OFFLOAD_UNSUPPORTED);
    } else {
        if (result->error && result->error != ENODEV) {
            source_error(&es->source, "features of netdev %d: %s%s%s",
                         f->ifindex, ovs_strerror(result->error),
                         result->extack[0] ? ": " : "", result->extack);
        }
        feature_unknown(es, f);
    }
    ethtool_continue(es);
}

static void
ethtool_set_message(void *req_, const struct nlmsghdr *nlh)
{
    struct feature_request *req = req_;
    struct ethtool_source *es = req->es;
    int ifindex;

    if (nlh->nlmsg_type != es->family
        || !ethtool_set_parse(nlh, &ifindex, &req->refused)
        || ifindex != req->ifindex) {
        source_malformed(&es->source, "features");
    }
}

static void
ethtool_set_done(void *req_, const struct nl_result *result)
{
    struct feature_request *req = req_;
    struct ethtool_source *es = req->es;
    int error = (result->error ? result->error
                 : req->refused ? EOPNOTSUPP : 0);
    struct feature *f = feature_request_finish(req);

    if (!f) {
        return;
    }
    if (is_transient(error)) {
        f->set = true;
        feature_schedule(es, f);
        retry_schedule(&es->retry);
        return;
    }
    retry_reset(&es->retry);

    /* What it is now is an answer, whatever notified it. */
    f->get = f->asked = true;
    feature_schedule(es, f);
    if (error && error != ENODEV) {
        es->source.sink->set_failed(es->source.aux, f->ifindex,
                                    "hw-tc-offload", error, result->extack);
    }
    ethtool_continue(es);
}

/* Sends the next request. */
static void
ethtool_next(struct ethtool_source *es)
{
    struct feature_request *req = xzalloc(sizeof *req);
    char buf[ETHTOOL_REQUEST_SIZE];
    struct feature *f;

    f = CONTAINER_OF(ovs_list_pop_front(&es->todo), struct feature, todo);
    ovs_list_init(&f->todo);
    f->request = req;
    req->es = es;
    req->feature = f;
    req->ifindex = f->ifindex;
    ovs_list_push_back(&es->under_way, &req->node);
    if (f->set) {
        COVERAGE_INC(ethtool_set);
        f->set = false;
        nl_conn_request(es->requests,
                        ethtool_request_set(buf, es->family, f->ifindex,
                                            f->set_on),
                        ethtool_set_message, ethtool_set_done, req);
    } else {
        COVERAGE_INC(ethtool_get);
        f->get = false;
        nl_conn_request(es->requests,
                        ethtool_request_get(buf, es->family, f->ifindex),
                        ethtool_get_message, ethtool_get_done, req);
    }
}

/* Goes on with the next netdevs, if there are any, without waiting for
 * ethtool_source_run(). */
static void
ethtool_continue(struct ethtool_source *es)
{
    while (!es->retry.at && !ovs_list_is_empty(&es->todo)) {
        ethtool_next(es);
    }
}

static void
ethtool_event(void *es_, const struct nlmsghdr *nlh)
{
    struct ethtool_source *es = es_;
    struct feature *f;
    int ifindex;

    if (nlh->nlmsg_type != es->family
        || !ethtool_ifindex_parse(nlh, &ifindex)) {
        source_malformed(&es->source, "notification");
    } else if (ifindex) {
        es->source.status.n_messages++;
        f = feature_get(es, ifindex);
        f->notified = f->get = true;
        feature_schedule(es, f);
    }
}

static void
ethtool_lost(void *es_, int error)
{
    struct ethtool_source *es = es_;

    source_note_lost(&es->source, error);
    es->resync = true;
}

/* Reads every netdev that was ever asked for. */
static void
ethtool_start_resync(struct ethtool_source *es)
{
    struct feature *f;

    es->resync = false;
    es->resyncing = true;
    source_set_state(&es->source, SOURCE_SYNCING);
    source_begin(&es->source);
    HMAP_FOR_EACH (f, node, &es->features) {
        f->get = f->notified = true;
        feature_schedule(es, f);
    }
}

static void
ethtool_family_gone(struct ethtool_source *es)
{
    struct feature_request *req;
    struct feature *f;

    nl_conn_destroy(es->events);
    nl_conn_destroy(es->requests);
    es->events = es->requests = NULL;
    es->family = 0;
    es->resync = es->resyncing = false;
    retry_reset(&es->retry);
    LIST_FOR_EACH_SAFE (req, node, &es->under_way) {
        f = feature_request_finish(req);
        if (f) {
            f->get = true;
            feature_schedule(es, f);
        }
    }
    HMAP_FOR_EACH (f, node, &es->features) {
        f->told = false;
    }
    source_set_absent(&es->source);
}

static void
ethtool_set_family(void *es_, const struct genl_family *family)
{
    static const struct nl_conn_class request_class = { .event = NULL };
    static const struct nl_conn_class event_class = {
        .event = ethtool_event, .lost = ethtool_lost,
    };
    struct ethtool_source *es = es_;
    uint32_t group;

    if (!family) {
        ethtool_family_gone(es);
        return;
    }
    es->family = genl_family_id(family);
    es->events = nl_conn_create(es->base, NETLINK_GENERIC, es->rcvbuf,
                                &event_class, es);
    group = genl_family_group(family, ETHTOOL_MCGRP_MONITOR_NAME);
    if (group) {
        (void) nl_conn_join(es->events, group); /* Once it is open. */
    }
    es->requests = kernel_helper_connect(es->helper, es->base, LANE_ETHTOOL,
                                         &request_class, es);
    es->resync = true;
    source_set_state(&es->source, SOURCE_SYNCING);
}

struct ethtool_source *
ethtool_source_create(struct event_base *base, struct kernel_helper *helper,
                      struct genl *genl, int rcvbuf,
                      const struct kernel_sink *sink, void *aux)
{
    struct ethtool_source *es = xzalloc(sizeof *es);

    source_init(&es->source, SOURCE_ETHTOOL, sink, aux);
    es->base = base;
    es->helper = helper;
    es->genl = genl;
    es->rcvbuf = rcvbuf;
    hmap_init(&es->features);
    ovs_list_init(&es->todo);
    ovs_list_init(&es->under_way);
    genl_watch(genl, ETHTOOL_GENL_NAME, ethtool_set_family, es);
    return es;
}

void
ethtool_source_destroy(struct ethtool_source *es)
{
    struct feature_request *req;
    struct feature *f;

    if (!es) {
        return;
    }
    nl_conn_destroy(es->events);
    nl_conn_destroy(es->requests);
    LIST_FOR_EACH_SAFE (req, node, &es->under_way) {
        (void) feature_request_finish(req);
    }
    HMAP_FOR_EACH_POP (f, node, &es->features) {
        free(f);
    }
    hmap_destroy(&es->features);
    source_uninit(&es->source);
    free(es);
}

static bool
ethtool_is_due(const struct ethtool_source *es)
{
    return (es->family && !es->retry.at
            && (!ovs_list_is_empty(&es->todo)
                || (ovs_list_is_empty(&es->under_way)
                    && (es->resync || es->resyncing))));
}

void
ethtool_source_run(struct ethtool_source *es)
{
    (void) retry_take(&es->retry);
    if (es->events) {
        nl_conn_run(es->events);
    }
    if (ethtool_is_due(es)) {
        if (es->resync && ovs_list_is_empty(&es->under_way)) {
            ethtool_start_resync(es);
        }
        if (!ovs_list_is_empty(&es->todo)) {
            ethtool_continue(es);
        } else if (ovs_list_is_empty(&es->under_way)) {
            es->resyncing = false;
            source_end(&es->source);
        }
    }
    if (es->requests) {
        nl_conn_run(es->requests);
    }
}

void
ethtool_source_wait(struct ethtool_source *es)
{
    if (es->requests) {
        nl_conn_wait(es->events);
        nl_conn_wait(es->requests);
    }
    retry_wait(&es->retry);
    if (ethtool_is_due(es)) {
        poll_immediate_wake();
    }
}

void
ethtool_source_resync(struct ethtool_source *es)
{
    es->resync = es->family != 0;
}

void
ethtool_source_query(struct ethtool_source *es, int ifindex)
{
    struct feature *f = feature_get(es, ifindex);

    f->asked = f->get = true;
    feature_schedule(es, f);
}

void
ethtool_source_set(struct ethtool_source *es, int ifindex, bool on)
{
    struct feature *f = feature_get(es, ifindex);

    f->set = true;
    f->set_on = on;
    feature_schedule(es, f);
}

void
ethtool_source_link_gone(struct ethtool_source *es, int ifindex)
{
    struct feature *f = feature_find(es, ifindex);

    if (f) {
        feature_destroy(es, f);
    }
}

struct source *
ethtool_source_base(struct ethtool_source *es)
{
    long long int busy = es->requests ? nl_conn_busy_since(es->requests) : 0;

    es->source.status.busy_since = busy ? busy : genl_busy_since(es->genl);
    return &es->source;
}
