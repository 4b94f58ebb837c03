/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "utilities/client/client.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "dirs.h"
#include "openvswitch/poll-loop.h"
#include "timeval.h"
#include "util.h"

/* A daemon makes its socket and its pidfile before it answers: how long it is
 * asked again after something of that was seen, and how often, in ms. */
#define SETTLE_MS 5000
#define RETRY_MS 100

/* Watches the directory in which the daemon's socket or pidfile appears.
 * Returns a descriptor, or a negative errno value. */
static int
watch_directory(const struct client *client)
{
    char *dir = (strchr(client->target, '/') ? dir_name(client->target)
                 : xstrdup(ovs_rundir()));
    int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    int error = fd < 0 ? errno : 0;

    if (!error && inotify_add_watch(fd, dir, IN_CREATE | IN_MOVED_TO
                                    | IN_CLOSE_WRITE | IN_ONLYDIR) < 0) {
        error = errno;
        close(fd);
    }
    free(dir);
    return error ? -error : fd;
}

/* Takes all events.  Returns whether there were any. */
static bool
take_events(int fd)
{
    char buf[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
    bool any = false;

    while (read(fd, buf, sizeof buf) > 0) {
        any = true;
    }
    return any;
}

static bool
answers(const struct client *client)
{
    enum client_status status;
    char *text;

    status = client_transact(client, "version", 0, NULL, &text);
    free(text);
    return status == CLIENT_OK;
}

bool
client_await_daemon(const struct client *client)
{
    long long int until = 0;
    int fd = watch_directory(client);

    if (fd < 0) {
        return false;
    }
    while (!answers(client)) {
        if (take_events(fd)) {
            until = time_msec() + SETTLE_MS;
        }
        if (time_msec() < until) {
            poll_timer_wait(RETRY_MS);
        }
        poll_fd_wait(fd, POLLIN);
        client_wait_output();
        poll_block();
    }
    close(fd);
    return true;
}
