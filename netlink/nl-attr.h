/* SPDX-License-Identifier: Apache-2.0 */

#ifndef NETLINK_NL_ATTR_H
#define NETLINK_NL_ATTR_H 1

/* Bounds-checked reading of netlink attributes.
 *
 * Nothing outside of the bytes that are given is read, whatever the lengths
 * in them say.  The getters take NULL for an attribute that is absent, and
 * fail for one whose payload has not exactly the expected size. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct nlattr;
struct nlmsghdr;

/* Takes the next attribute off the '*lenp' bytes at '*pp'.  Returns NULL if
 * they are used up, with '*lenp' 0, or if they are no attribute, with
 * '*lenp' unchanged. */
const struct nlattr *attr_take(const void **pp, size_t *lenp);

/* Finds the attributes in the 'len' bytes at 'attrs'.  'tb' has 'max' + 1
 * elements; tb[T] becomes the last attribute of type T, or NULL.  Attributes
 * of greater types are skipped.  Returns false if the bytes are not a
 * sequence of attributes. */
bool attr_parse(const void *attrs, size_t len, uint16_t max,
                const struct nlattr **tb);

/* The same for the inside of attribute 'nest'. */
bool attr_parse_nested(const struct nlattr *nest, uint16_t max,
                       const struct nlattr **tb);

/* The same for what follows the fixed part, 'hdrlen' bytes, of 'nlh'. */
bool attr_parse_message(const struct nlmsghdr *nlh, size_t hdrlen,
                        uint16_t max, const struct nlattr **tb);

const void *attr_data(const struct nlattr *);
size_t attr_size(const struct nlattr *);

bool attr_get_u8(const struct nlattr *, uint8_t *);
bool attr_get_u16(const struct nlattr *, uint16_t *);
bool attr_get_u32(const struct nlattr *, uint32_t *);
bool attr_get_u64(const struct nlattr *, uint64_t *);

/* Copies a string, which must have a NUL at its end and no other, and must
 * fit in 'size' bytes with it. */
bool attr_get_string(const struct nlattr *, char *dst, size_t size);

/* Copies the text in the attributes of 'nlh', an NLMSG_ERROR or NLMSG_DONE
 * message, which start 'offset' bytes after the header, to 'buf' of 'size'
 * bytes; "" if there is none or it does not fit.  Returns 'buf'. */
const char *attr_get_extack(const struct nlmsghdr *nlh, size_t offset,
                            char *buf, size_t size);

#endif /* netlink/nl-attr.h */
