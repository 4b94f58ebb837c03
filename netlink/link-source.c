/* SPDX-License-Identifier: Apache-2.0 */

#include "config.h"

#include "netlink/link-source.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "coverage.h"
#include "hash.h"
#include "netlink/link-msg.h"
#include "netlink/retry.h"
#include "netlink/source.h"
#include "netlink/sysfs.h"
#include "openvswitch/hmap.h"
#include "openvswitch/list.h"
#include "util.h"

COVERAGE_DEFINE(link_dump);
COVERAGE_DEFINE(link_dump_overtaken);

struct link {
    struct hmap_node node;      /* In link_source's 'links'. */
    struct link_info info;      /* As told last; key is 'ifindex'. */
    unsigned int dump;          /* Number of the last dump that has it. */
    unsigned int event;         /* Number of the dump during which the last
                                 * event about it came, or older. */
};

/* A link that went during a dump: what the dump says about it later is
 * older. */
struct ghost {
    struct hmap_node node;      /* In link_source's 'ghosts'. */
    int ifindex;                /* Key. */
};

/* A request to set a link up. */
struct set_up {
    struct ovs_list node;       /* In link_source's 'set_ups'. */
    struct link_source *ls;
    int ifindex;                /* Of the link. */
};

struct link_source {
    struct source source;
    const struct link_source_class *class;
    void *class_aux;            /* For 'class'. */
    struct nl_conn *conn;       /* NETLINK_ROUTE. */
    int sysfs;                  /* Its root; not owned. */
    struct netdev_table *netdevs; /* Not owned. */
    struct hmap links;          /* Of "struct link". */
    struct hmap ghosts;         /* Of "struct ghost", empty between dumps. */
    bool dirty;                 /* Is a dump needed? */
    bool dumping;               /* Is one queued or under way? */
    unsigned int dump;          /* Number of the current or last dump. */
    struct ovs_list set_ups;    /* Of "struct set_up", not answered yet. */
    struct retry retry;         /* Until a dump that failed is repeated. */
};

static struct link *
link_find(const struct link_source *ls, int ifindex)
{
    struct link *link;

    HMAP_FOR_EACH_WITH_HASH (link, node, hash_int(ifindex, 0), &ls->links) {
        if (link->info.ifindex == ifindex) {
            return link;
        }
    }
    return NULL;
}

static struct ghost *
ghost_find(const struct link_source *ls, int ifindex)
{
    struct ghost *ghost;

    HMAP_FOR_EACH_WITH_HASH (ghost, node, hash_int(ifindex, 0),
                             &ls->ghosts) {
        if (ghost->ifindex == ifindex) {
            return ghost;
        }
    }
    return NULL;
}

static void
ghosts_clear(struct link_source *ls)
{
    struct ghost *ghost;

    HMAP_FOR_EACH_POP (ghost, node, &ls->ghosts) {
        free(ghost);
    }
}

/* Keeps the table of netdevs, and 'parent_pci' of kernels that do not send
 * it, which is before Linux 5.14. */
static void
link_update_netdev(struct link_source *ls, struct link_info *info)
{
    struct netdev_entry *netdev = netdev_table_find(ls->netdevs,
                                                    info->ifindex);
    bool renamed = !netdev || strcmp(netdev->name, info->name);

    if (renamed || !netdev->device) {
        bool virtio = false;
        char *device = NULL;

        if (!netdev || !netdev->device) {
            device = netdev_read_device(ls->sysfs, info->ifindex, info->name,
                                        &virtio);
        }
        if (renamed || device) {
            netdev = netdev_table_set(ls->netdevs, info->ifindex, info->name,
                                      device, virtio);
            if (netdev->device) {
                ls->class->netdev(ls->class_aux, netdev);
            }
        }
        free(device);
    }
    if (!info->has_parent_pci && netdev->device && !netdev->virtio) {
        info->has_parent_pci = pci_addr_parse(sysfs_basename(netdev->device),
                                              &info->parent_pci);
    }
}

/* 'info' is what the kernel says now.  Tells the sink if that is news, or if
 * 'always'. */
static struct link *
link_set(struct link_source *ls, struct link_info *info, bool always)
{
    struct link *link = link_find(ls, info->ifindex);
    bool eswitch;

    link_update_netdev(ls, info);
    eswitch = info->has_parent_pci
              && (!link || !switch_id_equals(&link->info.switch_id,
                                             &info->switch_id));
    if (!link) {
        link = xzalloc(sizeof *link);
        hmap_insert(&ls->links, &link->node, hash_int(info->ifindex, 0));
    } else if (!always && !memcmp(&link->info, info, sizeof *info)) {
        return link;
    }
    memcpy(&link->info, info, sizeof link->info);
    ls->source.sink->link(ls->source.aux, &link->info);
    if (eswitch) {
        ls->class->eswitch(ls->class_aux);
    }
    return link;
}

