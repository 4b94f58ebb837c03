/* SPDX-License-Identifier: Apache-2.0 */

#include "config.h"

#include "netlink/uevent.h"

#include <errno.h>
#include <event2/event.h>
#include <linux/netlink.h>
#include <string.h>
#include <unistd.h>

#include "netlink/nl-socket.h"
#include "util.h"

/* A libevent callback handles at most this many messages. */
#define MAX_MESSAGES 64

/* UEVENT_BUFFER_SIZE in the kernel is 2 KB, before the header. */
#define MSG_MAX 16384

struct uevent_monitor {
    const struct uevent_class *class;
    void *aux;                  /* For 'class'. */
    int fd;                     /* Netlink socket. */
    struct event *event;        /* EV_READ on 'fd'. */
    char buf[MSG_MAX];          /* One message. */
};

static enum uevent_action
parse_action(const char *s, size_t len)
{
    static const char *const names[] = {
        [UEVENT_ADD] = "add",
        [UEVENT_REMOVE] = "remove",
        [UEVENT_CHANGE] = "change",
        [UEVENT_MOVE] = "move",
        [UEVENT_BIND] = "bind",
        [UEVENT_UNBIND] = "unbind",
    };

    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        if (strlen(names[i]) == len && !memcmp(names[i], s, len)) {
            return i;
        }
    }
    return UEVENT_OTHER;
}

bool
uevent_parse(const char *msg, size_t len, struct uevent *uevent)
{
    const char *end = msg + len;
    const char *at;

    if (!len || end[-1]) {
        return false;
    }

    /* From here on, each string ends within the message. */
    at = strchr(msg, '@');
    if (!at || at == msg || at[1] != '/') {
        return false;
    }
    uevent->action = parse_action(msg, at - msg);
    uevent->devpath = at + 1;
    uevent->subsystem = "";
    for (const char *s = msg + strlen(msg) + 1; s < end;
         s += strlen(s) + 1) {
        const char *value = strchr(s, '=');

        if (!value) {
            return false;
        }
        if (!strncmp(s, "SUBSYSTEM=", 10)) {
            uevent->subsystem = s + 10;
        }
    }
    return true;
}

static void
uevent_monitor_read(evutil_socket_t fd, short what OVS_UNUSED, void *mon_)
{
    struct uevent_monitor *mon = mon_;

    for (int i = 0; i < MAX_MESSAGES; i++) {
        ssize_t n = nl_socket_recv(fd, mon->buf, sizeof mon->buf);
        struct uevent uevent;

        if (n == -EAGAIN) {
            break;
        } else if (n < 0) {
            /* The socket goes on after ENOBUFS, and has no other error. */
            mon->class->lost(mon->aux, -n);
        } else if (n > sizeof mon->buf) {
            mon->class->malformed(mon->aux);
            mon->class->lost(mon->aux, EMSGSIZE);
        } else if (n) {
            if (uevent_parse(mon->buf, n, &uevent)) {
                mon->class->event(mon->aux, &uevent);
            } else {
                mon->class->malformed(mon->aux);
            }
        }
    }
}

struct uevent_monitor *
uevent_monitor_create(struct event_base *base, int rcvbuf,
                      const struct uevent_class *class, void *aux,
                      int *errorp)
{
    struct uevent_monitor *mon = xzalloc(sizeof *mon);
    uint32_t portid;

    mon->class = class;
    mon->aux = aux;
    mon->fd = nl_socket_open(NETLINK_KOBJECT_UEVENT, rcvbuf, &portid);
    if (mon->fd < 0) {
        *errorp = -mon->fd;
    } else {
        *errorp = nl_socket_join(mon->fd, 1);
    }
    if (!*errorp) {
        mon->event = event_new(base, mon->fd, EV_READ | EV_PERSIST,
                               uevent_monitor_read, mon);
        if (!mon->event || event_add(mon->event, NULL)) {
            *errorp = ENOMEM;
        }
    }
    if (*errorp) {
        uevent_monitor_destroy(mon);
        return NULL;
    }
    return mon;
}

void
uevent_monitor_destroy(struct uevent_monitor *mon)
{
    if (mon) {
        if (mon->event) {
            event_free(mon->event);
        }
        if (mon->fd >= 0) {
            close(mon->fd);
        }
        free(mon);
    }
}
