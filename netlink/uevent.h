/* SPDX-License-Identifier: Apache-2.0 */

#ifndef NETLINK_UEVENT_H
#define NETLINK_UEVENT_H 1

/* The kernel's uevents (NETLINK_KOBJECT_UEVENT, group 1), as sent by
 * kobject_uevent_env() in lib/kobject_uevent.c.
 *
 * Those of udevd (group 2) are neither joined nor accepted: a lab or a
 * container has no udevd, and sysfs is read for everything else. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct event_base;
struct uevent_monitor;

enum uevent_action {
    UEVENT_ADD,
    UEVENT_REMOVE,
    UEVENT_CHANGE,
    UEVENT_MOVE,
    UEVENT_BIND,
    UEVENT_UNBIND,
    UEVENT_OTHER,               /* "online", "offline", ... */
};

/* Pointers are into the message; "" for what it does not have. */
struct uevent {
    enum uevent_action action;
    const char *devpath;        /* "/devices/pci0000:65/0000:65:00.1". */
    const char *subsystem;      /* "pci", "vdpa". */
};

/* Parses the 'len' bytes of a message.  Returns false for one that is no
 * "ACTION@DEVPATH\0KEY=VALUE\0...", each ended by a NUL. */
bool uevent_parse(const char *msg, size_t len, struct uevent *);

struct uevent_class {
    void (*event)(void *aux, const struct uevent *);

    /* Messages were lost for positive errno 'error'. */
    void (*lost)(void *aux, int error);

    void (*malformed)(void *aux);
};

/* Creates a monitor with a receive buffer of 'rcvbuf' bytes.  Returns it, or
 * NULL with a positive errno in '*errorp'.  Callbacks come from 'base'. */
struct uevent_monitor *uevent_monitor_create(struct event_base *base,
                                             int rcvbuf,
                                             const struct uevent_class *,
                                             void *aux, int *errorp);
void uevent_monitor_destroy(struct uevent_monitor *);

#endif /* netlink/uevent.h */
