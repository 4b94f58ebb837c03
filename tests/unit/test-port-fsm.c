/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "controller/port-fsm.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "random.h"
#include "util.h"

#define DB_ACTIONS (PORT_ADD | PORT_DEL | PORT_MOVE | PORT_UPDATE \
                    | PORT_DISOWN | PORT_REOPEN)

/* Explicit "own", a good request, a representor that is ready; no row. */
static const struct port_input ready = {
    .mode = MODE_OWN,
    .select = SELECT_NONE,
    .features = true,
    .request = REQUEST_GOOD,
    .bridge = "br-int",
    .bridge_exists = true,
    .settled = true,
    .pair = PAIR_PAIRED,
    .pair_reason = "",
    .has_vf_addr = true,
    .has_rep = true,
    .rep_up = true,
    .tc_offload = TC_OFFLOAD_ON,
    .offload_settled = true,
    .up_settled = true,
    .row_bridge = "br-int",
};

static struct port_decision
decide(const struct port_input *in)
{
    struct port_decision d;

    port_decide(in, &d);
    assert_non_null(d.reason);
    return d;
}

/* The decision is 'state' with just 'actions', and a reason that says
 * 'reason', or is empty if that is. */
static void
expect(const struct port_input *in, enum port_state state,
       unsigned int actions, const char *reason)
{
    struct port_decision d = decide(in);

    if (d.state != state || d.actions != actions
        || (reason[0] ? !strstr(d.reason, reason) : d.reason[0])) {
        fail_msg("%s, actions 0x%x, \"%s\" instead of %s, 0x%x, \"%s\"",
                 port_state_to_string(d.state), d.actions, d.reason,
                 port_state_to_string(state), actions, reason);
    }
    free(d.reason);
}

/* The input that the preceding one gets by the changes that are given. */
#define WITH(BASE, ...)                         \
    ({                                          \
        struct port_input in__ = (BASE);        \
        struct port_input *in OVS_UNUSED = &in__; \
        __VA_ARGS__;                            \
        in__;                                   \
    })

#define EXPECT(BASE, STATE, ACTIONS, REASON, ...)               \
    do {                                                        \
        const struct port_input in_ = WITH(BASE, __VA_ARGS__);  \
        expect(&in_, STATE, ACTIONS, REASON);                   \
    } while (0)

static struct port_input
with_row(enum ovs_owner owner)
{
    struct port_input in = ready;

    in.has_row = true;
    in.owner = owner;
    in.ofport = 5;
    in.row_iface_id = "ns_pod";
    in.row_mark = owner == OVS_OWNER_SELF ? NULL : "sandbox";
    return in;
}

/* The way to a port. */

static void
test_add(void **state OVS_UNUSED)
{
    EXPECT(ready, PORT_PENDING, PORT_ADD, "adding it to bridge br-int", );
    /* In order: feature, link, transaction. */
    EXPECT(ready, PORT_PENDING, PORT_OFFLOAD_ON, "turning hw-tc-offload on",
           in->tc_offload = TC_OFFLOAD_OFF; in->needs_offload = true;
           in->offload_settled = false; in->rep_up = in->up_settled = false);
    EXPECT(ready, PORT_PENDING, 0, "turning hw-tc-offload on",
           in->tc_offload = TC_OFFLOAD_OFF; in->offload_pending = true;
           in->rep_up = in->up_settled = false);
    EXPECT(ready, PORT_PENDING, PORT_LINK_UP, "setting the link up",
           in->rep_up = in->up_settled = false);
    EXPECT(ready, PORT_PENDING, 0, "setting the link up",
           in->rep_up = false; in->up_pending = true);
    EXPECT(ready, PORT_PENDING, 0, "waiting for the kernel",
           in->tc_offload = TC_OFFLOAD_UNKNOWN);
    /* A name that udev is still at does not get into the database. */
    EXPECT(ready, PORT_PENDING, 0, "waiting for udev",
           in->udev_busy = true);
    EXPECT(ready, PORT_PENDING, 0, "waiting for udev",
           in->udev_busy = true; in->rep_up = in->up_settled = false);
    /* The kernel gives a netdev no second master. */
    EXPECT(ready, PORT_CONFLICT, 0, "a port of bond0 already",
           in->master = "bond0");
}

