/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/flow/facts.h"

#include <string.h>

#include "controller/controller.h"
#include "controller/flow/engine.h"
#include "controller/inventory.h"
#include "controller/policy-watch.h"
#include "controller/reconcile.h"
#include "ovsdb/ovs-view.h"
#include "smap.h"
#include "util.h"

/* Has any port, but for those that the kernel makes itself, a qdisc as
 * ovs-vswitchd gives to all its ports if it offloads? */
static bool
has_qdisc(const struct flow_facts *f)
{
    for (size_t i = 0; i < f->ifaces.n; i++) {
        const struct flow_interface *iface = &f->ifaces.ifaces[i];

        if (iface->kind != FLOW_KIND_TUNNEL
            && iface->kind != FLOW_KIND_INTERNAL
            && flow_engine_has_qdisc(f->c->flows, iface->ifindex)) {
            return true;
        }
    }
    return false;
}

/* What is in effect, whatever the keys say: a filter of ovs-vswitchd's shows
 * that hw-offload is, and one in hardware that tc-policy is not skip_hw. */
static void
find_env(struct flow_facts *f)
{
    const struct smap *config = ovs_view_other_config(f->c->view);
    const struct flow_table *table = flow_engine_table(f->c->flows);
    const struct policy_watch *watch = f->c->policy;
    bool key = smap_get_bool(config, "hw-offload", false);
    bool policy = !strcmp(smap_get_def(config, "tc-policy", ""), "skip_hw");
    bool taken = watch->policy && !strcmp(watch->policy, "skip_hw");
    struct flow_reason_env *env = &f->env;

    env->hw_offload = (flow_table_count_of(table, false, 0)
                       ? FLOW_YES : policy_watch_hw_offload(watch));
    if (env->hw_offload == FLOW_UNKNOWN && !has_qdisc(f)) {
        env->hw_offload = FLOW_NO;
    }
    env->skip_hw = (flow_engine_offloads(f->c->flows) ? FLOW_NO
                    : !policy_watch_is_certain(watch) && taken != policy
                    ? FLOW_UNKNOWN
                    : taken ? FLOW_YES : FLOW_NO);
    env->key_differs = (env->hw_offload == (key ? FLOW_NO : FLOW_YES)
                        || env->skip_hw == (policy ? FLOW_NO : FLOW_YES));
}

void
flow_facts_init(struct flow_facts *f, const struct controller *c)
{
    memset(f, 0, sizeof *f);
    f->c = c;
    flow_ifaces_init(&f->ifaces, c->inv, c->view);
    find_env(f);
}

void
flow_facts_init_empty(struct flow_facts *f, const struct controller *c)
{
    memset(f, 0, sizeof *f);
    f->c = c;
    flow_ifaces_init_empty(&f->ifaces);
}

void
flow_facts_destroy(struct flow_facts *f)
{
    flow_ifaces_destroy(&f->ifaces);
}

static enum flow_tri
feature_of(const struct inv_link *link)
{
    switch (link->tc_offload) {
    case TC_OFFLOAD_ON: return FLOW_YES;
    case TC_OFFLOAD_OFF:
    case TC_OFFLOAD_UNSUPPORTED: return FLOW_NO;
    case TC_OFFLOAD_UNKNOWN:
    default: return FLOW_UNKNOWN;
    }
}

/* Kinds of netdevs that Open vSwitch makes for tunnels. */
static bool
is_tunnel(const struct inv_link *link)
{
    static const char *const kinds[] = {
        "geneve", "vxlan", "gre", "gretap", "ip6gre",
        "ip6gretap", "erspan", "ip6erspan", "bareudp", "gtp",
    };

    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
        if (!strcmp(link->info.kind, kinds[i])) {
            return true;
        }
    }
    return false;
}

void
flow_facts_dev(const struct flow_facts *f, uint32_t dev,
               struct flow_reason_dev *d)
{
    const struct inv_link *link = (dev && dev <= INT_MAX
                                   ? inventory_find_link(f->c->inv, dev)
                                   : NULL);

    memset(d, 0, sizeof *d);
    if (!link) {
        d->name = "a device that is gone";
        return;
    }
    d->name = link->info.name;
    d->exists = true;

    const struct inv_link *member = flow_bond_member(f->c->inv, link);
    if (member) {
        if (member->tc_offload != TC_OFFLOAD_ON
            || !member->info.switch_id.len) {
            d->name = member->info.name;
        }
        link = member;
    }
    d->feature = feature_of(link);
    d->feature_fixed = link->tc_offload == TC_OFFLOAD_UNSUPPORTED;
    d->late = link->offload_late;
    d->transparent = is_tunnel(link);
    d->internal = !strcmp(link->info.kind, "openvswitch");
    if (link->info.switch_id.len) {
        d->switch_id = link->info.switch_id.id;
        d->switch_id_len = link->info.switch_id.len;
    }
}

static bool
dev_exists(void *f_, uint32_t dev)
{
    const struct flow_facts *f = f_;

    return dev <= INT_MAX && inventory_find_link(f->c->inv, dev);
}

static bool
dev_resync(void *f_, uint32_t dev OVS_UNUSED)
{
    const struct flow_facts *f = f_;

    for (int i = 0; i < FLOW_N_SOURCES; i++) {
        if (flow_engine_state(f->c->flows, i) == FLOW_SOURCE_SYNCING) {
            return true;
        }
    }
    return false;
}

static void
dev_facts(void *f, uint32_t dev, struct flow_reason_dev *d)
{
    flow_facts_dev(f, dev, d);
}

void
flow_facts_rows_args(struct flow_facts *f, const struct flow_table *table,
                     struct flow_rows_args *args)
{
    const char *bridge = reconcile_config(f->c->rec)->bridge;

    *args = (struct flow_rows_args) {
        .table = table,
        .ifaces = f->ifaces.ifaces,
        .n_ifaces = f->ifaces.n,
        .bridge_ids = ovs_view_bridge_external_ids(f->c->view, bridge),
        .env = &f->env,
        .exists = dev_exists,
        .resync = dev_resync,
        .facts = dev_facts,
        .aux = f,
    };
}

bool
flow_facts_has_pod(const struct flow_facts *f, const char *ns,
                   const char *pod)
{
    for (size_t i = 0; i < f->ifaces.n; i++) {
        const struct flow_interface *iface = &f->ifaces.ifaces[i];

        if (iface->ns && iface->pod && !strcmp(iface->ns, ns)
            && !strcmp(iface->pod, pod)) {
            return true;
        }
    }
    return false;
}
