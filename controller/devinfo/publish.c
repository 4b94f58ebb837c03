/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/devinfo/publish.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "controller/devinfo/file.h"
#include "controller/devinfo/join.h"
#include "controller/devinfo/watch.h"
#include "controller/inventory.h"
#include "controller/output.h"
#include "controller/ports.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(devinfo_publish);

/* After how long something that failed is tried again, at first and at
 * most. */
#define MIN_RETRY_MS 1000
#define MAX_RETRY_MS 60000

struct devinfo_publish {
    struct devinfo_watch *watch;
    char *error;                /* See devinfo_publish_error(). */
    long long int backoff;      /* Before the next retry, in ms. */
    uint64_t rounds;            /* At the last look: decisions about ports, */
    uint64_t seqno;             /* that of 'watch'. */
    long long int retry_at;     /* time_msec() of that, or LLONG_MAX. */
};

struct devinfo_publish *
devinfo_publish_create(struct devinfo_watch *watch)
{
    struct devinfo_publish *p = xzalloc(sizeof *p);

    p->watch = watch;
    p->backoff = MIN_RETRY_MS;
    p->retry_at = LLONG_MAX;
    return p;
}

void
devinfo_publish_destroy(struct devinfo_publish *p)
{
    if (p) {
        free(p->error);
        free(p);
    }
}

/* Has someone else written a file for the port? */
static bool
has_foreign_file(const struct devinfo_watch *w, const struct port *port)
{
    const struct shash_node *node;

    SHASH_FOR_EACH (node, devinfo_watch_files(w)) {
        const struct devinfo_file *file = node->data;

        if (file->dir == DEVINFO_DP && devinfo_is_of_port(file, port)
            && !file->info.ours) {
            return true;
        }
    }
    return false;
}

/* The text of the file for 'port', or NULL if it is to have none. */
static char *
format_port(const struct port *port)
{
    const struct pair *pair = port->pair;
    struct devinfo info = { .type = DEVINFO_VDPA };

    if (!pair || !pair->has_vf_addr || pair->n_vdpas != 1) {
        return NULL;
    }

    const struct vdpa_info *vdpa = &pair->vdpas[0]->info;
    if (!strcmp(vdpa->driver, "virtio_vdpa")) {
        info.driver = xstrdup("virtio");
    } else if (!strcmp(vdpa->driver, "vhost_vdpa") && vdpa->vhost_device[0]) {
        info.driver = xstrdup("vhost");
        info.path = output_printable(vdpa->vhost_device);
    } else {
        return NULL;
    }
    info.parent_device = output_printable(vdpa->name);
    info.has_pci = true;
    info.pci = pair->vf_addr;
    info.has_pf_pci = pair->has_pf;
    info.pf_pci = pair->pf_addr;
    if (pair->rep && pair->rep->info.name[0]) {
        info.representor = output_printable(pair->rep->info.name);
    }

    char *text = devinfo_format(&info);
    devinfo_destroy(&info);
    return text;
}

void
devinfo_publish_wanted(const struct devinfo_watch *w,
                       const struct port_table *ports, const char *resource,
                       struct shash *files)
{
    const struct port *port;

    HMAP_FOR_EACH (port, node, &ports->ports) {
        char *text = format_port(port);

        if (!text || has_foreign_file(w, port)) {
            free(text);
            continue;
        }

        char addr[PCI_ADDR_STRLEN];
        char *name = devinfo_dp_file_name(
            resource, pci_addr_format(&port->pair->vf_addr, addr));

        if (!shash_add_once(files, name, text)) {
            free(text);
        }
        free(name);
    }
}

/* Notes the first of what goes wrong in a run. */
static void
note_error(char **errorp, const char *what, const char *name, int error)
{
    if (!*errorp) {
        *errorp = xasprintf("%s: cannot be %s (%s)", name, what,
                            error == EEXIST ? "it is someone else's"
                            : ovs_strerror(error));
    }
}

/* Removes those of ours that are not in 'wanted', and from 'wanted' those that
 * are as they shall be. */
static void
remove_files(struct devinfo_publish *p, const char *directory,
             struct shash *wanted, char **errorp)
{
    struct shash stale = SHASH_INITIALIZER(&stale);
    const struct shash_node *node;

    SHASH_FOR_EACH (node, devinfo_watch_files(p->watch)) {
        const struct devinfo_file *file = node->data;

        if (file->dir != DEVINFO_DP || file->error || !file->info.ours) {
            continue;
        }

        struct shash_node *want = shash_find(wanted, file->name);
        if (!want) {
            shash_add_once(&stale, file->name, NULL);
        } else {
            char *text = devinfo_format(&file->info);

            if (!strcmp(text, want->data)) {
                free(want->data);
                shash_delete(wanted, want);
            }
            free(text);
        }
    }
    SHASH_FOR_EACH (node, &stale) {
        int error = devinfo_file_remove(directory, node->name);

        if (error) {
            note_error(errorp, "removed", node->name, error);
        } else {
            VLOG_INFO("%s/%s: removed", directory, node->name);
        }
        devinfo_watch_update(p->watch, DEVINFO_DP, node->name);
    }
    shash_destroy(&stale);
}

static void
write_files(struct devinfo_publish *p, const char *directory,
            const struct shash *wanted, char **errorp)
{
    const struct shash_node *node;

    SHASH_FOR_EACH (node, wanted) {
        int error = devinfo_file_write(directory, node->name, node->data);

        if (error) {
            note_error(errorp, "written", node->name, error);
        } else {
            VLOG_INFO("%s/%s: written", directory, node->name);
        }
        devinfo_watch_update(p->watch, DEVINFO_DP, node->name);
    }
}

void
devinfo_publish_run(struct devinfo_publish *p, const struct port_table *ports,
                    const char *resource)
{
    struct shash wanted = SHASH_INITIALIZER(&wanted);
    char *directory = xasprintf("%s/%s", devinfo_watch_directory(p->watch),
                                devinfo_dir_to_string(DEVINFO_DP));
    char *error = NULL;

    if (resource) {
        devinfo_publish_wanted(p->watch, ports, resource, &wanted);
    }
    remove_files(p, directory, &wanted, &error);
    write_files(p, directory, &wanted, &error);
    shash_destroy_free_data(&wanted);
    free(directory);

    if (error && (!p->error || strcmp(error, p->error))) {
        VLOG_WARN("%s", error);
        p->backoff = MIN_RETRY_MS;
    }
    free(p->error);
    p->error = error;
    p->retry_at = LLONG_MAX;
    if (error) {
        p->retry_at = time_msec() + p->backoff;
        p->backoff = MIN(2 * p->backoff, MAX_RETRY_MS);
    }
}

bool
devinfo_publish_is_due(struct devinfo_publish *p, uint64_t rounds)
{
    uint64_t seqno = devinfo_watch_seqno(p->watch);
    bool due = (rounds != p->rounds || seqno != p->seqno
                || time_msec() >= p->retry_at);

    p->rounds = rounds;
    p->seqno = seqno;
    return due;
}

void
devinfo_publish_wait(const struct devinfo_publish *p)
{
    if (p->retry_at != LLONG_MAX) {
        poll_timer_wait_until(p->retry_at);
    }
}

const char *
devinfo_publish_error(const struct devinfo_publish *p)
{
    return p->error;
}