static void
test_add_without_feature(void **state OVS_UNUSED)
{
    /* Nothing to wait for. */
    EXPECT(ready, PORT_PENDING, PORT_ADD, "adding", in->features = false;
           in->tc_offload = TC_OFFLOAD_UNKNOWN);
}

static void
test_add_in_spite_of(void **state OVS_UNUSED)
{
    /* What cannot be had, or was taken away, does not hold up a port. */
    EXPECT(ready, PORT_PENDING, PORT_ADD, "adding",
           in->tc_offload = TC_OFFLOAD_UNSUPPORTED);
    EXPECT(ready, PORT_PENDING, PORT_ADD, "adding",
           in->tc_offload = TC_OFFLOAD_OFF);
    EXPECT(ready, PORT_PENDING, PORT_ADD, "adding",
           in->tc_offload = TC_OFFLOAD_OFF; in->offload_settled = false;
           in->needs_offload = true; in->offload_error = "EPERM");
    EXPECT(ready, PORT_PENDING, PORT_ADD, "adding",
           in->tc_offload = TC_OFFLOAD_UNKNOWN; in->offload_error = "EPERM");
    EXPECT(ready, PORT_PENDING, PORT_ADD, "adding", in->rep_up = false);
    EXPECT(ready, PORT_PENDING, PORT_ADD, "adding", in->rep_up = false;
           in->up_settled = false; in->up_error = "EPERM");
    /* Two vDPA devices are no matter for one who named the VF. */
    EXPECT(ready, PORT_PENDING, PORT_ADD, "adding",
           in->pair = PAIR_AMBIGUOUS; in->pair_reason = "2 vDPA devices");
}

static void
test_obstacles(void **state OVS_UNUSED)
{
    EXPECT(ready, PORT_CONFLICT, 0, "iface-id is that of eth7 too",
           in->id_holder = "eth7");
    EXPECT(ready, PORT_PENDING, 0, "bridge br-int does not exist",
           in->bridge_exists = false);
    EXPECT(ready, PORT_ERROR, 0, "ovsdb-server refused: no space",
           in->txn_error = "no space"; in->backing_off = true);
    EXPECT(ready, PORT_PENDING, PORT_ADD, "adding",
           in->txn_error = "no space");
    EXPECT(ready, PORT_ERROR, 0, "someone deleted the row 2 times",
           in->backing_off = true; in->n_lost = 2);
    /* A row that was deleted once is put back. */
    EXPECT(ready, PORT_PENDING, PORT_ADD, "adding", in->n_lost = 1);
    EXPECT(ready, PORT_PENDING, 0, "not all is known yet",
           in->settled = false);
    EXPECT(ready, PORT_PENDING, 0, "list of VFs",
           in->pair = PAIR_RESYNC; in->pair_reason = "list of VFs");
    /* Nothing is concluded from a bridge that is not known yet. */
    EXPECT(ready, PORT_PENDING, 0, "not all is known yet",
           in->settled = in->bridge_exists = false);
}

static void
test_requests(void **state OVS_UNUSED)
{
    EXPECT(ready, PORT_ERROR, 0, "bad MAC", in->request = REQUEST_BAD;
           in->request_error = "bad MAC");
    EXPECT(ready, PORT_CONFLICT, 0, "2 requests",
           in->request = REQUEST_SEVERAL; in->request_error = "2 requests");
    EXPECT(ready, PORT_ABSENT, 0, "in legacy mode", in->has_rep = false;
           in->pair = PAIR_LEGACY_ESWITCH; in->pair_reason = "in legacy mode");
    EXPECT(ready, PORT_ABSENT, 0, "not all is known yet", in->has_rep = false;
           in->settled = false; in->pair_reason = "no VF has this name");
    EXPECT(ready, PORT_CONFLICT, 0, "2 netdevs", in->has_rep = false;
           in->rep_ambiguous = true; in->pair = PAIR_AMBIGUOUS;
           in->pair_reason = "2 netdevs");
    EXPECT(ready, PORT_UNMANAGED, 0, "", in->request = REQUEST_NONE);
    EXPECT(ready, PORT_UNMANAGED, 0, "the request is not applied: mode is "
           "assist", in->mode = MODE_ASSIST);
    EXPECT(ready, PORT_UNMANAGED, 0, "mode is observe",
           in->mode = MODE_OBSERVE);
    EXPECT(ready, PORT_UNMANAGED, 0, "", in->mode = MODE_ASSIST;
           in->request = REQUEST_NONE);
}

