/* SPDX-License-Identifier: Apache-2.0 */

#include "config.h"

#include "netlink/dp-flow-source-private.h"

#include <errno.h>
#include <event2/event.h>
#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/openvswitch.h>
#include <stdlib.h>
#include <string.h>

#include "coverage.h"
#include "netlink/genl-helper.h"
#include "netlink/genl.h"
#include "netlink/nl-conn.h"
#include "openvswitch/vlog.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(dp_flow_source);

COVERAGE_DEFINE(dp_flow_overflow);

static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(5, 5);

/* Status. */

void
dp_source_set_state(struct dp_flow_source *s, enum source_state state)
{
    if (s->status.state != state) {
        s->status.state = state;
        VLOG_DBG("%s", source_state_to_string(state));
        s->cbs->state(s->aux, state);
    }
}

/* Notifications. */

static bool
datapath_is_known(const struct dp_flow_source *s, int datapath)
{
    for (size_t i = 0; i < s->n_datapaths; i++) {
        if (s->datapaths[i] == datapath) {
            return true;
        }
    }
    return false;
}

static void
take_datapath(struct dp_flow_source *s, int datapath, bool gone)
{
    if (!gone && s->listed && datapath_is_known(s, datapath)) {
        /* A process opened it: ovs-vswitchd that starts, and flushes it
         * between two of these, or someone who looks or flushes. */
        s->check = true;
    } else {
        VLOG_DBG("datapath %d is %s", datapath, gone ? "gone" : "new");
        s->resync = true;
    }
}

static void
event_message(void *s_, const struct nlmsghdr *nlh)
{
    struct dp_flow_source *s = s_;
    int datapath;
    bool gone;

    s->status.n_messages++;
    if (nlh->nlmsg_type == s->families[DP_FAMILY_FLOW].id) {
        dp_flow_feed_notified(&s->feed, nlh);
    } else if (nlh->nlmsg_type == s->families[DP_FAMILY_VPORT].id) {
        dp_flow_feed_port(&s->feed, nlh, true);
    } else if (nlh->nlmsg_type != s->families[DP_FAMILY_DATAPATH].id
               || !dp_datapath_parse(nlh, &datapath, &gone)) {
        dp_flow_feed_malformed(&s->feed, "notification");
    } else {
        take_datapath(s, datapath, gone);
    }
}

static void
events_lost(void *s_, int error)
{
    struct dp_flow_source *s = s_;

    if (error == ENOBUFS || error == EMSGSIZE) {
        s->status.n_overflows++;
        COVERAGE_INC(dp_flow_overflow);
    }
    VLOG_INFO_RL(&rl, "messages were lost (%s), reading again",
                 ovs_strerror(error));
    s->resync = true;
    dp_source_set_state(s, SOURCE_SYNCING);
}

/* Families. */

static void
disconnect(struct dp_flow_source *s)
{
    nl_conn_destroy(s->events);
    nl_conn_destroy(s->requests);
    s->events = s->requests = NULL;
    s->step = STEP_IDLE;
    s->resync = s->refresh = s->check = s->listed = false;
    retry_reset(&s->retry);
    dp_flow_feed_clear(&s->feed);
}

static void
connect_families(struct dp_flow_source *s)
{
    static const struct nl_conn_class request_class = { .event = NULL };
    static const struct nl_conn_class event_class = {
        .event = event_message, .lost = events_lost,
    };

    if (s->peers.events) {
        s->events = nl_conn_create_peer(s->base, s->peers.events,
                                        s->peers.events_aux, "events",
                                        &event_class, s);
        s->requests = nl_conn_create_peer(s->base, s->peers.requests,
                                          s->peers.requests_aux, "requests",
                                          &request_class, s);
    } else {
        s->events = nl_conn_create(s->base, NETLINK_GENERIC, s->rcvbuf,
                                   &event_class, s);
        s->requests = kernel_helper_connect(s->helper, s->base, LANE_OVS,
                                            &request_class, s);
    }
    for (size_t i = 0; i < N_DP_FAMILIES; i++) {
        if (s->families[i].group) {
            (void) nl_conn_join(s->events, s->families[i].group);
        }
    }
    s->resync = true;
    dp_source_set_state(s, SOURCE_SYNCING);
}

void
dp_flow_source_set_family(struct dp_flow_source *s, enum dp_family which,
                          const struct genl_family *family)
{
    static const char *const groups[N_DP_FAMILIES] = {
        [DP_FAMILY_DATAPATH] = OVS_DATAPATH_MCGROUP,
        [DP_FAMILY_VPORT] = OVS_VPORT_MCGROUP,
        [DP_FAMILY_FLOW] = OVS_FLOW_MCGROUP,
    };
    bool all = true;

    s->families[which].id = family ? genl_family_id(family) : 0;
    s->families[which].group = (family
                                ? genl_family_group(family, groups[which])
                                : 0);
    for (size_t i = 0; i < N_DP_FAMILIES; i++) {
        all = all && s->families[i].id;
    }
    if (all && !s->events) {
        connect_families(s);
    } else if (!family && s->status.state != SOURCE_ABSENT) {
        disconnect(s);
        dp_fetcher_fail(&s->feed.fetcher, ENODEV);
        s->cbs->mark(s->aux);
        s->cbs->sweep(s->aux);
        dp_source_set_state(s, SOURCE_ABSENT);
    }
}

