/* SPDX-License-Identifier: Apache-2.0 */

/* Files of the state directory.  An input is a whole file, or, as no fuzzer
 * finds a checksum, the content of one: of the journal's after a byte 'j', of
 * that of pending deletions after 'v'. */

#include <config.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "controller/journal.h"
#include "controller/state/text.h"
#include "openvswitch/json.h"
#include "openvswitch/shash.h"
#include "util.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
try_journal(const struct json *content)
{
    struct journal journal, again;
    struct json *copy;
    char *error;

    journal_init(&journal);
    journal_init(&again);
    error = journal_from_state(&journal, content, 1000);
    ovs_assert(!error || hmap_is_empty(&journal.entries));
    if (!error) {
        copy = journal_to_state(&journal);
        ovs_assert(!journal_from_state(&again, copy, 1000));
        ovs_assert(hmap_count(&again.entries)
                   == hmap_count(&journal.entries));
        json_destroy(copy);
    }
    free(error);
    journal_destroy(&journal);
    journal_destroy(&again);
}

static void
try_deletions(const struct json *content)
{
    struct shash deletions = SHASH_INITIALIZER(&deletions);
    char *error = vdpa_deletions_from_state(content, &deletions);

    ovs_assert(!error || shash_is_empty(&deletions));
    if (!error) {
        struct json *copy = vdpa_deletions_to_state(&deletions);

        ovs_assert(json_equal(copy, content));
        json_destroy(copy);
    }
    free(error);
    shash_destroy_free_data(&deletions);
}

static void
try_file(const char *text)
{
    struct json *content;
    char *error = state_text_parse(text, "boot", &content);

    ovs_assert(!error || !content);
    free(error);
    if (content) {
        try_journal(content);
        try_deletions(content);
        json_destroy(content);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size && (data[0] == 'j' || data[0] == 'v')) {
        char *text = xmemdup0((const char *) data + 1, size - 1);
        struct json *content = json_from_string(text);

        if (data[0] == 'j') {
            try_journal(content);
        } else {
            try_deletions(content);
        }
        json_destroy(content);
        free(text);
    } else {
        char *text = xmemdup0((const char *) data, size);

        try_file(text);
        free(text);
    }
    return 0;
}
