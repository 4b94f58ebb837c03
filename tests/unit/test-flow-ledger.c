/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "controller/flow-ledger.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "netlink/tc.h"
#include "openvswitch/dynamic-string.h"
#include "random.h"
#include "smap.h"
#include "util.h"

#define INGRESS 0xfffffff2
#define EGRESS 0xfffffff3

/* The interfaces of all tests, and their ifindexes. */
enum {
    POD0 = 10, POD1, POD2, UPLINK, TUNNEL, BR_INT, BOND, TWIN_A, TWIN_B,
    N_IFINDEXES,
    FOREIGN = 50,               /* A netdev that is on no bridge. */
    GONE = 60,                  /* One that is no more. */
};

static const struct flow_interface ifaces[] = {
    { .ifindex = POD0, .kind = FLOW_KIND_POD, .name = "rep0",
      .iface_id = "ns_pod0", .ns = "ns", .pod = "pod0", .representor = "rep0",
      .attached_mac = "02:00:00:00:00:01" },
    { .ifindex = POD1, .kind = FLOW_KIND_POD, .name = "rep1",
      .iface_id = "ns_pod1", .ns = "ns", .pod = "pod1", .representor = "rep1",
      .attached_mac = "02:00:00:00:00:02" },
    { .ifindex = POD2, .kind = FLOW_KIND_POD, .name = "rep2",
      .iface_id = "ns_pod2", .ns = "ns", .pod = "pod2", .representor = "rep2",
      .attached_mac = "no MAC" },
    { .ifindex = UPLINK, .kind = FLOW_KIND_UPLINK, .name = "p0" },
    { .ifindex = TUNNEL, .kind = FLOW_KIND_TUNNEL, .name = "genev_sys_6081" },
    { .ifindex = BR_INT, .kind = FLOW_KIND_INTERNAL, .name = "br-int" },
    { .ifindex = BOND, .kind = FLOW_KIND_UPLINK, .name = "bond0" },
    /* Two that share an iface-id and a MAC, as during a migration. */
    { .ifindex = TWIN_A, .kind = FLOW_KIND_PORT, .name = "twin-a",
      .iface_id = "twin", .attached_mac = "02:00:00:00:00:77" },
    { .ifindex = TWIN_B, .kind = FLOW_KIND_PORT, .name = "twin-b",
      .iface_id = "twin", .attached_mac = "02:00:00:00:00:77" },
    /* One whose netdev is not there, and one too many for an ifindex. */
    { .ifindex = 0, .kind = FLOW_KIND_POD, .name = "absent",
      .iface_id = "ns_absent" },
    { .ifindex = POD0, .kind = FLOW_KIND_PORT, .name = "second",
      .iface_id = "ns_second" },
};

static bool
netdev_exists(void *aux OVS_UNUSED, int ifindex)
{
    assert_true(ifindex > 0);
    return ifindex == FOREIGN;
}

static struct flow_ledger *
create(void)
{
    struct smap ids = SMAP_INITIALIZER(&ids);
    struct flow_ledger *ledger;

    smap_add(&ids, "ct-zone-ns_pod1", "5");
    smap_add(&ids, "ct-zone-ns_pod2", "6");
    smap_add(&ids, "ct-zone-router_dnat", "7");
    smap_add(&ids, "ct-zone-twin", "8");
    smap_add(&ids, "ct-zone-ns_pod0", "65541"); /* 5 in 16 bits. */
    smap_add(&ids, "ct-zone-ns_absent", "10"); /* One zone for two. */
    smap_add(&ids, "ct-zone-ns_second", "10");
    smap_add(&ids, "other", "9");
    ledger = flow_ledger_create(ifaces, ARRAY_SIZE(ifaces), &ids);
    smap_destroy(&ids);
    return ledger;
}

