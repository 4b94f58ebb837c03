/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/devinfo/join.h"

#include <string.h>

#include "controller/devinfo/publish.h"
#include "controller/devinfo/watch.h"
#include "controller/inventory.h"
#include "controller/output.h"
#include "controller/ports.h"
#include "openvswitch/json.h"
#include "openvswitch/shash.h"
#include "ovsdb/ovs-view.h"
#include "util.h"

/* 'key' in external_ids of the port's row, or NULL. */
static const char *
port_id(const struct port *port, const char *key)
{
    return port->iface ? smap_get(port->iface->external_ids, key) : NULL;
}

static bool
has_parent_device(const struct pair *pair, const char *device)
{
    struct pci_addr addr;

    if (pair->has_vf_addr && pci_addr_parse(device, &addr)) {
        return !pci_addr_compare(&addr, &pair->vf_addr);
    }
    for (size_t i = 0; i < pair->n_vdpas; i++) {
        if (!strcmp(pair->vdpas[i]->info.name, device)) {
            return true;
        }
    }
    return false;
}

static bool
has_interface(const struct port *port, const struct devinfo_file *file)
{
    const char *sandbox = port_id(port, "sandbox");
    const char *ifname = port_id(port, "pod-if-name");

    return (file->container && sandbox && ifname
            && !strcmp(file->container, sandbox)
            && !strcmp(file->ifname, ifname));
}

bool
devinfo_is_of_port(const struct devinfo_file *file, const struct port *port)
{
    const struct devinfo *info = &file->info;
    const struct pair *pair = port->pair;

    if (file->error || !pair) {
        return false;
    } else if (info->has_pci) {
        return (pair->has_vf_addr
                && !pci_addr_compare(&info->pci, &pair->vf_addr));
    } else if (info->parent_device) {
        return has_parent_device(pair, info->parent_device);
    } else {
        return has_interface(port, file);
    }
}

/* The kernel's name of the driver that a file means. */
static const char *
bus_driver(const char *driver)
{
    return !strcmp(driver, "vhost") ? "vhost_vdpa" : "virtio_vdpa";
}

char *
devinfo_disagreement(const struct devinfo_file *file, const struct port *port)
{
    const struct devinfo *info = &file->info;
    const struct pair *pair = port->pair;
    const struct vdpa_info *vdpa = (pair->n_vdpas == 1
                                    ? &pair->vdpas[0]->info : NULL);
    const char *sandbox = port_id(port, "sandbox");
    char pf[PCI_ADDR_STRLEN];

    if (info->driver && !pair->n_vdpas) {
        return xasprintf("it is of a vDPA device, and the VF has none");
    } else if (info->driver && vdpa
               && strcmp(bus_driver(info->driver), vdpa->driver)) {
        return xasprintf("driver is \"%s\", but %s is bound to %s",
                         info->driver, vdpa->name,
                         vdpa->driver[0] ? vdpa->driver : "none");
    } else if (info->path && vdpa && vdpa->vhost_device[0]
               && strcmp(info->path, vdpa->vhost_device)) {
        return xasprintf("path is \"%s\", but that of %s is %s", info->path,
                         vdpa->name, vdpa->vhost_device);
    } else if (info->representor && pair->rep
               && strcmp(info->representor, pair->rep->info.name)) {
        return xasprintf("representor-device is \"%s\", but it is %s",
                         info->representor, pair->rep->info.name);
    } else if (info->has_pf_pci && pair->has_pf
               && pci_addr_compare(&info->pf_pci, &pair->pf_addr)) {
        return xasprintf("pf-pci-address is another one than %s",
                         pci_addr_format(&pair->pf_addr, pf));
    } else if (file->container && sandbox
               && strcmp(file->container, sandbox)) {
        return xasprintf("it is of sandbox %s, but the port is of %s",
                         file->container, sandbox);
    }
    return NULL;
}

static void
put_pci(struct json *json, const char *name, bool valid,
        const struct pci_addr *addr)
{
    char buf[PCI_ADDR_STRLEN];

    output_put_string(json, name, valid ? pci_addr_format(addr, buf) : NULL);
}

static struct json *
file_to_json(const char *name, const struct devinfo_file *file,
             const struct port *port)
{
    const struct devinfo *info = &file->info;
    char *disagreement = devinfo_disagreement(file, port);
    struct json *json = json_object_create();

    output_put_string(json, "file", name);
    output_put_string(json, "owner", info->ours ? "self" : "foreign");
    output_put_string(json, "type", devinfo_type_to_string(info->type));
    output_put_string(json, "version", info->version);
    output_put_string(json, "parent_device", info->parent_device);
    output_put_string(json, "driver", info->driver);
    output_put_string(json, "path", info->path);
    put_pci(json, "pci", info->has_pci, &info->pci);
    put_pci(json, "pf_pci", info->has_pf_pci, &info->pf_pci);
    output_put_string(json, "representor", info->representor);
    output_put_string(json, "rdma_device", info->rdma_device);
    output_put_string(json, "mode", info->mode);
    output_put_string(json, "role", info->role);
    output_put_string(json, "sandbox", file->container);
    output_put_string(json, "sandbox_interface", file->ifname);
    output_put_string(json, "disagrees", disagreement);
    free(disagreement);
    return json;
}

struct json *
devinfo_port_to_json(const struct devinfo_watch *w, const struct port *port)
{
    const struct shash *files = devinfo_watch_files(w);
    const struct shash_node **nodes = shash_sort(files);
    struct json *array = json_array_create_empty();

    for (size_t i = 0; i < shash_count(files); i++) {
        if (devinfo_is_of_port(nodes[i]->data, port)) {
            json_array_add(array, file_to_json(nodes[i]->name,
                                               nodes[i]->data, port));
        }
    }
    free(nodes);
    return array;
}

struct json *
devinfo_status_to_json(const struct devinfo_watch *w,
                       const struct devinfo_publish *publish)
{
    const struct shash *files = devinfo_watch_files(w);
    struct json *errors = json_object_create();
    struct json *json = json_object_create();
    const struct shash_node *node;
    long long int ours = 0;

    SHASH_FOR_EACH (node, files) {
        const struct devinfo_file *file = node->data;

        if (file->error) {
            json_object_put_string(errors, node->name, file->error);
        } else if (file->info.ours) {
            ours++;
        }
    }
    output_put_string(json, "directory", devinfo_watch_directory(w));
    json_object_put(json, "files", json_integer_create(shash_count(files)));
    json_object_put(json, "own_files", json_integer_create(ours));
    json_object_put(json, "errors", errors);
    output_put_string(json, "error", devinfo_watch_error(w));
    output_put_string(json, "own_error", devinfo_publish_error(publish));
    json_object_put(json, "scans",
                    json_integer_create(devinfo_watch_n_scans(w)));
    return json;
}

char *
devinfo_port_problem(const struct devinfo_watch *w, const struct port *port,
                     size_t *n)
{
    const struct shash_node *node;
    char *problem = NULL;

    *n = 0;
    SHASH_FOR_EACH (node, devinfo_watch_files(w)) {
        const struct devinfo_file *file = node->data;

        if (devinfo_is_of_port(file, port)) {
            char *disagreement = devinfo_disagreement(file, port);

            ++*n;
            if (disagreement && !problem) {
                problem = xasprintf("%s: %s", node->name, disagreement);
            }
            free(disagreement);
        }
    }
    return problem;
}
