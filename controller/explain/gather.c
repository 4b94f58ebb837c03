/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/explain/gather.h"

#include <net/if.h>
#include <string.h>

#include "controller/controller.h"
#include "controller/devinfo/join.h"
#include "controller/flow/explain.h"
#include "controller/flow/ifaces.h"
#include "controller/inventory.h"
#include "controller/journal.h"
#include "controller/policy-watch.h"
#include "controller/ports.h"
#include "controller/reconcile.h"
#include "controller/upcall-show.h"
#include "controller/vswitchd-query.h"
#include "netlink/kernel.h"
#include "netlink/link-detail.h"
#include "netlink/vdpa-config.h"
#include "openvswitch/json.h"
#include "openvswitch/poll-loop.h"
#include "ovsdb/iface-id.h"
#include "ovsdb/ovs-view.h"
#include "timeval.h"
#include "util.h"

/* How long ovs-vswitchd may take: less than all together, so that what is said
 * in the end is that it did not answer. */
#define VSWITCHD_MS (EXPLAIN_GATHER_MS * 3 / 4)

/* A port that is looked at.  It may go meanwhile, and so may its netdevs: what
 * was asked is kept by number and name. */
struct gather_port {
    struct explain_gather *gather;
    char *key;                  /* Of struct port. */
    char *vdpa;                 /* vDPA device that was asked for, or NULL. */
    struct vdpa_query *query;   /* Under way, or NULL. */
    bool answered;              /* Is 'config' valid? */
    struct vdpa_config config;  /* Of 'vdpa'. */
};

struct explain_gather {
    const struct controller *c;
    struct gather_port *ports;
    size_t n_ports;             /* Number of 'ports'. */
    size_t n_vdpas;             /* Of those, with a 'query'. */

    struct link_detail *details; /* Of representors, uplinks and others. */
    size_t n_details;           /* Number of 'details'. */
    size_t allocated_details;   /* Of those, allocated. */
    size_t first_other;         /* Index of the first of the others. */
    bool all_others;            /* Are they all that there are? */
    struct link_query *links;
    bool links_done;            /* Are 'details' complete? */

    struct vswitchd_query *vswitchd;
    bool vswitchd_done;         /* Was it answered, or given up? */
    char *vswitchd_error;       /* Why there is no answer, or NULL. */
    enum flow_tri flow_api;     /* Its answer. */
    enum flow_tri at_limit;     /* Is it at its flow limit? */

    long long int deadline;     /* time_msec() when to go without the rest. */
    void *flows_aux;            /* For 'flows'. */
    void (*done)(void *aux, struct json *, enum explain_verdict);
    void *aux;                  /* For 'done', which is NULL once called. */
};

/* The netdev of the PF at 'addr' that is its uplink, or NULL. */
static const struct inv_link *
find_uplink(const struct inventory *inv, const struct pci_addr *addr)
{
    const struct inv_link *link, *best = NULL;

    INV_FOR_EACH_LINK_ON (link, inv, addr) {
        if (inv_link_is_uplink(inv, link)
            && (!best || link->info.ifindex < best->info.ifindex)) {
            best = link;
        }
    }
    return best;
}

static const struct inv_link *
port_uplink(const struct inventory *inv, const struct port *port)
{
    return (port->pair && port->pair->has_pf
            ? find_uplink(inv, &port->pair->pf_addr) : NULL);
}

/* Asking. */

static void
ask_link(struct explain_gather *g, int ifindex, int vf)
{
    if (g->n_details >= g->allocated_details) {
        g->details = x2nrealloc(g->details, &g->allocated_details,
                                sizeof *g->details);
    }
    g->details[g->n_details++] = (struct link_detail) {
        .ifindex = ifindex, .vf = vf,
    };
}

/* Is 'iface' evidence of what ovs-vswitchd does at all?  It takes the qdisc
 * off a port that it opens without hw-offload, but may leave an older one on
 * an internal port; and tunnels share a netdev. */
static bool
is_evidence(const struct ovs_view *view, const struct ovs_iface *iface)
{
    const char *dp = ovs_view_bridge_datapath(view, iface->bridge);
    char *tunnel = tunnel_device_name(iface->type, iface->options);
    bool result = (!tunnel && strcmp(iface->type, "internal")
                   && strcmp(iface->type, "patch")
                   && (!dp || !dp[0] || !strcmp(dp, "system")));

    free(tunnel);
    return result;
}

static void
ask_others(struct explain_gather *g)
{
    const struct ovs_iface *iface;

    g->first_other = g->n_details;
    g->all_others = ovs_view_is_synced(g->c->view);
    OVS_VIEW_FOR_EACH_IFACE (iface, g->c->view) {
        const struct inv_link *link;

        link = inventory_find_link_by_name(g->c->inv, iface->name);
        if (link && is_evidence(g->c->view, iface)) {
            ask_link(g, link->info.ifindex, -1);
        }
    }
}

