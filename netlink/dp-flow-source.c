/* SPDX-License-Identifier: Apache-2.0 */

/* A full read is three rounds of dumps: of the datapaths, of the ports of each
 * of them, of the flows of each.  Counters take one round.  Notifications are
 * taken meanwhile, too; whatever puts in doubt what was read sets 'resync',
 * and then the next full read begins when the dump under way has ended. */

#include "config.h"

#include "netlink/dp-flow-source.h"

#include <errno.h>
#include <event2/event.h>
#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/openvswitch.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "coverage.h"
#include "netlink/dp-flow-feed.h"
#include "netlink/dp-flow-private.h"
#include "netlink/genl-helper.h"
#include "netlink/genl.h"
#include "netlink/nl-conn.h"
#include "netlink/retry.h"
#include "openvswitch/vlog.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(dp_flow_source);

COVERAGE_DEFINE(dp_flow_overflow);
COVERAGE_DEFINE(dp_flow_resync);
COVERAGE_DEFINE(dp_flow_refresh);

static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(5, 5);

enum step {
    STEP_IDLE,                  /* No dump is under way. */
    STEP_DATAPATHS,
    STEP_VPORTS,                /* Of 'datapaths[current]'. */
    STEP_FLOWS,                 /* Likewise. */
    STEP_COUNTERS,              /* Likewise: what refresh() starts. */
};

struct dp_family_watch {
    struct dp_flow_source *source;
    enum dp_family which;
    uint16_t id;                /* nlmsg_type, or 0 if it is not there. */
    uint32_t group;             /* Multicast group. */
};

struct dp_flow_source {
    struct event_base *base;
    struct kernel_helper *helper;
    struct dp_flow_peers peers; /* All NULL but in tests. */
    int rcvbuf;                 /* Bytes. */
    const struct dp_flow_callbacks *cbs;
    void *aux;                  /* For 'cbs'. */

    struct source_status status;
    struct dp_family_watch families[N_DP_FAMILIES];
    struct nl_conn *events;     /* NULL while a family is missing. */
    struct nl_conn *requests;   /* Likewise. */
    struct retry retry;         /* Until a dump that failed is repeated. */

    enum step step;
    bool resync;                /* Is a full read needed?  It is with
                                 * 'feed.doubt', too. */
    bool refresh;               /* Is one of the counters wanted? */
    bool check;                 /* The same, but not to be reported. */
    bool reporting;             /* In STEP_COUNTERS: is it for 'refresh'? */
    int *datapaths;             /* ifindexes. */
    size_t n_datapaths, allocated_datapaths;
    bool listed;                /* Is 'datapaths' complete? */
    size_t current;             /* Index into 'datapaths'. */
    struct dp_flow_feed feed;

    uint64_t started_us;        /* When reading of counters began. */
    uint64_t own_us;            /* Time that we spent on it. */
};

static void dump_next(struct dp_flow_source *);
static nl_done_cb dump_done;

/* Status. */

static void
set_state(struct dp_flow_source *s, enum source_state state)
{
    if (s->status.state != state) {
        s->status.state = state;
        VLOG_DBG("%s", source_state_to_string(state));
        s->cbs->state(s->aux, state);
    }
}

static void OVS_PRINTF_FORMAT(2, 3)
note_error(struct dp_flow_source *s, const char *format, ...)
{
    va_list args;

    free(s->status.last_error);
    va_start(args, format);
    s->status.last_error = xvasprintf(format, args);
    va_end(args);
    VLOG_WARN_RL(&rl, "%s", s->status.last_error);
}

static bool
must_resync(const struct dp_flow_source *s)
{
    return s->resync || s->feed.doubt;
}

/* Requests. */

