/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/port-json.h"

#include <net/if.h>
#include <string.h>

#include "controller/inventory.h"
#include "controller/output.h"
#include "controller/ports.h"
#include "netlink/virtio-name.h"
#include "openvswitch/json.h"
#include "ovsdb/iface-id.h"
#include "util.h"

static void
put_number(struct json *json, const char *name, bool valid, int64_t value)
{
    json_object_put(json, name, (valid ? json_integer_create(value)
                                 : json_null_create()));
}

static void
put_pci(struct json *json, const char *name, bool valid,
        const struct pci_addr *addr)
{
    char buf[PCI_ADDR_STRLEN];

    output_put_string(json, name, valid ? pci_addr_format(addr, buf) : NULL);
}

/* The name that the netdev had before it was moved to another namespace, NULL
 * if it was not.  That was maybe before we were started, and is then what the
 * CNI plugin says that moved it. */
static const char *
find_away(const struct port *port)
{
    const struct pair *pair = port->pair;
    const char *name;

    if (!pair || !pair->has_vf_addr || pair->netdev || pair->netdev_away) {
        return pair ? pair->netdev_away : NULL;
    }
    if (!port->iface || pair->n_vdpas > 1
        || (pair->n_vdpas
            && strcmp(pair->vdpas[0]->info.driver, "virtio_vdpa"))) {
        return NULL;
    }

    /* In DPU mode it is the representor's name. */
    name = smap_get(port->iface->external_ids, "vf-netdev-name");
    return name && strcmp(name, port->iface->name) ? name : NULL;
}

static void
put_pair(struct json *json, const struct port *port)
{
    const struct pair *pair = port->pair;
    const struct inv_link *rep = pair ? pair->rep : NULL;
    const struct vdpa_info *vdpa = (pair && pair->n_vdpas == 1
                                    ? &pair->vdpas[0]->info : NULL);

    output_put_string(json, "representor", rep ? rep->info.name : NULL);
    put_number(json, "ifindex", rep, rep ? rep->info.ifindex : 0);
    put_pci(json, "pf_pci", pair && pair->has_pf,
            pair ? &pair->pf_addr : NULL);
    put_number(json, "vf", pair && pair->has_vf, pair ? pair->vf : 0);
    put_number(json, "pf", pair && pair->has_pf_num, pair ? pair->pf_num : 0);
    put_pci(json, "vf_pci", pair && pair->has_vf_addr,
            pair ? &pair->vf_addr : NULL);
    put_number(json, "controller", pair && pair->has_vf,
               pair ? pair->controller : 0);
    output_put_string(json, "vdpa", vdpa ? vdpa->name : NULL);
    output_put_string(json, "vdpa_driver", vdpa ? vdpa->driver : NULL);
    output_put_string(json, "netdev", pair ? pair->netdev : NULL);
    output_put_string(json, "netdev_away", find_away(port));
    output_put_string(json, "vhost_device", vdpa ? vdpa->vhost_device : NULL);

    struct json *devices = json_array_create_empty();
    for (size_t i = 0; pair && i < pair->n_vdpas; i++) {
        json_array_add(devices,
                       json_string_create(pair->vdpas[i]->info.name));
    }
    json_object_put(json, "vdpa_devices", devices);
    json_object_put_string(json, "pair",
                           pair_state_to_string(port->pair_state));
}

static void
put_row(struct json *json, const struct port *port)
{
    const struct ovs_iface *iface = port->iface;
    const char *id = (iface ? iface->iface_id
                      : port->n_requests == 1 ? port->request->iface_id
                      : NULL);
    struct pod_name pod;

    pod_name_init(&pod, (iface ? iface->external_ids
                         : port_wanted_ids(port)));
    output_put_string(json, "bridge", iface ? iface->bridge : NULL);
    output_put_string(json, "owner", (!iface ? NULL
                                      : iface->owner == OVS_OWNER_SELF ? "self"
                                      : "foreign"));
    put_number(json, "ofport", iface && iface->ofport,
               iface ? iface->ofport : 0);
    output_put_string(json, "iface_id", id);
    output_put_string(json, "namespace", pod.ns);
    output_put_string(json, "pod", pod.pod);
    output_put_string(json, "nad", pod.nad);
    json_object_put(json, "management",
                    json_boolean_create(port->management));
    pod_name_destroy(&pod);
}

/* The reason of the port, and that of the pair where it is another one. */
static void
put_reason(struct json *json, const struct port *port)
{
    const char *port_reason = port->decision.reason;
    const char *pair_reason = port->pair ? port->pair->reason : "";

    if (!port_reason[0] || !pair_reason[0]
        || strstr(port_reason, pair_reason)) {
        json_object_put_string(json, "reason",
                               port_reason[0] ? port_reason : pair_reason);
    } else {
        json_object_put_format(json, "reason", "%s; %s", port_reason,
                               pair_reason);
    }
}

static const char *
offload_to_string(const struct port *port)
{
    const struct inv_link *rep = port->pair ? port->pair->rep : NULL;

    if (!rep || rep->tc_offload == TC_OFFLOAD_UNKNOWN) {
        return NULL;
    }
    return tc_offload_to_string(rep->tc_offload);
}

