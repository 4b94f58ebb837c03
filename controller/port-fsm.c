/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/port-fsm.h"

#include <stdarg.h>
#include <string.h>

#include "util.h"

static void OVS_PRINTF_FORMAT(3, 4)
decide(struct port_decision *d, enum port_state state, const char *format, ...)
{
    va_list args;

    d->state = state;
    free(d->reason);
    va_start(args, format);
    d->reason = xvasprintf(format, args);
    va_end(args);
}

/* Has the operator's choice selected this VF without a request? */
static bool
is_selected(const struct port_input *in)
{
    switch (in->select) {
    case SELECT_VDPA:
        return in->pair == PAIR_PAIRED;
    case SELECT_ALL:
        return in->has_vf_addr;
    case SELECT_NONE:
    default:
        return false;
    }
}

static bool
is_wanted(const struct port_input *in)
{
    return (in->mode == MODE_OWN
            && (in->request != REQUEST_NONE || is_selected(in)));
}

/* Can what is wanted not be told now, so that a row of ours is left alone? */
static bool
is_undecided(const struct port_input *in)
{
    return (!in->settled || in->pair == PAIR_RESYNC || in->rep_ambiguous
            || (in->pair == PAIR_AMBIGUOUS && in->select == SELECT_VDPA
                && in->request == REQUEST_NONE)
            || in->request == REQUEST_SEVERAL || in->request == REQUEST_BAD);
}

/* Did ovsdb-server refuse what we wrote last, and is it too early for another
 * try? */
static bool
is_refused(const struct port_input *in)
{
    return in->txn_error && in->backing_off;
}

static bool
needs_offload(const struct port_input *in)
{
    return (in->mode != MODE_OBSERVE && in->features && in->has_rep
            && in->needs_offload && in->tc_offload == TC_OFFLOAD_OFF
            && !in->offload_settled && !in->offload_pending
            && !in->offload_error);
}

static bool
needs_link_up(const struct port_input *in)
{
    return (in->mode == MODE_OWN && in->has_rep && !in->rep_up
            && !in->udev_busy && !in->up_settled && !in->up_pending
            && !in->up_error);
}

/* Why traffic of a port may not be in hardware, or NULL. */
static const char *
offload_complaint(const struct port_input *in)
{
    switch (in->tc_offload) {
    case TC_OFFLOAD_ON:
        return (in->offload_late
                ? "flows from before hw-tc-offload was on are in software: "
                "ovs-appctl revalidator/purge" : NULL);
    case TC_OFFLOAD_UNSUPPORTED:
        return "the netdev does not support hw-tc-offload";
    case TC_OFFLOAD_OFF:
        return (in->offload_error ? in->offload_error
                : in->mode == MODE_OBSERVE ? "hw-tc-offload is off"
                : !in->features
                ? "hw-tc-offload is off, and not ours to turn on"
                : in->offload_settled && !in->offload_pending
                ? "hw-tc-offload was turned off by someone else"
                : "hw-tc-offload is off");
    case TC_OFFLOAD_UNKNOWN:
    default:
        return in->offload_error;
    }
}

/* State of a row of ours that stays as it is. */
static void
decide_own_row(const struct port_input *in, struct port_decision *d)
{
    const char *complaint = in->has_rep ? offload_complaint(in) : NULL;

    if (in->row_error || in->ofport < 0) {
        decide(d, PORT_ERROR, "ovs-vswitchd: %s",
               in->row_error ? in->row_error : "could not add the port");
    } else if (!in->ofport) {
        decide(d, PORT_PENDING, "ovs-vswitchd has not given an ofport yet; "
               "is it running?");
    } else if (in->has_rep && !in->rep_up && in->up_error) {
        decide(d, PORT_ATTACHED, "%s", in->up_error);
    } else if (in->has_rep && !in->rep_up && in->up_settled
               && !in->up_pending) {
        decide(d, PORT_ATTACHED, "the link was set down by someone else");
    } else {
        decide(d, PORT_ATTACHED, "%s", complaint ? complaint : "");
    }
}

