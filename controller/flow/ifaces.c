/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/flow/ifaces.h"

#include <string.h>

#include "controller/inventory.h"
#include "openvswitch/dynamic-string.h"
#include "ovsdb/iface-id.h"
#include "ovsdb/ovs-view.h"
#include "smap.h"
#include "util.h"

const char *
flow_kind_to_string(enum flow_kind kind)
{
    switch (kind) {
    case FLOW_KIND_POD: return "pod";
    case FLOW_KIND_PORT: return "port";
    case FLOW_KIND_MANAGEMENT: return "management";
    case FLOW_KIND_UPLINK: return "uplink";
    case FLOW_KIND_TUNNEL: return "tunnel";
    case FLOW_KIND_INTERNAL: return "internal";
    default: OVS_NOT_REACHED();
    }
}

char *
tunnel_device_name(const char *type, const struct smap *options)
{
    static const struct {
        const char *type;
        const char *device;     /* Up to the port, if there is one. */
        int port;               /* Default UDP port, or 0 for no port. */
    } tunnels[] = {
        { "geneve", "genev_sys", 6081 },
        { "vxlan", "vxlan_sys", 4789 },
        { "gre", "gre_sys", 0 },
        { "ip6gre", "ip6gre_sys", 0 },
        { "erspan", "erspan_sys", 0 },
        { "ip6erspan", "ip6erspan_sys", 0 },
        { "gtpu", "gtpu_sys", 2152 },
        { "bareudp", "bareudp_sys", 6635 },
        { "lisp", "lisp_sys", 4341 },
        { "stt", "stt_sys", 7471 },
    };

    for (size_t i = 0; i < ARRAY_SIZE(tunnels); i++) {
        if (strcmp(type, tunnels[i].type)) {
            continue;
        }
        if (!tunnels[i].port) {
            return xstrdup(tunnels[i].device);
        }
        return xasprintf("%s_%d", tunnels[i].device,
                         smap_get_int(options, "dst_port", tunnels[i].port));
    }
    return NULL;
}

/* Bytes of a block of strings, unless one is longer. */
#define BLOCK_SIZE 4096

/* Returns a copy of 's', which may be NULL, that is freed with 'fi'. */
static const char *
keep(struct flow_ifaces *fi, const char *s)
{
    size_t size = s ? strlen(s) + 1 : 0;
    char *copy;

    if (!s) {
        return NULL;
    }
    if (size > fi->left) {
        if (fi->n_blocks >= fi->allocated_blocks) {
            fi->blocks = x2nrealloc(fi->blocks, &fi->allocated_blocks,
                                    sizeof *fi->blocks);
        }
        fi->left = MAX(size, BLOCK_SIZE);
        fi->blocks[fi->n_blocks++] = xmalloc(fi->left);
    }
    /* A block that is longer than others has no more than this string. */
    copy = (fi->blocks[fi->n_blocks - 1]
            + (fi->left > BLOCK_SIZE ? 0 : BLOCK_SIZE - fi->left));
    memcpy(copy, s, size);
    fi->left -= size;
    return copy;
}

static bool
is_representor(const struct inventory *inv, const struct inv_link *link)
{
    const struct inv_port *port = inventory_find_port_of(inv,
                                                         link->info.ifindex);

    return link->is_vf_rep || (port && port->info.flavour == FLAVOUR_PCI_VF);
}

/* How well 'member' can have filters in hardware: the higher, the better. */
static int
rank_member(const struct inv_link *member)
{
    return (!member->info.switch_id.len ? 0
            : member->tc_offload == TC_OFFLOAD_ON ? 3
            : member->tc_offload == TC_OFFLOAD_UNKNOWN ? 2
            : 1);
}

const struct inv_link *
flow_bond_member(const struct inventory *inv, const struct inv_link *bond)
{
    const struct inv_link *worst = NULL;
    const struct inv_link *link;

    if (strcmp(bond->info.kind, "bond") && strcmp(bond->info.kind, "team")) {
        return NULL;
    }
    HMAP_FOR_EACH (link, index_node, &inv->links) {
        if (link->info.master == bond->info.ifindex) {
            int diff = worst ? rank_member(link) - rank_member(worst) : -1;

            if (diff < 0 || (!diff && (link->info.ifindex
                                       < worst->info.ifindex))) {
                worst = link;
            }
        }
    }
    return worst;
}

static bool
is_uplink(const struct inventory *inv, const struct inv_link *link)
{
    const struct inv_link *member = flow_bond_member(inv, link);

    return inv_link_is_uplink(inv, member ? member : link);
}