static void
test_selection(void **state OVS_UNUSED)
{
    const struct port_input base = WITH(ready, in->request = REQUEST_NONE);

    EXPECT(base, PORT_PENDING, PORT_ADD, "adding", in->select = SELECT_VDPA);
    EXPECT(base, PORT_UNMANAGED, 0, "", in->select = SELECT_VDPA;
           in->pair = PAIR_NO_VDPA; in->pair_reason = "vdpa dev add");
    EXPECT(base, PORT_UNMANAGED, 0, "", in->select = SELECT_VDPA;
           in->pair = PAIR_AMBIGUOUS; in->pair_reason = "2 vDPA devices");
    EXPECT(base, PORT_PENDING, PORT_ADD, "adding", in->select = SELECT_ALL;
           in->pair = PAIR_NO_VDPA; in->pair_reason = "vdpa dev add");
    /* Representors of VFs on another host are never selected. */
    EXPECT(base, PORT_UNMANAGED, 0, "", in->select = SELECT_ALL;
           in->has_vf_addr = false; in->pair = PAIR_NO_VDPA);
    EXPECT(base, PORT_UNMANAGED, 0, "", in->select = SELECT_ALL;
           in->mode = MODE_ASSIST);
}

/* Rows of ours. */

static void
test_attached(void **state OVS_UNUSED)
{
    const struct port_input base = with_row(OVS_OWNER_SELF);

    /* Converged: nothing to do, in any mode. */
    EXPECT(base, PORT_ATTACHED, 0, "", );
    EXPECT(base, PORT_ATTACHED, 0, "", in->mode = MODE_ASSIST);
    EXPECT(base, PORT_ATTACHED, 0, "", in->mode = MODE_OBSERVE);

    EXPECT(base, PORT_PENDING, 0, "not given an ofport yet", in->ofport = 0);

    EXPECT(base, PORT_ATTACHED, 0, "turned off by someone else",
           in->tc_offload = TC_OFFLOAD_OFF; in->needs_offload = true);
    EXPECT(base, PORT_ATTACHED, 0, "not ours to turn on",
           in->tc_offload = TC_OFFLOAD_OFF; in->features = false);
    EXPECT(base, PORT_ATTACHED, PORT_OFFLOAD_ON, "hw-tc-offload is off",
           in->tc_offload = TC_OFFLOAD_OFF; in->offload_settled = false;
           in->needs_offload = true);
    EXPECT(base, PORT_ATTACHED, 0, "hw-tc-offload: EPERM",
           in->tc_offload = TC_OFFLOAD_OFF; in->needs_offload = true;
           in->offload_settled = false;
           in->offload_error = "hw-tc-offload: EPERM");
    EXPECT(base, PORT_ATTACHED, 0, "does not support hw-tc-offload",
           in->tc_offload = TC_OFFLOAD_UNSUPPORTED);
    EXPECT(base, PORT_ATTACHED, 0, "ovs-appctl revalidator/purge",
           in->offload_late = true);
    /* What was refused and works by now is no matter. */
    EXPECT(base, PORT_ATTACHED, 0, "", in->offload_error = "EPERM";
           in->up_error = "EPERM");
}

