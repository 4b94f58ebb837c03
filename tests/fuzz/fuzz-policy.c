/* SPDX-License-Identifier: Apache-2.0 */

/* The value of a policy, and the record of one.  The first byte of an input
 * says which: 'r' for a record, else a value. */

#include <config.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "controller/policy/record.h"
#include "controller/policy/spec.h"
#include "util.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
try_value(const char *text)
{
    struct policy_spec spec, again;
    char *error = policy_spec_parse(text, &spec);

    if (error) {
        free(error);
        return;
    }

    char *canonical = policy_spec_format(&spec);
    ovs_assert(!policy_spec_parse(canonical, &again));
    char *canonical2 = policy_spec_format(&again);
    ovs_assert(!strcmp(canonical, canonical2));
    free(canonical);
    free(canonical2);
    policy_spec_destroy(&spec);
    policy_spec_destroy(&again);
}

static void
try_record(const char *text)
{
    const struct pci_addr addr = { .bus = 0x65 };
    struct policy_record *record, *again;
    char *error = policy_record_parse(text, &addr, &record);

    ovs_assert((error != NULL) != (record != NULL));
    free(error);
    if (record) {
        char *canonical = policy_record_format(record);

        ovs_assert(!policy_record_parse(canonical, &addr, &again));
        char *canonical2 = policy_record_format(again);
        ovs_assert(!strcmp(canonical, canonical2));
        free(canonical);
        free(canonical2);
        policy_record_destroy(again);
    }
    policy_record_destroy(record);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = xmemdup0((const char *) data + (size > 0),
                          size ? size - 1 : 0);

    if (size && data[0] == 'r') {
        try_record(text);
    } else {
        try_value(text);
    }
    free(text);
    return 0;
}
