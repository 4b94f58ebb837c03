/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "utilities/client/client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "utilities/client/policy-yaml.h"

struct apply_options {
    bool dry_run;               /* Print what would be set. */
    bool force;                 /* Also where the SR-IOV operator is. */
    const char *file;           /* "-" for standard input. */
};

static bool
parse_options(int argc, char *argv[], struct apply_options *o)
{
    memset(o, 0, sizeof *o);
    for (int i = 0; i < argc; i++) {
        if (!strcmp(argv[i], "--dry-run")) {
            o->dry_run = true;
        } else if (!strcmp(argv[i], "--force")) {
            o->force = true;
        } else if ((argv[i][0] == '-' && argv[i][1]) || o->file
                   || !argv[i][0]) {
            client_error("policy apply: unexpected argument \"%s\"\n"
                         "usage: %s policy apply "POLICY_APPLY_USAGE,
                         argv[i], program_name);
            return false;
        } else {
            o->file = argv[i];
        }
    }
    if (!o->file) {
        client_error("policy apply: FILE is missing\n"
                     "usage: %s policy apply "POLICY_APPLY_USAGE,
                     program_name);
    }
    return o->file != NULL;
}

/* Reads all of 'file', or a byte more than is allowed.  Returns it (caller
 * frees) and stores its size into '*n', or returns NULL after a message. */
static char *
read_file(const char *file, size_t *n)
{
    bool is_stdin = !strcmp(file, "-");
    FILE *stream = is_stdin ? stdin : fopen(file, "r");
    char *text;
    int error;

    if (!stream) {
        client_error("%s: %s", file, ovs_strerror(errno));
        return NULL;
    }
    text = xmalloc(POLICY_YAML_MAX_SIZE + 1);
    errno = 0;
    *n = fread(text, 1, POLICY_YAML_MAX_SIZE + 1, stream);
    error = ferror(stream) ? (errno ? errno : EIO) : 0;
    if (!is_stdin) {
        fclose(stream);
    }
    if (error) {
        client_error("%s: %s", file, ovs_strerror(error));
        free(text);
        return NULL;
    }
    return text;
}

static enum client_status
set_policy(const struct client *client, const struct policy_yaml *doc)
{
    char *args[] = { doc->name, doc->value };
    enum client_status status;
    char *text;

    status = client_transact(client, "policy/set", ARRAY_SIZE(args), args,
                             &text);
    if (status == CLIENT_OK) {
        client_print(text);
    } else if (status == CLIENT_REFUSED) {
        client_error("%s", text);
    } else {
        client_error("no answer from %s: %s", client->target, text);
    }
    free(text);
    return status;
}

enum client_status
policy_apply(const struct client *client, int argc, char *argv[])
{
    enum client_status status = CLIENT_OK;
    struct apply_options o;
    struct policy_yaml doc;
    char *error, *text;
    size_t n;

    if (!parse_options(argc, argv, &o)) {
        return CLIENT_USAGE;
    }
    text = read_file(o.file, &n);
    if (!text) {
        return CLIENT_FILE;
    }
    error = policy_yaml_parse(text, n, o.force, &doc);
    free(text);
    if (error) {
        client_error("%s: %s", o.file, error);
        free(error);
        return CLIENT_FILE;
    }
    for (size_t i = 0; i < doc.unused.n; i++) {
        client_error("%s: not used: %s", o.file, doc.unused.names[i]);
    }
    if (o.dry_run) {
        printf("external_ids:\"offload-policy-%s\"=\"%s\"\n", doc.name,
               doc.value);
    } else {
        status = set_policy(client, &doc);
    }
    policy_yaml_destroy(&doc);
    return status;
}
