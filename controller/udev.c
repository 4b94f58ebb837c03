/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/udev.h"

#include <limits.h>
#include <unistd.h>

#include "controller/dir-watch.h"
#include "hash.h"
#include "openvswitch/hmap.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(udev);

/* A netdev that was asked about. */
struct udev_netdev {
    struct hmap_node node;      /* In struct udev's 'netdevs', by ifindex. */
    int ifindex;
    bool done;                  /* Finished, or waited for long enough. */
    long long int deadline;     /* time_msec() until which to wait. */
};

struct udev {
    char *control;              /* Socket that is there while udev runs. */
    char *data;                 /* Directory of its database. */
    struct hmap netdevs;        /* struct udev_netdev by ifindex. */
    size_t n_waiting;           /* Of those, not 'done'. */
    struct event_base *base;
    struct dir_watch *watch;    /* On 'data' while 'n_waiting', else NULL. */
    void (*changed)(void *aux);
    void *aux;                  /* For 'changed'. */
};

struct udev *
udev_create(struct event_base *base, const char *dir,
            void (*changed)(void *aux), void *aux)
{
    struct udev *udev = xzalloc(sizeof *udev);

    udev->control = xasprintf("%s/control", dir);
    udev->data = xasprintf("%s/data", dir);
    hmap_init(&udev->netdevs);
    udev->base = base;
    udev->changed = changed;
    udev->aux = aux;
    return udev;
}

static void
stop_watching(struct udev *udev)
{
    dir_watch_destroy(udev->watch);
    udev->watch = NULL;
}

void
udev_destroy(struct udev *udev)
{
    struct udev_netdev *netdev;

    if (udev) {
        stop_watching(udev);
        HMAP_FOR_EACH_POP (netdev, node, &udev->netdevs) {
            free(netdev);
        }
        hmap_destroy(&udev->netdevs);
        free(udev->control);
        free(udev->data);
        free(udev);
    }
}

static struct udev_netdev *
find_netdev(const struct udev *udev, int ifindex)
{
    struct udev_netdev *netdev;

    HMAP_FOR_EACH_WITH_HASH (netdev, node, hash_int(ifindex, 0),
                             &udev->netdevs) {
        if (netdev->ifindex == ifindex) {
            return netdev;
        }
    }
    return NULL;
}

static bool
is_in_database(const struct udev *udev, int ifindex)
{
    char *file = xasprintf("%s/n%d", udev->data, ifindex);
    bool exists = !access(file, F_OK);

    free(file);
    return exists;
}

static void
set_done(struct udev *udev, struct udev_netdev *netdev)
{
    netdev->done = true;
    if (!--udev->n_waiting) {
        stop_watching(udev);
    }
}

/* Takes note of it if 'netdev' is in the database by now.  Returns true if
 * that is news. */
static bool
check_netdev(struct udev *udev, struct udev_netdev *netdev)
{
    if (netdev->done || !is_in_database(udev, netdev->ifindex)) {
        return false;
    }
    set_done(udev, netdev);
    return true;
}

/* File 'name' of the database changed, or, if that is NULL, any may have.
 * udev writes a temporary file and renames it. */
static void
data_changed(const char *name, bool created OVS_UNUSED, void *udev_)
{
    struct udev *udev = udev_;
    struct udev_netdev *netdev;
    bool changed = false;
    unsigned int ifindex;

    if (!name) {
        HMAP_FOR_EACH (netdev, node, &udev->netdevs) {
            changed |= check_netdev(udev, netdev);
        }
    } else if (name[0] == 'n' && str_to_uint(name + 1, 10, &ifindex)
               && ifindex <= INT_MAX) {
        netdev = find_netdev(udev, ifindex);
        changed = netdev && check_netdev(udev, netdev);
    }
    if (changed) {
        udev->changed(udev->aux);
    }
}

/* Returns true if there is a watch on the database. */
static bool
start_watching(struct udev *udev)
{
    if (!udev->watch) {
        int error = dir_watch_create(udev->base, udev->data, data_changed,
                                     udev, &udev->watch);

        if (error) {
            VLOG_WARN("%s: cannot watch udev's database (%s)", udev->data,
                      ovs_strerror(error));
        }
    }
    return udev->watch != NULL;
}

bool
udev_is_done(struct udev *udev, int ifindex)
{
    struct udev_netdev *netdev = find_netdev(udev, ifindex);

    if (netdev) {
        return netdev->done;
    }
    netdev = xzalloc(sizeof *netdev);
    netdev->ifindex = ifindex;
    hmap_insert(&udev->netdevs, &netdev->node, hash_int(ifindex, 0));

    /* The watch comes first, so that nothing is missed in between. */
    if (access(udev->control, F_OK) || !start_watching(udev)) {
        netdev->done = true;
    } else {
        udev->n_waiting++;
        netdev->deadline = time_msec() + UDEV_WAIT_MS;
        if (is_in_database(udev, ifindex)) {
            set_done(udev, netdev);
        }
    }
    return netdev->done;
}

static void
forget(struct udev *udev, struct udev_netdev *netdev)
{
    if (!netdev->done) {
        set_done(udev, netdev);
    }
    hmap_remove(&udev->netdevs, &netdev->node);
    free(netdev);
}

void
udev_forget(struct udev *udev, int ifindex)
{
    struct udev_netdev *netdev = find_netdev(udev, ifindex);

    if (netdev) {
        forget(udev, netdev);
    }
}

void
udev_forget_gone(struct udev *udev, bool (*exists)(void *aux, int ifindex),
                 void *aux)
{
    struct udev_netdev *netdev;

    HMAP_FOR_EACH_SAFE (netdev, node, &udev->netdevs) {
        if (!exists(aux, netdev->ifindex)) {
            forget(udev, netdev);
        }
    }
}

void
udev_run(struct udev *udev)
{
    struct udev_netdev *netdev;
    bool changed = false;

    if (!udev->n_waiting) {
        return;
    }
    HMAP_FOR_EACH (netdev, node, &udev->netdevs) {
        if (!netdev->done && time_msec() >= netdev->deadline) {
            VLOG_WARN("udev has not finished with netdev %d after %d ms, "
                      "going on without", netdev->ifindex, UDEV_WAIT_MS);
            set_done(udev, netdev);
            changed = true;
        }
    }
    if (changed) {
        udev->changed(udev->aux);
    }
}

void
udev_wait(struct udev *udev)
{
    struct udev_netdev *netdev;

    if (!udev->n_waiting) {
        return;
    }
    HMAP_FOR_EACH (netdev, node, &udev->netdevs) {
        if (!netdev->done) {
            poll_timer_wait_until(netdev->deadline);
        }
    }
}
