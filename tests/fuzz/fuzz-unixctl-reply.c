/* SPDX-License-Identifier: Apache-2.0 */

/* What a daemon answers to a unixctl command.  However a reply is cut into
 * pieces its text is the same, and where libopenvswitch understands it, that has the
 * same text. */

#include <config.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "controller/unixctl-reply.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "openvswitch/shash.h"
#include "util.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
take(void *text_, bool error OVS_UNUSED, const char *p, size_t n)
{
    struct ds *text = text_;

    ovs_assert(n && n <= UNIXCTL_REPLY_PIECE);
    ds_put_buffer(text, p, n);
}

/* Feeds in pieces of 'step' bytes. */
static enum unixctl_reply_state
feed(const char *p, size_t size, size_t step, struct ds *text)
{
    struct unixctl_reply *r = xmalloc(sizeof *r);
    enum unixctl_reply_state state = UNIXCTL_REPLY_MORE;

    unixctl_reply_init(r, take, text);
    for (size_t i = 0; i < size; i += step) {
        /* In memory of its own, so that reading beyond is seen. */
        size_t n = MIN(step, size - i);
        char *piece = xmemdup(p + i, n);

        state = unixctl_reply_feed(r, piece, n);
        free(piece);
    }
    free(r);
    return state;
}

/* Does libopenvswitch find the same text? */
static void
compare(const char *p, size_t size, bool error, const struct ds *text)
{
    char *copy = xmemdup0(p, size);
    struct json *json = json_from_string(copy);

    if (json->type == JSON_OBJECT) {
        const struct json *member = shash_find_data(
            json_object(json), error ? "error" : "result");

        if (member && member->type == JSON_STRING) {
            const char *s = json_string(member);

            ovs_assert(strlen(s) == text->length
                       && !memcmp(s, text->length ? text->string : "",
                                  text->length));
        }
    }
    json_destroy(json);
    free(copy);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ds whole = DS_EMPTY_INITIALIZER;
    struct ds parts = DS_EMPTY_INITIALIZER;
    enum unixctl_reply_state state;
    const char *p;
    size_t step;

    if (size < 2) {
        return 0;
    }
    step = data[0] + 1;
    p = (const char *) data + 1;
    size--;
    state = feed(p, size, size, &whole);
    ovs_assert(feed(p, size, step, &parts) == state);
    /* How much is told of something bad may depend on the pieces. */
    ovs_assert(state == UNIXCTL_REPLY_BAD
               || (whole.length == parts.length
                   && (!whole.length || !memcmp(whole.string, parts.string,
                                                whole.length))));
    if ((state == UNIXCTL_REPLY_RESULT || state == UNIXCTL_REPLY_ERROR)
        && !memchr(p, '\0', size)) {
        compare(p, size, state == UNIXCTL_REPLY_ERROR, &whole);
    }
    ds_destroy(&whole);
    ds_destroy(&parts);
    return 0;
}
