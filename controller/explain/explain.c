/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/explain/private.h"

#include <inttypes.h>
#include <string.h>

#include "controller/shell-word.h"
#include "openvswitch/dynamic-string.h"
#include "packets.h"
#include "util.h"

/* Below, a function for each item or a few. */

static void
explain_eswitch(const struct explain_facts *f, struct explain_list *list)
{
    static const char name[] = "eswitch-mode";
    char pf[PCI_ADDR_STRLEN] = "";

    if (!f->has_pf) {
        add(list, name, EXPLAIN_UNKNOWN, "its PF is not known");
        return;
    }
    pci_addr_format(&f->pf_addr, pf);
    switch (f->eswitch) {
    case ESWITCH_SWITCHDEV:
        add(list, name, EXPLAIN_PASS, "the eswitch of %s is in switchdev mode",
            pf);
        return;
    case ESWITCH_LEGACY:
        add(list, name, EXPLAIN_FAIL, "the eswitch of %s is in legacy mode",
            pf);
        set_fix(list, "devlink dev eswitch set pci/%s mode switchdev", pf);
        return;
    case ESWITCH_UNKNOWN:
        add(list, name, EXPLAIN_UNKNOWN,
            "the driver of %s does not tell the mode", pf);
        set_fix(list, "devlink dev eswitch show pci/%s", pf);
        return;
    }
    OVS_NOT_REACHED();
}

static void
explain_representor(const struct explain_facts *f, struct explain_list *list)
{
    static const char name[] = "representor";

    if (f->rep.name) {
        add(list, name, EXPLAIN_PASS, "%s", f->rep.name);
    } else if (f->pair == PAIR_RESYNC) {
        add(list, name, EXPLAIN_UNKNOWN, "the kernel is being read again");
    } else {
        add(list, name, EXPLAIN_FAIL, "none: %s",
            f->pair_reason && f->pair_reason[0] ? f->pair_reason
            : pair_state_to_string(f->pair));
    }
}

static void
explain_feature(const struct explain_dev *dev, const char *name,
                struct explain_list *list)
{
    if (!dev->name) {
        add(list, name, EXPLAIN_UNKNOWN, "no such netdev");
        return;
    }
    switch (dev->tc_offload) {
    case TC_OFFLOAD_ON:
        add(list, name, EXPLAIN_PASS, "hw-tc-offload of %s is on", dev->name);
        return;
    case TC_OFFLOAD_OFF:
        add(list, name, EXPLAIN_FAIL, "hw-tc-offload is off on %s",
            dev->name);
        SET_FIX_NAME(list, "ethtool -K %s hw-tc-offload on && ovs-appctl "
                     "revalidator/purge", dev->name);
        return;
    case TC_OFFLOAD_UNSUPPORTED:
        add(list, name, EXPLAIN_FAIL, "%s does not support hw-tc-offload",
            dev->name);
        return;
    case TC_OFFLOAD_UNKNOWN:
        add(list, name, EXPLAIN_UNKNOWN,
            "hw-tc-offload of %s is not known", dev->name);
        SET_FIX_NAME(list, "ethtool -k %s | grep hw-tc-offload", dev->name);
        return;
    }
    OVS_NOT_REACHED();
}

/* What is wrong with a member of the uplink's bond, in words, or NULL. */
static const char *
member_trouble(const struct explain_facts *f, const struct explain_dev *member)
{
    return (!member->switch_id.len ? "is no uplink of an eswitch"
            : !switch_id_equals(&member->switch_id, &f->uplink.switch_id)
            ? "is on another eswitch"
            : member->tc_offload == TC_OFFLOAD_OFF ? "has hw-tc-offload off"
            : member->tc_offload == TC_OFFLOAD_UNSUPPORTED
            ? "does not support hw-tc-offload"
            : member->tc_offload == TC_OFFLOAD_UNKNOWN
            ? "may have hw-tc-offload on or off: that is not known"
            : NULL);
}

/* Filters of a bond are on a block that its members share: what one of them
 * refuses is in hardware for none. */
