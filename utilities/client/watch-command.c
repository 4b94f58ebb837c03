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
 * answers, in ms; and between two about flows, which may be many. */
#define MIN_INTERVAL_MS 250
#define MIN_FLOWS_INTERVAL_MS 1000

/* How long not to ask again after the daemon refused to have us wait, in
 * ms. */
#define REFUSED_PAUSE_MS 1000

/* What is watched. */
struct watched {
    const struct client *client; /* Options. */
    const struct catalog_command *command;
    size_t n_name;              /* Words of its name in 'argv'. */
    int argc;                   /* Number of 'argv'. */
    char **argv;                /* Name and arguments; the caller's. */
    bool events;                /* Is it "event list"? */
    bool flows;                 /* Is it about flows? */
    bool screen;                /* Draw anew rather than print on. */
    long long int last_event;   /* Number of the last event that was shown, or
                                 * -1. */
    enum client_status status;  /* Of the command, when it was shown last. */
};

/* Runs the command with a copy of its arguments, which it may change. */
static enum client_status
run_once(const struct watched *w)
{
    char **copy = xmemdup(w->argv, (w->argc + 1) * sizeof *w->argv);
    enum client_status status;

    status = (w->command->run
              ? w->command->run(w->client, w->argc - w->n_name,
                                copy + w->n_name)
              : client_daemon_command(w->client, w->argc, copy));
    free(copy);
    return status;
}

/* Prints the events after the last one that was printed. */
static enum client_status
print_events(struct watched *w)
{
    struct client printer = *w->client;
    struct json *json, *news = json_array_create_empty();
    enum client_status status;

    status = client_ask(w->client, w->command->name, 0, NULL, &json);
    if (status == CLIENT_OK && json->type == JSON_ARRAY) {
        printer.continued = w->last_event >= 0;
        for (size_t i = 0; i < json_array(json)->n; i++) {
            const struct json *event = json_array(json)->elems[i];
            long long int seqno = answer_integer(event, "seqno");

            if (seqno > w->last_event) {
                json_array_add(news, json_deep_clone(event));
                w->last_event = seqno;
            }
        }
    }
    if (json_array(news)->n) {
        char *text = json_to_string(news, JSSF_SORT);

        client_print_answer(&printer, w->command, text);
        free(text);
    }
    json_destroy(news);
    json_destroy(json);
    return status;
}

/* Shows how it is now.  Returns false if there is no use in going on. */
static bool
show(struct watched *w)
{
    enum client_output output = w->client->output;

    if (w->events) {
        w->status = print_events(w);
    } else {
        if (w->screen) {
            terminal_clear();
        }
        w->status = run_once(w);
        /* JSON and YAML need nothing that separates. */
        if (!w->screen && output != CLIENT_OUTPUT_JSON
            && output != CLIENT_OUTPUT_YAML) {
            client_put("\n");
        }
    }
    /* That it fails may be part of what is watched. */
    return (!client_flush() && w->status != CLIENT_USAGE
            && w->status != CLIENT_NO_DAEMON);
}

/* While the daemon is waited for: what is on the screen has to fit there, and
 * elsewhere somebody has to read it. */
static void
look_after_output(void *w_)
{
    struct watched *w = w_;

    if (w->screen && terminal_resized()) {
        show(w);
    }
    terminal_wait_resized();
    client_wait_output();
}

/* Asks for the number of the daemon's state, and waits until that is another
 * one than '*state' unless that is 0. */
static enum client_status
next_state(struct watched *w, long long int *state)
{
    struct client patient = *w->client;
    const char *args[2];
    enum client_status status;
    struct json *json;
    char *known = xasprintf("%lld", *state);
    size_t n = 0;

    if (w->flows) {
        args[n++] = "--flows";
    }
    if (*state) {
        args[n++] = known;
        patient.meanwhile = look_after_output;
        patient.aux = w;
    }
    if (patient.timeout >= 0) {
        patient.timeout = MIN(patient.timeout, INT_MAX - DAEMON_WAIT_MS)
                          + DAEMON_WAIT_MS;
    }
    status = client_ask(&patient, "event/wait", n, args, &json);
    if (status == CLIENT_OK) {
        *state = answer_integer(json, "state");
        json_destroy(json);
    }
    free(known);
    return status;
}

/* Shows the command's answer, and then again for each change, as long as there
 * are answers. */
static enum client_status
show_changes(struct watched *w)
{
    long long int state = 0;
    enum client_status status = next_state(w, &state);

    if (status == CLIENT_REFUSED) {
        return status;          /* It does not know that. */
    }
    while (status == CLIENT_OK) {
        long long int shown = state;
        long long int next = time_msec() + (w->flows ? MIN_FLOWS_INTERVAL_MS
                                            : MIN_INTERVAL_MS);

        if (!show(w)) {
            return w->status;
        }
        do {
            status = next_state(w, &state);
        } while (status == CLIENT_OK && state == shown);
        while (time_msec() < next) {
            poll_timer_wait_until(next);
            poll_block();
        }
    }
    if (status == CLIENT_REFUSED) {
        /* A daemon that ends says so to those who wait; one for whom too many
         * wait, too. */
        poll_timer_wait(REFUSED_PAUSE_MS);
        poll_block();
        status = CLIENT_NO_DAEMON;
    }
    return status;
}

enum client_status
client_watch(const struct client *client,
             const struct catalog_command *command, size_t n_name, int argc,
             char *argv[])
{
    struct client printer = *client;
    struct watched w = {
        .client = &printer,
        .command = command, .n_name = n_name, .argc = argc, .argv = argv,
        .events = (!strcmp(command->name, "event/list") && !client->format
                   && (size_t) argc == n_name),
        .flows = !strncmp(command->name, "flow/", 5),
    };
    enum client_status status;

    if (!command->reads) {
        client_error("%s: --watch is for commands that show a state",
                     command->name);
        return CLIENT_USAGE;
    }
    w.screen = terminal_is_screen() && !w.events;
    printer.stream = !w.screen;
    if (w.screen) {
        terminal_watch_size();
    }
    do {
        /* Another daemon's events have other numbers. */
        w.last_event = -1;
        status = show_changes(&w);
    } while (status == CLIENT_NO_DAEMON && !client_flush()
             && client_await_daemon(client));
    return status;
}
