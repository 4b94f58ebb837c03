/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/flow/reason.h"

#include <string.h>

#include "controller/shell-word.h"
#include "openvswitch/dynamic-string.h"
#include "util.h"

/* Units of both packagings have this one. */
#define RESTART "systemctl restart ovs-vswitchd"
#define PURGE "ovs-appctl revalidator/purge"

const char *
flow_reason_class_to_string(enum flow_reason_class class)
{
    switch (class) {
    case FLOW_REASON_USERSPACE:
        return "userspace-datapath";
    case FLOW_REASON_HW_OFFLOAD:
        return "hw-offload";
    case FLOW_REASON_TC_POLICY:
        return "tc-policy";
    case FLOW_REASON_FEATURE:
        return "hw-tc-offload";
    case FLOW_REASON_LATE:
        return "installed-before-offload";
    case FLOW_REASON_DEVICE:
        return "device";
    case FLOW_REASON_REFUSED:
        return "refused";
    case FLOW_REASON_FLOW:
        return "kernel-datapath";
    case FLOW_REASON_FLOW_LIMIT:
        return "flow-limit";
    case FLOW_REASON_UNKNOWN:
        return "unknown";
    case FLOW_N_REASONS:
        break;
    }
    OVS_NOT_REACHED();
}

/* Each of the functions below tries one class or a few: it returns true if it
 * is that, and filled '*r' then. */

static bool
set(struct flow_reason *r, enum flow_reason_class class, char *evidence,
    char *fix)
{
    *r = (struct flow_reason) {
        .class = class, .evidence = evidence, .fix = fix,
        .by_design = class == FLOW_REASON_FLOW,
    };
    return true;
}

/* set(), of what is no fault of the node's. */
static bool
set_by_design(struct flow_reason *r, enum flow_reason_class class,
              char *evidence)
{
    set(r, class, evidence, xstrdup(""));
    r->by_design = true;
    return true;
}

/* 'format', in which each "%s" is to become 'name' as a word of a command. */
static char *
command(const char *format, const char *name)
{
    struct ds s = DS_EMPTY_INITIALIZER;
    char *word = shell_word(name);
    const char *p;

    while ((p = strstr(format, "%s"))) {
        ds_put_buffer(&s, format, p - format);
        ds_put_cstr(&s, word);
        format = p + 2;
    }
    ds_put_cstr(&s, format);
    free(word);
    return ds_steal_cstr(&s);
}

/* What is below is about the kernel and tc. */
static bool
try_userspace(const struct flow_reason_flow *flow, struct flow_reason *r)
{
    return (flow->userspace
            && set(r, FLOW_REASON_USERSPACE,
                   xstrdup("in the userspace datapath"), xstrdup("")));
}

/* ovs-vswitchd: what keeps out all flows of all devices. */
static bool
try_vswitchd(const struct flow_reason_env *env, struct flow_reason *r)
{
    if (env->hw_offload == FLOW_NO) {
        return (env->key_differs
                ? set(r, FLOW_REASON_HW_OFFLOAD,
                      xstrdup("hw-offload is not in effect, although the key "
                              "is true"), xstrdup(RESTART))
                : set(r, FLOW_REASON_HW_OFFLOAD,
                      xstrdup("hw-offload is false"),
                      xstrdup("ovs-vsctl set Open_vSwitch . "
                              "other_config:hw-offload=true && " PURGE)));
    }
    if (env->skip_hw == FLOW_YES) {
        return (env->key_differs
                ? set(r, FLOW_REASON_TC_POLICY,
                      xstrdup("tc-policy skip_hw is in effect, although the "
                              "key says otherwise"), xstrdup(RESTART))
                : set(r, FLOW_REASON_TC_POLICY,
                      xstrdup("tc-policy is skip_hw"),
                      xstrdup("ovs-vsctl remove Open_vSwitch . other_config "
                              "tc-policy && " RESTART)));
    }
    return false;
}

/* Of the flow's devices the one on which its filter has to be in hardware: the
 * sender, unless that follows the device of the other end.  Where several
 * follow, the first that can be told to keep the flow out.  What
 * hw-tc-offload is elsewhere does not matter to the flow. */
