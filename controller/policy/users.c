/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/policy/facts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "controller/inventory.h"
#include "netlink/net-use.h"
#include "netlink/sysfs.h"
#include "ovsdb/ovs-view.h"
#include "sset.h"
#include "util.h"

#define PCI_DEVICES "bus/pci/devices"
#define PATH_SIZE 512

/* What the SR-IOV operator leaves on a node that it configures: the unit of
 * its systemd mode, what that is to do, and what its daemon did to each PF. */
static const char *const operator_files[] = {
    "/etc/systemd/system/sriov-config.service",
    "/usr/lib/systemd/system/sriov-config.service",
    "/etc/sriov-operator/sriov-interface-config.yaml",
    "/etc/sriov-operator/pci",
};

void
policy_facts_operator(const char *root, struct policy_users *users)
{
    for (size_t i = 0; i < ARRAY_SIZE(operator_files); i++) {
        char *path = xasprintf("%s%s", root, operator_files[i]);

        if (!access(path, F_OK)) {
            policy_users_add(users, POLICY_USER_OPERATOR, "",
                             operator_files[i], NULL);
        }
        free(path);
    }
}

/* What the users of a PF are looked for in. */
struct search {
    int sysfs;
    const struct inventory *inv;
    const struct ovs_view *view;
    const struct net_uses *uses;
    struct policy_users *users;
};

/* Does 'text', an address with a prefix length, have address 'ip', which is
 * given without? */
static bool
is_address(const char *text, const char *ip)
{
    size_t n = strcspn(text, "/");

    return strlen(ip) == n && !strncasecmp(text, ip, n);
}

/* Is 'ip' in 'list', whose elements are separated by commas? */
static bool
has_element(const char *list, const char *text)
{
    char *copy = xstrdup(list), *save = NULL;
    bool found = false;

    for (char *ip = strtok_r(copy, ", ", &save); ip && !found;
         ip = strtok_r(NULL, ", ", &save)) {
        found = is_address(text, ip);
    }
    free(copy);
    return found;
}

/* Returns who has the address as the local one of a tunnel, or NULL. */
static const char *
find_tunnel(const struct ovs_view *view, const char *text)
{
    const struct ovs_iface *iface;
    const char *ovn = smap_get(ovs_view_external_ids(view), "ovn-encap-ip");

    OVS_VIEW_FOR_EACH_IFACE (iface, view) {
        const char *ip = smap_get(iface->options, "local_ip");

        if (ip && is_address(text, ip)) {
            return iface->name;
        }
    }
    return ovn && has_element(ovn, text) ? "of OVN (ovn-encap-ip)" : NULL;
}

static void
find_addresses(const struct search *s, const struct inv_link *link)
{
    const char *name = link->info.name;

    for (size_t i = 0; i < s->uses->n; i++) {
        const struct net_use *use = &s->uses->uses[i];
        const char *tunnel;

        if (use->ifindex != link->info.ifindex) {
            continue;
        }
        tunnel = use->is_route ? NULL : find_tunnel(s->view, use->text);
        if (tunnel) {
            policy_users_add(s->users, POLICY_USER_TUNNEL, name, tunnel,
                             use->text);
        } else {
            policy_users_add(s->users, (use->is_route ? POLICY_USER_ROUTE
                                        : POLICY_USER_ADDRESS),
                             name, use->text, NULL);
        }
    }
}

/* Bonds, bridges, VLANs and others above.  That a netdev is in a datapath of
 * Open vSwitch is not looked at, as its row is. */
static void
find_uppers(const struct search *s, const struct inv_link *link)
{
    static const char prefix[] = "upper_";
    struct sset names = SSET_INITIALIZER(&names);
    char path[PATH_SIZE];
    const char *name;

    snprintf(path, sizeof path, "class/net/%s", link->info.name);
    (void) sysfs_list(s->sysfs, path, &names);
    SSET_FOR_EACH (name, &names) {
        const char *upper = name + strlen(prefix);
        const struct inv_link *above;

        if (strncmp(name, prefix, strlen(prefix))) {
            continue;
        }
        above = inventory_find_link_by_name(s->inv, upper);
        if (!above || strcmp(above->info.kind, "openvswitch")) {
            policy_users_add(s->users, POLICY_USER_UPPER, link->info.name,
                             upper, NULL);
        }
    }
    sset_destroy(&names);
}