static void
links_done(void *g_)
{
    struct explain_gather *g = g_;

    g->links_done = true;
}

static void
vdpa_done(void *gp_, const struct vdpa_answer *answer)
{
    struct gather_port *gp = gp_;

    gp->query = NULL;
    gp->gather->n_vdpas--;
    if (!answer->error && !strcmp(answer->config->name, gp->vdpa)) {
        gp->answered = true;
        gp->config = *answer->config;
    }
}

static void
ask_port(struct explain_gather *g, const struct port *port,
         struct gather_port *gp)
{
    const struct inv_link *uplink = port_uplink(g->c->inv, port);
    const struct pair *pair = port->pair;

    gp->gather = g;
    gp->key = xstrdup(port->key);
    if (pair && pair->rep) {
        ask_link(g, pair->rep->info.ifindex, -1);
    }
    if (uplink) {
        ask_link(g, uplink->info.ifindex, pair->has_vf ? pair->vf : -1);
    }
    if (pair && pair->n_vdpas == 1) {
        gp->vdpa = xstrdup(pair->vdpas[0]->info.name);
        gp->query = kernel_get_vdpa_config(g->c->kernel, gp->vdpa, vdpa_done,
                                           gp);
        g->n_vdpas += gp->query != NULL;
    }
}

static void
vswitchd_done(void *g_, const char *text, const char *error)
{
    struct explain_gather *g = g_;
    struct upcall_show us;

    g->vswitchd_done = true;
    if (error) {
        g->vswitchd_error = xstrdup(error);
    } else if (!upcall_show_parse(text, &us)) {
        g->vswitchd_error = xstrdup("upcall/show: no datapath of the kernel");
    } else {
        g->flow_api = us.offload ? FLOW_YES : FLOW_NO;
        g->at_limit = us.n_flows >= us.limit ? FLOW_YES : FLOW_NO;
    }
}

struct explain_gather *
explain_gather_start(const struct controller *c,
                     const struct port *const *ports, size_t n,
                     void (*done)(void *aux, struct json *,
                                  enum explain_verdict), void *aux)
{
    struct explain_gather *g = xzalloc(sizeof *g);

    g->c = c;
    g->done = done;
    g->aux = aux;
    g->deadline = time_msec() + EXPLAIN_GATHER_MS;
    g->ports = xcalloc(n, sizeof *g->ports);
    g->n_ports = n;
    for (size_t i = 0; i < n; i++) {
        ask_port(g, ports[i], &g->ports[i]);
    }
    ask_others(g);
    g->links = link_query_start(c->base, NULL, NULL, g->details, g->n_details,
                                links_done, g);
    g->vswitchd = vswitchd_query_start(VSWITCHD_EXPLAIN,
                                       "upcall/show", VSWITCHD_MS,
                                       vswitchd_done, g);
    return g;
}

void
explain_gather_destroy(struct explain_gather *g)
{
    if (g) {
        for (size_t i = 0; i < g->n_ports; i++) {
            vdpa_query_cancel(g->ports[i].query);
            free(g->ports[i].vdpa);
            free(g->ports[i].key);
        }
        link_query_destroy(g->links);
        vswitchd_query_destroy(g->vswitchd);
        free(g->vswitchd_error);
        free(g->details);
        free(g->ports);
        free(g);
    }
}

/* The answers. */

static const struct link_detail *
find_detail(const struct explain_gather *g, int ifindex, int vf)
{
    for (size_t i = 0; i < g->n_details; i++) {
        if (g->details[i].ifindex == ifindex && g->details[i].vf == vf) {
            return &g->details[i];
        }
    }
    return NULL;
}

static void
fill_dev(const struct explain_gather *g, const struct inv_link *link, int vf,
         struct explain_dev *dev)
{
    const struct link_detail *detail;

    if (!link) {
        return;
    }
    dev->name = link->info.name;
    dev->tc_offload = link->tc_offload;
    dev->switch_id = link->info.switch_id;
    dev->up = link->info.flags & IFF_UP;
    dev->mtu = link->info.mtu;
    detail = find_detail(g, link->info.ifindex, vf);
    if (detail && detail->qdisc_known) {
        dev->qdisc_known = true;
        ovs_strlcpy(dev->qdisc, detail->qdisc, sizeof dev->qdisc);
        dev->block = detail->block;
    }
}

/* The bond that the uplink is in, for LAG in hardware. */
static void
fill_bond(const struct explain_gather *g, const struct inv_link *uplink,
          struct explain_facts *f)
{
    const struct inventory *inv = g->c->inv;
    const struct inv_link *bond, *link;
    size_t allocated = 0;