static void
explain_bond(const struct explain_facts *f, struct explain_list *list)
{
    const struct explain_dev *first = NULL;
    struct ds s = DS_EMPTY_INITIALIZER;
    bool certain = false;

    if (!f->bond) {
        return;
    }
    ds_put_format(&s, "%s, with %s a member of %s", f->uplink.name,
                  f->n_members > 1 ? "others" : "no other", f->bond);
    for (size_t i = 0; i < f->n_members; i++) {
        const struct explain_dev *member = &f->members[i];
        const char *trouble = member_trouble(f, member);

        if (trouble) {
            ds_put_format(&s, "; %s %s", member->name, trouble);
            certain |= member->tc_offload != TC_OFFLOAD_UNKNOWN
                       || !switch_id_equals(&member->switch_id,
                                            &f->uplink.switch_id);
            first = first ? first : member;
        }
    }
    add(list, "bond", (!first ? EXPLAIN_PASS
                       : certain ? EXPLAIN_FAIL : EXPLAIN_UNKNOWN),
        "%s", ds_cstr(&s));
    if (first && !switch_id_equals(&first->switch_id, &f->uplink.switch_id)) {
        set_fix(list, "bond uplinks of one eswitch only");
    } else if (first && first->tc_offload == TC_OFFLOAD_OFF) {
        SET_FIX_NAME(list, "ethtool -K %s hw-tc-offload on && ovs-appctl "
                     "revalidator/purge", first->name);
    }
    ds_destroy(&s);
}

static void
put_switch_id(struct ds *s, const struct explain_dev *dev)
{
    ds_put_format(s, "%s has ", dev->name);
    if (!dev->switch_id.len) {
        ds_put_cstr(s, "none");
    }
    for (size_t i = 0; i < dev->switch_id.len; i++) {
        ds_put_format(s, "%02x", dev->switch_id.id[i]);
    }
}

static void
explain_switch_id(const struct explain_facts *f, struct explain_list *list)
{
    struct ds s = DS_EMPTY_INITIALIZER;
    static const char name[] = "switch-id";

    if (!f->rep.name || !f->uplink.name) {
        add(list, name, EXPLAIN_UNKNOWN, "there is no %s",
            f->rep.name ? "uplink" : "representor");
        return;
    }
    put_switch_id(&s, &f->rep);
    ds_put_cstr(&s, ", ");
    put_switch_id(&s, &f->uplink);
    add(list, name, (f->rep.switch_id.len
                     && switch_id_equals(&f->rep.switch_id,
                                         &f->uplink.switch_id)
                     ? EXPLAIN_PASS : EXPLAIN_FAIL), "%s", ds_cstr(&s));
    ds_destroy(&s);
}

static void
explain_qdisc(const struct explain_facts *f, struct explain_list *list)
{
    const struct explain_dev *rep = &f->rep;
    static const char name[] = "qdisc";

    if (!rep->name) {
        add(list, name, EXPLAIN_UNKNOWN, "there is no representor");
    } else if (!rep->qdisc_known) {
        add(list, name, EXPLAIN_UNKNOWN, "the kernel did not tell that of %s",
            rep->name);
        SET_FIX_NAME(list, "tc qdisc show dev %s", rep->name);
    } else if (!rep->qdisc[0]) {
        add(list, name, EXPLAIN_FAIL, "%s has no ingress or clsact qdisc: "
            "ovs-vswitchd puts no filters there", rep->name);
        /* Without a port or without hw-offload that is just what follows. */
        if (f->bridge && explain_hw_offload(f) != FLOW_NO) {
            set_fix(list, RESTART);
        }
    } else if (rep->block) {
        add(list, name, EXPLAIN_PASS, "%s has %s, block %"PRIu32, rep->name,
            rep->qdisc, rep->block);
    } else {
        add(list, name, EXPLAIN_PASS, "%s has %s", rep->name, rep->qdisc);
    }
}

