/* SPDX-License-Identifier: Apache-2.0 */

/* "snapshot", and option --snapshot. */

#include <config.h>
#include "utilities/client/client.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fatal-signal.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "svec.h"
#include "timeval.h"
#include "util.h"
#include "utilities/client/answer.h"
#include "utilities/client/catalog.h"
#include "utilities/client/snapshot.h"

/* How long an answer may take unless the user says so, in ms. */
#define TIMEOUT_MS 30000

/* Reading. */

/* Reads all of 'stream', a byte more than is allowed at the most, with a null
 * byte behind it.  Returns 0 or a positive errno value. */
static int
read_all(FILE *stream, char **text, size_t *n)
{
    size_t allocated = 64 * 1024;

    *text = xmalloc(allocated);
    *n = 0;
    errno = 0;
    for (;;) {
        size_t have = fread(*text + *n, 1, allocated - 1 - *n, stream);

        *n += have;
        if (!have || *n > SNAPSHOT_MAX_SIZE) {
            break;
        }
        if (*n + 1 == allocated) {
            *text = x2nrealloc(*text, &allocated, 1);
        }
    }
    (*text)[*n] = '\0';
    return ferror(stream) ? (errno ? errno : EIO) : 0;
}

struct snapshot *
client_open_snapshot(const char *file, bool silent)
{
    bool is_stdin = !strcmp(file, "-");
    FILE *stream = is_stdin ? stdin : fopen(file, "r");
    struct snapshot *snapshot = NULL;
    char *text = NULL, *message = NULL;
    int error;
    size_t n = 0;

    error = stream ? read_all(stream, &text, &n) : errno;
    if (error) {
        message = xstrdup(ovs_strerror(error));
    } else if (n > SNAPSHOT_MAX_SIZE) {
        message = xasprintf("longer than %d bytes", SNAPSHOT_MAX_SIZE);
    } else {
        message = snapshot_parse(text, n, &snapshot);
    }
    if (message && !silent) {
        client_error("%s: %s", is_stdin ? "standard input" : file, message);
    }
    if (stream && !is_stdin) {
        fclose(stream);
    }
    free(message);
    free(text);
    return snapshot;
}

/* Collecting. */

struct collection {
    struct client client;       /* Options, with a timeout. */
    struct json *answers;       /* So far. */
    enum client_status status;  /* CLIENT_NO_DAEMON as soon as there is no
                                 * answer: nothing else is asked for then. */
};

/* Asks for 'command' with 'arg', unless that is NULL, and keeps the answer.
 * Returns it, if it is JSON, else NULL. */
static const struct json *
collect(struct collection *c, const struct catalog_command *command,
        const char *arg)
{
    bool is_json = command->shape != ANSWER_TEXT;
    struct svec args = SVEC_EMPTY_INITIALIZER;
    enum client_status status;
    struct json *entry;
    char *text;

    if (c->status == CLIENT_NO_DAEMON) {
        return NULL;
    }
    if (arg) {
        svec_add(&args, arg);
    }
    if (command->shape == ANSWER_FLOWS) {
        svec_add_nocopy(&args, xasprintf("--limit=%d", SNAPSHOT_MAX_FLOWS));
    }
    if (is_json) {
        svec_add(&args, "--format=json");
    }
    status = client_transact(&c->client, command->name, args.n, args.names,
                             &text);
    if (status == CLIENT_NO_DAEMON) {
        client_error("%s: no answer from %s: %s", command->name,
                     c->client.target, text);
        c->status = status;
    }
    entry = snapshot_entry(command->name, arg ? 1 : 0, &arg,
                           status == CLIENT_OK, is_json, text);
    json_array_add(c->answers, entry);
    svec_destroy(&args);
    free(text);
    return answer_member(entry, "json");
}

/* Asks for 'command' about each element of 'list', by the first of the 'n'
 * members that it has; those elements in which 'needed' is no string are
 * passed over, unless that is NULL. */
static void
collect_each(struct collection *c, const char *command,
             const struct json *list, const char *const members[], size_t n,
             const char *needed)
{
    struct svec asked = SVEC_EMPTY_INITIALIZER;

    for (size_t i = 0; list && list->type == JSON_ARRAY
                       && i < json_array(list)->n; i++) {
        const struct json *element = json_array(list)->elems[i];
        const char *name = NULL;

        for (size_t j = 0; j < n && !name; j++) {
            name = answer_string(element, members[j]);
        }
        if (name && (!needed || answer_string(element, needed))
            && !svec_contains_unsorted(&asked, name)) {
            collect(c, catalog_find(command), name);
            svec_add(&asked, name);
        }
    }
    svec_destroy(&asked);
}

