/* SPDX-License-Identifier: Apache-2.0 */

/* What a look-up of a port, and a round of decisions, costs.
 *
 *     lookup KEY N_PORTS N_TIMES
 *
 * Makes the tables of a node with N_PORTS VFs, 128 on each PF, each with a
 * representor, a vDPA device and a request, and calls bench_measured() once,
 * which does what KEY names N_TIMES: so that
 *
 *     valgrind --tool=callgrind --toggle-collect=bench_measured lookup ...
 *
 * counts the instructions of that and of nothing else.  All names of a kind have
 * the same length.  KEY is
 *
 *     representor, vf, vdpa, iface-id, pod, unknown
 *                  port_find(), which "port/show NAME" uses, with names of
 *                  that kind
 *     ifindex      inventory_find_link(), by which the kernel's events find
 *                  their netdev
 *     round        one vDPA device changes, and all ports are decided anew */

#include <config.h>

#include <event2/event.h>
#include <inttypes.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/event-log.h"
#include "controller/inventory.h"
#include "controller/ports.h"
#include "controller/udev.h"
#include "openvswitch/vlog.h"
#include "ovsdb/config.h"
#include "ovsdb/ovs-view.h"
#include "ovsdb/request.h"
#include "util.h"

#define VFS_PER_PF 128

struct node {
    struct inventory inv;
    struct event_log log;
    struct ovs_view *view;      /* Never connected: the database is empty. */
    struct event_base *base;
    struct udev *udev;          /* Finds no udev. */
    struct config config;
    struct request_table requests;
    struct port_table table;
    struct port_context ctx;
    struct vdpa_info changing;  /* The device of "round". */
};

struct measurement {
    struct node *node;
    const char *key;
    char **names;               /* Of one port after the other. */
    int *ifindexes;             /* Likewise. */
    size_t n_ports;             /* Elements in both. */
    size_t n_times;
};

static struct pci_addr
pf_addr(size_t i)
{
    return (struct pci_addr) { .bus = 0x10 + 2 * (i / VFS_PER_PF) };
}

static struct pci_addr
vf_addr(size_t i)
{
    struct pci_addr addr = pf_addr(i);

    addr.bus++;
    addr.dev = i % VFS_PER_PF / 8;
    addr.fn = i % 8;
    return addr;
}

static int
rep_ifindex(size_t i)
{
    return 1000 + i;
}

static void
fill_switch_id(size_t i, struct switch_id *id)
{
    id->len = 8;
    memset(id->id, 0x10 + i / VFS_PER_PF, id->len);
}

static void
add_pf(struct node *node, size_t i)
{
    struct link_info uplink = {
        .ifindex = 100 + i / VFS_PER_PF,
        .phys_port_name = "p0",
        .flags = IFF_UP,
        .has_parent_pci = true,
        .parent_pci = pf_addr(i),
    };
    struct eswitch_info eswitch = { .mode = ESWITCH_SWITCHDEV };

    snprintf(uplink.name, sizeof uplink.name, "uplink%d", uplink.ifindex);
    fill_switch_id(i, &uplink.switch_id);
    inventory_link(&node->inv, &uplink);
    devlink_handle_from_pci(&uplink.parent_pci, &eswitch.handle);
    inventory_eswitch(&node->inv, &eswitch);
}

static void
add_vf(struct node *node, size_t i, struct smap *ids)
{
    struct pci_vf_info vf = {
        .addr = vf_addr(i), .pf = pf_addr(i), .index = i % VFS_PER_PF,
        .driver = "bench",
    };
    struct link_info rep = {
        .ifindex = rep_ifindex(i), .flags = IFF_UP,
        .has_parent_pci = true, .parent_pci = vf.pf,
    };
    struct devlink_port_info port = {
        .index = 1 + i % VFS_PER_PF, .flavour = FLAVOUR_PCI_VF,
        .vf = i % VFS_PER_PF, .ifindex = rep.ifindex,
    };
    struct vdpa_info vdpa = {
        .parent_kind = VDPA_PARENT_PCI, .parent_pci = vf.addr,
        .driver = "vhost_vdpa", .device_id = 1,
    };
    char buf[PCI_ADDR_STRLEN];

    inventory_vf(&node->inv, &vf);

    snprintf(rep.name, sizeof rep.name, "rep%05"PRIuSIZE, i);
    snprintf(rep.phys_port_name, sizeof rep.phys_port_name, "pf0vf%d",
             vf.index);
    fill_switch_id(i, &rep.switch_id);
    inventory_link(&node->inv, &rep);
    inventory_tc_offload(&node->inv, rep.ifindex, TC_OFFLOAD_ON);

    devlink_handle_from_pci(&vf.pf, &port.handle);
    inventory_port(&node->inv, &port);

    snprintf(vdpa.name, sizeof vdpa.name, "vdpa%05"PRIuSIZE, i);
    snprintf(vdpa.mgmtdev, sizeof vdpa.mgmtdev, "pci/%s",
             pci_addr_format(&vf.addr, buf));
    inventory_vdpa(&node->inv, &vdpa);
    node->changing = vdpa;

    char *key = xasprintf(REQUEST_KEY_PREFIX"%s",
                          pci_addr_format(&vf.addr, buf));
    smap_add_nocopy(ids, key, xasprintf("iface-id=bench_pod%05"PRIuSIZE, i));
}

static void
udev_changed(void *aux OVS_UNUSED)
{
}

