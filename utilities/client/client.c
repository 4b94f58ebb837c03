/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "utilities/client/client.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "controller/output.h"
#include "controller/unixctl-call.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "openvswitch/poll-loop.h"
#include "svec.h"
#include "util.h"
#include "utilities/client/snapshot.h"

/* Why standard output failed first, as the library does not remember that, or
 * 0. */
static int output_error;

void
client_put(const char *text)
{
    if (fputs(text, stdout) == EOF && !output_error) {
        output_error = errno;
    }
}

int
client_flush(void)
{
    if (fflush(stdout) && !output_error) {
        output_error = errno;
    }
    return output_error ? output_error : ferror(stdout) ? EIO : 0;
}

void
client_wait_output(void)
{
    /* Errors are told without having been asked for. */
    struct pollfd pfd = { .fd = STDOUT_FILENO, .events = 0 };

    if (poll(&pfd, 1, 0) > 0) {
        exit(CLIENT_FILE);
    }
    poll_fd_wait(STDOUT_FILENO, 0);
}

/* Copy of 'text' with a newline at its end.  A terminal obeys control
 * characters, and names are anyone's.  Caller frees. */
static char *
make_printable(const char *text)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    while (*text) {
        size_t len = strcspn(text, "\n\t");
        char *part = xmemdup0(text, len);
        char *printable = output_printable(part);

        ds_put_cstr(&s, printable);
        free(printable);
        free(part);
        if (text[len]) {
            ds_put_char(&s, text[len++]);
        }
        text += len;
    }
    if (s.length && ds_last(&s) != '\n') {
        ds_put_char(&s, '\n');
    }
    return ds_steal_cstr(&s);
}

void
client_error(const char *format, ...)
{
    char *text, *printable;
    va_list args;

    va_start(args, format);
    text = xvasprintf(format, args);
    va_end(args);
    printable = make_printable(text);
    client_flush();
    fprintf(stderr, "%s: %s", program_name, printable);
    free(printable);
    free(text);
}

void
client_print(const char *text)
{
    char *printable = make_printable(text);

    client_put(printable);
    free(printable);
}

/* An answer, once it is there. */
struct answer {
    enum client_status status;
    char *text;
};

static void
take_answer(void *answer_, enum unixctl_call_end end, const char *text)
{
    struct answer *answer = answer_;

    answer->status = (end == UNIXCTL_CALL_OK ? CLIENT_OK
                      : end == UNIXCTL_CALL_REFUSED ? CLIENT_REFUSED
                      : CLIENT_NO_DAEMON);
    answer->text = xstrdup(text);
}

enum client_status
client_transact(const struct client *client, const char *command, size_t n,
                char *const args[], char **text)
{
    struct answer answer = { .status = CLIENT_NO_DAEMON };
    char *path;

    if (client->snapshot) {
        return (snapshot_answer(client->snapshot, command, n, args, text)
                ? CLIENT_OK : CLIENT_REFUSED);
    }
    answer.text = unixctl_target_find(client->target, &path);
    if (!answer.text) {
        struct unixctl_call *call;

        call = unixctl_call_start(path, command, n, args, client->timeout,
                                  take_answer, &answer);
        for (;;) {
            unixctl_call_run(call);
            if (unixctl_call_is_done(call)) {
                break;
            }
            if (client->meanwhile) {
                client->meanwhile(client->aux);
            }
            unixctl_call_wait(call);
            poll_block();
        }
        unixctl_call_destroy(call);
    }
    free(path);
    *text = answer.text;
    return answer.status;
}

enum client_status
client_ask(const struct client *client, const char *command, size_t n,
           const char *const args[], struct json **json)
{
    struct svec all = SVEC_EMPTY_INITIALIZER;
    enum client_status status;
    char *text;

    *json = NULL;
    for (size_t i = 0; i < n; i++) {
        svec_add(&all, args[i]);
    }
    svec_add(&all, "--format=json");
    status = client_transact(client, command, all.n, all.names, &text);
    svec_destroy(&all);
    if (status == CLIENT_OK) {
        *json = json_from_string(text);
        if ((*json)->type == JSON_STRING) {
            client_error("%s: the answer is malformed: %s", command,
                         json_string(*json));
            json_destroy(*json);
            *json = NULL;
            status = client->snapshot ? CLIENT_FILE : CLIENT_NO_DAEMON;
        }
    } else if (status == CLIENT_REFUSED) {
        client_error("%s", text);
    } else {
        client_error("no answer from %s: %s", client->target, text);
    }
    free(text);
    return status;
}
