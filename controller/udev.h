/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_UDEV_H
#define CONTROLLER_UDEV_H 1

/* Has udev finished with a netdev?
 *
 * Before Linux 6.2 a netdev that is up cannot be renamed, and one that is on a
 * bridge should not be: a representor that is set up as soon as it appears
 * would never get the name that the node's udev rules have for it.  So, as
 * systemd-networkd does, we leave a new netdev alone until udev has put it
 * into its database ("/run/udev/data/n<ifindex>", written after renaming).
 * Where no udev runs there is nothing to wait for, and nowhere for longer than
 * UDEV_WAIT_MS.  Nothing is polled: inotify tells of the database. */

#include <stdbool.h>

struct event_base;
struct udev;

#define UDEV_WAIT_MS 5000

/* Creates a watcher of udev's directory 'dir' ("/run/udev").  'changed' is
 * called from 'base' or from udev_run() when udev_is_done() may have become
 * true for a netdev for which it was false. */
struct udev *udev_create(struct event_base *base, const char *dir,
                         void (*changed)(void *aux), void *aux);
void udev_destroy(struct udev *);

/* Returns true if udev has finished with netdev 'ifindex', or need not be
 * waited for (any more).  Else 'changed' is called later. */
bool udev_is_done(struct udev *, int ifindex);

/* Forgets netdev 'ifindex', which is gone. */
void udev_forget(struct udev *, int ifindex);

/* Forgets all for which 'exists' says that they are gone. */
void udev_forget_gone(struct udev *, bool (*exists)(void *aux, int ifindex),
                      void *aux);

void udev_run(struct udev *);
void udev_wait(struct udev *);

#endif /* controller/udev.h */