static void
explain_up(const struct explain_facts *f, struct explain_list *list)
{
    static const char name[] = "representor-up";

    if (!f->rep.name) {
        add(list, name, EXPLAIN_UNKNOWN, "there is no representor");
    } else if (f->rep.up) {
        add(list, name, EXPLAIN_PASS, "%s is up", f->rep.name);
    } else {
        add(list, name, EXPLAIN_FAIL, "%s is down", f->rep.name);
        SET_FIX_NAME(list, "ip link set %s up", f->rep.name);
    }
}

static void
explain_mtu(const struct explain_facts *f, struct explain_list *list)
{
    unsigned int rep = f->rep.name ? f->rep.mtu : 0;
    /* What the netdev was set to counts; the device only says how much it may
     * be, which a user elsewhere may have lowered. */
    const char *other = f->netdev && f->netdev_mtu ? f->netdev : f->vdpa;
    unsigned int mtu = other == f->netdev ? f->netdev_mtu : f->vdpa_mtu;
    static const char name[] = "mtu";

    if (!rep) {
        add(list, name, EXPLAIN_UNKNOWN, "there is no representor");
    } else if (!other || !mtu) {
        add(list, name, EXPLAIN_UNKNOWN, "%s has %u, that of the other end is "
            "not known", f->rep.name, rep);
    } else if (mtu == rep) {
        add(list, name, EXPLAIN_PASS, "%s and %s have %u", f->rep.name, other,
            rep);
    } else if (other != f->netdev && mtu > rep) {
        add(list, name, EXPLAIN_UNKNOWN, "%s has %u, %s offers %u; what its "
            "user has set is not known", f->rep.name, rep, other, mtu);
    } else {
        add(list, name, EXPLAIN_FAIL, "%s has %u, %s has %u", f->rep.name,
            rep, other, mtu);
        char *word = shell_word(f->rep.name);
        set_fix(list, "ip link set %s mtu %u", word, mtu);
        free(word);
    }
}

static void
explain_ofport(const struct explain_facts *f, struct explain_list *list)
{
    static const char name[] = "ofport";

    if (!f->db_known) {
        add(list, name, EXPLAIN_UNKNOWN, "no connection to the database");
    } else if (!f->rep.name) {
        add(list, name, EXPLAIN_UNKNOWN, "there is no representor");
    } else if (!f->bridge && f->lost_bridge) {
        add(list, name, EXPLAIN_FAIL, "the row of %s on %s was deleted while "
            "the representor was absent%s%s", f->rep.name, f->lost_bridge,
            f->lost_refusal ? ", and is not put back: " : "",
            f->lost_refusal ? f->lost_refusal : "");
        set_fix(list, "delete the pod, so that it is made anew; "
                "external_ids:offload-restore=true would put back the row of "
                "one that runs");
    } else if (!f->bridge) {
        add(list, name, EXPLAIN_FAIL, "%s is on no bridge", f->rep.name);
        SET_FIX_NAME(list, "ovs-appctl -t ovs-offload-controller port/attach "
                     "%s iface-id=ID, unless a CNI plugs it", f->title);
    } else if (f->ofport >= 1) {
        add(list, name, EXPLAIN_PASS, "%s is port %"PRId64" of %s",
            f->rep.name, f->ofport, f->bridge);
    } else if (f->ofport < 0) {
        add(list, name, EXPLAIN_FAIL, "ovs-vswitchd could not open %s: %s",
            f->rep.name, f->iface_error ? f->iface_error : "no reason given");
    } else {
        add(list, name, EXPLAIN_FAIL, "%s on %s has no number: ovs-vswitchd "
            "has not taken it up", f->rep.name, f->bridge);
        set_fix(list, "systemctl status ovs-vswitchd");
    }
}