struct json *
port_to_json(const struct port *port)
{
    const struct inv_link *rep = port->pair ? port->pair->rep : NULL;
    struct json *json = json_object_create();

    put_pair(json, port);
    put_row(json, port);
    output_put_string(json, "offload", offload_to_string(port));
    json_object_put(json, "link_up",
                    rep ? json_boolean_create(rep->info.flags & IFF_UP)
                    : json_null_create());
    output_put_string(json, "request",
                      port->request ? port->request->name : NULL);
    json_object_put_string(json, "state",
                           port_state_to_string(port->decision.state));
    put_reason(json, port);
    return json;
}

static int
compare_ports(const void *a_, const void *b_)
{
    const struct port *const *ap = a_;
    const struct port *const *bp = b_;
    const struct pair *a = (*ap)->pair;
    const struct pair *b = (*bp)->pair;
    bool a_vf = a && a->has_vf_addr;
    bool b_vf = b && b->has_vf_addr;

    if (a_vf != b_vf) {
        return a_vf ? -1 : 1;
    }
    if (a_vf) {
        int cmp = pci_addr_compare(&a->pf_addr, &b->pf_addr);

        return cmp ? cmp : pci_addr_compare(&a->vf_addr, &b->vf_addr);
    }
    return strcmp((*ap)->key, (*bp)->key);
}

/* All ports, sorted.  Caller frees the array. */
static const struct port **
sort_ports(const struct port_table *table)
{
    const struct port **ports = xmalloc((hmap_count(&table->ports) + 1)
                                        * sizeof *ports);
    const struct port *port;
    size_t n = 0;

    HMAP_FOR_EACH (port, node, &table->ports) {
        ports[n++] = port;
    }
    qsort(ports, n, sizeof *ports, compare_ports);
    return ports;
}

struct json *
ports_to_json(const struct port_table *table)
{
    const struct port **ports = sort_ports(table);
    struct json *array = json_array_create_empty();

    for (size_t i = 0; i < hmap_count(&table->ports); i++) {
        json_array_add(array, port_to_json(ports[i]));
    }
    free(ports);
    return array;
}

static const char *
parent_to_string(enum vdpa_parent kind)
{
    switch (kind) {
    case VDPA_PARENT_PCI: return "pci";
    case VDPA_PARENT_OTHER: return "other";
    case VDPA_PARENT_UNKNOWN:
    default: return "unknown";
    }
}

static struct json *
vdpa_to_json(const struct vdpa_info *info, const struct port *port)
{
    const struct inv_link *rep = port->pair->rep;
    struct json *json = json_object_create();
    char buf[VIRTIO_NAME_MAX];

    output_put_string(json, "vdpa", info->name);
    output_put_string(json, "mgmtdev", info->mgmtdev);
    json_object_put_string(json, "parent_kind",
                           parent_to_string(info->parent_kind));
    output_put_string(json, "parent", info->parent_name);
    output_put_string(json, "vdpa_driver", info->driver);
    output_put_string(json, "netdev", info->netdev);
    output_put_string(json, "netdev_away",
                      port->pair->n_vdpas == 1 ? find_away(port) : NULL);
    output_put_string(json, "vhost_device", info->vhost_device);
    output_put_string(json, "class",
                      (info->device_id
                       ? virtio_class_to_string(info->device_id, buf)
                       : NULL));
    put_number(json, "vendor_id", info->vendor_id, info->vendor_id);
    put_number(json, "max_vqs", info->max_vqs, info->max_vqs);
    put_number(json, "max_vq_size", info->max_vq_size, info->max_vq_size);
    put_number(json, "min_vq_size", info->min_vq_size, info->min_vq_size);
    put_pci(json, "vf_pci", port->pair->has_vf_addr, &port->pair->vf_addr);
    output_put_string(json, "representor", rep ? rep->info.name : NULL);
    json_object_put_string(json, "pair",
                           pair_state_to_string(port->pair_state));
    json_object_put_string(json, "reason", port->pair->reason);
    return json;
}

struct json *
vdpas_to_json(const struct port_table *table)
{
    const struct port **ports = sort_ports(table);
    struct json *array = json_array_create_empty();

    for (size_t i = 0; i < hmap_count(&table->ports); i++) {
        const struct pair *pair = ports[i]->pair;

        for (size_t j = 0; pair && j < pair->n_vdpas; j++) {
            json_array_add(array, vdpa_to_json(&pair->vdpas[j]->info,
                                               ports[i]));
        }
    }
    free(ports);
    return array;
}

const struct port *
vdpa_find_port(const struct port_table *table, const char *name)
{
    const struct port *port;

    HMAP_FOR_EACH (port, node, &table->ports) {
        const struct pair *pair = port->pair;

        for (size_t i = 0; pair && i < pair->n_vdpas; i++) {
            if (!strcmp(pair->vdpas[i]->info.name, name)) {
                return port;
            }
        }
    }
    return NULL;
}

struct json *
vdpa_find_to_json(const struct port_table *table, const char *name)
{
    const struct port *port = vdpa_find_port(table, name);

    for (size_t i = 0; port && i < port->pair->n_vdpas; i++) {
        const struct vdpa_info *info = &port->pair->vdpas[i]->info;

        if (!strcmp(info->name, name)) {
            return vdpa_to_json(info, port);
        }
    }
    return NULL;
}