/* A row of ours which ovs-vswitchd could not open, though its netdev is there:
 * a row is not left like that.  A netdev that was renamed is still in the
 * datapath under its earlier name and has to be taken out first. */
static void
decide_failed_row(const struct port_input *in, struct port_decision *d)
{
    if (in->in_datapath && !in->release_tried) {
        d->actions |= PORT_RELEASE;
    } else if (!in->in_datapath && in->may_reopen) {
        d->actions |= PORT_REOPEN;
    }
}

/* In mode "own": a row of ours for which there is a reason. */
static void
decide_wanted_row(const struct port_input *in, struct port_decision *d)
{
    if (in->id_holder && in->row_differs) {
        decide(d, PORT_CONFLICT, "iface-id is that of %s too", in->id_holder);
        return;
    }
    if (needs_link_up(in)) {
        d->actions |= PORT_LINK_UP;
    }
    if (is_refused(in)) {
        decide(d, PORT_ERROR, "ovsdb-server refused: %s", in->txn_error);
        return;
    }
    if (in->row_differs) {
        d->actions |= PORT_UPDATE;
    }
    if (in->ofport < 0) {
        decide_failed_row(in, d);
        if (d->actions & PORT_REOPEN) {
            d->actions &= ~PORT_UPDATE;
            return;
        }
    }
    if (strcmp(in->row_bridge, in->bridge)) {
        if (in->bridge_exists) {
            decide(d, PORT_PENDING, "moving from bridge %s to %s",
                   in->row_bridge, in->bridge);
            d->actions |= PORT_MOVE;
        } else {
            decide(d, PORT_PENDING, "bridge %s does not exist; still on %s",
                   in->bridge, in->row_bridge);
        }
    }
}

static void
decide_self(const struct port_input *in, struct port_decision *d)
{
    decide_own_row(in, d);
    if (in->mode != MODE_OWN) {
        return;
    } else if (in->request == REQUEST_SEVERAL) {
        decide(d, PORT_CONFLICT, "%s", in->request_error);
    } else if (in->request == REQUEST_BAD) {
        decide(d, PORT_ERROR, "%s", in->request_error);
    } else if (is_undecided(in)) {
        return;
    } else if (in->has_rep && is_wanted(in)) {
        decide_wanted_row(in, d);
    } else if (in->has_rep && in->keep_unrequested) {
        return;
    } else if (is_refused(in)) {
        decide(d, PORT_ERROR, "ovsdb-server refused: %s", in->txn_error);
    } else {
        decide(d, in->has_rep ? PORT_UNMANAGED : PORT_ABSENT,
               "its row is being deleted: %s",
               in->has_rep ? "no longer wanted" : "the representor went");
        d->actions |= PORT_DEL;
    }
}

static void
decide_foreign(const struct port_input *in, struct port_decision *d)
{
    const char *id = in->row_iface_id;
    const char *complaint = in->has_rep ? offload_complaint(in) : NULL;

    decide(d, PORT_FOREIGN, "bridge %s holds it%s%s%s%s%s%s%s",
           in->row_bridge,
           id ? " as iface-id " : "", id ? id : "",
           in->row_mark ? ", marked by " : "",
           in->row_mark ? in->row_mark : "",
           (in->request != REQUEST_NONE && in->mode == MODE_OWN
            ? "; the request for it is not applied" : ""),
           in->row_error ? "; ovs-vswitchd: " : complaint ? "; " : "",
           in->row_error ? in->row_error : complaint ? complaint : "");
    if (in->owner == OVS_OWNER_ADOPTED && in->mode != MODE_OBSERVE
        && !is_refused(in)) {
        d->actions |= PORT_DISOWN;
    }
}