static void
request_dump(struct dp_flow_source *s, enum dp_family family, uint8_t cmd,
             int datapath, nl_message_cb *message)
{
    static const uint8_t versions[N_DP_FAMILIES] = {
        [DP_FAMILY_DATAPATH] = OVS_DATAPATH_VERSION,
        [DP_FAMILY_VPORT] = OVS_VPORT_VERSION,
        [DP_FAMILY_FLOW] = OVS_FLOW_VERSION,
    };
    char buf[128];
    struct nlmsghdr *nlh = genl_request_init(buf, sizeof buf,
                                             s->families[family].id, cmd,
                                             versions[family], true);
    struct ovs_header *header = mnl_nlmsg_put_extra_header(nlh,
                                                           sizeof *header);

    header->dp_ifindex = datapath;
    if (s->step == STEP_COUNTERS) {
        mnl_attr_put_u32(nlh, OVS_FLOW_ATTR_UFID_FLAGS,
                         (OVS_UFID_F_OMIT_KEY | OVS_UFID_F_OMIT_MASK
                          | OVS_UFID_F_OMIT_ACTIONS));
    }
    nl_conn_request(s->requests, nlh, message, dump_done, s);
}

/* Dumps. */

static void
datapath_message(void *s_, const struct nlmsghdr *nlh)
{
    struct dp_flow_source *s = s_;
    int datapath;
    bool gone;

    if (nlh->nlmsg_type != s->families[DP_FAMILY_DATAPATH].id
        || !dp_datapath_parse(nlh, &datapath, &gone)) {
        dp_flow_feed_malformed(&s->feed, "datapath");
        return;
    }
    if (s->n_datapaths >= s->allocated_datapaths) {
        s->datapaths = x2nrealloc(s->datapaths, &s->allocated_datapaths,
                                  sizeof *s->datapaths);
    }
    s->datapaths[s->n_datapaths++] = datapath;
}

static void
vport_message(void *s_, const struct nlmsghdr *nlh)
{
    struct dp_flow_source *s = s_;

    if (nlh->nlmsg_type == s->families[DP_FAMILY_VPORT].id) {
        dp_flow_feed_port(&s->feed, nlh, false);
    } else {
        dp_flow_feed_malformed(&s->feed, "port");
    }
}

static void
flow_message(void *s_, const struct nlmsghdr *nlh)
{
    struct dp_flow_source *s = s_;

    if (nlh->nlmsg_type == s->families[DP_FAMILY_FLOW].id) {
        dp_flow_feed_dumped(&s->feed, nlh, false);
    } else {
        dp_flow_feed_malformed(&s->feed, "flow");
    }
}

static void
counters_message(void *s_, const struct nlmsghdr *nlh)
{
    struct dp_flow_source *s = s_;
    uint64_t start = dp_flow_monotonic_us();

    if (nlh->nlmsg_type == s->families[DP_FAMILY_FLOW].id) {
        dp_flow_feed_dumped(&s->feed, nlh, true);
    } else {
        dp_flow_feed_malformed(&s->feed, "flow");
    }
    s->own_us += dp_flow_monotonic_us() - start;
}

static void
finish_counters(struct dp_flow_source *s)
{
    uint64_t elapsed = dp_flow_monotonic_us() - s->started_us;

    s->step = STEP_IDLE;
    dp_flow_feed_end(&s->feed);
    s->cbs->sweep(s->aux);
    COVERAGE_INC(dp_flow_refresh);
    if (s->feed.n_unknown) {
        VLOG_DBG("%"PRIuSIZE" flows were unknown", s->feed.n_unknown);
        s->resync = true;
    }
    if (s->reporting) {
        s->cbs->refreshed(s->aux, elapsed,
                          elapsed - MIN(s->own_us, elapsed));
    }
}

/* All dumps of a round were made. */
static void
finish_step(struct dp_flow_source *s)
{
    dp_flow_feed_flush(&s->feed);
    s->current = 0;
    switch (s->step) {
    case STEP_DATAPATHS:
        s->listed = true;
        s->step = STEP_VPORTS;
        dp_vports_begin(&s->feed.vports);
        break;

    case STEP_VPORTS:
        dp_vports_end(&s->feed.vports);
        s->step = STEP_FLOWS;
        dp_flow_feed_begin(&s->feed);
        s->cbs->mark(s->aux);
        break;

    case STEP_FLOWS:
        s->step = STEP_IDLE;
        dp_flow_feed_end(&s->feed);
        s->cbs->sweep(s->aux);
        s->status.n_resyncs++;
        COVERAGE_INC(dp_flow_resync);
        retry_reset(&s->retry);
        set_state(s, SOURCE_SYNCED);
        return;

    case STEP_COUNTERS:
        finish_counters(s);
        return;

    case STEP_IDLE:
    default:
        OVS_NOT_REACHED();
    }
    dump_next(s);
}