/* Forgets 'link', which is gone. */
static void
link_remove(struct link_source *ls, struct link *link)
{
    int ifindex = link->info.ifindex;
    bool eswitch = link->info.has_parent_pci;
    struct netdev_entry *netdev = netdev_table_find(ls->netdevs, ifindex);

    hmap_remove(&ls->links, &link->node);
    free(link);
    if (netdev) {
        char *device = netdev->device;
        struct netdev_entry copy = *netdev;

        /* The callback has to see the table without it. */
        copy.device = device ? xstrdup(device) : NULL;
        netdev_table_remove(ls->netdevs, netdev);
        if (copy.device) {
            ls->class->netdev(ls->class_aux, &copy);
            free(copy.device);
        }
    }
    ls->class->gone(ls->class_aux, ifindex);
    if (eswitch) {
        ls->class->eswitch(ls->class_aux);
    }
}

static void
link_event(void *ls_, const struct nlmsghdr *nlh)
{
    struct link_source *ls = ls_;
    struct link_info info;
    struct link *link;
    enum link_msg_kind kind = link_msg_parse(nlh, &info);

    ls->source.status.n_messages++;
    switch (kind) {
    case LINK_MSG_LINK:
        /* During a dump the sink has to hear of it after begin(), and it is
         * not to be forgotten at the end. */
        link = link_find(ls, info.ifindex);
        link = link_set(ls, &info, ls->dumping && link
                                   && link->dump != ls->dump);
        link->event = ls->dump;
        if (ls->dumping) {
            struct ghost *ghost = ghost_find(ls, info.ifindex);

            if (ghost) {
                hmap_remove(&ls->ghosts, &ghost->node);
                free(ghost);
            }
            link->dump = ls->dump;
        }
        break;

    case LINK_MSG_DELETED:
    case LINK_MSG_MOVED:
        if (ls->dumping && !ghost_find(ls, info.ifindex)) {
            struct ghost *ghost = xzalloc(sizeof *ghost);

            ghost->ifindex = info.ifindex;
            hmap_insert(&ls->ghosts, &ghost->node,
                        hash_int(info.ifindex, 0));
        }
        link = link_find(ls, info.ifindex);
        if (link) {
            link_remove(ls, link);
            ls->source.sink->link_gone(ls->source.aux, info.ifindex,
                                       kind == LINK_MSG_DELETED);
        }
        break;

    case LINK_MSG_OTHER:
        break;

    case LINK_MSG_MALFORMED:
        source_malformed(&ls->source, "link");
        break;
    }
}

/* The kernel takes a chunk of the dump under the RTNL, but queues it to us
 * after that, so that an event may overtake it.  An event is then newer than
 * what the dump says later. */
static void
link_dump_message(void *ls_, const struct nlmsghdr *nlh)
{
    struct link_source *ls = ls_;
    struct link_info info;
    struct link *link;

    switch (link_msg_parse(nlh, &info)) {
    case LINK_MSG_LINK:
        link = link_find(ls, info.ifindex);
        if ((link && link->dump == ls->dump && link->event == ls->dump)
            || ghost_find(ls, info.ifindex)) {
            COVERAGE_INC(link_dump_overtaken);
        } else {
            link = link_set(ls, &info, true);
            link->dump = ls->dump;
        }
        break;

    case LINK_MSG_MALFORMED:
        source_malformed(&ls->source, "link");
        break;

    case LINK_MSG_DELETED:
    case LINK_MSG_MOVED:
    case LINK_MSG_OTHER:
        break;
    }
}

static void
link_dump_done(void *ls_, const struct nl_result *result)
{
    struct link_source *ls = ls_;
    struct link *link;

    ls->dumping = false;
    ghosts_clear(ls);
    if (result->interrupted && !result->error) {
        ls->source.status.n_interrupted++;
    }
    if (result->error || result->interrupted) {
        if (result->error) {
            source_error(&ls->source, "dump failed: %s",
                         ovs_strerror(result->error));
        }
        ls->dirty = true;
        retry_schedule(&ls->retry);
        return;
    }
    retry_reset(&ls->retry);
    HMAP_FOR_EACH_SAFE (link, node, &ls->links) {
        if (link->dump != ls->dump) {
            link_remove(ls, link);
        }
    }
    source_end(&ls->source);
}