/* What of a flow matters here; a record cannot be copied. */
struct test_flow {
    uint8_t ufid[FLOW_UFID_LEN]; /* Identity. */
    int ifindex;                /* Device, 0 on a block. */
    uint32_t block;             /* Shared block, 0 on a device. */
    uint32_t parent;            /* INGRESS, EGRESS, or 0 on a block. */
    uint32_t chain;             /* That it is in. */
    bool in_hw, drop, decap;    /* As the flags of a record. */
    bool has_goto;              /* Is 'goto_chain' valid? */
    uint32_t goto_chain;        /* Where it sends packets. */
    bool has_ct;                /* Is 'ct_zone' valid? */
    uint16_t ct_zone;           /* Zone. */
    bool has_dst_mac;           /* Is 'dst_mac' valid? */
    uint8_t dst_mac[6];         /* Destination. */
    uint8_t n_outputs;          /* Number of 'outputs'. */
    struct {
        int ifindex;            /* Device. */
    } outputs[8];
    uint64_t packets, bytes;    /* As in a record. */
    uint64_t hw_packets, hw_bytes; /* Ditto. */
};

/* A flow in hardware of 10 packets of 100 bytes, 7 of them by hardware;
 * 'serial' makes the ufid. */
static struct test_flow
flow(int serial, int ifindex, uint32_t chain)
{
    return (struct test_flow) {
        .ufid = { serial >> 8, serial }, .ifindex = ifindex,
        .parent = ifindex == BR_INT ? EGRESS : INGRESS, .chain = chain,
        .in_hw = true, .packets = 10, .bytes = 1000, .hw_packets = 7,
        .hw_bytes = 700,
    };
}

static struct test_flow
with_output(struct test_flow f, int ifindex)
{
    f.outputs[f.n_outputs++].ifindex = ifindex;
    return f;
}

static struct test_flow
with_goto(struct test_flow f, uint32_t chain)
{
    f.has_goto = true;
    f.goto_chain = chain;
    return f;
}

static void
add(struct flow_ledger *ledger, struct test_flow f)
{
    struct flow_record rec = {
        .dev = f.block ? f.block : (uint32_t) f.ifindex,
        .recirc_id = f.chain,
        .flags = ((f.block ? FLOW_ON_BLOCK : 0)
                  | (f.parent == EGRESS ? FLOW_EGRESS_SIDE : 0)
                  | (f.in_hw ? FLOW_IN_HW : 0)
                  | (f.drop ? FLOW_DROP : 0)
                  | (f.decap ? FLOW_DECAP : 0)
                  | (f.has_ct ? FLOW_HAS_ZONE : 0)
                  | (f.has_dst_mac ? FLOW_HAS_MAC : 0)),
        .zone = f.ct_zone,
        .packets = f.packets, .bytes = f.bytes,
        .hw_packets = f.hw_packets, .hw_bytes = f.hw_bytes,
        .n_targets = f.has_goto, .targets = { f.goto_chain },
        .n_outputs = f.n_outputs, .outputs = rec.inline_outputs,
    };

    memcpy(rec.ufid, f.ufid, sizeof rec.ufid);
    memcpy(rec.mac, f.dst_mac, sizeof rec.mac);
    for (size_t i = 0; i < f.n_outputs; i++) {
        rec.inline_outputs[i] = f.outputs[i].ifindex;
    }
    flow_ledger_add(ledger, &rec);
}

/* Computes, checks the invariant. */
static void
compute(struct flow_ledger *ledger)
{
    struct ds errors = DS_EMPTY_INITIALIZER;

    flow_ledger_compute(ledger, netdev_exists, NULL);
    if (!flow_ledger_check(ledger, &errors)) {
        fail_msg("%s", ds_cstr(&errors));
    }
    ds_destroy(&errors);
}

static const struct flow_row *
row(const struct flow_ledger *ledger, int ifindex)
{
    size_t n;
    const struct flow_row *rows = flow_ledger_rows(ledger, &n);

    for (size_t i = 0; i < n; i++) {
        if (rows[i].iface.ifindex == ifindex) {
            return &rows[i];
        }
    }
    fail_msg("no row for %d", ifindex);
    return NULL;
}

