/* SPDX-License-Identifier: Apache-2.0 */

#ifndef BENCH_FLOW_MNL_H
#define BENCH_FLOW_MNL_H 1

/* A peer: tc filters parsed with libmnl the way its examples, and programs
 * that use it, do: each nest of attributes by mnl_attr_parse() or
 * mnl_attr_parse_nested(), with a callback that validates and sorts into an
 * array by type. */

#include <stdbool.h>

#include "tests/bench/flow-facts.h"

struct nlmsghdr;

/* Fills in '*facts', for which facts_init() was called, from an
 * RTM_NEWTFILTER or RTM_DELTFILTER message.  Returns false if that is no
 * filter of Open vSwitch's, or malformed. */
bool mnl_parse(const struct nlmsghdr *, struct flow_facts *facts);

#endif /* flow-mnl.h */