static void
link_lost(void *ls_, int error)
{
    struct link_source *ls = ls_;

    source_note_lost(&ls->source, error);

    /* A dump that waits in the queue is late enough. */
    if (!ls->dumping) {
        ls->dirty = true;
    }
}

static void
link_start_dump(struct link_source *ls)
{
    char buf[LINK_REQUEST_SIZE];

    COVERAGE_INC(link_dump);
    ls->dirty = false;
    ls->dumping = true;
    ls->dump++;
    source_set_state(&ls->source, SOURCE_SYNCING);
    source_begin(&ls->source);
    nl_conn_request(ls->conn, link_request_dump(buf), link_dump_message,
                    link_dump_done, ls);
}

struct link_source *
link_source_create(struct event_base *base, int sysfs,
                   nl_open_cb *conn_open, void *conn_open_aux, int rcvbuf,
                   struct netdev_table *netdevs,
                   const struct link_source_class *class, void *class_aux,
                   const struct kernel_sink *sink, void *aux)
{
    static const struct nl_conn_class conn_class = {
        .event = link_event, .lost = link_lost,
    };
    struct link_source *ls = xzalloc(sizeof *ls);

    source_init(&ls->source, SOURCE_LINK, sink, aux);
    ls->class = class;
    ls->class_aux = class_aux;
    ls->sysfs = sysfs;
    ls->netdevs = netdevs;
    if (conn_open) {
        ls->conn = nl_conn_create_peer(base, conn_open, conn_open_aux,
                                       "links", &conn_class, ls);
    } else {
        ls->conn = nl_conn_create(base, NETLINK_ROUTE, rcvbuf, &conn_class,
                                  ls);
        (void) nl_conn_join(ls->conn, RTNLGRP_LINK); /* Once it is open. */
    }
    hmap_init(&ls->links);
    hmap_init(&ls->ghosts);
    ovs_list_init(&ls->set_ups);
    ls->dirty = true;
    return ls;
}

void
link_source_destroy(struct link_source *ls)
{
    struct set_up *set_up;
    struct link *link;

    if (!ls) {
        return;
    }
    nl_conn_destroy(ls->conn);
    LIST_FOR_EACH_POP (set_up, node, &ls->set_ups) {
        free(set_up);
    }
    HMAP_FOR_EACH_POP (link, node, &ls->links) {
        free(link);
    }
    hmap_destroy(&ls->links);
    ghosts_clear(ls);
    hmap_destroy(&ls->ghosts);
    netdev_table_clear(ls->netdevs);
    source_uninit(&ls->source);
    free(ls);
}

static bool
link_is_due(const struct link_source *ls)
{
    return ls->dirty && !ls->dumping && !ls->retry.at;
}

void
link_source_run(struct link_source *ls)
{
    (void) retry_take(&ls->retry);
    if (link_is_due(ls)) {
        link_start_dump(ls);
    }
    nl_conn_run(ls->conn);
}

void
link_source_wait(struct link_source *ls)
{
    nl_conn_wait(ls->conn);
    retry_wait(&ls->retry);
    if (link_is_due(ls)) {
        poll_immediate_wake();
    }
}

void
link_source_resync(struct link_source *ls)
{
    ls->dirty = true;
}


static void
link_set_up_done(void *set_up_, const struct nl_result *result)
{
    struct set_up *set_up = set_up_;
    struct source *source = &set_up->ls->source;

    if (result->error && result->error != ENODEV) {
        source->sink->set_failed(source->aux, set_up->ifindex, "link up",
                                 result->error, result->extack);
    }
    ovs_list_remove(&set_up->node);
    free(set_up);
}

/* An event that carries the number of our own request, as from Linux 6.2. */
static void
link_set_up_message(void *set_up_, const struct nlmsghdr *nlh)
{
    struct set_up *set_up = set_up_;

    link_event(set_up->ls, nlh);
}

void
link_source_set_up(struct link_source *ls, int ifindex)
{
    struct set_up *set_up = xmalloc(sizeof *set_up);
    char buf[LINK_REQUEST_SIZE];

    set_up->ls = ls;
    set_up->ifindex = ifindex;
    ovs_list_push_back(&ls->set_ups, &set_up->node);
    nl_conn_request(ls->conn, link_request_up(buf, ifindex),
                    link_set_up_message, link_set_up_done, set_up);
}

struct source *
link_source_base(struct link_source *ls)
{
    ls->source.status.busy_since = nl_conn_busy_since(ls->conn);
    return &ls->source;
}