/* 'flows' of them and packets of 'traffic' flows made by flow(). */
static void
assert_counts__(const struct flow_counts *c, unsigned int flows,
                unsigned int traffic, const char *what, int line)
{
    if (c->flows != flows || c->offloaded != flows
        || c->hw.packets != 7 * traffic || c->hw.bytes != 700 * traffic
        || c->sw.packets != 3 * traffic || c->sw.bytes != 300 * traffic) {
        fail_msg("line %d: %s has %d flows (%d offloaded), "
                 "hw %d/%d, sw %d/%d; expected %u flows, traffic of %u",
                 line, what, (int) c->flows, (int) c->offloaded,
                 (int) c->hw.packets, (int) c->hw.bytes,
                 (int) c->sw.packets, (int) c->sw.bytes, flows, traffic);
    }
}
#define assert_counts(COUNTS, FLOWS, TRAFFIC) \
    assert_counts__(&(COUNTS), FLOWS, TRAFFIC, #COUNTS, __LINE__)

static void
test_empty(void **state OVS_UNUSED)
{
    struct flow_ledger *ledger = create();
    size_t n;

    compute(ledger);
    flow_ledger_rows(ledger, &n);
    assert_int_equal(ARRAY_SIZE(ifaces), n);
    assert_counts(flow_ledger_sums(ledger)->egress, 0, 0);
    flow_ledger_destroy(ledger);

    ledger = flow_ledger_create(NULL, 0, NULL);
    add(ledger, with_output(flow(1, POD0, 0), POD1));
    compute(ledger);
    assert_counts(flow_ledger_sums(ledger)->stale.egress, 1, 1);
    assert_counts(flow_ledger_sums(ledger)->stale.ingress, 1, 1);
    flow_ledger_destroy(ledger);
    flow_ledger_destroy(NULL);
}

/* Pod to pod and back, and a drop. */
static void
test_direct(void **state OVS_UNUSED)
{
    struct flow_ledger *ledger = create();
    struct test_flow drop = flow(3, POD0, 0);
    const struct flow_sums *sums;

    add(ledger, with_output(flow(1, POD0, 0), POD1));
    add(ledger, with_output(flow(2, POD1, 0), POD0));
    drop.drop = true;
    drop.in_hw = false;
    drop.hw_packets = drop.hw_bytes = 0;
    add(ledger, drop);
    compute(ledger);

    sums = flow_ledger_sums(ledger);
    assert_int_equal(3, flow_ledger_n_flows(ledger));
    assert_int_equal(2, row(ledger, POD0)->egress.flows);
    assert_int_equal(1, row(ledger, POD0)->egress.offloaded);
    assert_int_equal(7, row(ledger, POD0)->egress.hw.packets);
    assert_int_equal(13, row(ledger, POD0)->egress.sw.packets);
    assert_int_equal(1300, row(ledger, POD0)->egress.sw.bytes);
    assert_counts(row(ledger, POD0)->ingress, 1, 1);
    assert_counts(row(ledger, POD1)->egress, 1, 1);
    assert_counts(row(ledger, POD1)->ingress, 1, 1);
    assert_int_equal(3, sums->egress.flows);
    assert_counts(sums->ingress, 2, 2);
    assert_counts(sums->unattributed.ingress, 0, 0);
    flow_ledger_destroy(ledger);
}

/* ct and recirculation over three chains: the packets are those of chain 0
 * for the sender and those of the last one for the receiver. */
static void
test_chains(void **state OVS_UNUSED)
{
    struct flow_ledger *ledger = create();

    add(ledger, with_goto(flow(1, POD0, 0), 1));
    add(ledger, with_goto(flow(2, POD0, 1), 2));
    add(ledger, with_output(flow(3, POD0, 2), POD1));
    add(ledger, with_output(flow(4, POD0, 2), POD2));
    /* The same chain of another device has nothing to do with it. */
    add(ledger, with_output(flow(5, POD2, 1), POD0));
    compute(ledger);
    assert_counts(row(ledger, POD0)->egress, 2, 1);
    assert_counts(row(ledger, POD0)->ingress, 1, 1);
    assert_counts(row(ledger, POD1)->ingress, 1, 1);
    assert_counts(row(ledger, POD2)->ingress, 1, 1);
    assert_counts(row(ledger, POD2)->egress, 0, 0);
    assert_counts(flow_ledger_sums(ledger)->egress, 2, 1);
    assert_counts(flow_ledger_sums(ledger)->ingress, 3, 3);
    flow_ledger_destroy(ledger);
}

/* Several outputs: counted once, in full for each receiver beside it. */
static void
test_multi(void **state OVS_UNUSED)
{
    struct flow_ledger *ledger = create();
    const struct flow_sums *sums;
    struct test_flow f;

    /* A flood, also to a tunnel, twice to one, to others' and to none. */
    f = with_output(with_output(flow(1, POD0, 0), POD1), POD2);
    f = with_output(with_output(f, POD1), TUNNEL);
    f = with_output(with_output(f, FOREIGN), GONE);
    add(ledger, with_output(f, 0));
    /* Twice to the same one is one receiver. */
    add(ledger, with_output(with_output(flow(2, POD0, 0), POD1), POD1));
    /* So is what goes to two that are gone. */
    add(ledger, with_output(with_output(flow(3, POD0, 0), GONE), 0));
    compute(ledger);

    sums = flow_ledger_sums(ledger);
    assert_counts(sums->multi, 1, 1);
    assert_counts(row(ledger, POD1)->ingress, 1, 1);
    assert_counts(row(ledger, POD1)->multi, 1, 1);
    assert_counts(row(ledger, POD2)->ingress, 0, 0);
    assert_counts(row(ledger, POD2)->multi, 1, 1);
    assert_counts(row(ledger, TUNNEL)->multi, 1, 1);
    assert_counts(row(ledger, POD0)->multi, 0, 0);
    assert_counts(sums->unattributed.multi, 1, 1);
    assert_counts(sums->unattributed.ingress, 0, 0);
    assert_counts(sums->stale.multi, 1, 1);
    assert_counts(sums->stale.ingress, 1, 1);
    assert_counts(sums->ingress, 3, 3);
    assert_counts(row(ledger, POD0)->egress, 3, 3);
    flow_ledger_destroy(ledger);
}

static void
test_unknown(void **state OVS_UNUSED)
{
    struct flow_ledger *ledger = create();
    const struct flow_sums *sums;

    add(ledger, with_output(flow(1, POD0, 0), FOREIGN));
    add(ledger, with_output(flow(2, POD0, 0), GONE));
    add(ledger, with_output(flow(3, FOREIGN, 0), POD0));
    add(ledger, with_output(flow(4, GONE, 0), POD0));
    compute(ledger);
    sums = flow_ledger_sums(ledger);
    assert_counts(sums->unattributed.ingress, 1, 1);
    assert_counts(sums->unattributed.egress, 1, 1);
    assert_counts(sums->stale.ingress, 1, 1);
    assert_counts(sums->stale.egress, 1, 1);
    assert_counts(row(ledger, POD0)->egress, 2, 2);
    assert_counts(row(ledger, POD0)->ingress, 2, 2);

    /* Of two interfaces with one ifindex the first has it all. */
    assert_string_equal("rep0", row(ledger, POD0)->iface.name);
    flow_ledger_destroy(ledger);
}

/* Flows of bond members: on a block, by whose number we know the bond. */
static void
test_block(void **state OVS_UNUSED)
{
    struct flow_ledger *ledger = create();
    struct test_flow f = with_output(flow(1, 0, 0), POD0);

    f.parent = 0;
    f.block = BOND;
    add(ledger, f);
    f = with_goto(flow(2, 0, 0), 3);
    f.parent = 0;
    f.block = BOND;
    f.decap = true;
    f.has_ct = true;
    f.ct_zone = 5;
    add(ledger, f);
    /* A chain of the bond's own ingress is not the block's. */
    add(ledger, with_output(flow(3, BOND, 3), POD2));
    f = flow(4, 0, 0);
    f.parent = 0;
    f.block = 4000000000;
    add(ledger, f);
    compute(ledger);
    assert_counts(row(ledger, BOND)->egress, 2, 2);
    assert_counts(row(ledger, POD0)->ingress, 1, 1);
    assert_counts(row(ledger, POD1)->ingress, 1, 1);
    assert_counts(flow_ledger_sums(ledger)->stale.egress, 1, 1);
    flow_ledger_destroy(ledger);
}

/* Out of a tunnel: a flow to chain 1 with 'zone' (0 for none) and the last
 * byte of a MAC (0 for none). */
static struct test_flow
decap(int serial, uint16_t zone, uint8_t mac)
{
    struct test_flow f = with_goto(flow(serial, TUNNEL, 0), serial);

    f.decap = true;
    f.has_ct = zone != 0;
    f.ct_zone = zone;
    f.has_dst_mac = mac != 0;
    memcpy(f.dst_mac, (uint8_t[]) { 2, 0, 0, 0, 0, mac }, 6);
    return f;
}

static void
test_decap(void **state OVS_UNUSED)
{
    struct flow_ledger *ledger = create();
    const struct flow_sums *sums;
    struct test_flow f;

    /* Outputs down the chain count; zone and MAC of chain 0 do not. */
    add(ledger, decap(1, 6, 2));
    add(ledger, with_goto(flow(101, TUNNEL, 1), 51));
    add(ledger, with_output(flow(102, TUNNEL, 51), POD0));
    compute(ledger);
    assert_counts(row(ledger, POD0)->ingress, 1, 1);
    assert_counts(row(ledger, POD1)->ingress, 0, 0);
    assert_counts(row(ledger, POD2)->ingress, 0, 0);
    assert_counts(row(ledger, TUNNEL)->egress, 2, 1);
    assert_counts(flow_ledger_sums(ledger)->ingress, 1, 1);
    flow_ledger_destroy(ledger);

    ledger = create();
    add(ledger, decap(1, 5, 1));    /* Zone of pod1 goes before pod0's MAC. */
    add(ledger, decap(2, 7, 1));    /* A router's zone: pod0's MAC. */
    add(ledger, decap(3, 0, 2));    /* pod1's MAC. */
    add(ledger, decap(4, 7, 0));    /* Nothing. */
    add(ledger, decap(5, 8, 0x77)); /* Two have that zone, and that MAC. */
    add(ledger, decap(6, 0, 9));    /* No one's MAC. */
    /* One that OVS did not mark as decapsulated is, from a tunnel device. */
    f = decap(7, 6, 0);
    f.decap = false;
    add(ledger, f);
    /* From a pod it is not: where it goes is not known. */
    f = decap(8, 6, 0);
    f.decap = false;
    f.ifindex = POD0;
    add(ledger, f);
    /* Dropped, or with output itself. */
    f = decap(9, 6, 0);
    f.has_goto = false;
    f.drop = true;
    add(ledger, f);
    f = decap(10, 6, 0);
    f.has_goto = false;
    add(ledger, with_output(f, POD0));
    /* Two have the zone, and pod0 the MAC. */
    add(ledger, decap(12, 10, 1));
    /* Only chain 0 is asked. */
    f = decap(11, 6, 0);
    f.chain = 3;
    add(ledger, f);
    compute(ledger);
    sums = flow_ledger_sums(ledger);
    assert_counts(row(ledger, POD1)->ingress, 2, 2);
    assert_counts(row(ledger, POD0)->ingress, 3, 3);
    assert_counts(row(ledger, POD2)->ingress, 1, 1);
    assert_counts(sums->unattributed.ingress, 3, 3);
    assert_counts(row(ledger, TWIN_A)->ingress, 0, 0);
    assert_counts(row(ledger, TWIN_B)->ingress, 0, 0);
    assert_counts(row(ledger, TUNNEL)->egress, 11, 10);
    assert_counts(row(ledger, POD0)->egress, 1, 1);
    assert_counts(sums->ingress, 9, 9);
    flow_ledger_destroy(ledger);
}

/* Chains that lead in circles, with a way out and without. */
static void
test_loops(void **state OVS_UNUSED)
{
    struct flow_ledger *ledger = create();
    struct test_flow f = decap(1, 5, 0);

    add(ledger, f);                                     /* 0 -> 1. */
    add(ledger, with_goto(flow(2, TUNNEL, 1), 2));
    add(ledger, with_goto(flow(3, TUNNEL, 2), 1));
    add(ledger, with_goto(flow(4, TUNNEL, 2), 0));
    add(ledger, with_goto(flow(5, TUNNEL, 2), 2));
    compute(ledger);
    assert_counts(row(ledger, POD1)->ingress, 1, 1);

    add(ledger, with_output(flow(6, TUNNEL, 2), POD0));
    compute(ledger);
    assert_counts(row(ledger, POD1)->ingress, 0, 0);
    assert_counts(row(ledger, POD0)->ingress, 1, 1);

    /* A very long chain is no deep recursion. */
    for (int i = 0; i < 60000; i++) {
        add(ledger, with_goto(flow(1000 + i % 30000, POD2, i % 30000),
                              i % 30000 + 1));
    }
    add(ledger, with_output(flow(999, POD2, 30000), POD1));
    compute(ledger);
    assert_counts(row(ledger, POD2)->egress, 30000, 1);
    assert_counts(row(ledger, POD1)->ingress, 1, 1);
    flow_ledger_destroy(ledger);
}

/* The same ufid again, and whole devices purged. */
static void
test_replace_and_purge(void **state OVS_UNUSED)
{
    struct flow_ledger *ledger = create();
    struct tc_part part = { .ifindex = POD0, .parent = INGRESS };

    add(ledger, with_goto(flow(1, POD0, 0), 1));
    add(ledger, with_goto(flow(1, POD0, 0), 1));
    add(ledger, with_output(flow(1, POD1, 0), POD2));
    assert_int_equal(1, flow_ledger_n_flows(ledger));
    compute(ledger);
    assert_counts(row(ledger, POD0)->egress, 0, 0);
    assert_counts(row(ledger, POD1)->egress, 1, 1);
    assert_counts(row(ledger, POD2)->ingress, 1, 1);

    add(ledger, with_goto(flow(2, POD0, 0), 1));
    add(ledger, with_goto(flow(3, POD0, 1), 1));
    add(ledger, with_goto(flow(4, POD0, 1), 0));
    add(ledger, with_output(flow(5, POD0, 1), POD1));
    struct test_flow other = flow(6, POD0, 0);
    other.parent = EGRESS;
    add(ledger, with_goto(other, 1));
    flow_ledger_purge(ledger, &part);
    assert_int_equal(2, flow_ledger_n_flows(ledger));
    flow_ledger_purge(ledger, &part);
    compute(ledger);
    assert_counts(row(ledger, POD0)->egress, 1, 1);
    assert_counts(row(ledger, POD1)->egress, 1, 1);
    assert_counts(row(ledger, POD1)->ingress, 0, 0);
    flow_ledger_destroy(ledger);
}

static void
test_huge_counters(void **state OVS_UNUSED)
{
    struct flow_ledger *ledger = create();
    const struct flow_sums *sums;
    struct test_flow f;

    f = with_output(flow(1, POD0, 0), POD1);
    f.packets = f.bytes = UINT64_MAX;
    f.hw_packets = f.hw_bytes = 0;
    add(ledger, f);
    compute(ledger);
    assert_true(row(ledger, POD0)->egress.sw.packets == FLOW_COUNTER_MAX);
    f.ufid[5] = 1;
    f.packets = f.bytes = (uint64_t) INT64_MAX - 1;
    f.hw_packets = 5;
    add(ledger, f);
    f.ufid[5] = 2;
    f.ifindex = POD2;
    f.outputs[0].ifindex = UPLINK;
    add(ledger, f);

    /* Hardware's part ahead of the total. */
    f = with_output(flow(4, POD1, 0), POD0);
    f.hw_packets = 11;
    f.hw_bytes = 1100;
    add(ledger, f);
    compute(ledger);
    sums = flow_ledger_sums(ledger);
    assert_true(row(ledger, POD0)->egress.sw.packets == FLOW_COUNTER_MAX);
    assert_int_equal(5, row(ledger, POD0)->egress.hw.packets);
    assert_true(row(ledger, POD2)->egress.sw.packets
                == (uint64_t) INT64_MAX - 6);
    assert_int_equal(11, row(ledger, POD1)->egress.hw.packets);
    assert_int_equal(0, row(ledger, POD1)->egress.sw.packets);
    assert_int_equal(0, row(ledger, POD1)->egress.sw.bytes);
    assert_true(sums->egress.sw.bytes == FLOW_COUNTER_MAX);
    flow_ledger_destroy(ledger);
}

static struct test_flow
random_flow(void)
{
    static const int devices[] = {
        POD0, POD1, POD2, UPLINK, TUNNEL, BR_INT, TWIN_A, FOREIGN, GONE, 0,
    };
    struct test_flow f = flow(random_range(200),
                            devices[random_range(ARRAY_SIZE(devices))],
                            random_range(2) ? 0 : random_range(6));

    if (!f.ifindex) {
        f.block = random_range(2) ? BOND : GONE;
        f.parent = 0;
    }
    f.in_hw = random_range(2);
    f.hw_packets = random_range(12);
    f.hw_bytes = random_range(12) ? random_range(1200) : UINT64_MAX;
    f.decap = random_range(2);
    f.has_ct = random_range(2);
    f.ct_zone = random_range(12);
    f.has_dst_mac = random_range(2);
    memcpy(f.dst_mac, (uint8_t[]) { 2, 0, 0, 0, 0, random_range(4) }, 6);
    if (random_range(2)) {
        f = with_goto(f, random_range(8));
    }
    for (int n = random_range(2) ? random_range(4) : 0; n > 0; n--) {
        f = with_output(f, devices[random_range(ARRAY_SIZE(devices))]);
    }
    return f;
}

/* Random flows come and go: the sums agree at all times, and with those of a
 * ledger that was never anything else. */
static void
test_random(void **state OVS_UNUSED)
{
    struct test_flow flows[200];
    bool present[200];

    random_set_seed(0x5eed1234);
    for (int run = 0; run < 20; run++) {
        struct flow_ledger *ledger = create(), *fresh;

        memset(present, 0, sizeof present);
        for (int i = 0; i < 500; i++) {
            struct test_flow f = random_flow();
            int serial = f.ufid[0] << 8 | f.ufid[1];

            flows[serial] = f;
            present[serial] = true;
            add(ledger, f);
            if (!random_range(40)) {
                struct tc_part part = {
                    .ifindex = f.ifindex, .block = f.block,
                    .parent = f.parent,
                };

                flow_ledger_purge(ledger, &part);
                for (size_t j = 0; j < ARRAY_SIZE(flows); j++) {
                    if (present[j] && flows[j].ifindex == part.ifindex
                        && flows[j].block == part.block
                        && flows[j].parent == part.parent) {
                        present[j] = false;
                    }
                }
            }
            compute(ledger);
        }

        fresh = create();
        for (size_t j = 0; j < ARRAY_SIZE(flows); j++) {
            if (present[j]) {
                add(fresh, flows[j]);
            }
        }
        compute(fresh);
        assert_int_equal(flow_ledger_n_flows(ledger),
                         flow_ledger_n_flows(fresh));
        for (size_t j = 0; j < ARRAY_SIZE(ifaces); j++) {
            size_t n;
            const struct flow_row *a = &flow_ledger_rows(ledger, &n)[j];
            const struct flow_row *b = &flow_ledger_rows(fresh, &n)[j];

            assert_memory_equal(&a->egress, &b->egress, sizeof a->egress);
            assert_memory_equal(&a->ingress, &b->ingress, sizeof a->ingress);
            assert_memory_equal(&a->multi, &b->multi, sizeof a->multi);
        }
        flow_ledger_destroy(fresh);
        flow_ledger_destroy(ledger);
    }
}

/* The invariant's check sees what is wrong. */
static void
test_check(void **state OVS_UNUSED)
{
    struct flow_ledger *ledger = create();
    struct ds errors = DS_EMPTY_INITIALIZER;

    add(ledger, with_output(flow(1, POD0, 0), POD1));
    compute(ledger);
    add(ledger, with_output(flow(2, POD0, 0), POD1));
    assert_false(flow_ledger_check(ledger, &errors));
    assert_non_null(strstr(ds_cstr(&errors), "egress: flows make 2"));
    assert_non_null(strstr(ds_cstr(&errors), "has no receiver"));
    ds_destroy(&errors);
    flow_ledger_destroy(ledger);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_direct),
        cmocka_unit_test(test_chains),
        cmocka_unit_test(test_multi),
        cmocka_unit_test(test_unknown),
        cmocka_unit_test(test_block),
        cmocka_unit_test(test_decap),
        cmocka_unit_test(test_loops),
        cmocka_unit_test(test_replace_and_purge),
        cmocka_unit_test(test_huge_counters),
        cmocka_unit_test(test_random),
        cmocka_unit_test(test_check),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