static void
test_link_of_attached(void **state OVS_UNUSED)
{
    const struct port_input base = WITH(with_row(OVS_OWNER_SELF),
                                        in->rep_up = false);

    /* Set down by someone: it stays so. */
    EXPECT(base, PORT_ATTACHED, 0, "set down by someone else", );
    EXPECT(base, PORT_ATTACHED, PORT_LINK_UP, "", in->up_settled = false);
    EXPECT(base, PORT_ATTACHED, 0, "", in->up_pending = true);
    EXPECT(base, PORT_ATTACHED, 0, "link up: EPERM",
           in->up_error = "link up: EPERM"; in->up_settled = false);
    EXPECT(base, PORT_ATTACHED, 0, "", in->up_settled = false;
           in->mode = MODE_ASSIST);
}

/* A row that ovs-vswitchd could not open. */
static void
test_failed(void **state OVS_UNUSED)
{
    const struct port_input base = WITH(with_row(OVS_OWNER_SELF),
                                        in->ofport = -1);

    EXPECT(base, PORT_ERROR, 0, "ovs-vswitchd: could not add the port", );
    EXPECT(base, PORT_ERROR, 0, "ovs-vswitchd: No such device",
           in->row_error = "No such device");
    EXPECT(base, PORT_ERROR, PORT_REOPEN, "could not add",
           in->may_reopen = true);
    /* The row is made anew as it is wanted now, so nothing else is done. */
    EXPECT(base, PORT_ERROR, PORT_REOPEN, "could not add",
           in->may_reopen = in->row_differs = true; in->bridge = "br-new");
    /* It is in the datapath under another name: once out of there. */
    EXPECT(base, PORT_ERROR, PORT_RELEASE, "could not add",
           in->may_reopen = in->in_datapath = true);
    EXPECT(base, PORT_ERROR, 0, "could not add",
           in->may_reopen = in->in_datapath = in->release_tried = true);
    EXPECT(base, PORT_ERROR, 0, "could not add", in->may_reopen = true;
           in->mode = MODE_ASSIST);
    EXPECT(base, PORT_ERROR, 0, "could not add", in->may_reopen = true;
           in->settled = false);
    EXPECT(base, PORT_ERROR, 0, "refused: why", in->may_reopen = true;
           in->txn_error = "why"; in->backing_off = true);
}

static void
test_update_and_move(void **state OVS_UNUSED)
{
    const struct port_input base = with_row(OVS_OWNER_SELF);
    const struct port_input moved = WITH(base, in->bridge = "br-new");

    EXPECT(base, PORT_ATTACHED, PORT_UPDATE, "", in->row_differs = true);
    EXPECT(base, PORT_CONFLICT, 0, "that of eth7 too", in->row_differs = true;
           in->id_holder = "eth7");
    EXPECT(moved, PORT_PENDING, PORT_MOVE,
           "moving from bridge br-int to br-new", );
    EXPECT(moved, PORT_PENDING, PORT_MOVE | PORT_UPDATE, "moving",
           in->row_differs = true);
    EXPECT(moved, PORT_PENDING, 0, "bridge br-new does not exist; still on "
           "br-int", in->bridge_exists = false);
    EXPECT(moved, PORT_ATTACHED, 0, "", in->mode = MODE_ASSIST);
    EXPECT(moved, PORT_ATTACHED, 0, "", in->settled = false);
    EXPECT(moved, PORT_ERROR, 0, "refused: constraint",
           in->txn_error = "constraint"; in->backing_off = true);
    /* That it was deleted before does not keep it where it is. */
    EXPECT(moved, PORT_PENDING, PORT_MOVE, "moving", in->backing_off = true);
}

