/* SPDX-License-Identifier: Apache-2.0 */

/* The join of a flow table with interfaces.  What the table itself counts is
 * tested in test-flow-table*.c. */

#include <config.h>

#include "controller/flow/rows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "controller/flow-table/traffic.h"
#include "controller/flow/ifaces.h"
#include "openvswitch/dynamic-string.h"
#include "smap.h"
#include "util.h"

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

/* A table, and the rows that were last made of it. */
struct env {
    struct flow_table *table;
    struct flow_rows rows;
    bool has_rows;              /* Is 'rows' there? */
    uint32_t resync;            /* Device that is being read anew, or 0. */
    bool reasons;               /* Make reasons? */
};

static bool
netdev_exists(void *env OVS_UNUSED, uint32_t dev)
{
    assert_true(dev > 0);
    return dev == FOREIGN;
}

static bool
is_resync(void *env_, uint32_t dev)
{
    const struct env *env = env_;

    return env->resync == dev;
}

/* All devices are fine; POD2 has the feature off. */
static void
get_facts(void *env OVS_UNUSED, uint32_t dev, struct flow_reason_dev *d)
{
    memset(d, 0, sizeof *d);
    d->name = dev == POD2 ? "rep2" : "other";
    d->exists = true;
    d->feature = dev == POD2 ? FLOW_NO : FLOW_YES;
    d->transparent = dev == TUNNEL || dev == BR_INT;
    d->switch_id = (const uint8_t *) "id";
    d->switch_id_len = 2;
}

static struct env *
create(void)
{
    struct env *env = xzalloc(sizeof *env);

    env->table = flow_table_create();
    return env;
}

static void
drop_rows(struct env *env)
{
    if (env->has_rows) {
        flow_rows_destroy(&env->rows);
    }
    env->has_rows = false;
}

static void
destroy(struct env *env)
{
    drop_rows(env);
    flow_table_destroy(env->table);
    free(env);
}

/* A flow in hardware of 10 packets of 100 bytes, 7 of them by hardware;
 * 'serial' makes the ufid. */
static struct flow_record
flow(int serial, uint32_t dev, uint32_t chain)
{
    return (struct flow_record) {
        .ufid = { serial >> 8, serial }, .dev = dev, .recirc_id = chain,
        .flags = FLOW_IN_HW, .packets = 10, .bytes = 1000, .hw_packets = 7,
        .hw_bytes = 700, .last_used = 100,
    };
}

static struct flow_record
with_output(struct flow_record r, uint32_t dev)
{
    r.inline_outputs[r.n_outputs++] = dev;
    return r;
}

static struct flow_record
with_goto(struct flow_record r, uint32_t chain)
{
    r.targets[r.n_targets++] = chain;
    return r;
}

static void
add(struct env *env, struct flow_record r)
{
    const struct flow_record *p = &r;

    r.outputs = r.inline_outputs;
    flow_table_put(env->table, &p, 1, 1000);
}

/* Makes the rows. */
static void
compute(struct env *env)
{
    static const struct flow_reason_env fine = {
        .hw_offload = FLOW_YES, .skip_hw = FLOW_NO,
    };
    struct ds errors = DS_EMPTY_INITIALIZER;
    struct smap ids = SMAP_INITIALIZER(&ids);

    smap_add(&ids, "ct-zone-ns_pod1", "5");
    smap_add(&ids, "ct-zone-ns_pod2", "6");
    smap_add(&ids, "ct-zone-router_dnat", "7");
    smap_add(&ids, "ct-zone-twin", "8");
    smap_add(&ids, "ct-zone-ns_pod0", "65541"); /* 5 in 16 bits. */
    smap_add(&ids, "ct-zone-ns_absent", "10"); /* One zone for two. */
    smap_add(&ids, "ct-zone-ns_second", "10");
    smap_add(&ids, "other", "9");

    while (flow_table_run(env->table, 1000, 1000)) {
        continue;
    }
    if (!flow_table_check(env->table, &errors)) {
        fail_msg("%s", ds_cstr(&errors));
    }
    ds_destroy(&errors);

    drop_rows(env);
    flow_rows_init(&env->rows, &(struct flow_rows_args) {
        .table = env->table, .ifaces = ifaces,
        .n_ifaces = ARRAY_SIZE(ifaces), .bridge_ids = &ids,
        .env = env->reasons ? &fine : NULL, .exists = netdev_exists,
        .resync = is_resync, .facts = get_facts, .aux = env,
    });
    env->has_rows = true;
    smap_destroy(&ids);
}