    bond = (uplink && uplink->info.master
            ? inventory_find_link(inv, uplink->info.master) : NULL);
    if (!bond || !flow_bond_member(inv, bond)) {
        return;
    }
    f->bond = bond->info.name;
    HMAP_FOR_EACH (link, index_node, &inv->links) {
        if (link->info.master == bond->info.ifindex) {
            if (f->n_members >= allocated) {
                f->members = x2nrealloc(f->members, &allocated,
                                        sizeof *f->members);
            }
            struct explain_dev *member = &f->members[f->n_members++];
            memset(member, 0, sizeof *member);
            fill_dev(g, link, -1, member);
        }
    }
}

static void
fill_nic(const struct explain_gather *g, const struct port *port,
         struct explain_facts *f)
{
    const struct inventory *inv = g->c->inv;
    const struct inv_link *uplink = port_uplink(inv, port);
    const struct pair *pair = port->pair;
    const struct link_detail *detail;
    int vf;

    f->pair = port->pair_state;
    if (!pair) {
        f->pair = PAIR_NO_REPRESENTOR;
        f->pair_reason = port->decision.reason;
        return;
    }
    f->pair_reason = pair->reason;
    f->has_vf_addr = pair->has_vf_addr;
    f->vf_addr = pair->vf_addr;
    f->has_vf = pair->has_vf;
    f->vf = pair->vf;
    f->has_pf = pair->has_pf;
    f->pf_addr = pair->pf_addr;
    if (pair->has_pf && inv->state[SOURCE_DEVLINK] == SOURCE_SYNCED) {
        const struct inv_eswitch *eswitch;
        struct devlink_handle handle;

        devlink_handle_from_pci(&pair->pf_addr, &handle);
        eswitch = inventory_find_eswitch(inv, &handle);
        f->eswitch = eswitch ? eswitch->info.mode : ESWITCH_UNKNOWN;
    }
    vf = pair->has_vf ? pair->vf : -1;
    fill_dev(g, pair->rep, -1, &f->rep);
    fill_dev(g, uplink, vf, &f->uplink);
    fill_bond(g, uplink, f);
    detail = uplink ? find_detail(g, uplink->info.ifindex, vf) : NULL;
    if (detail && detail->vf_mac_known) {
        f->vf_mac.known = true;
        memcpy(f->vf_mac.mac, detail->vf_mac, sizeof f->vf_mac.mac);
    }
}

static void
fill_end(const struct explain_gather *g, const struct port *port,
         const struct gather_port *gp, struct explain_facts *f)
{
    enum source_state state = g->c->inv->state[SOURCE_VDPA];
    const struct pair *pair = port->pair;
    const struct inv_link *netdev;

    f->vdpa_known = state != SOURCE_SYNCING && pair != NULL;
    if (!pair) {
        return;
    }
    f->n_vdpas = pair->n_vdpas;
    if (pair->n_vdpas == 1) {
        const struct vdpa_info *vdpa = &pair->vdpas[0]->info;

        f->vdpa = vdpa->name;
        f->vdpa_driver = vdpa->driver;
        if (gp->answered && !strcmp(gp->vdpa, vdpa->name)) {
            f->vdpa_mtu = gp->config.mtu;
            f->vdpa_mac.known = gp->config.has_mac;
            memcpy(f->vdpa_mac.mac, gp->config.mac, sizeof f->vdpa_mac.mac);
        }
    }
    netdev = (pair->netdev
              ? inventory_find_link_by_name(g->c->inv, pair->netdev) : NULL);
    if (netdev) {
        f->netdev = netdev->info.name;
        f->netdev_mtu = netdev->info.mtu;
        f->netdev_mac.known = true;
        memcpy(f->netdev_mac.mac, netdev->info.mac, sizeof f->netdev_mac.mac);
    }
}

static const char *
attached_mac(const struct smap *ids)
{
    const char *mac = smap_get(ids, "attached_mac");

    return mac ? mac : smap_get(ids, "attached-mac");
}

static void
fill_row(const struct explain_gather *g, const struct port *port,
         struct explain_facts *f)
{
    const struct smap *config = ovs_view_other_config(g->c->view);
    const struct smap *ids = ovs_view_external_ids(g->c->view);
    const struct ovs_iface *iface = port->iface;

    f->db_known = ovs_view_is_synced(g->c->view);
    f->hw_offload_key = smap_get(config, "hw-offload");
    f->tc_policy_key = smap_get(config, "tc-policy");
    f->tc_policy = g->c->policy->policy;
    f->tc_policy_certain = policy_watch_is_certain(g->c->policy);
    f->ovn = (smap_get(ids, "ovn-remote") || smap_get(ids, "ovn-encap-type")
              || smap_get(ids, "ovn-bridge-mappings"));
    if (!iface) {
        const struct journal_entry *lost
            = journal_find_key(reconcile_journal(g->c->rec), port->key);

        f->lost_bridge = lost ? lost->bridge : NULL;
        f->lost_refusal = lost ? lost->refusal : NULL;
        const struct smap *wanted = reconcile_port_ids(g->c->rec, port);

        f->iface_id = smap_get(wanted, "iface-id");
        f->attached_mac = attached_mac(wanted);
        return;
    }
    f->bridge = iface->bridge;
    f->ofport = iface->ofport;
    f->iface_error = iface->error;
    f->iface_id = iface->iface_id;
    f->ovn_installed = smap_get_bool(iface->external_ids, "ovn-installed",
                                     false);
    f->attached_mac = attached_mac(iface->external_ids);
}

