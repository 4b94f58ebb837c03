/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "utilities/client/client.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "openvswitch/dynamic-string.h"
#include "svec.h"
#include "unicode.h"
#include "util.h"
#include "utilities/client/catalog.h"
#include "utilities/client/command-list.h"

/* What is special about a command of the daemon.  Either may be NULL. */
struct daemon_command_hook {
    const char *name;
    /* Changes the arguments. */
    void (*prepare)(struct svec *args);
    /* Is 'text', with which the command failed, a result all the same? */
    bool (*is_result)(const char *text);
};

/* The daemon has a working directory of its own. */
static void
make_file_absolute(struct svec *args)
{
    for (size_t i = 0; i < args->n; i++) {
        char **arg = &args->names[i];

        if (!strcmp(*arg, "--top") || !strcmp(*arg, "--format")) {
            i++;                /* Its value. */
        } else if ((*arg)[0] && (*arg)[0] != '-') {
            char *file = abs_file_name(NULL, *arg);

            if (file) {
                free(*arg);
                *arg = file;
            }
            return;
        }
    }
}

/* A checklist, as table or CSV or as JSON, and no message. */
static bool
is_checklist(const char *text)
{
    return text[0] == '[' || !strncmp(text, "INTERFACE", 9);
}

static const struct daemon_command_hook hooks[] = {
    { "explain", NULL, is_checklist },
    { "flow/parse", make_file_absolute, NULL },
};

static const struct daemon_command_hook *
find_hook(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(hooks); i++) {
        if (!strcmp(hooks[i].name, name)) {
            return &hooks[i];
        }
    }
    return NULL;
}

static enum client_status
print_no_daemon(const struct client *client, const char *why)
{
    if (client->snapshot) {
        client_error("%s", why);
        return CLIENT_FILE;
    }
    client_error("no answer from %s: %s", client->target, why);
    return CLIENT_NO_DAEMON;
}

enum client_status
client_fetch_list(const struct client *client, struct command_list *list,
                  char **error)
{
    enum client_status status;
    char *text;

    status = client_transact(client, "list-commands", 0, NULL, &text);
    if (status == CLIENT_OK) {
        command_list_parse(list, text);
        free(text);
        text = NULL;
    }
    *error = text;
    return status;
}

/* Name of the command that was probably meant, or NULL. */
static const char *
find_meant(const struct command_list *list, int argc, char *argv[])
{
    const char *meant = NULL;
    size_t least = SIZE_MAX;

    for (size_t i = 0; i < list->n + catalog_n; i++) {
        const char *name = (i < list->n ? list->commands[i].name
                            : catalog[i - list->n].name);
        size_t n = command_distance(name, argc, argv);

        if (n < least && (i < list->n || catalog[i - list->n].run)) {
            least = n;
            meant = name;
        }
    }
    return meant;
}

void
client_print_unknown(const struct command_list *list, int argc, char *argv[])
{
    struct ds name = DS_EMPTY_INITIALIZER;
    struct ds known = DS_EMPTY_INITIALIZER;
    const char *meant = find_meant(list, argc, argv);
    size_t len = strlen(argv[0]), n;

    for (int i = 0; i < MIN(argc, 2) && argv[i][0] != '-'; i++) {
        ds_put_format(&name, "%s%s", i ? " " : "", argv[i]);
    }
    if (meant) {
        char *words = catalog_words(meant);

        client_error("there is no command \"%s\"; is \"%s\" meant?",
                     ds_cstr(&name), words);
        free(words);
        ds_destroy(&name);
        return;
    }
    n = command_list_put(list, argv[0], &known);
    for (size_t i = 0; i < catalog_n; i++) {
        const struct catalog_command *own = &catalog[i];

        if (own->run && (!n || (!strncmp(own->name, argv[0], len)
                                && own->name[len] == '/'))) {
            char *words = catalog_words(own->name);

            ds_put_format(&known, "  %s %s\n", words, own->usage);
            free(words);
        }
    }
    if (!n) {
        command_list_put(list, NULL, &known);
    }
    client_error("there is no command \"%s\"; there are\n%s", ds_cstr(&name),
                 ds_cstr(&known));
    ds_destroy(&name);
    ds_destroy(&known);
}

/* Prints the daemon's message, with the command in words where it tells its
 * usage.  Returns the exit status. */