static const struct flow_row *
row(const struct env *env, int ifindex)
{
    for (size_t i = 0; i < env->rows.n; i++) {
        if (env->rows.rows[i].iface->ifindex == ifindex) {
            return &env->rows.rows[i];
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
    struct env *env = create();

    compute(env);
    assert_int_equal(ARRAY_SIZE(ifaces), env->rows.n);
    assert_counts(env->rows.egress, 0, 0);
    assert_counts(env->rows.ingress, 0, 0);
    destroy(env);
}

/* Pod to pod, a chain, a drop; paths and what passed. */
static void
test_rows(void **state OVS_UNUSED)
{
    struct env *env = create();
    struct flow_record drop = flow(4, POD0, 0);

    add(env, with_output(flow(1, POD0, 0), POD1));
    add(env, with_goto(flow(2, POD0, 0), 9));
    add(env, with_output(flow(3, POD0, 9), POD2));
    drop.flags = FLOW_DROP | FLOW_KERNEL;
    drop.hw_packets = drop.hw_bytes = 0;
    add(env, drop);
    compute(env);
    assert_int_equal(3, row(env, POD0)->egress.flows);
    assert_int_equal(2, row(env, POD0)->egress.offloaded);
    assert_int_equal(14, row(env, POD0)->egress.hw.packets);
    assert_int_equal(16, row(env, POD0)->egress.sw.packets);
    assert_int_equal(14, row(env, POD0)->egress_passed.hw.packets);
    assert_int_equal(2, row(env, POD0)->paths[FLOW_PATH_FULL]);
    assert_int_equal(1, row(env, POD0)->paths[FLOW_PATH_NONE]);
    assert_counts(row(env, POD1)->ingress, 1, 1);
    assert_counts(row(env, POD2)->ingress, 1, 1);
    assert_int_equal(7, row(env, POD2)->ingress_passed.hw.packets);
    assert_counts(env->rows.ingress, 2, 2);
    assert_int_equal(3, env->rows.egress.flows);

    /* Flows that go are no longer counted, but have passed. */
    assert_true(flow_table_delete(env->table, (uint8_t[16]) { 0, 1 }, false,
                                  NULL, 2000));
    compute(env);
    assert_counts(row(env, POD1)->ingress, 0, 0);
    assert_int_equal(7, row(env, POD1)->ingress_passed.hw.packets);
    assert_int_equal(14, row(env, POD0)->egress_passed.hw.packets);

    /* What is being read anew has no known paths. */
    env->resync = POD0;
    compute(env);
    assert_int_equal(2, row(env, POD0)->paths[FLOW_PATH_UNKNOWN]);
    assert_int_equal(0, row(env, POD0)->paths[FLOW_PATH_FULL]);
    assert_true(row(env, POD0)->resync);
    assert_false(row(env, POD1)->resync);
    destroy(env);
}

/* Devices of a second table: 1 and 2 are the first two interfaces, 3 and what
 * follows are no interfaces. */
static int
find_named(void *env OVS_UNUSED, uint32_t dev)
{
    return dev <= 2 ? (int) dev - 1 : -1;
}

static bool
all_exist(void *env OVS_UNUSED, uint32_t dev OVS_UNUSED)
{
    return true;
}

static bool
none_resyncs(void *env OVS_UNUSED, uint32_t dev OVS_UNUSED)
{
    return false;
}

/* Two tables that number devices in ways of their own: rows are sums. */
static void
test_two_tables(void **state OVS_UNUSED)
{
    static const struct flow_reason_env fine = {
        .hw_offload = FLOW_YES, .skip_hw = FLOW_NO,
    };
    struct env *kernel = create(), *user = create();
    struct flow_rows_args args[2];
    struct flow_record software = with_output(flow(5, 1, 0), 2);

    kernel->resync = POD1;
    add(kernel, with_output(flow(1, POD0, 0), POD1));
    add(kernel, with_output(flow(2, POD1, 0), GONE));
    add(kernel, with_output(with_output(flow(3, FOREIGN, 0), POD1), POD2));
    compute(kernel);
    add(user, with_output(flow(1, 1, 0), 2));
    add(user, with_output(flow(2, 2, 0), 3));
    add(user, with_output(flow(3, POD0, 0), 1));
    add(user, with_output(with_output(flow(4, 3, 0), 1), 2));
    software.flags = FLOW_KERNEL;
    software.miss = FLOW_MISS_ACTION_SAMPLE;
    software.hw_packets = software.hw_bytes = 0;
    add(user, software);
    compute(user);

    args[0] = (struct flow_rows_args) {
        .table = kernel->table, .ifaces = ifaces,
        .n_ifaces = ARRAY_SIZE(ifaces), .env = &fine,
        .exists = netdev_exists, .resync = is_resync, .facts = get_facts,
        .aux = kernel,
    };
    args[1] = (struct flow_rows_args) {
        .table = user->table, .ifaces = ifaces,
        .n_ifaces = ARRAY_SIZE(ifaces), .env = &fine, .userspace = true,
        .find = find_named, .exists = all_exist, .resync = none_resyncs,
        .facts = get_facts, .aux = user,
    };
    drop_rows(kernel);
    flow_rows_init_many(&kernel->rows, args, 2);
    kernel->has_rows = true;

    assert_int_equal(ARRAY_SIZE(ifaces), kernel->rows.n);
    assert_int_equal(3, row(kernel, POD0)->egress.flows);
    assert_int_equal(2, row(kernel, POD0)->egress.offloaded);
    assert_int_equal(14, row(kernel, POD0)->egress.hw.packets);
    assert_int_equal(16, row(kernel, POD0)->egress.sw.packets);
    assert_int_equal(14, row(kernel, POD0)->egress_passed.hw.packets);
    assert_counts(row(kernel, POD1)->egress, 2, 2);
    assert_int_equal(3, row(kernel, POD1)->ingress.flows);
    assert_counts(row(kernel, POD0)->ingress, 1, 1);
    assert_true(row(kernel, POD1)->resync);
    assert_int_equal(1, row(kernel, POD1)->paths[FLOW_PATH_UNKNOWN]);
    assert_int_equal(1, row(kernel, POD1)->paths[FLOW_PATH_FULL]);

    assert_counts(kernel->rows.multi, 2, 2);
    assert_counts(row(kernel, POD0)->multi, 1, 1);
    assert_counts(row(kernel, POD1)->multi, 2, 2);
    assert_counts(row(kernel, POD2)->multi, 1, 1);

    /* A number is no ifindex there. */
    assert_counts(kernel->rows.unattributed.egress, 3, 3);
    assert_counts(kernel->rows.unattributed.ingress, 1, 1);
    assert_counts(kernel->rows.stale.ingress, 1, 1);
    assert_int_equal(8, kernel->rows.egress.flows);
    assert_int_equal(8, kernel->rows.ingress.flows);

    assert_int_equal(1, row(kernel, POD0)->reasons.n);
    assert_int_equal(FLOW_REASON_USERSPACE,
                     row(kernel, POD0)->reasons.elems[0].reason.class);
    destroy(user);
    destroy(kernel);
}

/* Several outputs: counted once, in full for each receiver beside it. */
static void
test_multi(void **state OVS_UNUSED)
{
    struct env *env = create();
    struct flow_record r;

    /* A flood, also to a tunnel, twice to one, to others' and to none. */
    r = with_output(with_output(flow(1, POD0, 0), POD1), POD2);
    r = with_output(with_output(r, POD1), TUNNEL);
    r = with_output(with_output(r, FOREIGN), GONE);
    add(env, with_output(r, 0));
    /* Twice to the same one is one receiver. */
    add(env, with_output(with_output(flow(2, POD0, 0), POD1), POD1));
    compute(env);
    assert_counts(env->rows.multi, 1, 1);
    assert_counts(row(env, POD1)->ingress, 1, 1);
    assert_counts(row(env, POD1)->multi, 1, 1);
    assert_int_equal(14, row(env, POD1)->ingress_passed.hw.packets);
    assert_counts(row(env, POD2)->ingress, 0, 0);
    assert_counts(row(env, POD2)->multi, 1, 1);
    assert_counts(row(env, TUNNEL)->multi, 1, 1);
    assert_counts(row(env, POD0)->multi, 0, 0);
    assert_counts(env->rows.unattributed.multi, 1, 1);
    assert_counts(env->rows.stale.multi, 1, 1);
    assert_counts(env->rows.stale.ingress, 0, 0);
    assert_counts(env->rows.ingress, 2, 2);
    assert_counts(row(env, POD0)->egress, 2, 2);
    destroy(env);
}

static void
test_unknown(void **state OVS_UNUSED)
{
    struct env *env = create();

    add(env, with_output(flow(1, POD0, 0), FOREIGN));
    add(env, with_output(flow(2, POD0, 0), GONE));
    add(env, with_output(flow(3, FOREIGN, 0), POD0));
    add(env, with_output(flow(4, GONE, 0), POD0));
    compute(env);
    assert_counts(env->rows.unattributed.ingress, 1, 1);
    assert_counts(env->rows.unattributed.egress, 1, 1);
    assert_counts(env->rows.stale.ingress, 1, 1);
    assert_counts(env->rows.stale.egress, 1, 1);
    assert_counts(row(env, POD0)->egress, 2, 2);
    assert_counts(row(env, POD0)->ingress, 2, 2);
    assert_counts(env->rows.egress, 4, 4);
    assert_counts(env->rows.ingress, 4, 4);

    /* Of two interfaces with one ifindex the first has it all. */
    assert_string_equal("rep0", row(env, POD0)->iface->name);
    destroy(env);
}

/* Out of a tunnel: a flow to chain 'serial' with 'zone' (0 for none) and the
 * last byte of a MAC (0 for none). */
static struct flow_record
decap(int serial, uint16_t zone, uint8_t mac)
{
    struct flow_record r = with_goto(flow(serial, TUNNEL, 0), serial);

    r.flags |= FLOW_DECAP | (zone ? FLOW_HAS_ZONE : 0)
               | (mac ? FLOW_HAS_MAC : 0);
    r.zone = zone;
    memcpy(r.mac, (uint8_t[]) { 2, 0, 0, 0, 0, mac }, 6);
    return r;
}

static void
test_decap(void **state OVS_UNUSED)
{
    struct env *env = create();

    add(env, decap(1, 5, 1));    /* Zone of pod1 goes before pod0's MAC. */
    add(env, decap(2, 7, 1));    /* A router's zone: pod0's MAC. */
    add(env, decap(3, 0, 2));    /* pod1's MAC. */
    add(env, decap(4, 7, 0));    /* Nothing. */
    add(env, decap(5, 8, 0x77)); /* Two have that zone, and that MAC. */
    add(env, decap(6, 0, 9));    /* No one's MAC. */
    add(env, decap(12, 10, 1));  /* Two have the zone, and pod0 the MAC. */
    compute(env);
    assert_counts(row(env, POD1)->ingress, 2, 2);
    assert_counts(row(env, POD0)->ingress, 2, 2);
    assert_counts(row(env, POD2)->ingress, 0, 0);
    assert_counts(row(env, TWIN_A)->ingress, 0, 0);
    assert_counts(row(env, TWIN_B)->ingress, 0, 0);
    assert_counts(env->rows.unattributed.ingress, 3, 3);
    assert_counts(row(env, TUNNEL)->egress, 7, 7);

    /* Where it goes becomes known. */
    add(env, with_output(flow(101, TUNNEL, 1), POD2));
    compute(env);
    assert_counts(row(env, POD1)->ingress, 1, 1);
    assert_counts(row(env, POD2)->ingress, 1, 1);
    destroy(env);
}

/* Reasons are counted by what they are, the most frequent first. */
static void
test_reasons(void **state OVS_UNUSED)
{
    struct env *env = create();
    const struct flow_row *r;
    struct flow_record f;

    env->reasons = true;
    for (int i = 0; i < 2; i++) {
        f = with_output(flow(1 + i, POD0, 0), POD1);
        f.flags = FLOW_KERNEL;
        f.miss = FLOW_MISS_ACTION_SAMPLE;
        add(env, f);
    }
    f = with_output(flow(3, POD0, 0), POD1);
    f.flags = FLOW_KERNEL;
    f.miss = FLOW_MISS_MATCH_DP_HASH;
    add(env, f);
    f = with_output(flow(4, POD2, 0), POD1);
    f.flags = 0;
    add(env, f);
    add(env, with_output(flow(5, POD1, 0), POD0));
    f = with_output(flow(6, POD0, 0), POD2);
    f.flags = 0;
    add(env, f);
    compute(env);

    r = row(env, POD0);
    assert_int_equal(3, r->reasons.n);
    assert_int_equal(FLOW_REASON_FLOW, r->reasons.elems[0].reason.class);
    assert_int_equal(2, r->reasons.elems[0].flows);
    assert_non_null(strstr(r->reasons.elems[0].reason.evidence,
                           "action sample"));
    assert_int_equal(FLOW_REASON_REFUSED, r->reasons.elems[1].reason.class);
    assert_int_equal(1, r->reasons.elems[2].flows);
    assert_non_null(strstr(r->reasons.elems[2].reason.evidence,
                           "match dp_hash"));
    r = row(env, POD2);
    assert_int_equal(1, r->reasons.n);
    assert_int_equal(FLOW_REASON_FEATURE, r->reasons.elems[0].reason.class);
    assert_non_null(strstr(r->reasons.elems[0].reason.evidence, "rep2"));
    assert_int_equal(0, row(env, POD1)->reasons.n);
    destroy(env);
}

static void
test_huge_counters(void **state OVS_UNUSED)
{
    struct env *env = create();
    struct flow_record r = with_output(flow(1, POD0, 0), POD1);

    r.packets = r.bytes = INT64_MAX;
    r.hw_packets = r.hw_bytes = 0;
    add(env, r);
    r.ufid[5] = 1;
    r.dev = POD2;
    add(env, r);
    compute(env);
    assert_true(row(env, POD0)->egress.sw.packets == FLOW_COUNTER_MAX);
    assert_true(env->rows.egress.sw.bytes == FLOW_COUNTER_MAX);
    destroy(env);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_two_tables),
        cmocka_unit_test(test_multi),
        cmocka_unit_test(test_unknown),
        cmocka_unit_test(test_decap),
        cmocka_unit_test(test_reasons),
        cmocka_unit_test(test_huge_counters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
