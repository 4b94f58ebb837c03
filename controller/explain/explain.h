/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_EXPLAIN_EXPLAIN_H
#define CONTROLLER_EXPLAIN_EXPLAIN_H 1

/* Whether one interface is set up so that its flows can be in hardware, as a
 * checklist.
 *
 * Pure: facts in, verdicts out.  Items come in the order in which one thing
 * rests on another, so that the first that fails is the one to begin with; an
 * item that cannot apply (ovn-installed without OVN) is left out.  A fact that
 * is not known makes an item EXPLAIN_UNKNOWN, never a guess. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "controller/flow/reasons.h"
#include "controller/pairing.h"
#include "netlink/kernel-types.h"

struct json;

enum explain_verdict {
    EXPLAIN_PASS,
    EXPLAIN_UNKNOWN,
    EXPLAIN_FAIL,
};
const char *explain_verdict_to_string(enum explain_verdict);

/* A netdev. */
struct explain_dev {
    const char *name;           /* NULL if there is none. */
    enum tc_offload tc_offload; /* Feature hw-tc-offload. */
    struct switch_id switch_id; /* Its eswitch. */
    bool up;                    /* IFF_UP. */
    unsigned int mtu;           /* Bytes, 0 if not known. */
    bool qdisc_known;           /* Are the next two valid? */
    char qdisc[16];             /* "ingress", "clsact", or "" for neither. */
    uint32_t block;             /* Shared block that is bound to it, or 0. */
};

/* A MAC address that may not be known. */
struct explain_mac {
    bool known;                 /* Is 'mac' valid? */
    uint8_t mac[6];             /* All zeros: none is set. */
};

/* The flows of an interface, from and to it. */
struct explain_flows {
    bool known;                 /* Is any of this valid? */
    uint64_t n_flows;           /* How many there are. */
    uint64_t n_offloaded;       /* Those of them that are in hardware. */
    struct flow_reasons reasons; /* Of the others, most certain first. */
    enum flow_tri filters;      /* Has ovs-vswitchd filters in tc, on any port
                                 * of the node? */
    enum flow_tri skip_hw;      /* Are those skip_hw? */
};
void explain_flows_destroy(struct explain_flows *);

/* What is known.  Strings are the caller's; NULL for what is not there. */
struct explain_facts {
    /* The interface. */
    const char *title;          /* Name for people. */
    const char *iface_id;
    const char *ns, *pod;       /* Kubernetes namespace and pod. */
    bool has_vf_addr;           /* Is 'vf_addr' valid? */
    struct pci_addr vf_addr;    /* Its VF. */
    bool has_vf;                /* Is 'vf' valid? */
    uint32_t vf;                /* Number of the VF on its PF. */

    /* The NIC. */
    enum pair_state pair;
    const char *pair_reason;    /* Why it is not PAIR_PAIRED, or "". */
    bool has_pf;                /* Is 'pf_addr' valid? */
    struct pci_addr pf_addr;    /* PF of the VF. */
    enum eswitch_mode eswitch;  /* ESWITCH_UNKNOWN if not known. */
    struct explain_dev rep;
    struct explain_dev uplink;
    const char *bond;           /* Of which the uplink is a member, or NULL. */
    struct explain_dev *members; /* All members of that, */
    size_t n_members;           /* so many. */

    /* ovs-vswitchd. */
    enum flow_tri flow_api;     /* Does it say itself that it offloads? */
    const char *vswitchd_error; /* Why it did not answer, or NULL. */
    enum flow_tri port_qdiscs;  /* Has any port of a bridge of the kernel's
                                 * datapath, but for tunnels, a qdisc that
                                 * offload needs? */
    const char *hw_offload_key; /* other_config:hw-offload or NULL. */
    const char *tc_policy_key;  /* other_config:tc-policy or NULL. */
    const char *tc_policy;      /* The value that ovs-vswitchd took, or NULL
                                 * if there was none then. */
    bool tc_policy_certain;     /* Was it seen to take that one? */

    /* The row. */
    bool db_known;              /* Is there a copy of the database? */
    const char *bridge;         /* Where the representor is plugged. */
    int64_t ofport;             /* 0 while not assigned, -1 on failure. */
    const char *iface_error;    /* Interface's error column. */
    const char *lost_bridge;    /* Where a row of another owner was, that was
                                 * deleted while the representor was absent, or
                                 * NULL. */
    const char *lost_refusal;   /* Why that is not put back, or NULL. */
    bool ovn;                   /* Does OVN run here? */
    bool ovn_installed;         /* Interface external_ids:ovn-installed. */

    /* The other end. */
    const char *netdev;         /* VF's or virtio's netdev, if here. */
    unsigned int netdev_mtu;    /* Bytes, 0 if not known. */
    bool vdpa_known;            /* Are the vDPA devices known? */
    size_t n_vdpas;             /* How many the VF has. */
    const char *vdpa;           /* The one, if it is one. */
    const char *vdpa_driver;    /* "virtio_vdpa", "vhost_vdpa" or "". */
    unsigned int vdpa_mtu;      /* Of its configuration, bytes; 0 if not
                                 * known. */
    const char *attached_mac;   /* As the row says. */
    struct explain_mac vf_mac;  /* That the PF gives the VF. */
    struct explain_mac vdpa_mac; /* Of the vDPA device's configuration. */
    struct explain_mac netdev_mac; /* Of 'netdev'. */

    size_t n_devinfos;          /* Device-info files of the device. */
    const char *devinfo_problem; /* What is wrong in them, or NULL. */

    struct explain_flows flows;
};

struct explain_item {
    const char *name;           /* "eswitch-mode", ... */
    enum explain_verdict verdict;
    char *evidence;             /* One line.  Owned. */
    char *fix;                  /* One line, often a command, or "".
                                 * Owned. */
};

struct explain_list {
    struct explain_item *items;
    size_t n;                   /* Number of 'items'. */
    size_t allocated;           /* Of those, allocated. */
};

/* Fills '*list', which explain_list_destroy() frees. */
void explain(const struct explain_facts *, struct explain_list *list);
void explain_list_destroy(struct explain_list *);

/* The worst of the items. */
enum explain_verdict explain_overall(const struct explain_list *);

/* What is in effect, by the facts. */
enum flow_tri explain_hw_offload(const struct explain_facts *);
enum flow_tri explain_skip_hw(const struct explain_facts *);

/* An object with "interface", "iface_id", "namespace", "pod", "vf_pci",
 * "verdict" and "checks", an array of objects with "check", "verdict",
 * "evidence" and "fix". */
struct json *explain_to_json(const struct explain_facts *,
                             const struct explain_list *);

/* From an array of those, an array of objects with "interface", "check",
 * "verdict", "evidence" and "fix", for a table: a row for each check, and
 * after those of an interface one with the verdict of "all". */
struct json *explain_rows(const struct json *array);

#endif /* controller/explain/explain.h */
