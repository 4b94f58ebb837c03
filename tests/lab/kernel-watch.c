/* SPDX-License-Identifier: Apache-2.0 */

/* kernel-watch [--rcvbuf=BYTES] [--sysfs=DIR] [--family=NAME]
 *
 * Prints what netlink/kernel.h tells, a line for each call of the sink, with
 * the milliseconds since the start.  Takes commands from standard input, one
 * a line, and ends when that is closed:
 *
 *   query IFINDEX        set IFINDEX on|off       up IFINDEX
 *   resync SOURCE        status                   mark TEXT
 *   lanes                prints the process of each lane
 *
 * With --family it also tells when generic netlink family NAME comes and
 * goes. */

#include <config.h>

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "netlink/genl-helper.h"
#include "netlink/genl.h"
#include "netlink/kernel-private.h"
#include "netlink/kernel.h"
#include "netlink/nl-socket.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "tests/lab/watcher.h"
#include "util.h"

static const char *
quote(const char *s)
{
    static struct ds bufs[4];
    static int i;
    struct ds *ds = &bufs[i++ % ARRAY_SIZE(bufs)];

    ds_clear(ds);
    json_string_escape(s, ds);
    return ds_cstr(ds);
}

static const char *
addr(const struct pci_addr *a)
{
    static char bufs[2][PCI_ADDR_STRLEN];
    static int i;

    return pci_addr_format(a, bufs[i++ % 2]);
}

static void
watch_begin(void *aux OVS_UNUSED, enum kernel_source source)
{
    say("begin %s", kernel_source_to_string(source));
}

static void
watch_end(void *aux OVS_UNUSED, enum kernel_source source)
{
    say("end %s", kernel_source_to_string(source));
}

static void
watch_state(void *aux OVS_UNUSED, enum kernel_source source,
            enum source_state state)
{
    say("state %s %s", kernel_source_to_string(source),
        source_state_to_string(state));
}

static void
watch_link(void *aux OVS_UNUSED, const struct link_info *l)
{
    struct ds id = DS_EMPTY_INITIALIZER;

    for (size_t i = 0; i < l->switch_id.len; i++) {
        ds_put_format(&id, "%02x", l->switch_id.id[i]);
    }
    say("link %d %s port=%s switch=%s flags=%x mtu=%u mac="
        "%02x:%02x:%02x:%02x:%02x:%02x master=%d kind=%s parent=%s",
        l->ifindex, quote(l->name), l->phys_port_name, ds_cstr(&id),
        l->flags, l->mtu, l->mac[0], l->mac[1], l->mac[2], l->mac[3],
        l->mac[4], l->mac[5], l->master, l->kind,
        l->has_parent_pci ? addr(&l->parent_pci) : "");
    ds_destroy(&id);
}

static void
watch_link_gone(void *aux OVS_UNUSED, int ifindex, bool deleted OVS_UNUSED)
{
    say("link_gone %d", ifindex);
}

static void
watch_pci_vf(void *aux OVS_UNUSED, const struct pci_vf_info *vf)
{
    say("pci_vf %s pf=%s index=%d driver=%s netdev=%s", addr(&vf->addr),
        addr(&vf->pf), vf->index, vf->driver, vf->netdev);
}

static void
watch_pci_vf_gone(void *aux OVS_UNUSED, const struct pci_addr *a)
{
    say("pci_vf_gone %s", addr(a));
}

static void
watch_devlink_port(void *aux OVS_UNUSED, const struct devlink_port_info *p)
{
    static const char *const flavours[] = {
        "other", "physical", "pcipf", "pcivf", "pcisf",
    };

    say("devlink_port %s/%s/%u flavour=%s controller=%u external=%d pf=%u "
        "vf=%u phys=%u ifindex=%d", p->handle.bus, p->handle.dev, p->index,
        flavours[p->flavour], p->controller, p->external, p->pf, p->vf,
        p->phys_port, p->ifindex);
}

static void
watch_eswitch(void *aux OVS_UNUSED, const struct eswitch_info *e)
{
    say("eswitch %s/%s %s", e->handle.bus, e->handle.dev,
        eswitch_mode_to_string(e->mode));
}

static void
watch_vdpa(void *aux OVS_UNUSED, const struct vdpa_info *v)
{
    static const char *const kinds[] = { "unknown", "pci", "other" };

    say("vdpa %s mgmtdev=%s parent=%s:%s:%s driver=%s netdev=%s vhost=%s "
        "id=%u vqs=%u", quote(v->name), v->mgmtdev, kinds[v->parent_kind],
        v->parent_kind == VDPA_PARENT_PCI ? addr(&v->parent_pci) : "",
        quote(v->parent_name), v->driver, v->netdev, v->vhost_device,
        v->device_id, v->max_vqs);
}

static void
watch_tc_offload(void *aux OVS_UNUSED, int ifindex, enum tc_offload value,
                 bool changed)
{
    say("tc_offload %d %s%s", ifindex, tc_offload_to_string(value),
        changed ? " changed" : "");
}