static enum client_status
print_refused(const char *name, const char *text)
{
    char *usage = xasprintf("usage: %s", name);
    const char *p = strstr(text, usage);
    struct ds s = DS_EMPTY_INITIALIZER;

    ds_put_cstr(&s, text);
    if (p) {
        ds_truncate(&s, p - text);
        ds_put_format(&s, "usage: %s ", program_name);
        for (const char *c = name; *c; c++) {
            ds_put_char(&s, *c == '/' ? ' ' : *c);
        }
        ds_put_cstr(&s, p + strlen(usage));
    }
    ds_chomp(&s, '\n');
    client_error("%s", ds_cstr(&s));
    ds_destroy(&s);
    free(usage);
    return p ? CLIENT_USAGE : CLIENT_REFUSED;
}

/* How an answer is asked for and printed. */
struct plan {
    const struct catalog_command *command; /* Formats the answer, or NULL for
                                            * the daemon's own text. */
    const char *format;         /* Option for the daemon, or NULL. */
};

/* What the client can do with any JSON. */
static const struct catalog_command unlisted = {
    .name = "the command", .shape = ANSWER_TEXT,
};

/* Does one of 'args' say how the daemon is to print? */
static bool
has_format(const struct svec *args)
{
    for (size_t i = 0; i < args->n; i++) {
        if (!strncmp(args->names[i], "--format", 8)) {
            return true;
        }
    }
    return false;
}

/* Decides how 'command' is to answer.  Returns false, after a message, if it
 * cannot be as the options want it. */
static bool
make_plan(const struct client *client, const struct listed_command *command,
          const struct svec *args, struct plan *plan)
{
    const struct catalog_command *known = catalog_find(command->name);
    enum client_output output = client->output;

    *plan = (struct plan) { .format = client->format };
    if (client->format || has_format(args)) {
        if (output != CLIENT_OUTPUT_DEFAULT) {
            client_error("there are both -o and --format");
            return false;
        }
    } else if (known && known->shape != ANSWER_TEXT) {
        plan->command = known;
        plan->format = "json";
    } else if (output == CLIENT_OUTPUT_DEFAULT
               || output == CLIENT_OUTPUT_TABLE
               || output == CLIENT_OUTPUT_WIDE) {
        /* As it comes. */
    } else if (known || !strstr(command->usage, "--format")) {
        client_error("%s prints text, and nothing to format",
                     command->name);
        return false;
    } else {
        plan->command = output == CLIENT_OUTPUT_YAML ? &unlisted : NULL;
        plan->format = output == CLIENT_OUTPUT_CSV ? "csv" : "json";
    }
    return true;
}

static enum client_status
run_command(const struct client *client, const char *name,
            struct svec *args, const struct plan *plan)
{
    const struct daemon_command_hook *hook = find_hook(name);
    enum client_status status;
    char *text;

    if (hook && hook->prepare) {
        hook->prepare(args);
    }
    if (plan->format) {
        svec_add_nocopy(args, xasprintf("--format=%s", plan->format));
    }
    status = client_transact(client, name, args->n, args->names, &text);
    if (status == CLIENT_OK
        || (status == CLIENT_REFUSED && hook && hook->is_result
            && hook->is_result(text))) {
        if (!plan->command || !text[0]) {
            client_print(text);
        } else if (!client_print_answer(client, plan->command, text)) {
            status = client->snapshot ? CLIENT_FILE : CLIENT_NO_DAEMON;
        }
    } else if (status == CLIENT_REFUSED) {
        status = print_refused(name, text);
    } else {
        print_no_daemon(client, text);
    }
    free(text);
    return status;
}

/* A daemon would take other bytes for a broken connection. */
static bool
are_utf8(int argc, char *argv[])
{
    for (int i = 0; i < argc; i++) {
        char *error = utf8_validate(argv[i], NULL);

        if (error) {
            client_error("argument \"%s\": %s", argv[i], error);
            free(error);
            return false;
        }
    }
    return true;
}

enum client_status
client_daemon_command(const struct client *client, int argc, char *argv[])
{
    const struct listed_command *command;
    struct svec args = SVEC_EMPTY_INITIALIZER;
    enum client_status status;
    struct command_list list;
    struct plan plan;
    size_t n_name;
    char *error;

    if (!are_utf8(argc, argv)) {
        return CLIENT_USAGE;
    }
    status = client_fetch_list(client, &list, &error);
    if (status != CLIENT_OK) {
        status = print_no_daemon(client, error);
        free(error);
        return status;
    }
    command = command_list_find(&list, argc, argv, &n_name);
    if (command) {
        for (int i = n_name; i < argc; i++) {
            svec_add(&args, argv[i]);
        }
        status = (make_plan(client, command, &args, &plan)
                  ? run_command(client, command->name, &args, &plan)
                  : CLIENT_USAGE);
        svec_destroy(&args);
    } else {
        client_print_unknown(&list, argc, argv);
        status = CLIENT_USAGE;
    }
    command_list_destroy(&list);
    return status;
}
