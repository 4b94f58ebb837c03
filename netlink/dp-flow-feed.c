/* SPDX-License-Identifier: Apache-2.0 */

#include "config.h"

#include "netlink/dp-flow-feed.h"

#include <linux/netlink.h>
#include <time.h>

#include "coverage.h"
#include "netlink/ufid-set.h"
#include "openvswitch/vlog.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(dp_flow_feed);

COVERAGE_DEFINE(dp_flow_overtaken);
COVERAGE_DEFINE(dp_flow_fetch);
COVERAGE_DEFINE(dp_flow_malformed);

static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(5, 5);

/* Flows that may be fetched at a time as the kernel did not tell all of them.
 * Hardly ever there is one. */
#define MAX_FETCHES 256

static dp_flow_get_cb take_fetched_flow;

void
dp_flow_feed_init(struct dp_flow_feed *feed,
                  const struct dp_flow_callbacks *cbs, void *aux,
                  uint64_t *n_malformed)
{
    memset(feed, 0, sizeof *feed);
    feed->cbs = cbs;
    feed->aux = aux;
    feed->n_malformed = n_malformed;
    dp_vports_init(&feed->vports);
    dp_fetcher_init(&feed->fetcher);
    hmap_init(&feed->touched);
    for (size_t i = 0; i < DP_FLOW_BATCH; i++) {
        dp_flow_init(&feed->slots[i]);
    }
}

void
dp_flow_feed_destroy(struct dp_flow_feed *feed)
{
    dp_flow_feed_clear(feed);
    dp_fetcher_destroy(&feed->fetcher);
    dp_vports_destroy(&feed->vports);
    hmap_destroy(&feed->touched);
    for (size_t i = 0; i < DP_FLOW_BATCH; i++) {
        dp_flow_uninit(&feed->slots[i]);
    }
}

void
dp_flow_feed_clear(struct dp_flow_feed *feed)
{
    feed->n_slots = 0;
    feed->doubt = false;
    dp_flow_feed_end(feed);
    dp_vports_destroy(&feed->vports);
    dp_vports_init(&feed->vports);
}

void
dp_flow_feed_begin(struct dp_flow_feed *feed)
{
    feed->dumping = true;
    feed->n_unknown = 0;
}

void
dp_flow_feed_end(struct dp_flow_feed *feed)
{
    feed->dumping = false;
    ufid_set_clear(&feed->touched);
}

uint64_t
dp_flow_monotonic_us(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * UINT64_C(1000000) + ts.tv_nsec / 1000;
}

void
dp_flow_feed_malformed(struct dp_flow_feed *feed, const char *what)
{
    ++*feed->n_malformed;
    COVERAGE_INC(dp_flow_malformed);
    VLOG_WARN_RL(&rl, "malformed %s", what);
}

void
dp_flow_feed_flush(struct dp_flow_feed *feed)
{
    const struct flow_record *records[DP_FLOW_BATCH];
    size_t n = feed->n_slots;

    if (!n) {
        return;
    }
    for (size_t i = 0; i < n; i++) {
        records[i] = &feed->slots[i].record;
    }
    feed->n_slots = 0;
    if (feed->batch == DP_FLOW_BATCH_FLOWS) {
        feed->cbs->flows(feed->aux, records, n);
    } else {
        feed->n_unknown += feed->cbs->refresh(feed->aux, records, n);
    }
}

/* Returns where the next flow, one for 'batch', is to be parsed to.  It is
 * told if 'n_slots' is then increased. */
static struct dp_flow *
get_slot(struct dp_flow_feed *feed, enum dp_flow_batch batch)
{
    if (feed->n_slots >= DP_FLOW_BATCH || feed->batch != batch) {
        dp_flow_feed_flush(feed);
        feed->batch = batch;
    }
    return &feed->slots[feed->n_slots];
}

/* Makes ifindexes of the port numbers in 'flow'. */
static void
map_ports(struct dp_flow_feed *feed, struct dp_flow *flow)
{
    struct flow_record *r = &flow->record;
    uint32_t *outputs = (r->outputs == r->inline_outputs ? r->inline_outputs
                         : flow->more_outputs);

    r->dev = (flow->has_port
              ? dp_vports_use(&feed->vports, flow->datapath, r->dev) : 0);
    for (size_t i = 0; i < r->n_outputs; i++) {
        outputs[i] = dp_vports_use(&feed->vports, flow->datapath, outputs[i]);
    }
}

/* Tells of 'flow', which get_slot() returned.  What the kernel left out is
 * fetched. */
