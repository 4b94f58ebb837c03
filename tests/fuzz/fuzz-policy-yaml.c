/* SPDX-License-Identifier: Apache-2.0 */

/* A file given to "policy apply". */

#include <config.h>

#include <stdint.h>
#include <stdlib.h>

#include "controller/policy/spec.h"
#include "util.h"
#include "utilities/client/policy-yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct policy_yaml doc;
    char *error = policy_yaml_parse((const char *) data, size, false, &doc);

    ovs_assert((error != NULL) != (doc.value != NULL));
    if (!error) {
        struct policy_spec spec;

        ovs_assert(policy_name_is_valid(doc.name));
        ovs_assert(!policy_spec_parse(doc.value, &spec));
        ovs_assert(!spec.force);
        policy_spec_destroy(&spec);
    }
    policy_yaml_destroy(&doc);
    free(error);
    return 0;
}
