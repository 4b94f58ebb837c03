/* SPDX-License-Identifier: Apache-2.0 */

/* What ovs-vswitchd does, by what it says or by what it left behind. */

#include <config.h>
#include "controller/explain/private.h"

#include <string.h>

#include "util.h"

enum flow_tri
explain_hw_offload(const struct explain_facts *f)
{
    if (f->flow_api != FLOW_UNKNOWN) {
        return f->flow_api;
    }
    if (f->flows.known && f->flows.filters == FLOW_YES) {
        return FLOW_YES;
    }
    /* A qdisc may be another's, but without any there is no offload. */
    return f->port_qdiscs == FLOW_NO ? FLOW_NO : FLOW_UNKNOWN;
}

/* As smap_get_bool() in ovs-vswitchd takes it. */
static bool
key_is_true(const char *key)
{
    return key && !strcasecmp(key, "true");
}

static const char *
hw_offload_evidence(const struct explain_facts *f)
{
    if (f->flow_api != FLOW_UNKNOWN) {
        return "ovs-vswitchd says so";
    } else if (f->flows.known && f->flows.filters == FLOW_YES) {
        return "there are filters of ovs-vswitchd's in tc";
    } else {
        return "no port of a bridge has an ingress or clsact qdisc";
    }
}

void
explain_vswitchd(const struct explain_facts *f, struct explain_list *list)
{
    static const char name[] = "hw-offload";
    const char *why = hw_offload_evidence(f);
    bool key = key_is_true(f->hw_offload_key);

    switch (explain_hw_offload(f)) {
    case FLOW_YES:
        if (key || !f->db_known) {
            add(list, name, EXPLAIN_PASS, "in effect: %s", why);
        } else {
            add(list, name, EXPLAIN_PASS, "in effect (%s), but the key is "
                "not true: not any more once ovs-vswitchd is restarted", why);
            set_fix(list, "ovs-vsctl set Open_vSwitch . "
                    "other_config:hw-offload=true");
        }
        return;
    case FLOW_NO:
        if (key) {
            add(list, name, EXPLAIN_FAIL, "not in effect, although the key "
                "is true: %s", why);
            set_fix(list, RESTART);
        } else {
            add(list, name, EXPLAIN_FAIL, "hw-offload is false: %s", why);
            set_fix(list, "ovs-vsctl set Open_vSwitch . "
                    "other_config:hw-offload=true && ovs-appctl "
                    "revalidator/purge");
        }
        return;
    case FLOW_UNKNOWN:
        add(list, name, EXPLAIN_UNKNOWN, "ovs-vswitchd does not tell (%s); "
            "the key is %s", f->vswitchd_error ? f->vswitchd_error
            : "no answer", f->hw_offload_key ? f->hw_offload_key : "not set");
        return;
    }
    OVS_NOT_REACHED();
}

#define POLICY_FIX                                                      \
    "ovs-vsctl remove Open_vSwitch . other_config tc-policy && " RESTART

static bool
is_skip_hw(const char *policy)
{
    return policy && !strcmp(policy, "skip_hw");
}

enum flow_tri
explain_skip_hw(const struct explain_facts *f)
{
    bool skip_hw = is_skip_hw(f->tc_policy);

    if (f->flows.known && f->flows.skip_hw != FLOW_UNKNOWN) {
        return f->flows.skip_hw;
    }
    if (!f->tc_policy_certain
        && (!f->db_known || skip_hw != is_skip_hw(f->tc_policy_key))) {
        return FLOW_UNKNOWN;
    }
    return skip_hw ? FLOW_YES : FLOW_NO;
}

void
explain_tc_policy(const struct explain_facts *f, struct explain_list *list)
{
    const char *policy = f->tc_policy ? f->tc_policy : "not set";
    bool key = is_skip_hw(f->tc_policy_key);
    enum flow_tri skip_hw = explain_skip_hw(f);
    enum explain_verdict verdict = (skip_hw == FLOW_YES ? EXPLAIN_FAIL
                                    : EXPLAIN_PASS);
    static const char name[] = "tc-policy";

    if (skip_hw == FLOW_UNKNOWN) {
        if (!f->db_known) {
            add(list, name, EXPLAIN_UNKNOWN, "no connection to the database");
        } else {
            add(list, name, EXPLAIN_UNKNOWN, "the key was changed, from or to "
                "skip_hw, while ovs-vswitchd ran; which one it took is not "
                "known");
            set_fix(list, "%s", key ? POLICY_FIX : RESTART);
        }
        return;
    }
    if (f->flows.known && f->flows.skip_hw != FLOW_UNKNOWN) {
        add(list, name, verdict, "the filters in tc are %sskip_hw",
            skip_hw == FLOW_YES ? "" : "not ");
    } else if (f->tc_policy_certain) {
        add(list, name, verdict, "ovs-vswitchd took tc-policy when it was %s",
            policy);
    } else {
        add(list, name, verdict, "the key is %s, as far as it was watched",
            policy);
    }
    if (skip_hw == FLOW_YES) {
        set_fix(list, "%s", key || !f->db_known ? POLICY_FIX : RESTART);
    } else if (key) {
        set_fix(list, "the key is skip_hw, and counts from the next start of "
                "ovs-vswitchd: ovs-vsctl remove Open_vSwitch . other_config "
                "tc-policy");
    }
}
