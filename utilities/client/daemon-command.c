/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "utilities/client/client.h"

#include <stdlib.h>
#include <string.h>

#include "openvswitch/dynamic-string.h"
#include "svec.h"
#include "unicode.h"
#include "util.h"
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
    client_error("no answer from %s: %s", client->target, why);
    return CLIENT_NO_DAEMON;
}

/* Fetches the list.  '*list' is valid if the result is CLIENT_OK, otherwise
 * '*error' is why not, and the caller's to free. */
static enum client_status
fetch_list(const struct client *client, struct command_list *list,
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

/* Says that no command begins with 'words', and what there is. */
static void
print_unknown(const struct command_list *list,
              const struct client_command *own, size_t n_own, int argc,
              char *argv[])
{
    struct ds name = DS_EMPTY_INITIALIZER;
    struct ds known = DS_EMPTY_INITIALIZER;
    size_t len = strlen(argv[0]), n;

    for (int i = 0; i < MIN(argc, 2) && argv[i][0] != '-'; i++) {
        ds_put_format(&name, "%s%s", i ? " " : "", argv[i]);
    }
    n = command_list_put(list, argv[0], &known);
    for (size_t i = 0; i < n_own; i++) {
        if (!n || (!strncmp(own[i].words, argv[0], len)
                   && own[i].words[len] == ' ')) {
            ds_put_format(&known, "  %s %s\n", own[i].words, own[i].usage);
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

static enum client_status
run_command(const struct client *client, const char *name,
            struct svec *args)
{
    const struct daemon_command_hook *hook = find_hook(name);
    enum client_status status;
    char *text;

    if (hook && hook->prepare) {
        hook->prepare(args);
    }
    if (client->format) {
        svec_add_nocopy(args, xasprintf("--format=%s", client->format));
    }
    status = client_transact(client, name, args->n, args->names, &text);
    if (status == CLIENT_OK
        || (status == CLIENT_REFUSED && hook && hook->is_result
            && hook->is_result(text))) {
        client_print(text);
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
client_daemon_command(const struct client *client,
                      const struct client_command *own, size_t n_own,
                      int argc, char *argv[])
{
    const struct listed_command *command;
    struct svec args = SVEC_EMPTY_INITIALIZER;
    enum client_status status;
    struct command_list list;
    size_t n_name;
    char *error;

    if (!are_utf8(argc, argv)) {
        return CLIENT_USAGE;
    }
    status = fetch_list(client, &list, &error);
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
        status = run_command(client, command->name, &args);
        svec_destroy(&args);
    } else {
        print_unknown(&list, own, n_own, argc, argv);
        status = CLIENT_USAGE;
    }
    command_list_destroy(&list);
    return status;
}

void
client_print_daemon_commands(const struct client *client)
{
    struct ds s = DS_EMPTY_INITIALIZER;
    struct command_list list;
    char *error;

    if (fetch_list(client, &list, &error) == CLIENT_OK) {
        command_list_put(&list, NULL, &s);
        fputs(ds_cstr(&s), stdout);
        command_list_destroy(&list);
    } else {
        printf("  (not known: no answer from %s: %s)\n", client->target,
               error);
    }
    free(error);
    ds_destroy(&s);
}
