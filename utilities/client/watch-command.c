/* SPDX-License-Identifier: Apache-2.0 */

/* Option --watch: a command again and again, whenever the daemon says that
 * something is different. */

#include <config.h>
#include "utilities/client/client.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "openvswitch/json.h"
#include "openvswitch/poll-loop.h"
#include "timeval.h"
#include "util.h"
#include "utilities/client/answer.h"
#include "utilities/client/catalog.h"
#include "utilities/client/terminal.h"

/* The daemon answers "event/wait" after that long, in ms, at the latest. */
#define DAEMON_WAIT_MS 60000

/* Changes come in bursts, and nobody reads faster: shortest time between two
 * answers, in ms. */
#define MIN_INTERVAL_MS 250

/* Asks for the number of the daemon's state, and waits until that is another
 * one than '*state' unless that is 0. */
static enum client_status
next_state(const struct client *client, long long int *state)
{
    struct client patient = *client;
    char *known = xasprintf("%lld", *state);
    const char *const args[] = { known };
    enum client_status status;
    struct json *json;

    if (patient.timeout >= 0) {
        patient.timeout = MIN(patient.timeout, INT_MAX - DAEMON_WAIT_MS)
                          + DAEMON_WAIT_MS;
    }
    status = client_ask(&patient, "event/wait", *state ? 1 : 0, args, &json);
    if (status == CLIENT_OK) {
        *state = answer_integer(json, "state");
        json_destroy(json);
    }
    free(known);
    return status;
}

/* Runs the command with a copy of its arguments, which it may change. */
static enum client_status
run_once(const struct client *client, const struct catalog_command *command,
         size_t n_name, int argc, char *argv[])
{
    char **copy = xmemdup(argv, (argc + 1) * sizeof *argv);
    enum client_status status;

    status = (command->run
              ? command->run(client, argc - n_name, copy + n_name)
              : client_daemon_command(client, argc, copy));
    free(copy);
    return status;
}

enum client_status
client_watch(const struct client *client,
             const struct catalog_command *command, size_t n_name, int argc,
             char *argv[])
{
    bool screen = terminal_is_screen();
    enum client_status status;
    long long int state = 0;

    if (!command->reads || !strncmp(command->name, "flow/", 5)) {
        client_error("%s: --watch is for commands that show a state%s",
                     command->name, command->reads
                     ? "; see \"flow watch\"" : "");
        return CLIENT_USAGE;
    }
    status = next_state(client, &state);
    while (status == CLIENT_OK) {
        long long int shown = state, next = time_msec() + MIN_INTERVAL_MS;

        if (screen) {
            terminal_clear();
        }
        /* That it fails may be part of what is watched. */
        status = run_once(client, command, n_name, argc, argv);
        if (!screen) {
            putchar('\n');
        }
        if (fflush(stdout) || ferror(stdout) || status == CLIENT_USAGE
            || status == CLIENT_NO_DAEMON) {
            break;
        }
        do {
            status = next_state(client, &state);
        } while (status == CLIENT_OK && state == shown);
        while (time_msec() < next) {
            poll_timer_wait_until(next);
            poll_block();
        }
    }
    /* A daemon that ends says so to those who wait. */
    return status == CLIENT_REFUSED ? CLIENT_NO_DAEMON : status;
}