static void
watch_set_failed(void *aux OVS_UNUSED, int ifindex, const char *what,
                 int error, const char *extack)
{
    say("set_failed %d %s: %s (%s)", ifindex, what, ovs_strerror(error),
        extack);
}

static const struct kernel_sink sink = {
    .begin = watch_begin,
    .end = watch_end,
    .state = watch_state,
    .link = watch_link,
    .link_gone = watch_link_gone,
    .pci_vf = watch_pci_vf,
    .pci_vf_gone = watch_pci_vf_gone,
    .devlink_port = watch_devlink_port,
    .eswitch = watch_eswitch,
    .vdpa = watch_vdpa,
    .tc_offload = watch_tc_offload,
    .set_failed = watch_set_failed,
};

static void
watch_family(void *aux OVS_UNUSED, const struct genl_family *family)
{
    if (family) {
        say("family %s id=%u groups=%"PRIuSIZE, family->name, family->id,
            family->n_groups);
    } else {
        say("family gone");
    }
}

static void
print_status(struct kernel *kernel)
{
    for (int i = 0; i < N_KERNEL_SOURCES; i++) {
        const struct source_status *s = kernel_status(kernel, i);

        say("status %s %s messages=%"PRIu64" resyncs=%"PRIu64
            " overflows=%"PRIu64" interrupted=%"PRIu64" malformed=%"PRIu64
            " busy=%s error=%s", kernel_source_to_string(i),
            source_state_to_string(s->state), s->n_messages, s->n_resyncs,
            s->n_overflows, s->n_interrupted, s->n_malformed,
            s->busy_since ? "yes" : "no",
            s->last_error ? s->last_error : "");
    }
}

/* What commands are about. */
struct target {
    struct kernel *kernel;
    const struct kernel_helper *helper;
};

static void
command(void *target_, const char *line)
{
    const struct target *target = target_;
    struct kernel *kernel = target->kernel;
    char word[16];
    int n;

    if (sscanf(line, "query %d", &n) == 1) {
        kernel_query_tc_offload(kernel, n);
    } else if (sscanf(line, "set %d %15s", &n, word) == 2) {
        kernel_set_tc_offload(kernel, n, !strcmp(word, "on"));
    } else if (sscanf(line, "up %d", &n) == 1) {
        kernel_set_link_up(kernel, n);
    } else if (sscanf(line, "resync %15s", word) == 1) {
        for (int i = 0; i < N_KERNEL_SOURCES; i++) {
            if (!strcmp(word, kernel_source_to_string(i))) {
                kernel_resync(kernel, i);
            }
        }
    } else if (!strcmp(line, "status")) {
        print_status(kernel);
    } else if (!strcmp(line, "lanes")) {
        for (unsigned int i = 0; i < N_LANES; i++) {
            say("lane %s %ld", kernel_helper_lane_name(i),
                (long int) kernel_helper_lane_pid(target->helper, i));
        }
    } else if (!strncmp(line, "mark ", 5)) {
        say("mark %s", line + 5);
    } else {
        say("bad command: %s", line);
    }
}

int
main(int argc, char *argv[])
{
    static const struct option options[] = {
        { "rcvbuf", required_argument, NULL, 'r' },
        { "sysfs", required_argument, NULL, 's' },
        { "family", required_argument, NULL, 'f' },
        { NULL, 0, NULL, 0 },
    };
    struct kernel_helper *family_helper = NULL;
    struct genl *genl = NULL;
    const char *sysfs = "/sys";
    const char *family = NULL;
    int rcvbuf = NL_SOCKET_RCVBUF;
    struct target target;
    struct watcher w;
    char *error;
    int c;

    set_program_name(argv[0]);
    while ((c = getopt_long(argc, argv, "", options, NULL)) >= 0) {
        switch (c) {
        case 'r':
            rcvbuf = atoi(optarg);
            break;
        case 's':
            sysfs = optarg;
            break;
        case 'f':
            family = optarg;
            break;
        default:
            return 2;
        }
    }
    watcher_start(&w);
    target.helper = w.helper;
    if (kernel_create_with_rcvbuf(w.base, sysfs, w.helper, rcvbuf, &sink,
                                  NULL, &target.kernel, &error)) {
        ovs_fatal(0, "%s", error);
    }
    if (family) {
        if (kernel_helper_start(&family_helper)) {
            ovs_fatal(errno, "cannot start the helper");
        }
        genl = genl_create(w.base, family_helper, rcvbuf);
        genl_watch(genl, family, watch_family, NULL);
    }
    while (watcher_commands(&w, command, &target)) {
        kernel_run(target.kernel);
        if (genl) {
            genl_run(genl);
        }
        watcher_run(&w);

        kernel_wait(target.kernel);
        if (genl) {
            genl_wait(genl);
        }
        watcher_block(&w);
    }
    watcher_end(&w);
    genl_destroy(genl);
    kernel_helper_stop(family_helper);
    kernel_destroy(target.kernel);
    watcher_stop(&w);
    return 0;
}