static void
put_pf(struct ds *pfs, const struct inv_link *link)
{
    char buf[PCI_ADDR_STRLEN];

    if (link->info.has_parent_pci) {
        ds_put_format(pfs, " %s", pci_addr_format(&link->info.parent_pci,
                                                  buf));
    }
}

/* PCI addresses of the PFs that 'uplink' is of, several if it is a bond. */
static char *
uplink_pfs(const struct inventory *inv, const struct inv_link *uplink)
{
    struct ds pfs = DS_EMPTY_INITIALIZER;
    const struct inv_link *link;

    if (!flow_bond_member(inv, uplink)) {
        put_pf(&pfs, uplink);
        return ds_steal_cstr(&pfs);
    }
    HMAP_FOR_EACH (link, index_node, &inv->links) {
        if (link->info.master == uplink->info.ifindex) {
            put_pf(&pfs, link);
        }
    }
    return ds_steal_cstr(&pfs);
}

static void
fill_kind(struct flow_interface *f, const struct ovs_iface *iface,
          const struct inventory *inv, const struct inv_link *link,
          const struct pod_name *pod)
{
    if (pod->management) {
        f->kind = FLOW_KIND_MANAGEMENT;
    } else if (pod->ns && pod->pod) {
        f->kind = FLOW_KIND_POD;
    } else if (!strcmp(iface->type, "internal")) {
        f->kind = FLOW_KIND_INTERNAL;
    } else if (link && is_uplink(inv, link)) {
        f->kind = FLOW_KIND_UPLINK;
    } else {
        f->kind = FLOW_KIND_PORT;
    }
}

/* Adds 'iface' by the name of its netdev, 'device', which is 'fi''s. */
static void
add_iface(struct flow_ifaces *fi, const struct inventory *inv,
          const struct ovs_iface *iface, const char *device, bool tunnel)
{
    const struct inv_link *link = inventory_find_link_by_name(inv, device);
    const char *mac = smap_get(iface->external_ids, "attached_mac");
    struct pod_name pod;

    if (fi->n >= fi->allocated) {
        fi->ifaces = x2nrealloc(fi->ifaces, &fi->allocated,
                                sizeof *fi->ifaces);
    }

    struct flow_interface *f = &fi->ifaces[fi->n++];
    memset(f, 0, sizeof *f);
    f->ifindex = link ? link->info.ifindex : 0;
    f->name = device;
    if (tunnel) {
        f->kind = FLOW_KIND_TUNNEL;
        return;
    }
    if (!mac) {
        mac = smap_get(iface->external_ids, "attached-mac");
    }
    pod_name_init(&pod, iface->external_ids);
    fill_kind(f, iface, inv, link, &pod);
    f->bridge = keep(fi, iface->bridge);
    if (link && f->kind == FLOW_KIND_UPLINK) {
        char *pfs = uplink_pfs(inv, link);

        f->pfs = keep(fi, pfs);
        free(pfs);
    }
    f->iface_id = keep(fi, iface->iface_id);
    f->ns = keep(fi, pod.ns);
    f->pod = keep(fi, pod.pod);
    f->representor = link && is_representor(inv, link) ? device : NULL;
    f->attached_mac = keep(fi, mac);
    pod_name_destroy(&pod);
}

void
flow_ifaces_init_empty(struct flow_ifaces *fi)
{
    memset(fi, 0, sizeof *fi);
    sset_init(&fi->tunnels);
}

void
flow_ifaces_add(struct flow_ifaces *fi, const struct inventory *inv,
                const struct ovs_view *view, const struct ovs_iface *iface)
{
    const char *dp = ovs_view_bridge_datapath(view, iface->bridge);
    const char *name;
    char *tunnel;

    if ((dp && dp[0] && strcmp(dp, "system") && strcmp(dp, "netdev"))
        || !strcmp(iface->type, "patch")) {
        return;
    }
    tunnel = tunnel_device_name(iface->type, iface->options);
    if (!tunnel || sset_add(&fi->tunnels, tunnel)) {
        name = keep(fi, tunnel ? tunnel : iface->name);
        add_iface(fi, inv, iface, name, tunnel != NULL);
    }
    free(tunnel);
}

void
flow_ifaces_init(struct flow_ifaces *fi, const struct inventory *inv,
                 const struct ovs_view *view)
{
    const struct ovs_iface *iface;

    flow_ifaces_init_empty(fi);
    OVS_VIEW_FOR_EACH_IFACE (iface, view) {
        flow_ifaces_add(fi, inv, view, iface);
    }
}

void
flow_ifaces_destroy(struct flow_ifaces *fi)
{
    for (size_t i = 0; i < fi->n_blocks; i++) {
        free(fi->blocks[i]);
    }
    free(fi->blocks);
    free(fi->ifaces);
    sset_destroy(&fi->tunnels);
}