static void
test_delete(void **state OVS_UNUSED)
{
    const struct port_input unwanted = WITH(with_row(OVS_OWNER_SELF),
                                            in->request = REQUEST_NONE);

    EXPECT(unwanted, PORT_UNMANAGED, PORT_DEL, "no longer wanted", );
    EXPECT(unwanted, PORT_ERROR, 0, "refused: in use",
           in->txn_error = "in use"; in->backing_off = true);
    /* The vDPA device was deleted. */
    EXPECT(unwanted, PORT_UNMANAGED, PORT_DEL, "no longer wanted",
           in->select = SELECT_VDPA; in->pair = PAIR_NO_VDPA);
    EXPECT(unwanted, PORT_ATTACHED, 0, "", in->select = SELECT_VDPA);
    /* It was selected before mode "own" was left for "auto". */
    EXPECT(unwanted, PORT_ATTACHED, 0, "", in->keep_unrequested = true);
    EXPECT(unwanted, PORT_ABSENT, PORT_DEL, "the representor went",
           in->keep_unrequested = true; in->has_rep = false);
    EXPECT(unwanted, PORT_ABSENT, PORT_DEL, "the representor went",
           in->has_rep = false);
    EXPECT(with_row(OVS_OWNER_SELF), PORT_ABSENT, PORT_DEL,
           "the representor went", in->has_rep = false);
}

static void
test_no_delete_in_doubt(void **state OVS_UNUSED)
{
    const struct port_input unwanted = WITH(with_row(OVS_OWNER_SELF),
                                            in->request = REQUEST_NONE);

    EXPECT(unwanted, PORT_ATTACHED, 0, "", in->mode = MODE_ASSIST);
    EXPECT(unwanted, PORT_ATTACHED, 0, "", in->mode = MODE_OBSERVE);
    EXPECT(unwanted, PORT_ATTACHED, 0, "", in->settled = false);
    EXPECT(unwanted, PORT_ATTACHED, 0, "", in->pair = PAIR_RESYNC);
    EXPECT(unwanted, PORT_ATTACHED, 0, "", in->rep_ambiguous = true;
           in->pair = PAIR_AMBIGUOUS);
    EXPECT(unwanted, PORT_ATTACHED, 0, "", in->select = SELECT_VDPA;
           in->pair = PAIR_AMBIGUOUS);
    EXPECT(unwanted, PORT_ERROR, 0, "bad MAC", in->request = REQUEST_BAD;
           in->request_error = "bad MAC");
    EXPECT(unwanted, PORT_CONFLICT, 0, "2 requests",
           in->request = REQUEST_SEVERAL; in->request_error = "2 requests");
    EXPECT(unwanted, PORT_ATTACHED, 0, "", in->has_rep = false;
           in->settled = false);
}

/* Rows of others. */

static void
test_foreign(void **state OVS_UNUSED)
{
    const struct port_input base = with_row(OVS_OWNER_FOREIGN);

    EXPECT(base, PORT_FOREIGN, 0, "bridge br-int holds it as iface-id ns_pod, "
           "marked by sandbox; the request for it is not applied", );
    EXPECT(base, PORT_FOREIGN, 0, "bridge br-int holds it",
           in->request = REQUEST_NONE; in->row_mark = in->row_iface_id = NULL);
    EXPECT(base, PORT_FOREIGN, 0, "ovs-vswitchd: No such device",
           in->row_error = "No such device"; in->ofport = -1);
    EXPECT(base, PORT_FOREIGN, 0, "ovs-appctl revalidator/purge",
           in->offload_late = true);
    /* Ours to do: the feature, and nothing else. */
    EXPECT(base, PORT_FOREIGN, PORT_OFFLOAD_ON, "hw-tc-offload is off",
           in->tc_offload = TC_OFFLOAD_OFF; in->offload_settled = false;
           in->needs_offload = true; in->rep_up = in->up_settled = false;
           in->bridge = "br-new"; in->row_differs = true;
           in->mode = MODE_ASSIST);
}

static void
test_adopted(void **state OVS_UNUSED)
{
    const struct port_input base = with_row(OVS_OWNER_ADOPTED);

    EXPECT(base, PORT_FOREIGN, PORT_DISOWN, "marked by sandbox", );
    EXPECT(base, PORT_FOREIGN, PORT_DISOWN, "holds it", in->mode = MODE_ASSIST;
           in->row_mark = NULL);
    EXPECT(base, PORT_FOREIGN, 0, "marked by sandbox",
           in->mode = MODE_OBSERVE);
    /* Not wanted, not there, not certain: it is theirs all the same. */
    EXPECT(base, PORT_FOREIGN, PORT_DISOWN, "sandbox",
           in->request = REQUEST_NONE; in->settled = false;
           in->has_rep = false);
    EXPECT(base, PORT_FOREIGN, 0, "sandbox", in->txn_error = "refused";
           in->backing_off = true);
}