/* Has any of the other ports a qdisc that offload needs? */
static enum flow_tri
others_qdiscs(const struct explain_gather *g)
{
    bool all = g->all_others && g->n_details > g->first_other;

    for (size_t i = g->first_other; i < g->n_details; i++) {
        if (g->details[i].qdisc[0]) {
            return FLOW_YES;
        }
        all = all && g->details[i].qdisc_known;
    }
    return all ? FLOW_NO : FLOW_UNKNOWN;
}

/* The flows, and why they are not in hardware as far as is known by now. */
static void
fill_flows(const struct explain_gather *g, const struct port *port,
           struct explain_facts *f)
{
    enum flow_tri hw_offload = explain_hw_offload(f);
    bool key = (f->hw_offload_key && !strcasecmp(f->hw_offload_key, "true"));
    enum flow_tri skip_hw = explain_skip_hw(f);
    bool policy = f->tc_policy_key && !strcmp(f->tc_policy_key, "skip_hw");
    const struct flow_reason_env env = {
        .hw_offload = hw_offload,
        .skip_hw = skip_hw,
        .at_flow_limit = g->at_limit,
        .key_differs = (hw_offload == (key ? FLOW_NO : FLOW_YES)
                        || skip_hw == (policy ? FLOW_NO : FLOW_YES)),
    };

    flow_explain(g->c, port, &env, &f->flows);
}

static enum explain_verdict
explain_port(const struct explain_gather *g, const struct gather_port *gp,
             const struct port *port, struct json *array)
{
    struct explain_facts f = { .title = port_title(port) };
    enum explain_verdict verdict;
    struct explain_list list;
    struct pod_name pod;
    char *problem = devinfo_port_problem(g->c->devinfo, port, &f.n_devinfos);

    pod_name_init(&pod, reconcile_port_ids(g->c->rec, port));
    f.ns = pod.ns;
    f.pod = pod.pod;
    fill_nic(g, port, &f);
    fill_end(g, port, gp, &f);
    fill_row(g, port, &f);
    f.flow_api = g->flow_api;
    f.vswitchd_error = g->vswitchd_error;
    f.port_qdiscs = others_qdiscs(g);
    f.devinfo_problem = problem;
    fill_flows(g, port, &f);

    explain(&f, &list);
    verdict = explain_overall(&list);
    json_array_add(array, explain_to_json(&f, &list));
    explain_list_destroy(&list);
    free(f.members);
    explain_flows_destroy(&f.flows);
    pod_name_destroy(&pod);
    free(problem);
    return verdict;
}

static void
gather_finish(struct explain_gather *g)
{
    const struct port_table *table = reconcile_ports(g->c->rec);
    struct json *array = json_array_create_empty();
    enum explain_verdict worst = EXPLAIN_PASS;
    void (*done)(void *, struct json *, enum explain_verdict) = g->done;
    size_t n = 0;

    for (size_t i = 0; i < g->n_ports; i++) {
        const struct port *port = port_find_by_key(table,
                                                   g->ports[i].key);

        if (port) {
            enum explain_verdict verdict = explain_port(g, &g->ports[i], port,
                                                        array);

            worst = MAX(worst, verdict);
            n++;
        }
    }
    if (!n) {
        json_destroy(array);
        array = NULL;
    }
    g->done = NULL;
    done(g->aux, array, worst);
}

static bool
gather_is_complete(const struct explain_gather *g)
{
    return (g->links_done && g->vswitchd_done && !g->n_vdpas)
           || time_msec() >= g->deadline;
}

void
explain_gather_run(struct explain_gather *g)
{
    if (!g->done) {
        return;
    }
    if (!g->links_done) {
        link_query_run(g->links);
    }
    vswitchd_query_run(g->vswitchd);
    if (gather_is_complete(g)) {
        gather_finish(g);
    }
}

void
explain_gather_wait(struct explain_gather *g)
{
    if (!g->done) {
        return;
    }
    if (!g->links_done) {
        link_query_wait(g->links);
    }
    vswitchd_query_wait(g->vswitchd);
    if (gather_is_complete(g)) {
        poll_immediate_wake();
    } else {
        poll_timer_wait_until(g->deadline);
    }
}
