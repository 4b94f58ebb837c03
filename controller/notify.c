/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/notify.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(notify);

/* A watchdog that allows more than this is none, in microseconds. */
#define MAX_WATCHDOG_USEC (24ULL * 3600 * 1000 * 1000)

static struct sockaddr_un address; /* Of the service manager. */
static socklen_t address_len;   /* 0 if there is none. */
static long long int period;    /* Between two signs of life, in ms; 0 without
                                 * a watchdog. */
static long long int next;      /* time_msec() of the next of them. */

/* Takes the address from $NOTIFY_SOCKET: a path, or '@' and an abstract
 * name. */
static void
take_address(void)
{
    const char *name = getenv("NOTIFY_SOCKET");
    size_t len = name ? strlen(name) : 0;

    address_len = 0;
    if (!len) {
        return;
    }
    if ((name[0] != '/' && name[0] != '@') || len < 2
        || len >= sizeof address.sun_path) {
        VLOG_WARN("NOTIFY_SOCKET is neither a path nor @name, or too long: "
                  "%s", name);
        return;
    }
    memset(&address, 0, sizeof address);
    address.sun_family = AF_UNIX;
    memcpy(address.sun_path, name, len);
    if (name[0] == '@') {
        address.sun_path[0] = '\0';
    }
    address_len = offsetof(struct sockaddr_un, sun_path) + len;
}

/* Stores the number in environment variable 'name' into '*value'.  Returns
 * false if it has none. */
static bool
get_number(const char *name, unsigned long long int *value)
{
    const char *s = getenv(name);
    char *end;

    if (!s || s[0] < '0' || s[0] > '9') {
        return false;
    }
    errno = 0;
    *value = strtoull(s, &end, 10);
    return !errno && !*end;
}

static void
take_watchdog(void)
{
    unsigned long long int usec, pid;

    period = 0;
    if (address_len
        && get_number("WATCHDOG_USEC", &usec)
        && usec && usec <= MAX_WATCHDOG_USEC
        && (!getenv("WATCHDOG_PID")
            || (get_number("WATCHDOG_PID", &pid) && pid == getpid()))) {
        period = MAX(usec / 2000, 1);
        next = time_msec();
    }
}

void
notify_init(void)
{
    take_address();
    take_watchdog();
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
    unsetenv("WATCHDOG_PID");
}

/* A socket for each message: there are few, and a manager that was replaced
 * meanwhile is found. */
static void
notify_send(const char *text)
{
    static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(1, 5);
    int error = 0;
    int fd;

    if (!address_len) {
        return;
    }
    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        error = errno;
    } else {
        /* The manager may be slow, but we do not wait for it: what is lost is
         * a sign of life, and there are two in the time allowed. */
        if (sendto(fd, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT,
                   (struct sockaddr *) &address, address_len) < 0) {
            error = errno;
        }
        close(fd);
    }
    if (error) {
        VLOG_WARN_RL(&rl, "could not tell the service manager: %s",
                     ovs_strerror(error));
    }
}

void
notify_ready(void)
{
    notify_send("READY=1");
}

void
notify_status(const char *status)
{
    static char *told;

    if (address_len && !nullable_string_is_equal(told, status)) {
        char *text = xasprintf("STATUS=%s", status);

        notify_send(text);
        free(text);
        free(told);
        told = xstrdup(status);
    }
}

void
notify_stopping(void)
{
    notify_send("STOPPING=1");
}

void
notify_run(void)
{
    if (period && time_msec() >= next) {
        notify_send("WATCHDOG=1");
        next = time_msec() + period;
    }
}

void
notify_wait(void)
{
    if (period) {
        poll_timer_wait_until(next);
    }
}