/* Gives up what is under way, to read everything anew at once or later. */
static void
abandon(struct dp_flow_source *s, bool later)
{
    dp_flow_feed_flush(&s->feed);
    dp_flow_feed_end(&s->feed);
    s->step = STEP_IDLE;
    s->resync = true;
    if (later) {
        retry_schedule(&s->retry);
    }
}

static void
dump_done(void *s_, const struct nl_result *result)
{
    struct dp_flow_source *s = s_;

    if (result->error == ENODEV && s->step != STEP_DATAPATHS) {
        s->current++;           /* That datapath is gone. */
    } else if (result->error == EBUSY || result->error == EINTR
               || (!result->error && result->interrupted)) {
        s->status.n_interrupted++;
        abandon(s, true);
        return;
    } else if (result->error) {
        note_error(s, "cannot read flows of the kernel's datapath: %s%s%s",
                   ovs_strerror(result->error),
                   result->extack[0] ? ": " : "", result->extack);
        abandon(s, true);
        return;
    } else if (s->step != STEP_DATAPATHS) {
        s->current++;
    }
    if (must_resync(s)) {
        abandon(s, false);
    } else if (s->step == STEP_DATAPATHS) {
        finish_step(s);
    } else {
        dump_next(s);
    }
}

/* Requests the next dump of this round. */
static void
dump_next(struct dp_flow_source *s)
{
    int datapath;

    if (s->step == STEP_DATAPATHS) {
        s->n_datapaths = 0;
        s->listed = false;
        request_dump(s, DP_FAMILY_DATAPATH, OVS_DP_CMD_GET, 0,
                     datapath_message);
        return;
    }
    if (s->current >= s->n_datapaths) {
        finish_step(s);
        return;
    }
    datapath = s->datapaths[s->current];
    if (s->step == STEP_VPORTS) {
        request_dump(s, DP_FAMILY_VPORT, OVS_VPORT_CMD_GET, datapath,
                     vport_message);
    } else {
        request_dump(s, DP_FAMILY_FLOW, OVS_FLOW_CMD_GET, datapath,
                     (s->step == STEP_FLOWS ? flow_message
                      : counters_message));
    }
}

/* Starts what is due. */
static void
start_dump(struct dp_flow_source *s)
{
    s->current = 0;
    if (must_resync(s)) {
        s->resync = s->feed.doubt = s->refresh = s->check = false;
        s->step = STEP_DATAPATHS;
        set_state(s, SOURCE_SYNCING);
    } else {
        s->reporting = s->refresh;
        s->refresh = s->check = false;
        s->step = STEP_COUNTERS;
        s->started_us = dp_flow_monotonic_us();
        s->own_us = 0;
        dp_flow_feed_begin(&s->feed);
        s->cbs->mark(s->aux);
    }
    dump_next(s);
}

static bool
dump_is_due(const struct dp_flow_source *s)
{
    return (s->requests && s->step == STEP_IDLE && !s->retry.at
            && (must_resync(s) || s->refresh || s->check));
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
    set_state(s, SOURCE_SYNCING);
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
    set_state(s, SOURCE_SYNCING);
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
        set_state(s, SOURCE_ABSENT);
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
    if (dump_is_due(s)) {
        start_dump(s);
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
        due = (due && s->listed) || s->feed.n_slots || dump_is_due(s);
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
    if (s->status.state != SOURCE_SYNCED || must_resync(s) || s->refresh
        || (s->step == STEP_COUNTERS && s->reporting)) {
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
