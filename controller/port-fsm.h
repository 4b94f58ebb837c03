/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_PORT_FSM_H
#define CONTROLLER_PORT_FSM_H 1

/* What to do about one port.
 *
 * Pure: port_decide() looks at what is wanted (mode, selection, request) and
 * at what is there (representor, Interface row), and returns the state that
 * port/list shows, the reason for it, and the actions that bring the one
 * nearer to the other.  It keeps nothing: called again with the same input it
 * says the same, so that an action which is lost is simply decided again.
 *
 * Whatever the input: a row of another owner is never touched, but for our
 * mark on one that was adopted; rows change in mode "own" only, again but for
 * that; nothing is deleted while it is not certain that all is known; and in
 * mode "observe" nothing is done at all.
 *
 * States:
 *
 *   unmanaged  Nobody asked for it and it is on no bridge.
 *   absent     Asked for, and there is no representor (yet).
 *   pending    Asked for, and on its way.
 *   attached   A row of ours has it, and ovs-vswitchd has opened it.
 *   foreign    A row of another owner has it.
 *   conflict   Asked for in ways that contradict each other.
 *   error      Asked for, and someone refused; tried again only when
 *              something changes or the back-off is over. */

#include <stdbool.h>
#include <stdint.h>

#include "controller/pairing.h"
#include "netlink/kernel-types.h"
#include "ovsdb/config.h"
#include "ovsdb/ovs-view.h"

enum port_state {
    PORT_UNMANAGED,
    PORT_ABSENT,
    PORT_PENDING,
    PORT_ATTACHED,
    PORT_FOREIGN,
    PORT_CONFLICT,
    PORT_ERROR,
};

/* Actions, a set of bits. */
enum port_action {
    PORT_OFFLOAD_ON = 1 << 0,   /* Turn hw-tc-offload on. */
    PORT_LINK_UP = 1 << 1,      /* Set IFF_UP. */
    PORT_ADD = 1 << 2,          /* Insert Port and Interface. */
    PORT_DEL = 1 << 3,          /* Delete our row. */
    PORT_MOVE = 1 << 4,         /* Move our row to the other bridge. */
    PORT_UPDATE = 1 << 5,       /* Bring external_ids in line. */
    PORT_DISOWN = 1 << 6,       /* Remove our mark: adopted. */
    PORT_REOPEN = 1 << 7,       /* Delete our row, so that it is made anew. */
    PORT_RELEASE = 1 << 8,      /* Take the netdev out of the datapath. */
};

/* How the request that names this port stands. */
enum port_request {
    REQUEST_NONE,
    REQUEST_GOOD,
    REQUEST_BAD,                /* Its value is malformed. */
    REQUEST_SEVERAL,            /* Two or more name the same VF. */
};

struct port_input {
    /* What is wanted. */
    enum offload_mode mode;
    enum offload_select select;
    bool keep_unrequested;      /* Does a row stay that nobody asks for? */
    bool features;              /* May hw-tc-offload be turned on? */
    bool needs_offload;         /* Shall it be, on this netdev, now? */
    enum port_request request;
    const char *request_error;  /* Of REQUEST_BAD and REQUEST_SEVERAL. */
    const char *bridge;         /* Bridge to attach to. */
    bool bridge_exists;
    bool settled;               /* Is all that is known complete, so that a
                                 * thing's absence means that it is gone? */

    /* What there is of the VF. */
    enum pair_state pair;
    const char *pair_reason;    /* Of the pair, or "". */
    bool has_vf_addr;           /* Is it a VF of this host? */
    bool rep_ambiguous;         /* Several netdevs could be the representor. */

    /* Its representor. */
    bool has_rep;
    bool rep_up;                /* IFF_UP. */
    bool udev_busy;             /* Is udev still at naming it? */
    bool in_datapath;           /* Is it in Open vSwitch's datapath? */
    const char *master;         /* The netdev that keeps it from getting
                                 * there, as it is a port of that, or NULL. */
    bool release_tried;         /* Was it taken out of there under the name
                                 * that it has now? */
    enum tc_offload tc_offload;
    bool offload_settled;       /* Was on or was turned on once already. */
    bool offload_pending;       /* Asked for, not confirmed. */
    const char *offload_error;  /* Why it was refused or NULL. */
    bool offload_late;          /* Older filters may be in software. */
    bool up_settled;            /* Was up or was set up once already. */
    bool up_pending;            /* Asked for, not confirmed. */
    const char *up_error;       /* Why it was refused or NULL. */

    /* The Interface row with the representor's name. */
    bool has_row;
    enum ovs_owner owner;       /* Whose it is. */
    const char *row_bridge;     /* Name of the bridge that it is on. */
    const char *row_mark;       /* Another owner's key or NULL. */
    const char *row_iface_id;   /* or NULL. */
    const char *row_error;      /* Interface's error column or NULL. */
    int64_t ofport;             /* 0 while not assigned, -1 on failure. */
    bool row_differs;           /* external_ids are not as requested. */
    bool may_reopen;            /* May a row that ovs-vswitchd could not open
                                 * be made anew? */

    /* Obstacles. */
    const char *id_holder;      /* Other Interface or device that has or wants
                                 * the same iface-id, or NULL. */
    const char *txn_error;      /* Why ovsdb-server refused it, or NULL. */
    bool backing_off;           /* Is it too early to try again? */
    unsigned int n_lost;        /* Times that others deleted our row. */
};

struct port_decision {
    enum port_state state;
    char *reason;               /* Empty if there is nothing to say. */
    unsigned int actions;       /* Set of PORT_*. */
};

/* Fills '*decision', whose 'reason' the caller must free. */
void port_decide(const struct port_input *, struct port_decision *decision);

const char *port_state_to_string(enum port_state);

#endif /* controller/port-fsm.h */
