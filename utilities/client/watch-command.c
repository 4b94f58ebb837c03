/* SPDX-License-Identifier: Apache-2.0 */

/* Option --watch: a command again and again, whenever the daemon says that
 * something is different.  Of events only those that are new are printed. */

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

/* Prints the events after number '*last', and stores the number of the last
 * one there. */
static enum client_status
print_events(const struct client *client,
             const struct catalog_command *command, long long int *last)
{
    struct client printer = *client;
    struct json *json, *news = json_array_create_empty();
    enum client_status status;

    status = client_ask(client, command->name, 0, NULL, &json);
    if (status == CLIENT_OK && json->type == JSON_ARRAY) {
        printer.continued = *last >= 0;
        for (size_t i = 0; i < json_array(json)->n; i++) {
            const struct json *event = json_array(json)->elems[i];
            long long int seqno = answer_integer(event, "seqno");

            if (seqno > *last) {
                json_array_add(news, json_deep_clone(event));
                *last = seqno;
            }
        }
    }
    if (json_array(news)->n) {
        char *text = json_to_string(news, JSSF_PRETTY | JSSF_SORT);

        client_print_answer(&printer, command, text);
        free(text);
    }
    json_destroy(news);
    json_destroy(json);
    return status;
}

/* What is watched. */
struct watched {
    const struct catalog_command *command;
    size_t n_name;              /* Words of its name in 'argv'. */
    int argc;                   /* Number of 'argv'. */
    char **argv;                /* Name and arguments; the caller's. */
    bool events;                /* Is it "event list"? */
    long long int last_event;   /* Number of the last event that was shown, or
                                 * -1. */
};

/* Shows the command's answer, and then again for each change, as long as there
 * are answers. */
static enum client_status
show_changes(const struct client *client, struct watched *w)
{
    bool screen = terminal_is_screen() && !w->events;
    long long int state = 0;
    enum client_status status = next_state(client, &state);

    while (status == CLIENT_OK) {
        long long int shown = state, next = time_msec() + MIN_INTERVAL_MS;

        if (screen) {
            terminal_clear();
        }
        /* That it fails may be part of what is watched. */
        status = (w->events
                  ? print_events(client, w->command, &w->last_event)
                  : run_once(client, w->command, w->n_name, w->argc,
                             w->argv));
        if (!screen && !w->events) {
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

enum client_status
client_watch(const struct client *client,
             const struct catalog_command *command, size_t n_name, int argc,
             char *argv[])
{
    struct watched w = {
        .command = command, .n_name = n_name, .argc = argc, .argv = argv,
        .events = (!strcmp(command->name, "event/list") && !client->format
                   && (size_t) argc == n_name),
    };
    enum client_status status;

    if (!command->reads || !strncmp(command->name, "flow/", 5)) {
        client_error("%s: --watch is for commands that show a state%s",
                     command->name, command->reads
                     ? "; see \"flow watch\"" : "");
        return CLIENT_USAGE;
    }
    do {
        /* Another daemon's events have other numbers. */
        w.last_event = -1;
        status = show_changes(client, &w);
    } while (status == CLIENT_NO_DAEMON && !ferror(stdout)
             && client_await_daemon(client));
    return status;
}
