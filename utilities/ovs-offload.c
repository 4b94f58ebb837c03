/* SPDX-License-Identifier: Apache-2.0 */

/* The command-line client of ovs-offload-controller.
 *
 * Finds the command and hands over: to a function of the table below, else to
 * the daemon. */

#include <config.h>

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "command-line.h"
#include "fatal-signal.h"
#include "openvswitch/vlog.h"
#include "util.h"
#include "utilities/client/client.h"

/* How long --help waits for the daemon's part of it, in ms. */
#define HELP_TIMEOUT_MS 1000

/* The client's own commands.  Names have two words at most. */
static const struct client_command commands[] = {
    { "flow watch", FLOW_WATCH_USAGE, flow_watch },
    { "vdpa domain-xml", VDPA_DOMAIN_XML_USAGE, vdpa_domain_xml },
    { "vdpa env", VDPA_ENV_USAGE, vdpa_env },
    { "policy apply", POLICY_APPLY_USAGE, policy_apply },
};

static void
print_usage(struct client *client)
{
    printf("%s: asks and instructs ovs-offload-controller\n"
           "usage: %s [OPTIONS] COMMAND [ARGUMENT]...\n"
           "\n"
           "Options, before the command:\n"
           "  -t, --target=TARGET     daemon's name, or path of its socket\n"
           "                          (default: ovs-offload-controller)\n"
           "  -T, --timeout=SECS      wait at most so long for an answer\n"
           "  -f, --format=FORMAT     table, json or csv\n"
           "  -h, --help              display this help message\n"
           "  -V, --version           display version information\n"
           "\n"
           "Commands:\n", program_name, program_name);
    for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
        printf("  %s %s\n", commands[i].words, commands[i].usage);
    }
    printf("\nCommands of the daemon:\n");
    if (client->timeout < 0) {
        client->timeout = HELP_TIMEOUT_MS;
    }
    client_print_daemon_commands(client);
    printf("\nExit status: 0, 1 if the daemon said no, 2 for a wrong command "
           "line,\n3 if there is no daemon.\n");
}

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

/* Returns whether to go on.  If not '*status' is how to exit. */
static bool
parse_options(int argc, char *argv[], struct client *client,
              enum client_status *status)
{
    static const struct option long_options[] = {
        {"target", required_argument, NULL, 't'},
        {"timeout", required_argument, NULL, 'T'},
        {"format", required_argument, NULL, 'f'},
        {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'V'},
        {NULL, 0, NULL, 0},
    };
    bool help = false;

    *status = CLIENT_USAGE;
    for (;;) {
        /* Options after the command are the command's. */
        int c = getopt_long(argc, argv, "+t:T:f:hV", long_options, NULL);

        if (c == -1) {
            break;
        }
        switch (c) {
        case 't':
            client->target = optarg;
            break;

        case 'T':
            if (!parse_timeout(optarg, &client->timeout)) {
                return false;
            }
            break;

        case 'f':
            if (!is_format(optarg)) {
                return false;
            }
            client->format = optarg;
            break;

        case 'h':
            help = true;
            break;

        case 'V':
            ovs_print_version(0, 0);
            *status = CLIENT_OK;
            return false;

        default:
            return false;
        }
    }
    if (help) {
        print_usage(client);
        *status = CLIENT_OK;
        return false;
    }
    return true;
}

/* Does 'argv' begin with 'words', of which there are '*n'? */
static bool
has_words(const char *words, int argc, char *argv[], int *n)
{
    for (*n = 0; *words; ++*n) {
        size_t len = strcspn(words, " ");

        if (*n >= argc || strlen(argv[*n]) != len
            || strncmp(argv[*n], words, len)) {
            return false;
        }
        words += len + (words[len] == ' ');
    }
    return true;
}

static enum client_status
run(const struct client *client, int argc, char *argv[])
{
    if (!argc || !argv[0][0]) {
        client_error("missing command; see %s --help", program_name);
        return CLIENT_USAGE;
    }
    for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
        int n;

        if (has_words(commands[i].words, argc, argv, &n)) {
            return commands[i].run(client, argc - n, argv + n);
        }
    }
    return client_daemon_command(client, commands, ARRAY_SIZE(commands),
                                 argc, argv);
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

    if (parse_options(argc, argv, &client, &status)) {
        status = run(&client, argc - optind, argv + optind);
    }
    if (fflush(stdout) || ferror(stdout)) {
        if (errno != EPIPE) {
            client_error("standard output: %s", ovs_strerror(errno));
        }
        return CLIENT_REFUSED;
    }
    return status;
}
