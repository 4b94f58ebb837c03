/* SPDX-License-Identifier: Apache-2.0 */

/* The command-line client of ovs-offload-controller.
 *
 * Takes the options, finds the command and hands over: to a function of the
 * catalog, else to the daemon. */

#include <config.h>

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command-line.h"
#include "fatal-signal.h"
#include "openvswitch/vlog.h"
#include "util.h"
#include "utilities/client/catalog.h"
#include "utilities/client/client.h"
#include "utilities/client/snapshot.h"
#include "utilities/client/terminal.h"

/* Parses a time in seconds, into ms. */
static bool
parse_timeout(const char *s, int *ms)
{
    double secs;

    /* Not all that is a number is one that can be waited for. */
    if (!str_to_double(s, &secs) || !(secs > 0) || secs > INT_MAX / 1000) {
        client_error("--timeout needs a number of seconds, not \"%s\"", s);
        return false;
    }
    *ms = MAX(1, secs * 1000);
    return true;
}

static bool
is_format(const char *s)
{
    if (strcmp(s, "table") && strcmp(s, "json") && strcmp(s, "csv")) {
        client_error("unknown format \"%s\": table, json and csv are known",
                     s);
        return false;
    }
    return true;
}

static bool
parse_output(const char *s, enum client_output *output)
{
    static const struct {
        const char *name;
        enum client_output output;
    } outputs[] = {
        { "table", CLIENT_OUTPUT_TABLE },
        { "wide", CLIENT_OUTPUT_WIDE },
        { "json", CLIENT_OUTPUT_JSON },
        { "csv", CLIENT_OUTPUT_CSV },
        { "yaml", CLIENT_OUTPUT_YAML },
    };

    for (size_t i = 0; i < ARRAY_SIZE(outputs); i++) {
        if (!strcmp(s, outputs[i].name)) {
            *output = outputs[i].output;
            return true;
        }
    }
    client_error("unknown output format \"%s\": table, wide, json, csv and "
                 "yaml are known", s);
    return false;
}

static bool
parse_color(const char *s)
{
    if (!strcmp(s, "auto")) {
        terminal_set_color(TERMINAL_COLOR_AUTO);
    } else if (!strcmp(s, "always")) {
        terminal_set_color(TERMINAL_COLOR_ALWAYS);
    } else if (!strcmp(s, "never")) {
        terminal_set_color(TERMINAL_COLOR_NEVER);
    } else {
        client_error("--color needs auto, always or never, not \"%s\"", s);
        return false;
    }
    return true;
}

enum {
    OPT_COLOR = UCHAR_MAX + 1,
    OPT_SNAPSHOT,
};

/* What --snapshot says, or NULL. */
static struct snapshot *snapshot;

/* Takes option 'c' with 'value'.  Returns false, after a message, if that is
 * wrong. */
static bool
take_option(struct client *client, int c, const char *value)
{
    switch (c) {
    case 't':
        client->target = value;
        return true;

    case 'T':
        return parse_timeout(value, &client->timeout);

    case 'f':
        client->format = value;
        return is_format(value);

    case 'o':
        return parse_output(value, &client->output);

    case 'w':
        client->watch = true;
        return true;

    case 'h':
        client->help = true;
        return true;

    case OPT_COLOR:
        return parse_color(value);

    case OPT_SNAPSHOT:
        snapshot_destroy(snapshot);
        client->snapshot = snapshot = client_open_snapshot(value, false);
        return snapshot != NULL;

    default:
        /* getopt_long() has said why. */
        return false;
    }
}

/* Parses the options before the command.  Returns whether to go on.  If not
 * '*status' is how to exit. */
static bool
parse_options(int argc, char *argv[], struct client *client,
              enum client_status *status)
{
    static const struct option long_options[] = {
        {"target", required_argument, NULL, 't'},
        {"timeout", required_argument, NULL, 'T'},
        {"format", required_argument, NULL, 'f'},
        {"output", required_argument, NULL, 'o'},
        {"color", required_argument, NULL, OPT_COLOR},
        {"snapshot", required_argument, NULL, OPT_SNAPSHOT},
        {"watch", no_argument, NULL, 'w'},
        {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'V'},
        {NULL, 0, NULL, 0},
    };

    *status = CLIENT_USAGE;
    for (;;) {
        /* Not those behind the command. */
        int c = getopt_long(argc, argv, "+t:T:f:o:whV", long_options, NULL);

        if (c == -1) {
            return true;
        } else if (c == 'V') {
            ovs_print_version(0, 0);
            *status = CLIENT_OK;
            return false;
        } else if (!take_option(client, c, optarg)) {
            *status = c == OPT_SNAPSHOT ? CLIENT_FILE : CLIENT_USAGE;
            return false;
        }
    }
}