static void
tell_flow(struct dp_flow_feed *feed, struct dp_flow *flow)
{
    if (!flow->has_key || !flow->has_actions) {
        COVERAGE_INC(dp_flow_fetch);
        if (feed->fetcher.n < MAX_FETCHES) {
            dp_fetcher_add(&feed->fetcher, flow->record.ufid, flow->datapath,
                           take_fetched_flow, feed);
        } else {
            feed->doubt = feed->doubt || !flow->has_key;
        }
    }
    if (flow->has_key) {
        map_ports(feed, flow);
        feed->n_slots++;
    }
}

/* Remembers that 'ufid' was notified: what a request tells is older. */
static void
touch(struct dp_flow_feed *feed, const uint8_t ufid[FLOW_UFID_LEN])
{
    dp_fetcher_forget(&feed->fetcher, ufid, take_fetched_flow);
    if (feed->dumping) {
        ufid_set_add(&feed->touched, ufid);
    }
}

/* Ports. */

void
dp_flow_feed_port(struct dp_flow_feed *feed, const struct nlmsghdr *nlh,
                  bool event)
{
    struct dp_vport_msg msg;

    if (!dp_vport_parse(nlh, &msg)) {
        dp_flow_feed_malformed(feed, "port");
        return;
    }
    if (msg.gone) {
        dp_vports_delete(&feed->vports, msg.datapath, msg.port_no);
        return;
    }
    if (!msg.has_ifindex && msg.name[0] && feed->cbs->ifindex) {
        msg.ifindex = feed->cbs->ifindex(feed->aux, msg.name);
    }
    if (dp_vports_put(&feed->vports, msg.datapath, msg.port_no, msg.ifindex,
                      event) && event) {
        VLOG_DBG("port %u became ifindex %u", msg.port_no, msg.ifindex);
        feed->doubt = true;
    }
}

/* Flows. */

/* Leaves only what is known of every flow. */
static void
make_terse(struct flow_record *r)
{
    r->flags = FLOW_KERNEL | FLOW_TERSE;
    r->dev = r->recirc_id = 0;
    r->n_outputs = r->n_targets = 0;
}

void
dp_flow_feed_dumped(struct dp_flow_feed *feed, const struct nlmsghdr *nlh,
                    bool counters)
{
    struct dp_flow *flow = get_slot(feed,
                                    (counters ? DP_FLOW_BATCH_COUNTERS
                                     : DP_FLOW_BATCH_FLOWS));

    if (!dp_flow_parse(nlh, dp_flow_monotonic_us() / 1000, false, flow)) {
        dp_flow_feed_malformed(feed, "flow");
    } else if (ufid_set_contains(&feed->touched, flow->record.ufid)) {
        COVERAGE_INC(dp_flow_overtaken); /* The notification is newer. */
    } else if (counters) {
        make_terse(&flow->record);
        feed->n_slots++;
    } else {
        tell_flow(feed, flow);
    }
}

/* A flow of which the kernel had left something out. */
static void
take_fetched_flow(void *feed_, int error, const struct nlmsghdr *nlh)
{
    struct dp_flow_feed *feed = feed_;
    struct dp_flow *flow;

    if (error) {
        /* Gone, with the notification on its way, or unknown until a dump
         * of the counters shows it. */
        VLOG_DBG("cannot fetch a flow: %s", ovs_strerror(error));
        return;
    }
    flow = get_slot(feed, DP_FLOW_BATCH_FLOWS);
    if (!dp_flow_parse(nlh, dp_flow_monotonic_us() / 1000, false, flow)) {
        dp_flow_feed_malformed(feed, "flow");
    } else if (flow->has_key && flow->has_actions) {
        map_ports(feed, flow);
        feed->n_slots++;
    }
}

void
dp_flow_feed_notified(struct dp_flow_feed *feed, const struct nlmsghdr *nlh)
{
    struct dp_flow *flow = get_slot(feed, DP_FLOW_BATCH_FLOWS);

    if (!dp_flow_parse(nlh, dp_flow_monotonic_us() / 1000, false, flow)) {
        dp_flow_feed_malformed(feed, "notification of a flow");
        return;
    }
    touch(feed, flow->record.ufid);
    if (flow->event == DP_FLOW_THERE) {
        tell_flow(feed, flow);
    } else {
        dp_flow_feed_flush(feed);
        make_terse(&flow->record);
        feed->cbs->gone(feed->aux, flow->record.ufid, &flow->record);
    }
}