static void
collect_all(struct collection *c)
{
    static const char *const port_members[] = {
        "vf_pci", "representor", "vdpa", "request",
    };
    static const char *const vdpa_members[] = { "vdpa" };
    static const char *const policy_members[] = { "policy" };
    const struct json *ports = NULL, *vdpas = NULL, *policies = NULL;

    for (size_t i = 0; i < catalog_n; i++) {
        const struct catalog_command *command = &catalog[i];
        const char first = command->usage[0];

        if (command->reads && !command->run && (!first || first == '[')) {
            const struct json *json = collect(c, command, NULL);

            ports = !strcmp(command->name, "port/list") ? json : ports;
            vdpas = !strcmp(command->name, "vdpa/list") ? json : vdpas;
            policies = (!strcmp(command->name, "policy/list") ? json
                        : policies);
        }
    }
    collect_each(c, "port/show", ports, port_members,
                 ARRAY_SIZE(port_members), NULL);
    collect_each(c, "explain", ports, port_members, ARRAY_SIZE(port_members),
                 "iface_id");
    collect_each(c, "vdpa/show", vdpas, vdpa_members,
                 ARRAY_SIZE(vdpa_members), NULL);
    collect_each(c, "policy/show", policies, policy_members,
                 ARRAY_SIZE(policy_members), NULL);
}

/* Writing. */

/* Writes 'text' to 'fd'.  Returns 0 or a positive errno value. */
static int
write_all(int fd, const char *text)
{
    size_t len = strlen(text);

    while (len) {
        ssize_t n = write(fd, text, len);

        if (n < 0 && errno != EINTR) {
            return errno;
        }
        text += MAX(n, 0);
        len -= MAX(n, 0);
    }
    return 0;
}

/* Is 'file' something that cannot be replaced, such as a pipe or a device? */
static bool
is_special(const char *file)
{
    struct stat st;

    return !stat(file, &st) && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode);
}

/* Writes 'text' into 'file', which is something special. */
static int
write_special(const char *file, const char *text)
{
    int fd = open(file, O_WRONLY | O_CLOEXEC | O_NOCTTY);
    int error = fd < 0 ? errno : write_all(fd, text);

    if (fd >= 0 && close(fd) && !error) {
        error = errno;
    }
    return error;
}

/* Standard output: that it fails is told by main(), as for any command. */
static int
write_stdout(const char *text)
{
    client_put(text);
    return 0;
}

/* Has 'file' be 'text', all of it or none, for its owner's eyes only. */
static int
replace_file(const char *file, const char *text)
{
    char *name = xasprintf("%s.XXXXXX", file);
    int fd = mkostemp(name, O_CLOEXEC);
    int error;

    if (fd < 0) {
        error = errno;
        free(name);
        return error;
    }
    fatal_signal_add_file_to_unlink(name);
    error = write_all(fd, text);
    if (!error && fsync(fd)) {
        error = errno;          /* It is not there after a crash. */
    }
    if (close(fd) && !error) {
        error = errno;
    }
    if (!error && rename(name, file)) {
        error = errno;
    }
    if (error) {
        fatal_signal_unlink_file_now(name);
    } else {
        fatal_signal_remove_file_to_unlink(name);
    }
    free(name);
    return error;
}

enum client_status
snapshot_command(const struct client *client, int argc, char *argv[])
{
    struct collection c = { .client = *client, .status = CLIENT_OK };
    char *text, *when;
    int error;

    if (argc != 1 || !argv[0][0] || (argv[0][0] == '-' && argv[0][1])) {
        client_error("snapshot: %s\nusage: %s snapshot "SNAPSHOT_USAGE,
                     argc ? "it takes the name of one file"
                     : "FILE is missing", program_name);
        return CLIENT_USAGE;
    }
    if (c.client.timeout < 0) {
        c.client.timeout = TIMEOUT_MS;
    }
    c.answers = json_array_create_empty();
    collect_all(&c);
    if (c.status != CLIENT_OK && json_array(c.answers)->n <= 1) {
        json_destroy(c.answers);
        return c.status;
    }

    when = xastrftime_msec("%Y-%m-%dT%H:%M:%S.###Z", time_wall_msec(), true);
    struct json *json = snapshot_file(c.answers, c.status == CLIENT_OK, when);
    struct ds s = DS_EMPTY_INITIALIZER;

    json_to_ds(json, JSSF_PRETTY | JSSF_SORT, &s);
    ds_put_char(&s, '\n');
    json_destroy(json);
    text = ds_steal_cstr(&s);
    error = (!strcmp(argv[0], "-") ? write_stdout(text)
             : is_special(argv[0]) ? write_special(argv[0], text)
             : replace_file(argv[0], text));
    free(text);
    free(when);
    if (error) {
        client_error("%s: %s", argv[0], ovs_strerror(error));
        return CLIENT_FILE;
    }
    return c.status;
}
