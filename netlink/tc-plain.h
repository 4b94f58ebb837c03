/* SPDX-License-Identifier: Apache-2.0 */

#ifndef NETLINK_TC_PLAIN_H
#define NETLINK_TC_PLAIN_H 1

/* Terse messages about filters in a row: for netlink/tc-dump.c only. */

#include <stddef.h>
#include <stdint.h>

struct flow_record;

/* Parses, of the 'size' bytes of messages at 'buf', those up to the first that
 * is not simple: that is no filter in the answer to request 'seq' of the
 * socket 'portid', or says that the answer was interrupted, or does not have
 * the shape of the last one of its length, or not a plain one.  Into 'flows',
 * at most 'max', just as tc_flow_parse() would.  Returns how many there are,
 * and in '*used' their bytes. */
size_t tc_plain_parse(const void *buf, size_t size, uint32_t seq,
                      uint32_t portid, struct flow_record *flows, size_t max,
                      size_t *used);

#endif /* netlink/tc-plain.h */
