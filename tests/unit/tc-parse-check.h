/* SPDX-License-Identifier: Apache-2.0 */

#ifndef TESTS_UNIT_TC_PARSE_CHECK_H
#define TESTS_UNIT_TC_PARSE_CHECK_H 1

/* Parses a message about a tc filter in all ways that there are, which must
 * agree.  cmocka.h and what it needs have to be included before. */

#include <stdlib.h>
#include <string.h>

#include "netlink/tc-plain.h"
#include "netlink/tc.h"
#include "util.h"

/* What is valid of both is the same. */
static inline void
assert_same_record(const struct flow_record *a, const struct flow_record *b)
{
    struct flow_record copy;

    assert_ptr_equal(a->inline_outputs, a->outputs);
    assert_ptr_equal(b->inline_outputs, b->outputs);
    memcpy(&copy, b, sizeof copy);
    copy.outputs = a->outputs;
    assert_memory_equal(a, &copy, offsetof(struct flow_record, targets));
    assert_memory_equal(a->targets, b->targets,
                        a->n_targets * sizeof *a->targets);
    assert_memory_equal(a->inline_outputs, b->inline_outputs,
                        a->n_outputs * sizeof *a->inline_outputs);
}

/* If 'copy' is taken as one of a row of terse messages, that makes no
 * difference, either: 'result' and 'flow' are by walk. */
static inline bool
check_plain(const void *copy, size_t len, enum tc_parse_result result,
            const struct flow_record *flow)
{
    struct flow_record plain;
    struct nlmsghdr nlh;
    size_t n, used;

    if (len < sizeof nlh) {
        memset(&nlh, 0, sizeof nlh);
    } else {
        memcpy(&nlh, copy, sizeof nlh);
    }
    n = tc_plain_parse(copy, len, nlh.nlmsg_seq, nlh.nlmsg_pid, &plain, 1,
                       &used);
    if (n) {
        assert_int_equal(1, n);
        assert_int_equal(TC_PARSE_FLOW, result);
        assert_int_equal(MIN(NLMSG_ALIGN(nlh.nlmsg_len), len), used);
        assert_int_equal(RTM_NEWTFILTER, nlh.nlmsg_type);
        assert_true(flow->flags & FLOW_TERSE);
        assert_same_record(flow, &plain);
    } else {
        assert_int_equal(0, used);
    }
    return n > 0;
}

/* Parses a copy of which no byte more may be read, so that ASan sees it: by
 * walk, and, which must not make a difference, as is usual, with and without
 * hash. */
static inline enum tc_parse_result
parse(const void *data, size_t len, struct flow_record *flow)
{
    void *copy = malloc(len ? len : 1);
    enum tc_parse_result result;

    if (len) {
        memcpy(copy, data, len);
    }
    for (unsigned int hash = 0; hash <= TC_PARSE_KEY_HASH;
         hash += TC_PARSE_KEY_HASH) {
        struct flow_record again;

        result = tc_flow_parse(copy, len, hash | TC_PARSE_BY_WALK, flow);
        for (int i = 0; i < 2; i++) {
            assert_int_equal(result, tc_flow_parse(copy, len, hash, &again));
            if (result == TC_PARSE_FLOW) {
                assert_same_record(flow, &again);
            }
        }
        check_plain(copy, len, result, flow);
    }
    /* As before there was a hash. */
    flow->key_hash = 0;
    free(copy);
    return result;
}

static inline char *
ufid_to_string(const uint8_t *u)
{
    return xasprintf("%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-"
                     "%02x%02x%02x%02x%02x%02x",
                     u[0], u[1], u[2], u[3], u[4], u[5], u[6], u[7], u[8],
                     u[9], u[10], u[11], u[12], u[13], u[14], u[15]);
}

#endif /* tests/unit/tc-parse-check.h */