static void
test_observe(void **state OVS_UNUSED)
{
    const struct port_input base = WITH(ready, in->mode = MODE_OBSERVE);

    EXPECT(base, PORT_UNMANAGED, 0, "observe",
           in->tc_offload = TC_OFFLOAD_OFF; in->offload_settled = false;
           in->needs_offload = true; in->rep_up = in->up_settled = false);
}

/* What must be so whatever the input is. */

static bool
is_wanted(const struct port_input *in)
{
    return (in->mode == MODE_OWN
            && (in->request == REQUEST_GOOD
                || (in->request == REQUEST_NONE
                    && (in->select == SELECT_ALL ? in->has_vf_addr
                        : (in->select == SELECT_VDPA
                           && in->pair == PAIR_PAIRED)))));
}

static void
check_actions(const struct port_input *in, unsigned int actions)
{
    bool self = in->has_row && in->owner == OVS_OWNER_SELF;
    bool refused = in->txn_error && in->backing_off;

    if (in->mode == MODE_OBSERVE) {
        assert_int_equal(actions, 0);
    }
    if (in->mode != MODE_OWN) {
        assert_int_equal(actions & ~(PORT_DISOWN | PORT_OFFLOAD_ON), 0);
    }
    if (in->has_row && !self) {
        assert_int_equal(actions & ~(PORT_DISOWN | PORT_OFFLOAD_ON), 0);
    }
    assert_int_equal((actions & PORT_DISOWN) != 0,
                     in->has_row && in->owner == OVS_OWNER_ADOPTED
                     && in->mode != MODE_OBSERVE && !refused);
    if (refused) {
        assert_int_equal(actions & DB_ACTIONS, 0);
    }
    if (actions & PORT_OFFLOAD_ON) {
        assert_true(in->has_rep && in->features && in->needs_offload
                    && in->tc_offload == TC_OFFLOAD_OFF
                    && !in->offload_settled && !in->offload_pending
                    && !in->offload_error);
    }
    if (actions & PORT_LINK_UP) {
        assert_true(in->has_rep && !in->rep_up && !in->up_settled
                    && !in->up_pending && !in->up_error && !in->udev_busy
                    && is_wanted(in));
    }
    if (actions & PORT_ADD) {
        assert_true(is_wanted(in) && in->has_rep && !in->has_row
                    && in->bridge_exists && in->settled && !in->id_holder
                    && !in->master
                    && !in->backing_off && !in->rep_ambiguous
                    && in->pair != PAIR_RESYNC && !in->offload_pending
                    && !in->udev_busy
                    && (in->rep_up || in->up_settled || in->up_error));
        assert_int_equal(actions, PORT_ADD);
    }
    if (actions & PORT_DEL) {
        assert_true(self && in->settled && in->pair != PAIR_RESYNC
                    && !in->rep_ambiguous
                    && (in->request == REQUEST_NONE
                        || (in->request == REQUEST_GOOD && !in->has_rep))
                    && (!is_wanted(in) || !in->has_rep)
                    && (!in->keep_unrequested || !in->has_rep));
        assert_int_equal(actions & DB_ACTIONS, PORT_DEL);
    }
    if (actions & PORT_REOPEN) {
        assert_true(self && is_wanted(in) && in->settled && in->has_rep
                    && in->ofport < 0 && in->may_reopen && !in->in_datapath);
        assert_int_equal(actions & DB_ACTIONS, PORT_REOPEN);
    }
    if (actions & PORT_RELEASE) {
        assert_true(self && is_wanted(in) && in->settled && in->has_rep
                    && in->ofport < 0 && in->in_datapath
                    && !in->release_tried);
    }
    if (actions & PORT_MOVE) {
        assert_true(self && is_wanted(in) && in->settled && in->has_rep
                    && in->bridge_exists
                    && strcmp(in->bridge, in->row_bridge));
    }
    if (actions & PORT_UPDATE) {
        assert_true(self && is_wanted(in) && in->settled && in->has_rep
                    && in->row_differs && !in->id_holder);
    }
}

