/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_FLOW_REASON_H
#define CONTROLLER_FLOW_REASON_H 1

/* Why a flow is not in hardware: a class, the evidence, and what to do about
 * it.  A pure function of facts; what the facts do not tell is said to be
 * unknown, not guessed.  Classes are tried in the order of 'enum
 * flow_reason_class': from what keeps all flows out of hardware down to what
 * keeps this one out. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "netlink/flow-record.h"

/* What is known of a switch; most things cannot be known at all times. */
enum flow_tri {
    FLOW_UNKNOWN,
    FLOW_NO,
    FLOW_YES,
};

enum flow_reason_class {
    FLOW_REASON_USERSPACE,      /* "userspace-datapath": not the kernel's. */
    FLOW_REASON_HW_OFFLOAD,     /* "hw-offload": not in effect. */
    FLOW_REASON_TC_POLICY,      /* "tc-policy": it is skip_hw. */
    FLOW_REASON_FEATURE,        /* "hw-tc-offload": off on a device. */
    FLOW_REASON_LATE,           /* "installed-before-offload": the filter is
                                 * older than the feature's being on. */
    FLOW_REASON_DEVICE,         /* "device": a device cannot offload: no
                                 * representor, or another eswitch. */
    FLOW_REASON_REFUSED,        /* "refused": in tc, all devices could, and the
                                 * driver did not take it or had no room: the
                                 * kernel tells nobody which. */
    FLOW_REASON_FLOW,           /* "kernel-datapath": tc cannot express it. */
    FLOW_REASON_FLOW_LIMIT,     /* "flow-limit". */
    FLOW_REASON_UNKNOWN,        /* "unknown". */
    FLOW_N_REASONS
};
const char *flow_reason_class_to_string(enum flow_reason_class);

/* A device as far as reasons depend on it. */
struct flow_reason_dev {
    const char *name;           /* Netdev, or a description if it has none. */
    bool exists;                /* Is there such a netdev (now)? */
    enum flow_tri feature;      /* hw-tc-offload; FLOW_UNKNOWN if it is not
                                 * known. */
    bool feature_fixed;         /* The device does not support the feature. */
    bool late;                  /* The feature was turned on by us after
                                 * filters had been installed. */
    bool transparent;           /* A tunnel port of the kernel: has no feature
                                 * of its own, and follows the other
                                 * device. */
    bool internal;              /* An internal port: of the host, not of an
                                 * eswitch. */
    const uint8_t *switch_id;   /* phys_switch_id, or NULL if none. */
    size_t switch_id_len;       /* In bytes. */
};

/* The node. */
struct flow_reason_env {
    enum flow_tri hw_offload;   /* In effect in ovs-vswitchd? */
    enum flow_tri skip_hw;      /* tc-policy=skip_hw in effect? */
    enum flow_tri at_flow_limit; /* Only explain asks; else FLOW_UNKNOWN. */
    bool key_differs;           /* The key hw-offload or tc-policy says
                                 * something else than is in effect. */
};

/* A flow, or many of the same kind. */
struct flow_reason_flow {
    bool userspace;             /* In a datapath of ovs-vswitchd's own: the
                                 * rest does not matter. */
    bool kernel;                /* Not in tc at all. */
    enum flow_miss miss;        /* As found in the flow. */
    const struct flow_reason_dev *sender; /* Never NULL. */
    const struct flow_reason_dev *receivers; /* Its outputs. */
    size_t n_receivers;         /* Number of 'receivers'. */
};

struct flow_reason {
    enum flow_reason_class class;
    bool by_design;             /* Is that as it should be, whatever one does
                                 * to the node? */
    char *evidence;             /* One line, e.g. "hw-tc-offload is off on
                                 * eth5".  Owned. */
    char *fix;                  /* One line, often a command, or "" if there is
                                 * nothing to do.  Owned. */
};

/* Fills '*reason', which flow_reason_destroy() frees, for a flow that is not
 * in hardware. */
void flow_reason_find(const struct flow_reason_env *,
                      const struct flow_reason_flow *,
                      struct flow_reason *reason);
void flow_reason_destroy(struct flow_reason *);

#endif /* controller/flow/reason.h */
