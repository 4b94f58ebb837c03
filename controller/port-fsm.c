/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/port-fsm.h"

#include <stdarg.h>

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
    return (!in->settled || in->pair == PAIR_RESYNC
            || in->pair == PAIR_AMBIGUOUS
            || in->request == REQUEST_SEVERAL || in->request == REQUEST_BAD);
}

/* Why traffic of an attached port may not be in hardware, or NULL. */
static const char *
offload_complaint(const struct port_input *in)
{
    if (in->offload_error) {
        return in->offload_error;
    }
    switch (in->tc_offload) {
    case TC_OFFLOAD_OFF:
        return (!in->features ? "hw-tc-offload is off (offload-features is "
                "false)" : in->offload_settled && !in->offload_pending
                ? "hw-tc-offload was turned off by someone else"
                : "hw-tc-offload is off");
    case TC_OFFLOAD_UNSUPPORTED:
        return "the netdev does not support hw-tc-offload";
    case TC_OFFLOAD_ON:
        return (in->offload_late
                ? "flows from before hw-tc-offload was on are in software: "
                "ovs-appctl revalidator/purge" : NULL);
    case TC_OFFLOAD_UNKNOWN:
    default:
        return NULL;
    }
}

static void
decide_own_row(const struct port_input *in, struct port_decision *d)
{
    const char *complaint = offload_complaint(in);

    if (in->request == REQUEST_SEVERAL || in->request == REQUEST_BAD) {
        decide(d, (in->request == REQUEST_SEVERAL ? PORT_CONFLICT
                   : PORT_ERROR), "%s", in->request_error);
    } else if (in->txn_error) {
        decide(d, PORT_ERROR, "ovsdb-server refused: %s", in->txn_error);
    } else if (in->row_error || in->ofport < 0) {
        decide(d, PORT_ERROR, "ovs-vswitchd: %s",
               in->row_error ? in->row_error : "could not add the port");
    } else if (!in->ofport) {
        decide(d, PORT_PENDING, "ovs-vswitchd has not given an ofport yet");
    } else if (!in->rep_up && in->up_error) {
        decide(d, PORT_ATTACHED, "%s", in->up_error);
    } else if (!in->rep_up && in->up_settled && !in->up_pending) {
        decide(d, PORT_ATTACHED, "the link was set down by someone else");
    } else {
        decide(d, PORT_ATTACHED, "%s", complaint ? complaint : "");
    }
}

static void
decide_self(const struct port_input *in, struct port_decision *d)
{
    if (in->mode != MODE_OWN) {
        decide_own_row(in, d);
        d->actions |= PORT_KEEP;
        return;
    }
    if (is_undecided(in)) {
        decide_own_row(in, d);
        d->actions |= PORT_KEEP;
        return;
    }
    if (!is_wanted(in)) {
        decide(d, PORT_UNMANAGED, "no longer requested");
        d->actions |= PORT_DEL;
        return;
    }
    d->actions |= PORT_KEEP;
    if (in->id_holder && in->row_differs) {
        decide(d, PORT_CONFLICT, "iface-id is that of %s too", in->id_holder);
        return;
    }
    decide_own_row(in, d);
    if (!in->rep_up && !in->up_settled && !in->up_error) {
        d->actions |= PORT_LINK_UP;
    }
    if (strcmp(in->row_bridge, in->bridge)) {
        if (!in->bridge_exists) {
            decide(d, PORT_PENDING, "bridge %s does not exist; still on %s",
                   in->bridge, in->row_bridge);
        } else if (!in->backing_off) {
            decide(d, PORT_PENDING, "moving from bridge %s to %s",
                   in->row_bridge, in->bridge);
            d->actions |= PORT_MOVE;
        }
    }
    if (in->row_differs && !in->backing_off) {
        d->actions |= PORT_UPDATE;
    }
}