static void
family_cb(void *watch_, const struct genl_family *family)
{
    struct dp_family_watch *watch = watch_;

    dp_flow_source_set_family(watch->source, watch->which, family);
}

/* Life. */

static struct dp_flow_source *
create(struct event_base *base, const struct dp_flow_callbacks *cbs,
       void *aux)
{
    struct dp_flow_source *s = xzalloc(sizeof *s);

    s->base = base;
    s->cbs = cbs;
    s->aux = aux;
    s->status.state = SOURCE_SYNCING;
    for (size_t i = 0; i < N_DP_FAMILIES; i++) {
        s->families[i].source = s;
        s->families[i].which = i;
    }
    dp_flow_feed_init(&s->feed, cbs, aux, &s->status.n_malformed);
    return s;
}

struct dp_flow_source *
dp_flow_source_create(struct event_base *base, struct kernel_helper *helper,
                      struct genl *genl, int rcvbuf,
                      const struct dp_flow_callbacks *cbs, void *aux)
{
    static const char *const names[N_DP_FAMILIES] = {
        [DP_FAMILY_DATAPATH] = OVS_DATAPATH_FAMILY,
        [DP_FAMILY_VPORT] = OVS_VPORT_FAMILY,
        [DP_FAMILY_FLOW] = OVS_FLOW_FAMILY,
    };
    struct dp_flow_source *s = create(base, cbs, aux);

    s->helper = helper;
    s->rcvbuf = rcvbuf;
    for (size_t i = 0; i < N_DP_FAMILIES; i++) {
        genl_watch(genl, names[i], family_cb, &s->families[i]);
    }
    return s;
}

struct dp_flow_source *
dp_flow_source_create_peers(struct event_base *base,
                            const struct dp_flow_peers *peers,
                            const struct dp_flow_callbacks *cbs, void *aux)
{
    struct dp_flow_source *s = create(base, cbs, aux);

    s->peers = *peers;
    return s;
}

void
dp_flow_source_destroy(struct dp_flow_source *s)
{
    if (s) {
        disconnect(s);
        dp_flow_feed_destroy(&s->feed);
        free(s->datapaths);
        free(s->status.last_error);
        free(s);
    }
}

void
dp_flow_source_run(struct dp_flow_source *s)
{
    if (!s->events) {
        if (s->status.state == SOURCE_ABSENT) {
            dp_fetcher_fail(&s->feed.fetcher, ENODEV);
        }
        return;
    }
    (void) retry_take(&s->retry);
    nl_conn_run(s->events);
    dp_flow_feed_flush(&s->feed);
    if (dp_source_dump_is_due(s)) {
        dp_source_start_dump(s);
    }
    if (s->listed) {
        dp_fetcher_run(&s->feed.fetcher, s->requests,
                       s->families[DP_FAMILY_FLOW].id, s->datapaths,
                       s->n_datapaths);
    }
    nl_conn_run(s->requests);
}

void
dp_flow_source_wait(struct dp_flow_source *s)
{
    bool due = dp_fetcher_is_due(&s->feed.fetcher);

    if (s->events) {
        nl_conn_wait(s->events);
        nl_conn_wait(s->requests);
        retry_wait(&s->retry);
        due = ((due && s->listed) || s->feed.n_slots
               || dp_source_dump_is_due(s));
    } else {
        due = due && s->status.state == SOURCE_ABSENT;
    }
    if (due) {
        poll_immediate_wake();
    }
}

bool
dp_flow_source_refresh(struct dp_flow_source *s)
{
    if (s->status.state != SOURCE_SYNCED || dp_source_must_resync(s)
        || s->refresh || (s->step == STEP_COUNTERS && s->reporting)) {
        return false;
    }
    s->refresh = true;
    return true;
}

void
dp_flow_source_resync(struct dp_flow_source *s)
{
    s->resync = s->events != NULL;
}

const struct source_status *
dp_flow_source_status(const struct dp_flow_source *s)
{
    struct source_status *status = CONST_CAST(struct source_status *,
                                              &s->status);

    status->busy_since = s->requests ? nl_conn_busy_since(s->requests) : 0;
    return status;
}

void
dp_flow_source_get(struct dp_flow_source *s, const uint8_t ufid[FLOW_UFID_LEN],
                   dp_flow_get_cb *cb, void *aux)
{
    dp_fetcher_add(&s->feed.fetcher, ufid, 0, cb, aux);
}

uint32_t
dp_flow_source_ifindex(const struct dp_flow_source *s, int datapath,
                       uint32_t port_no)
{
    return dp_vports_find(&s->feed.vports, datapath, port_no);
}