static void
find_users_of_netdev(const struct search *s, const struct inv_link *link)
{
    const struct ovs_iface *iface
        = ovs_view_find_iface(s->view, link->info.name);

    if (iface && iface->owner != OVS_OWNER_SELF) {
        policy_users_add(s->users, POLICY_USER_ROW, link->info.name,
                         iface->name, iface->bridge);
    }
    find_addresses(s, link);
    find_uppers(s, link);
}

/* Is directory 'path' there and empty?  "net" is so if the netdevs in it are
 * in other network namespaces, as sysfs shows only those of ours, and is not
 * there without any. */
static bool
is_empty_directory(int sysfs, const char *path)
{
    struct sset names = SSET_INITIALIZER(&names);
    bool empty = (sysfs_exists(sysfs, path)
                  && !sysfs_list(sysfs, path, &names)
                  && sset_is_empty(&names));

    sset_destroy(&names);
    return empty;
}

/* Looks at what is on PCI function 'addr': its own netdevs and those of virtio
 * devices that its vDPA devices are bound to. */
static void
find_users_of_function(const struct search *s, const struct pci_addr *addr)
{
    struct sset names = SSET_INITIALIZER(&names);
    char device[PCI_ADDR_STRLEN], path[PATH_SIZE];
    const struct inv_link *link;
    const char *name;

    pci_addr_format(addr, device);
    INV_FOR_EACH_LINK_ON (link, s->inv, addr) {
        if (link->info.name[0]) {
            find_users_of_netdev(s, link);
        }
    }
    snprintf(path, sizeof path, PCI_DEVICES"/%s/net", device);
    if (is_empty_directory(s->sysfs, path)) {
        policy_users_add(s->users, POLICY_USER_NETNS, device, "", NULL);
    }
    snprintf(path, sizeof path, PCI_DEVICES"/%s", device);
    (void) sysfs_list(s->sysfs, path, &names);
    SSET_FOR_EACH (name, &names) {
        if (strncmp(name, "virtio", 6)) {
            continue;
        }
        snprintf(path, sizeof path, PCI_DEVICES"/%s/%s/net", device, name);
        if (is_empty_directory(s->sysfs, path)) {
            policy_users_add(s->users, POLICY_USER_NETNS, device, "", NULL);
        }
    }
    sset_destroy(&names);
}

/* Netdevs of vDPA devices are below virtio devices, which rtnetlink does not
 * tell the parents of. */
static void
find_users_of_vdpas(const struct search *s, const struct policy_vf *vf)
{
    const struct inv_vdpa *vdpa;

    INV_FOR_EACH_VDPA_ON (vdpa, s->inv, &vf->addr) {
        const struct inv_link *link
            = (vdpa->info.netdev[0]
               ? inventory_find_link_by_name(s->inv, vdpa->info.netdev)
               : NULL);

        if (link) {
            find_users_of_netdev(s, link);
        }
    }
}

void
policy_facts_users(int sysfs, const struct inventory *inv,
                   const struct ovs_view *view, const struct policy_pf *pf,
                   const struct net_uses *uses, struct policy_users *users)
{
    const struct search s = {
        .sysfs = sysfs, .inv = inv, .view = view, .uses = uses,
        .users = users,
    };

    find_users_of_function(&s, &pf->addr);
    for (size_t i = pf->has_uplink; i < pf->n_netdevs; i++) {
        const struct inv_link *link
            = inventory_find_link(inv, pf->netdevs[i].ifindex);

        /* Those on the PF itself were looked at. */
        if (link && !(link->info.has_parent_pci
                      && !pci_addr_compare(&link->info.parent_pci,
                                           &pf->addr))) {
            find_users_of_netdev(&s, link);
        }
    }
    for (size_t i = 0; i < pf->n_vfs; i++) {
        const struct policy_vf *vf = &pf->vfs[i];

        find_users_of_function(&s, &vf->addr);
        find_users_of_vdpas(&s, vf);
    }
}
