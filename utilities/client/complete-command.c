/* SPDX-License-Identifier: Apache-2.0 */

/* "__complete", which the completion functions of shells call.
 *
 * The first line of the answer is ":words" or ":files", the latter if names of
 * files may be meant, too; the others are candidates.  It is silent otherwise,
 * whatever is wrong: the user is in the middle of a line. */

#include <config.h>
#include "utilities/client/client.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "openvswitch/json.h"
#include "svec.h"
#include "util.h"
#include "utilities/client/complete.h"
#include "utilities/client/snapshot.h"

/* How long somebody waits who hit Tab, in ms, unless the line itself has
 * --timeout. */
#define TIMEOUT_MS 1000

static struct json *
ask(void *client, const char *command)
{
    char option[] = "--format=json";
    char *args[] = { option };
    struct json *json = NULL;
    char *text;

    if (client_transact(client, command, 1, args, &text) == CLIENT_OK) {
        json = json_from_string(text);
    }
    free(text);
    return json;
}

enum client_status
client_complete(struct client *client, int argc, char *argv[])
{
    const struct complete_source source = { .ask = ask, .aux = client };
    struct svec candidates = SVEC_EMPTY_INITIALIZER;
    struct snapshot *snapshot = NULL;
    const char *target, *timeout, *file;
    double secs;
    bool files;

    if (argc && !strcmp(argv[0], "--")) {
        argc--;
        argv++;
    }
    target = complete_find_option(argc, argv, "-t", "--target");
    client->target = target ? target : client->target;
    timeout = complete_find_option(argc, argv, "-T", "--timeout");
    client->timeout = (timeout && str_to_double(timeout, &secs) && secs > 0
                       && secs < INT_MAX / 1000 ? secs * 1000 : TIMEOUT_MS);
    file = complete_find_option(argc, argv, "", "--snapshot");
    if (file) {
        client->snapshot = snapshot = client_open_snapshot(file, true);
    }
    files = complete(argc, argv, &source, &candidates);
    printf(":%s\n", files ? "files" : "words");
    for (size_t i = 0; i < candidates.n; i++) {
        printf("%s\n", candidates.names[i]);
    }
    snapshot_destroy(snapshot);
    svec_destroy(&candidates);
    return CLIENT_OK;
}
