/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/udev.h"

#include <errno.h>
#include <event2/event.h>
#include <sys/inotify.h>
#include <unistd.h>

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
    struct event *event;        /* On 'fd', while 'n_waiting', else NULL. */
    int fd;                     /* inotify on 'data', or -1. */
    void (*changed)(void *aux);
    void *aux;
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
    udev->fd = -1;
    udev->changed = changed;
    udev->aux = aux;
    return udev;
}

static void
stop_watching(struct udev *udev)
{
    if (udev->event) {
        event_free(udev->event);
        udev->event = NULL;
    }
    if (udev->fd >= 0) {
        close(udev->fd);
        udev->fd = -1;
    }
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

/* The database changed: 'changed' makes the caller ask again, so that here
 * only the queue is emptied. */
static void
data_changed(int fd, short int what OVS_UNUSED, void *udev_)
{
    char buf[4096] __attribute__((aligned(8)));
    struct udev *udev = udev_;
    struct udev_netdev *netdev;
    bool changed = false;

    while (read(fd, buf, sizeof buf) > 0) {
        continue;
    }
    HMAP_FOR_EACH (netdev, node, &udev->netdevs) {
        if (!netdev->done && is_in_database(udev, netdev->ifindex)) {
            set_done(udev, netdev);
            changed = true;
        }
    }
    if (changed) {
        udev->changed(udev->aux);
    }
}

/* Returns true if there is a watch on the database. */
static bool
start_watching(struct udev *udev)
{
    if (udev->event) {
        return true;
    }

    /* udev writes a temporary file and renames it. */
    udev->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (udev->fd < 0
        || inotify_add_watch(udev->fd, udev->data,
                             IN_MOVED_TO | IN_CREATE) < 0) {
        VLOG_WARN("%s: cannot watch udev's database (%s)", udev->data,
                  ovs_strerror(errno));
        stop_watching(udev);
        return false;
    }
    udev->event = event_new(udev->base, udev->fd, EV_READ | EV_PERSIST,
                            data_changed, udev);
    if (!udev->event || event_add(udev->event, NULL)) {
        out_of_memory();
    }
    return true;
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

void
udev_forget(struct udev *udev, int ifindex)
{
    struct udev_netdev *netdev = find_netdev(udev, ifindex);

    if (netdev) {
        if (!netdev->done) {
            set_done(udev, netdev);
        }
        hmap_remove(&udev->netdevs, &netdev->node);
        free(netdev);
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