static void
explain_ovn(const struct explain_facts *f, struct explain_list *list)
{
    static const char name[] = "ovn-installed";

    if (!f->ovn || !f->db_known || !f->bridge || !f->iface_id) {
        return;
    }
    if (f->ovn_installed) {
        add(list, name, EXPLAIN_PASS, "OVN has installed the flows of %s",
            f->iface_id);
    } else {
        add(list, name, EXPLAIN_FAIL, "OVN has not installed the flows of %s",
            f->iface_id);
        SET_FIX_NAME(list, "ovn-sbctl find Port_Binding logical_port=%s; "
                     "ovn-appctl -t ovn-controller connection-status",
                     f->iface_id);
    }
}

static void
explain_vdpa(const struct explain_facts *f, struct explain_list *list)
{
    static const char name[] = "vdpa-driver";

    if (!f->vdpa_known) {
        add(list, name, EXPLAIN_UNKNOWN, "the vDPA devices are not known");
    } else if (f->n_vdpas > 1) {
        add(list, name, EXPLAIN_UNKNOWN, "the VF has %"PRIuSIZE" vDPA "
            "devices", f->n_vdpas);
    } else if (f->vdpa && f->vdpa_driver && f->vdpa_driver[0]) {
        add(list, name, EXPLAIN_PASS, "%s is bound to %s", f->vdpa,
            f->vdpa_driver);
    } else if (f->vdpa) {
        add(list, name, EXPLAIN_FAIL, "%s is bound to no driver", f->vdpa);
        SET_FIX_NAME(list, "modprobe virtio_vdpa (or vhost_vdpa) && echo %s "
                     ">/sys/bus/vdpa/drivers_probe", f->vdpa);
    }
}

static enum explain_verdict
reason_verdict(const struct flow_reason_count *r)
{
    return (r->reason.by_design ? EXPLAIN_PASS
            : r->reason.class == FLOW_REASON_UNKNOWN ? EXPLAIN_UNKNOWN
            : EXPLAIN_FAIL);
}

static void
explain_flow_items(const struct explain_facts *f, struct explain_list *list)
{
    const struct explain_flows *flows = &f->flows;
    static const char name[] = "flows";

    if (!flows->known) {
        return;
    }
    if (!flows->reasons.n) {
        add(list, name, (flows->n_offloaded == flows->n_flows ? EXPLAIN_PASS
                         : EXPLAIN_UNKNOWN),
            "%"PRIu64" of %"PRIu64" are in hardware", flows->n_offloaded,
            flows->n_flows);
    }
    for (size_t i = 0; i < flows->reasons.n; i++) {
        const struct flow_reason_count *r = &flows->reasons.elems[i];

        add(list, name, reason_verdict(r), "%"PRIu64" of %"PRIu64": %s",
            r->flows, flows->n_flows, r->reason.evidence);
        set_fix(list, "%s", r->reason.fix);
    }
}

/* Who goes by the files, as a CNI plugin does, takes the wrong device. */
static void
explain_devinfo(const struct explain_facts *f, struct explain_list *list)
{
    static const char name[] = "device-info";

    if (f->devinfo_problem) {
        add(list, name, EXPLAIN_FAIL, "%s", f->devinfo_problem);
        set_fix(list, "restart the device plugin, which writes the file");
    } else if (f->n_devinfos) {
        add(list, name, EXPLAIN_PASS, "%"PRIuSIZE" %s", f->n_devinfos,
            f->n_devinfos == 1 ? "file agrees" : "files agree");
    }
}

void
explain(const struct explain_facts *f, struct explain_list *list)
{
    *list = (struct explain_list) { .items = NULL };
    explain_eswitch(f, list);
    explain_representor(f, list);
    explain_vswitchd(f, list);
    explain_tc_policy(f, list);
    explain_feature(&f->rep, "hw-tc-offload-representor", list);
    explain_feature(&f->uplink, "hw-tc-offload-uplink", list);
    explain_switch_id(f, list);
    explain_bond(f, list);
    explain_ofport(f, list);
    explain_qdisc(f, list);
    explain_up(f, list);
    explain_mtu(f, list);
    explain_ovn(f, list);
    explain_vdpa(f, list);
    explain_mac(f, list);
    explain_devinfo(f, list);
    explain_flow_items(f, list);
}