/* Asked for, in mode own, representor there, no row. */
static void
decide_add(const struct port_input *in, struct port_decision *d)
{
    if (in->id_holder) {
        decide(d, PORT_CONFLICT, "iface-id is that of %s too", in->id_holder);
    } else if (!in->settled || in->pair == PAIR_RESYNC) {
        decide(d, PORT_PENDING, "%s", (in->pair == PAIR_RESYNC
                                       ? in->pair_reason
                                       : "not all is known yet"));
    } else if (!in->bridge_exists) {
        decide(d, PORT_PENDING, "bridge %s does not exist", in->bridge);
    } else if (in->master) {
        decide(d, PORT_CONFLICT, "it is a port of %s already; ip link set "
               "NETDEV nomaster takes it out of there", in->master);
    } else if (is_refused(in)) {
        decide(d, PORT_ERROR, "ovsdb-server refused: %s", in->txn_error);
    } else if (in->backing_off) {
        decide(d, PORT_ERROR, "someone deleted the row %u times; it is put "
               "back after a back-off, or by port/attach", in->n_lost);
    } else if (in->features && in->tc_offload == TC_OFFLOAD_UNKNOWN
               && !in->offload_error) {
        decide(d, PORT_PENDING, "waiting for the kernel to tell the state of "
               "hw-tc-offload");
    } else if (d->actions & PORT_OFFLOAD_ON || in->offload_pending) {
        decide(d, PORT_PENDING, "turning hw-tc-offload on");
    } else if (in->udev_busy) {
        decide(d, PORT_PENDING, "waiting for udev to name the netdev");
    } else if (needs_link_up(in)) {
        decide(d, PORT_PENDING, "setting the link up");
        d->actions |= PORT_LINK_UP;
    } else if (!in->rep_up && in->up_pending) {
        decide(d, PORT_PENDING, "setting the link up");
    } else {
        decide(d, PORT_PENDING, "adding it to bridge %s", in->bridge);
        d->actions |= PORT_ADD;
    }
}

static void
decide_no_row(const struct port_input *in, struct port_decision *d)
{
    if (in->mode != MODE_OWN) {
        if (in->request != REQUEST_NONE) {
            decide(d, PORT_UNMANAGED, "the request is not applied: mode is %s",
                   offload_mode_to_string(in->mode));
        } else {
            decide(d, PORT_UNMANAGED, "%s", "");
        }
    } else if (in->request == REQUEST_SEVERAL) {
        decide(d, PORT_CONFLICT, "%s", in->request_error);
    } else if (in->request == REQUEST_BAD) {
        decide(d, PORT_ERROR, "%s", in->request_error);
    } else if (!is_wanted(in)) {
        decide(d, PORT_UNMANAGED, "%s", "");
    } else if (in->rep_ambiguous) {
        decide(d, PORT_CONFLICT, "%s", in->pair_reason);
    } else if (!in->has_rep) {
        decide(d, PORT_ABSENT, "%s",
               (in->settled || in->pair == PAIR_RESYNC
                ? in->pair_reason : "not all is known yet"));
    } else {
        decide_add(in, d);
    }
}

void
port_decide(const struct port_input *in, struct port_decision *d)
{
    d->reason = NULL;
    d->actions = needs_offload(in) ? PORT_OFFLOAD_ON : 0;

    if (!in->has_row) {
        decide_no_row(in, d);
    } else if (in->owner == OVS_OWNER_SELF) {
        decide_self(in, d);
    } else {
        decide_foreign(in, d);
    }
}

const char *
port_state_to_string(enum port_state state)
{
    switch (state) {
    case PORT_UNMANAGED: return "unmanaged";
    case PORT_ABSENT: return "absent";
    case PORT_PENDING: return "pending";
    case PORT_ATTACHED: return "attached";
    case PORT_FOREIGN: return "foreign";
    case PORT_CONFLICT: return "conflict";
    case PORT_ERROR: return "error";
    default: OVS_NOT_REACHED();
    }
}