static const struct flow_reason_dev *
filter_dev(const struct flow_reason_flow *flow)
{
    const struct flow_reason_dev *dev = NULL;

    if (!flow->sender->transparent) {
        return flow->sender;
    }
    for (size_t i = 0; i < flow->n_receivers; i++) {
        const struct flow_reason_dev *receiver = &flow->receivers[i];

        if (!receiver->transparent) {
            if (receiver->feature == FLOW_NO) {
                return receiver;
            }
            if (!dev || receiver->feature == FLOW_UNKNOWN) {
                dev = receiver;
            }
        }
    }
    return dev;
}

static bool
try_feature(const struct flow_reason_flow *flow, struct flow_reason *r)
{
    const struct flow_reason_dev *dev = filter_dev(flow);

    if (!dev || !dev->exists) {
        return false;
    }
    /* One that is fixed off is the device's matter. */
    if (dev->feature == FLOW_NO && !dev->feature_fixed) {
        return set(r, FLOW_REASON_FEATURE,
                   xasprintf("hw-tc-offload is off on %s", dev->name),
                   command("ethtool -K %s hw-tc-offload on && " PURGE,
                           dev->name));
    }
    if (dev->late && !flow->kernel) {
        return set(r, FLOW_REASON_LATE,
                   xasprintf("installed before hw-tc-offload of %s was on",
                             dev->name), xstrdup(PURGE));
    }
    return false;
}

static bool
try_one_device(const struct flow_reason_dev *dev, struct flow_reason *r)
{
    if (!dev->exists) {
        return set(r, FLOW_REASON_DEVICE,
                   xasprintf("there is no netdev %s", dev->name),
                   command("ip link show %s; if it is gone for good: "
                           "ovs-vsctl --if-exists del-port %s", dev->name));
    }
    if (dev->transparent) {
        return false;
    }
    if (dev->internal && !dev->switch_id_len) {
        return set_by_design(r, FLOW_REASON_DEVICE,
                             xasprintf("%s is an internal port, neither a "
                                       "representor nor an uplink",
                                       dev->name));
    }
    if (!dev->switch_id || !dev->switch_id_len) {
        return set(r, FLOW_REASON_DEVICE,
                   xasprintf("%s is on no eswitch: neither a representor nor "
                             "the uplink of one in switchdev mode",
                             dev->name),
                   command("attach a representor in its place, or, if it is "
                           "the NIC's own netdev: devlink dev eswitch set "
                           "pci/$(basename $(readlink "
                           "/sys/class/net/%s/device)) mode switchdev",
                           dev->name));
    }
    if (dev->feature == FLOW_NO && dev->feature_fixed) {
        return set(r, FLOW_REASON_DEVICE,
                   xasprintf("%s does not support hw-tc-offload", dev->name),
                   xstrdup(""));
    }
    return false;
}

static bool
try_devices(const struct flow_reason_flow *flow, struct flow_reason *r)
{
    const struct flow_reason_dev *first = NULL;

    /* Each on its own, before any two of them. */
    if (try_one_device(flow->sender, r)) {
        return true;
    }
    for (size_t i = 0; i < flow->n_receivers; i++) {
        if (try_one_device(&flow->receivers[i], r)) {
            return true;
        }
    }

    for (size_t i = 0; i <= flow->n_receivers; i++) {
        const struct flow_reason_dev *dev = (i ? &flow->receivers[i - 1]
                                             : flow->sender);

        if (dev->transparent) {
            continue;
        }
        if (!first) {
            first = dev;
        } else if (first->switch_id_len != dev->switch_id_len
                   || memcmp(first->switch_id, dev->switch_id,
                             dev->switch_id_len)) {
            return set(r, FLOW_REASON_DEVICE,
                       xasprintf("%s and %s are on different eswitches",
                                 first->name, dev->name), xstrdup(""));
        }
    }

    /* Nothing of the NIC's is part of it.  A drop has no receiver, and what
     * its sender follows is not known. */
    if (!first && flow->n_receivers) {
        return set(r, FLOW_REASON_DEVICE,
                   xasprintf("from %s to %s: no device of an eswitch is part "
                             "of it", flow->sender->name,
                             flow->receivers[0].name), xstrdup(""));
    }
    return false;
}

