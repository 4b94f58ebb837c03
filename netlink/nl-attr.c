/* SPDX-License-Identifier: Apache-2.0 */

#include "config.h"

#include "netlink/nl-attr.h"

#include <linux/netlink.h>
#include <string.h>

const struct nlattr *
attr_take(const void **pp, size_t *lenp)
{
    const struct nlattr *attr = *pp;
    size_t step;

    if (*lenp < NLA_HDRLEN || attr->nla_len < NLA_HDRLEN
        || attr->nla_len > *lenp) {
        return NULL;
    }

    /* The padding of the last attribute may be missing. */
    step = NLA_ALIGN(attr->nla_len);
    if (step >= *lenp) {
        step = *lenp;
    }
    *pp = (const char *) *pp + step;
    *lenp -= step;
    return attr;
}

bool
attr_parse(const void *attrs, size_t len, uint16_t max,
           const struct nlattr **tb)
{
    const struct nlattr *attr;

    memset(tb, 0, (max + 1) * sizeof *tb);
    while ((attr = attr_take(&attrs, &len))) {
        if ((attr->nla_type & NLA_TYPE_MASK) <= max) {
            tb[attr->nla_type & NLA_TYPE_MASK] = attr;
        }
    }
    return !len;
}

bool
attr_parse_nested(const struct nlattr *nest, uint16_t max,
                  const struct nlattr **tb)
{
    return attr_parse(attr_data(nest), attr_size(nest), max, tb);
}

bool
attr_parse_message(const struct nlmsghdr *nlh, size_t hdrlen, uint16_t max,
                   const struct nlattr **tb)
{
    size_t skip = NLMSG_HDRLEN + NLMSG_ALIGN(hdrlen);

    return nlh->nlmsg_len >= skip
           && attr_parse((const char *) nlh + skip, nlh->nlmsg_len - skip,
                         max, tb);
}

const void *
attr_data(const struct nlattr *attr)
{
    return (const char *) attr + NLA_HDRLEN;
}

size_t
attr_size(const struct nlattr *attr)
{
    return attr->nla_len - NLA_HDRLEN;
}

static bool
attr_get(const struct nlattr *attr, void *value, size_t size)
{
    if (!attr || attr_size(attr) != size) {
        return false;
    }
    memcpy(value, attr_data(attr), size);
    return true;
}

bool
attr_get_u8(const struct nlattr *attr, uint8_t *value)
{
    return attr_get(attr, value, sizeof *value);
}

bool
attr_get_u16(const struct nlattr *attr, uint16_t *value)
{
    return attr_get(attr, value, sizeof *value);
}

bool
attr_get_u32(const struct nlattr *attr, uint32_t *value)
{
    return attr_get(attr, value, sizeof *value);
}

bool
attr_get_u64(const struct nlattr *attr, uint64_t *value)
{
    return attr_get(attr, value, sizeof *value);
}

bool
attr_get_string(const struct nlattr *attr, char *dst, size_t size)
{
    size_t n;

    if (!attr) {
        return false;
    }
    n = attr_size(attr);
    if (!n || n > size || memchr(attr_data(attr), '\0', n)
                          != (const char *) attr_data(attr) + n - 1) {
        return false;
    }
    memcpy(dst, attr_data(attr), n);
    return true;
}

const char *
attr_get_extack(const struct nlmsghdr *nlh, size_t offset, char *buf,
                size_t size)
{
    const struct nlattr *tb[NLMSGERR_ATTR_MSG + 1];

    buf[0] = '\0';
    if (nlh->nlmsg_flags & NLM_F_ACK_TLVS
        && attr_parse_message(nlh, offset, NLMSGERR_ATTR_MSG, tb)) {
        (void) attr_get_string(tb[NLMSGERR_ATTR_MSG], buf, size);
    }
    return buf;
}
