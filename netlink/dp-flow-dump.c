/* SPDX-License-Identifier: Apache-2.0 */

/* The dumps of the source of datapath flows. */

#include "config.h"

#include "netlink/dp-flow-source-private.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/openvswitch.h>
#include <stdarg.h>
#include <stdlib.h>

#include "coverage.h"
#include "netlink/genl.h"
#include "netlink/nl-conn.h"
#include "openvswitch/vlog.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(dp_flow_dump);

COVERAGE_DEFINE(dp_flow_resync);
COVERAGE_DEFINE(dp_flow_refresh);

static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(5, 5);

static void dump_next(struct dp_flow_source *);
static nl_done_cb dump_done;

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
        dp_source_set_state(s, SOURCE_SYNCED);
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
    if (dp_source_must_resync(s)) {
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

void
dp_source_start_dump(struct dp_flow_source *s)
{
    s->current = 0;
    if (dp_source_must_resync(s)) {
        s->resync = s->feed.doubt = s->refresh = s->check = false;
        s->step = STEP_DATAPATHS;
        dp_source_set_state(s, SOURCE_SYNCING);
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

bool
dp_source_dump_is_due(const struct dp_flow_source *s)
{
    return (s->requests && s->step == STEP_IDLE && !s->retry.at
            && (dp_source_must_resync(s) || s->refresh || s->check));
}