/* A filter in tc: it is the driver's matter, unless something that would keep
 * it out is not known. */
static bool
try_tc(const struct flow_reason_env *env, const struct flow_reason_flow *flow,
       struct flow_reason *r)
{
    const struct flow_reason_dev *dev = filter_dev(flow);

    if (dev && dev->feature == FLOW_UNKNOWN) {
        return set(r, FLOW_REASON_UNKNOWN,
                   xasprintf("in tc but not in hardware: not known whether "
                             "hw-tc-offload of %s is on", dev->name),
                   command("ethtool -k %s | grep hw-tc-offload", dev->name));
    }
    if (env->skip_hw == FLOW_UNKNOWN) {
        return set(r, FLOW_REASON_UNKNOWN,
                   xstrdup("in tc but not in hardware: not known whether "
                           "tc-policy skip_hw is in effect"),
                   xstrdup("ovs-vsctl get Open_vSwitch . "
                           "other_config:tc-policy"));
    }

    /* Without skip_sw the driver's error goes nowhere: who adds the filter is
     * told of a success, and that it is not in hardware. */
    return set(r, FLOW_REASON_REFUSED,
               xstrdup("in tc but not in hardware: the driver refused it, or "
                       "its table is full"),
               command("tc -s filter show dev %s ingress shows the filter, "
                       "dmesg may have the driver's reason",
                       flow->sender->name));
}

/* What can be done about 'miss', or "". */
static const char *
miss_fix(enum flow_miss miss)
{
    switch ((int) miss) {
    case FLOW_MISS_ACTION_USERSPACE:
        return "none needed: its packets go to ovs-vswitchd by design";
    case FLOW_MISS_ACTION_SAMPLE:
        return "if sampling is not needed: ovs-vsctl clear Bridge BRIDGE "
               "sflow ipfix";
    case FLOW_MISS_ACTION_LB_OUTPUT:
        return "ovs-vsctl set Port BOND other_config:lb-output-action=false";
    default:
        return "";
    }
}

static bool
try_kernel(const struct flow_reason_env *env,
           const struct flow_reason_flow *flow, struct flow_reason *r)
{
    const char *miss = flow_miss_to_string(flow->miss);

    if (miss) {
        return set(r, FLOW_REASON_FLOW,
                   xasprintf("kernel datapath only: %s", miss),
                   xstrdup(miss_fix(flow->miss)));
    }
    if (env->at_flow_limit == FLOW_YES) {
        return set(r, FLOW_REASON_FLOW_LIMIT,
                   xstrdup("kernel datapath only: ovs-vswitchd is at its "
                           "flow limit"),
                   xstrdup("ovs-appctl upcall/show; to raise it: ovs-vsctl "
                           "set Open_vSwitch . "
                           "other_config:flow-limit=400000"));
    }
    return false;
}

static bool
set_unknown(const struct flow_reason_env *env, struct flow_reason *r)
{
    return set(r, FLOW_REASON_UNKNOWN,
               xstrdup(env->hw_offload == FLOW_UNKNOWN
                       ? "kernel datapath only: not known whether hw-offload "
                         "is in effect"
                       : "kernel datapath only: not known why"),
               xstrdup(""));
}

void
flow_reason_find(const struct flow_reason_env *env,
                 const struct flow_reason_flow *flow, struct flow_reason *r)
{
    bool found = (try_userspace(flow, r)
                  || try_vswitchd(env, r)
                  || try_feature(flow, r)
                  || try_devices(flow, r)
                  || (flow->kernel ? try_kernel(env, flow, r)
                      : try_tc(env, flow, r))
                  || set_unknown(env, r));

    ovs_assert(found);
}

void
flow_reason_destroy(struct flow_reason *r)
{
    if (r) {
        free(r->evidence);
        free(r->fix);
    }
}
