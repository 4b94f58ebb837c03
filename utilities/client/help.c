/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "utilities/client/client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "openvswitch/dynamic-string.h"
#include "util.h"
#include "utilities/client/catalog.h"
#include "utilities/client/command-list.h"

/* How long --help waits for the daemon's part of it, in ms. */
#define HELP_TIMEOUT_MS 1000

static const char options_help[] =
"Options, before the command:\n"
"  -t, --target=TARGET     daemon's name, or path of its socket\n"
"                          (default: ovs-offload-controller)\n"
"  -T, --timeout=SECS      wait at most so long for an answer\n"
"  -f, --format=FORMAT     as the daemon prints it: table, json or csv\n"
"      --snapshot=FILE     look into a snapshot, in place of a daemon\n"
"  -V, --version           display version information\n"
"\n"
"Options, before or behind it:\n"
"  -o, --output=FORMAT     table (fits the terminal), wide, json, csv or\n"
"                          yaml\n"
"      --color=WHEN        auto, always or never\n"
"  -w, --watch             again whenever the daemon sees a change\n"
"  -h, --help              this, or what is to be known of the command\n";

static const char status_help[] =
"Exit status:\n"
"  0  done\n"
"  1  the daemon said no, or a check of \"explain\" failed\n"
"  2  the command line is wrong\n"
"  3  there is no daemon, or no answer\n"
"  4  a file cannot be read or written, or is malformed\n";

/* Prints what the daemon has and the catalog has not. */
static void
print_others(struct client *client)
{
    struct command_list list;
    bool first = true;
    char *error;

    if (client->snapshot) {
        return;
    }
    if (client->timeout < 0) {
        client->timeout = HELP_TIMEOUT_MS;
    }
    if (client_fetch_list(client, &list, &error) != CLIENT_OK) {
        printf("\nWhat else the daemon has is not known: no answer from %s: "
               "%s\n", client->target, error);
        free(error);
        return;
    }
    for (size_t i = 0; i < list.n; i++) {
        const struct listed_command *command = &list.commands[i];

        if (!catalog_find(command->name)) {
            char *words = catalog_words(command->name);

            printf("%s  %s%s%s\n",
                   first ? "\nFurther commands of the daemon:\n" : "",
                   words, command->usage[0] ? " " : "", command->usage);
            free(words);
            first = false;
        }
    }
    command_list_destroy(&list);
}

void
client_print_help(struct client *client)
{
    printf("%s: asks and instructs ovs-offload-controller\n"
           "usage: %s [OPTIONS] COMMAND [ARGUMENT]...\n"
           "\n%s"
           "\nCommands (COMMAND --help tells more):\n",
           program_name, program_name, options_help);
    for (size_t i = 0; i < catalog_n; i++) {
        char *words = catalog_words(catalog[i].name);
        size_t len = strcspn(catalog[i].summary, "\n");

        printf("  %s%s%s\n      %.*s%s\n", words,
               catalog[i].usage[0] ? " " : "", catalog[i].usage,
               (int) len, catalog[i].summary,
               catalog[i].summary[len] ? " ..." : "");
        free(words);
    }
    print_others(client);
    printf("\n%s", status_help);
}

/* Prints 'text', each of its lines behind 'prefix'. */
static void
print_lines(const char *text, const char *prefix)
{
    while (*text) {
        size_t len = strcspn(text, "\n");

        printf("%s%.*s\n", prefix, (int) len, text);
        text += len + (text[len] == '\n');
    }
}

static void
print_command(const struct catalog_command *command)
{
    char *words = catalog_words(command->name);
    char *prefix = xasprintf("    %s ", program_name);

    printf("usage: %s [OPTIONS] %s%s%s\n\n", program_name, words,
           command->usage[0] ? " " : "", command->usage);
    print_lines(command->summary, "");
    printf("\nExample:\n");
    print_lines(command->example, prefix);
    if (command->shape != ANSWER_TEXT) {
        printf("\nThe answer is a table, or what -o says: wide, json, csv, "
               "yaml.\n");
    }
    printf("\nOptions for all commands: %s --help; more: man 1 %s\n",
           program_name, program_name);
    free(words);
    free(prefix);
}

/* Prints the usage of a command that only the daemon knows. */
static enum client_status
print_unlisted(struct client *client, int argc, char *argv[])
{
    const struct listed_command *command;
    struct command_list list;
    enum client_status status;
    size_t n_name;
    char *error;

    status = client_fetch_list(client, &list, &error);
    if (status != CLIENT_OK) {
        client_error("no command \"%s\" is known here, and no answer from %s: "
                     "%s", argv[0], client->target, error);
        free(error);
        return status;
    }
    command = command_list_find(&list, argc, argv, &n_name);
    if (command) {
        char *words = catalog_words(command->name);

        printf("usage: %s [OPTIONS] %s%s%s\n", program_name, words,
               command->usage[0] ? " " : "", command->usage);
        free(words);
    } else {
        client_print_unknown(&list, argc, argv);
        status = CLIENT_USAGE;
    }
    command_list_destroy(&list);
    return status;
}

/* Prints what is known of all commands of group 'group', as "port".  Returns
 * false if there is none. */
static bool
print_group(const char *group)
{
    size_t len = strlen(group), n = 0;

    for (size_t i = 0; i < catalog_n; i++) {
        const struct catalog_command *command = &catalog[i];

        if (!strncmp(command->name, group, len)
            && command->name[len] == '/') {
            printf("%s", n++ ? "\n" : "");
            print_command(command);
        }
    }
    return n > 0;
}

enum client_status
client_print_command_help(struct client *client, int argc, char *argv[])
{
    const struct catalog_command *command;
    size_t n;

    command = catalog_find_words(argc, argv, &n);
    if (command) {
        print_command(command);
    } else if (argc > 1 || !print_group(argv[0])) {
        return print_unlisted(client, argc, argv);
    }
    return CLIENT_OK;
}