static void
decide_foreign(const struct port_input *in, struct port_decision *d)
{
    const char *id = in->row_iface_id;
    const char *complaint = offload_complaint(in);

    decide(d, PORT_FOREIGN, "bridge %s holds it%s%s%s%s%s%s%s%s",
           in->row_bridge,
           id ? " as iface-id " : "", id ? id : "",
           in->row_mark ? ", marked by " : "",
           in->row_mark ? in->row_mark : "",
           (in->request != REQUEST_NONE && in->mode == MODE_OWN
            ? "; the request for it is not applied" : ""),
           in->row_error ? "; ovs-vswitchd: " : complaint ? "; " : "",
           in->row_error ? in->row_error : complaint ? complaint : "", "");
}

/* Asked for, in mode own, representor there, no row. */
static void
decide_add(const struct port_input *in, struct port_decision *d)
{
    if (in->id_holder) {
        decide(d, PORT_CONFLICT, "iface-id is that of %s too", in->id_holder);
    } else if (!in->bridge_exists) {
        decide(d, PORT_PENDING, "bridge %s does not exist", in->bridge);
    } else if (in->backing_off && in->txn_error) {
        decide(d, PORT_ERROR, "ovsdb-server refused: %s", in->txn_error);
    } else if (in->backing_off) {
        decide(d, PORT_ERROR, "someone deleted the row %u times; it is put "
               "back after a back-off", in->n_lost);
    } else if (!in->settled || in->pair == PAIR_RESYNC) {
        decide(d, PORT_PENDING, "%s", in->pair_reason);
    } else if (in->features && in->tc_offload == TC_OFFLOAD_UNKNOWN
               && !in->offload_error) {
        decide(d, PORT_PENDING, "waiting for the kernel to tell the state of "
               "hw-tc-offload");
    } else if (d->actions & PORT_OFFLOAD_ON || in->offload_pending) {
        decide(d, PORT_PENDING, "turning hw-tc-offload on");
    } else if (!in->rep_up && !in->up_settled && !in->up_error) {
        decide(d, PORT_PENDING, "setting the link up");
        d->actions |= PORT_LINK_UP;
    } else if (in->up_pending) {
        decide(d, PORT_PENDING, "setting the link up");
    } else {
        decide(d, PORT_PENDING, "adding it to bridge %s", in->bridge);
        d->actions |= PORT_ADD;
    }
}

static void
decide_no_row(const struct port_input *in, struct port_decision *d)
{
    bool requested = in->request != REQUEST_NONE;

    if (in->mode != MODE_OWN) {
        decide(d, PORT_UNMANAGED, "%s%s%s",
               requested ? "the request is not applied: mode is " : "",
               requested ? offload_mode_to_string(in->mode) : "", "");
    } else if (in->request == REQUEST_SEVERAL) {
        decide(d, PORT_CONFLICT, "%s", in->request_error);
    } else if (in->request == REQUEST_BAD) {
        decide(d, PORT_ERROR, "%s", in->request_error);
    } else if (!is_wanted(in)) {
        decide(d, PORT_UNMANAGED, "%s", "");
    } else if (in->rep_ambiguous) {
        decide(d, PORT_CONFLICT, "%s", in->pair_reason);
    } else if (!in->has_rep) {
        decide(d, PORT_ABSENT, "%s", in->pair_reason);
    } else {
        decide_add(in, d);
    }
}

void
port_decide(const struct port_input *in, struct port_decision *d)
{
    d->reason = NULL;
    d->actions = in->has_rep && in->needs_offload ? PORT_OFFLOAD_ON : 0;

    if (!in->has_row) {
        decide_no_row(in, d);
    } else if (in->owner == OVS_OWNER_SELF) {
        decide_self(in, d);
    } else {
        decide_foreign(in, d);
        if (in->owner == OVS_OWNER_ADOPTED && in->mode != MODE_OBSERVE) {
            d->actions |= PORT_DISOWN;
        }
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