static void
check_state(const struct port_input *in, const struct port_decision *d)
{
    bool self = in->has_row && in->owner == OVS_OWNER_SELF;

    assert_int_equal(d->state == PORT_FOREIGN, in->has_row && !self);
    switch (d->state) {
    case PORT_UNMANAGED:
        assert_true(!is_wanted(in));
        break;
    case PORT_ABSENT:
        assert_false(in->has_rep);
        break;
    case PORT_ATTACHED:
        assert_true(self && in->ofport > 0 && !in->row_error);
        assert_false(d->actions & (PORT_ADD | PORT_DEL | PORT_MOVE));
        break;
    case PORT_PENDING:
        assert_true(self || is_wanted(in));
        break;
    case PORT_CONFLICT:
    case PORT_ERROR:
        assert_false(d->actions & (PORT_ADD | PORT_DEL | PORT_MOVE));
        break;
    case PORT_FOREIGN:
        break;
    }
    /* Whoever asked for something that is not there is told why. */
    if (d->state != PORT_ATTACHED && d->state != PORT_UNMANAGED) {
        assert_string_not_equal(d->reason, "");
    }
    assert_null(strstr(d->reason, "(null)"));
}

static void
check_invariants(const struct port_input *in)
{
    struct port_input copy = *in;
    struct port_decision a = decide(in);
    struct port_decision b = decide(in);

    assert_memory_equal(in, &copy, sizeof copy);
    assert_int_equal(a.state, b.state);
    assert_int_equal(a.actions, b.actions);
    assert_string_equal(a.reason, b.reason);
    check_actions(in, a.actions);
    check_state(in, &a);
    free(a.reason);
    free(b.reason);
}

/* Fills in what the loops of test_invariants() do not go through. */
static void
fill_at_random(struct port_input *in)
{
    uint32_t bits = random_uint32();

    in->features = bits & 1;
    in->needs_offload = bits & 2;
    in->offload_settled = bits & 4;
    in->offload_pending = bits & 8;
    in->offload_error = bits & 16 ? "offload error" : NULL;
    in->offload_late = bits & 32;
    in->rep_up = bits & 64;
    in->up_settled = bits & 128;
    in->up_pending = bits & 256;
    in->up_error = bits & 512 ? "up error" : NULL;
    in->row_mark = bits & 1024 ? "sandbox" : NULL;
    in->row_iface_id = bits & 2048 ? "ns_pod" : NULL;
    in->row_error = bits & 4096 ? "row error" : NULL;
    in->ofport = (int) (bits >> 13 & 3) - 1;
    in->has_vf_addr = bits & 1 << 15;
    in->id_holder = bits & 1 << 16 ? "eth9" : NULL;
    in->row_differs = bits & 1 << 17;
    in->bridge = bits & 1 << 18 ? "br-int" : "br-new";
    in->tc_offload = bits >> 19 & 3;
    in->n_lost = bits >> 21 & 3;
    in->keep_unrequested = bits & 1 << 23;
    in->udev_busy = bits & 1 << 24;
    in->in_datapath = bits & 1 << 25;
    in->release_tried = bits & 1 << 26;
    in->may_reopen = bits & 1 << 27;
    in->master = bits & 1 << 28 ? "bond0" : NULL;
    in->pair_reason = "pair reason";
    in->row_bridge = "br-int";
    in->request_error = "request error";
}