static void
node_init(struct node *node, size_t n_ports)
{
    struct smap ids = SMAP_INITIALIZER(&ids);

    inventory_init(&node->inv);
    event_log_init(&node->log);
    node->view = ovs_view_create("unix:/nonexistent");
    node->base = event_base_new();
    node->udev = udev_create(node->base, "/nonexistent", udev_changed, NULL);
    config_init(&node->config);
    request_table_init(&node->requests);
    ports_init(&node->table);
    node->ctx = (struct port_context) {
        .inv = &node->inv,
        .view = node->view,
        .config = &node->config,
        .requests = &node->requests,
        .udev = node->udev,
        .log = &node->log,
    };

    for (size_t i = 0; i < n_ports; i++) {
        if (!(i % VFS_PER_PF)) {
            add_pf(node, i);
        }
        add_vf(node, i, &ids);
    }
    for (int i = 0; i < N_KERNEL_SOURCES; i++) {
        inventory_set_state(&node->inv, i, SOURCE_SYNCED);
    }
    smap_add(&ids, "offload-mode", "own");
    config_update(&node->config, &ids, &(struct config_evidence) {
                      .foreign_plugger = false });
    request_table_update(&node->requests, &ids);
    ports_update(&node->table, &node->ctx);
    smap_destroy(&ids);
}

static void
node_destroy(struct node *node)
{
    ports_destroy(&node->table);
    request_table_destroy(&node->requests);
    config_destroy(&node->config);
    udev_destroy(node->udev);
    event_base_free(node->base);
    ovs_view_destroy(node->view);
    event_log_destroy(&node->log);
    inventory_destroy(&node->inv);
}

/* The name of port 'i' of that kind, or NULL if there is no such kind. */
static char *
port_name(const char *key, size_t i)
{
    struct pci_addr addr = vf_addr(i);
    char buf[PCI_ADDR_STRLEN];

    return (!strcmp(key, "representor") ? xasprintf("rep%05"PRIuSIZE, i)
            : !strcmp(key, "vf") ? xstrdup(pci_addr_format(&addr, buf))
            : !strcmp(key, "vdpa") ? xasprintf("vdpa%05"PRIuSIZE, i)
            : !strcmp(key, "iface-id") ? xasprintf("bench_pod%05"PRIuSIZE, i)
            : !strcmp(key, "pod") ? xasprintf("bench/pod%05"PRIuSIZE, i)
            : !strcmp(key, "unknown") ? xasprintf("none%05"PRIuSIZE, i)
            : NULL);
}

static void
run_round(struct node *node)
{
    struct vdpa_info *vdpa = &node->changing;

    /* It moves to the other driver. */
    ovs_strlcpy(vdpa->driver, (vdpa->driver[1] == 'i' ? "vhost_vdpa"
                               : "virtio_vdpa"), sizeof vdpa->driver);
    inventory_vdpa(&node->inv, vdpa);
    ports_update(&node->table, &node->ctx);
}

/* External, for valgrind to find.  Returns how often something was found. */
size_t bench_measured(const struct measurement *);

size_t __attribute__((noinline))
bench_measured(const struct measurement *m)
{
    size_t found = 0;

    if (!strcmp(m->key, "round")) {
        for (size_t i = 0; i < m->n_times; i++) {
            run_round(m->node);
            found++;
        }
    } else if (m->ifindexes) {
        for (size_t i = 0; i < m->n_times; i++) {
            found += inventory_find_link(&m->node->inv,
                                         m->ifindexes[i % m->n_ports]) != NULL;
        }
    } else {
        for (size_t i = 0; i < m->n_times; i++) {
            found += port_find(&m->node->table,
                               m->names[i % m->n_ports]) != NULL;
        }
    }
    return found;
}

static void
measure(struct node *node, const char *key, size_t n_ports, size_t n_times)
{
    struct measurement m = {
        .node = node, .key = key, .n_ports = n_ports, .n_times = n_times
    };
    size_t expected = strcmp(key, "unknown") ? n_times : 0;

    if (!strcmp(key, "ifindex")) {
        m.ifindexes = xmalloc(n_ports * sizeof *m.ifindexes);
        for (size_t i = 0; i < n_ports; i++) {
            m.ifindexes[i] = rep_ifindex(i);
        }
    } else if (strcmp(key, "round")) {
        m.names = xmalloc(n_ports * sizeof *m.names);
        for (size_t i = 0; i < n_ports; i++) {
            m.names[i] = port_name(key, i);
            if (!m.names[i]) {
                ovs_fatal(0, "no key \"%s\"", key);
            }
        }
    }

    size_t found = bench_measured(&m);
    if (found != expected) {
        ovs_fatal(0, "%s: found %"PRIuSIZE" of %"PRIuSIZE, key, found,
                  expected);
    }

    for (size_t i = 0; m.names && i < n_ports; i++) {
        free(m.names[i]);
    }
    free(m.names);
    free(m.ifindexes);
}

int
main(int argc, char *argv[])
{
    struct node node;
    unsigned int n_ports, n_times;

    ovs_set_program_name(argv[0], VERSION);
    if (argc != 4 || !str_to_uint(argv[2], 10, &n_ports) || !n_ports
        || n_ports > 100 * VFS_PER_PF
        || !str_to_uint(argv[3], 10, &n_times)) {
        ovs_fatal(0, "usage: %s KEY N_PORTS N_TIMES", argv[0]);
    }
    vlog_set_levels(NULL, VLF_ANY_DESTINATION, VLL_WARN);
    node_init(&node, n_ports);
    measure(&node, argv[1], n_ports, n_times);
    node_destroy(&node);
    return EXIT_SUCCESS;
}