/* The value of option 's', "-o" or "--output", at 'argv[*i]': behind a '=',
 * right behind the letter, or in the next argument, to which '*i' is moved
 * then.  Returns NULL if it is not that option, "" if the value is missing. */
static const char *
option_value(const char *s, const char *name, int argc, char *argv[], int *i)
{
    size_t len = strlen(name);

    if (strncmp(s, name, len)) {
        return NULL;
    } else if (!s[len]) {
        return *i + 1 < argc ? argv[++*i] : "";
    } else if (name[1] != '-') {
        return s + len;
    } else {
        return s[len] == '=' ? s + len + 1 : NULL;
    }
}

/* Takes out of the '*argc' elements of 'argv', which begin with the command,
 * the options that are for every command.  What follows "--" is none. */
static bool
take_options_behind(struct client *client, int *argc, char *argv[])
{
    static const struct {
        const char *name;
        int c;
    } options[] = { { "-o", 'o' }, { "--output", 'o' },
                    { "--color", OPT_COLOR } };
    bool ok = true;
    int n = 0;

    for (int i = 0; i < *argc && ok; i++) {
        const char *arg = argv[i], *value = NULL;
        size_t j;

        if (!strcmp(arg, "-h") || !strcmp(arg, "--help")) {
            client->help = true;
            continue;
        }
        if (!strcmp(arg, "-w") || !strcmp(arg, "--watch")) {
            client->watch = true;
            continue;
        }
        if (!strcmp(arg, "--")) {
            while (++i < *argc) {
                argv[n++] = argv[i];
            }
            break;
        }
        for (j = 0; j < ARRAY_SIZE(options) && !value; j++) {
            value = option_value(arg, options[j].name, *argc, argv, &i);
        }
        if (value) {
            ok = take_option(client, options[j - 1].c, value);
        } else {
            argv[n++] = argv[i];
        }
    }
    *argc = n;
    return ok;
}

static enum client_status
run(struct client *client, int argc, char *argv[])
{
    const struct catalog_command *command;
    size_t n;

    if (!take_options_behind(client, &argc, argv)) {
        return CLIENT_USAGE;
    }
    if (argc && !strcmp(argv[0], "help")) {
        client->help = true;
        argc--;
        argv++;
    }
    if (client->help && !argc) {
        client_print_help(client);
        return CLIENT_OK;
    }
    if (!argc || !argv[0][0]) {
        client_error("missing command; see %s --help", program_name);
        return CLIENT_USAGE;
    }
    if (client->help) {
        return client_print_command_help(client, argc, argv);
    }
    command = catalog_find_words(argc, argv, &n);
    if (client->watch) {
        if (command && !client->snapshot) {
            return client_watch(client, command, n, argc, argv);
        }
        client_error("--watch is for commands of a daemon that --help lists");
        return CLIENT_USAGE;
    }
    if (!command || !command->run) {
        return client_daemon_command(client, argc, argv);
    }
    if (command->shape == ANSWER_TEXT && client->output > CLIENT_OUTPUT_WIDE) {
        client_error("%s prints text, and nothing to format", command->name);
        return CLIENT_USAGE;
    }
    if (client->snapshot && !command->reads) {
        client_error("%s needs the daemon, not a snapshot", command->name);
        return CLIENT_USAGE;
    }
    return command->run(client, argc - n, argv + n);
}

/* Returns false, after a message, if not all could be written.  That a reader
 * has seen enough needs none. */
static bool
flush_output(void)
{
    int error = client_flush();

    if (error && error != EPIPE) {
        client_error("standard output: %s", ovs_strerror(error));
    }
    return !error;
}

int
main(int argc, char *argv[])
{
    struct client client = {
        .target = "ovs-offload-controller",
        .timeout = -1,
    };
    enum client_status status;

    ovs_set_program_name(argv[0], VERSION);
    /* What goes wrong is said once, by us. */
    vlog_set_levels(NULL, VLF_ANY_DESTINATION, VLL_OFF);
    fatal_ignore_sigpipe();

    if (argc > 1 && !strcmp(argv[1], "__complete")) {
        status = client_complete(&client, argc - 2, argv + 2);
    } else if (parse_options(argc, argv, &client, &status)) {
        status = run(&client, argc - optind, argv + optind);
    }
    snapshot_destroy(snapshot);
    return flush_output() ? status : CLIENT_FILE;
}