static void
test_invariants(void **state OVS_UNUSED)
{
    static const enum offload_mode modes[] = {
        MODE_OWN, MODE_ASSIST, MODE_OBSERVE,
    };
    struct port_input in;

    memset(&in, 0, sizeof in);
    random_set_seed(1);
    /* 'flags' are those that are most decisive, 'row' is 3 for none. */
    for (size_t mode = 0; mode < ARRAY_SIZE(modes); mode++) {
        for (in.select = 0; in.select <= SELECT_ALL; in.select++) {
            for (in.request = 0; in.request <= REQUEST_SEVERAL;
                 in.request++) {
                for (in.pair = 0; in.pair <= PAIR_RESYNC; in.pair++) {
                    for (int i = 0; i < 4 << 6 << 3; i++) {
                        int row = i & 3;
                        int flags = i >> 2;

                        in.mode = modes[mode];
                        in.has_row = row != 3;
                        in.owner = row != 3 ? row : 0;
                        in.settled = flags & 1;
                        in.bridge_exists = flags & 2;
                        in.has_rep = flags & 4;
                        in.rep_ambiguous = flags & 8;
                        in.txn_error = flags & 16 ? "refusal" : NULL;
                        in.backing_off = flags & 32;
                        fill_at_random(&in);
                        check_invariants(&in);
                    }
                }
            }
        }
    }
}

/* Carries out the actions, as reconcile would, until there is none. */
static void
test_converges(void **state OVS_UNUSED)
{
    for (int i = 0; i < 64; i++) {
        struct port_input in = ready;
        int n;

        in.rep_up = i & 1;
        in.up_settled = false;
        in.tc_offload = i & 2 ? TC_OFFLOAD_ON : TC_OFFLOAD_OFF;
        in.offload_settled = false;
        in.needs_offload = true;
        in.has_row = i & 4;
        in.owner = OVS_OWNER_SELF;
        in.row_differs = i & 8;
        in.row_bridge = i & 16 ? "br-int" : "br-old";
        in.ofport = 1;
        in.request = i & 32 ? REQUEST_GOOD : REQUEST_NONE;
        for (n = 0; n < 10; n++) {
            struct port_decision d = decide(&in);

            free(d.reason);
            if (!d.actions) {
                break;
            }
            if (d.actions & PORT_OFFLOAD_ON) {
                in.tc_offload = TC_OFFLOAD_ON;
                in.offload_settled = true;
            }
            if (d.actions & PORT_LINK_UP) {
                in.rep_up = in.up_settled = true;
            }
            if (d.actions & PORT_ADD) {
                in.has_row = true;
                in.row_bridge = in.bridge;
                in.row_differs = false;
            }
            if (d.actions & PORT_MOVE) {
                in.row_bridge = in.bridge;
            }
            if (d.actions & PORT_UPDATE) {
                in.row_differs = false;
            }
            if (d.actions & PORT_DEL) {
                in.has_row = false;
            }
        }
        assert_true(n < 5);
        assert_int_equal(in.has_row, in.request == REQUEST_GOOD);
        if (in.has_row) {
            expect(&in, PORT_ATTACHED, 0, "");
        } else {
            expect(&in, PORT_UNMANAGED, 0, "");
        }
    }
}

static void
test_names(void **state OVS_UNUSED)
{
    static const char *names[] = {
        "unmanaged", "absent", "pending", "attached", "foreign", "conflict",
        "error",
    };

    for (enum port_state i = 0; i < ARRAY_SIZE(names); i++) {
        assert_string_equal(port_state_to_string(i), names[i]);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_add),
        cmocka_unit_test(test_add_without_feature),
        cmocka_unit_test(test_add_in_spite_of),
        cmocka_unit_test(test_obstacles),
        cmocka_unit_test(test_requests),
        cmocka_unit_test(test_selection),
        cmocka_unit_test(test_attached),
        cmocka_unit_test(test_link_of_attached),
        cmocka_unit_test(test_failed),
        cmocka_unit_test(test_update_and_move),
        cmocka_unit_test(test_delete),
        cmocka_unit_test(test_no_delete_in_doubt),
        cmocka_unit_test(test_foreign),
        cmocka_unit_test(test_adopted),
        cmocka_unit_test(test_observe),
        cmocka_unit_test(test_invariants),
        cmocka_unit_test(test_converges),
        cmocka_unit_test(test_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
