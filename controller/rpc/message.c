/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/rpc/message.h"

#include <stdbool.h>
#include <string.h>

#include "byte-order.h"
#include "openvswitch/ofpbuf.h"
#include "util.h"

/* Number of the one field of both messages. */
#define FIELD 1

/* Largest number that a field may have. */
#define MAX_FIELD ((UINT32_C(1) << 29) - 1)

/* Groups within each other that are passed over. */
#define MAX_DEPTH 16

/* How a field's value is written. */
enum wire_type {
    WIRE_VARINT = 0,
    WIRE_FIXED64 = 1,
    WIRE_BYTES = 2,
    WIRE_GROUP = 3,
    WIRE_END_GROUP = 4,
    WIRE_FIXED32 = 5,
};

/* What is left to parse. */
struct reader {
    const uint8_t *p;
    size_t n;                   /* Bytes at 'p'. */
};

static bool
skip(struct reader *r, uint64_t n)
{
    if (n > r->n) {
        return false;
    }
    r->p += n;
    r->n -= n;
    return true;
}

/* Seven bits a byte, the lowest first; bits beyond 64 are lost, as in other
 * implementations, and no number has more than 10 bytes. */
static bool
read_varint(struct reader *r, uint64_t *value)
{
    *value = 0;
    for (int shift = 0; shift < 70; shift += 7) {
        uint8_t byte;

        if (!r->n) {
            return false;
        }
        byte = *r->p;
        skip(r, 1);
        *value |= (uint64_t) (byte & 0x7f) << shift;
        if (!(byte & 0x80)) {
            return true;
        }
    }
    return false;
}

static bool
read_tag(struct reader *r, uint32_t *field, enum wire_type *type)
{
    uint64_t tag;

    if (!read_varint(r, &tag) || tag >> 3 > MAX_FIELD || !(tag >> 3)) {
        return false;
    }
    *field = tag >> 3;
    *type = tag & 7;
    return true;
}

/* Passes over the value of a field of 'type', which is no group. */
static bool
skip_value(struct reader *r, enum wire_type type)
{
    uint64_t value;

    switch (type) {
    case WIRE_VARINT:
        return read_varint(r, &value);
    case WIRE_FIXED64:
        return skip(r, 8);
    case WIRE_BYTES:
        return read_varint(r, &value) && skip(r, value);
    case WIRE_FIXED32:
        return skip(r, 4);
    case WIRE_GROUP:
    case WIRE_END_GROUP:
    default:
        return false;
    }
}

/* Passes over the rest of group 'field', whose start was read. */
static bool
skip_group(struct reader *r, uint32_t field)
{
    uint32_t open[MAX_DEPTH] = { field };
    size_t depth = 1;

    while (depth) {
        enum wire_type type;

        if (!read_tag(r, &field, &type)) {
            return false;
        }
        if (type == WIRE_GROUP) {
            if (depth >= MAX_DEPTH) {
                return false;
            }
            open[depth++] = field;
        } else if (type == WIRE_END_GROUP) {
            if (open[--depth] != field) {
                return false;
            }
        } else if (!skip_value(r, type)) {
            return false;
        }
    }
    return true;
}

/* Bytes of the UTF-8 sequence at the start of the 'n' bytes at 'p', or 0 if
 * there is none: cut, longer than need be, a surrogate, beyond Unicode. */
static size_t
utf8_sequence(const uint8_t *p, size_t n)
{
    static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
    size_t length = (p[0] < 0x80 ? 1
                     : p[0] >> 5 == 0x6 ? 2
                     : p[0] >> 4 == 0xe ? 3
                     : p[0] >> 3 == 0x1e ? 4
                     : 0);
    uint32_t c;

    if (length < 2 || length > n) {
        return length == 1;
    }
    c = p[0] & (0x7f >> length);
    for (size_t i = 1; i < length; i++) {
        if (p[i] >> 6 != 0x2) {
            return 0;
        }
        c = c << 6 | (p[i] & 0x3f);
    }
    return (c >= least[length] && c <= 0x10ffff && c >> 11 != 0x1b
            ? length : 0);
}

static bool
is_utf8(const uint8_t *p, size_t n)
{
    while (n) {
        size_t length = utf8_sequence(p, n);

        if (!length) {
            return false;
        }
        p += length;
        n -= length;
    }
    return true;
}

/* Takes the string of field 1, of which the last one counts. */
static bool
take_string(struct reader *r, struct reader *string)
{
    uint64_t length;

    if (!read_varint(r, &length) || length > r->n || !is_utf8(r->p, length)) {
        return false;
    }
    string->p = r->p;
    string->n = length;
    return skip(r, length);
}

/* Finds field 1 in the message 'r'. */
static bool
parse_message(struct reader *r, struct reader *string)
{
    while (r->n) {
        enum wire_type type;
        uint32_t field;
        bool ok;

        if (!read_tag(r, &field, &type)) {
            return false;
        }
        if (type == WIRE_BYTES && field == FIELD) {
            ok = take_string(r, string);
        } else if (type == WIRE_GROUP) {
            ok = skip_group(r, field);
        } else {
            ok = skip_value(r, type);
        }
        if (!ok) {
            return false;
        }
    }
    return true;
}

/* Parses the frame's header at the start of 'r', so that the message is left
 * there and nothing else. */
static enum grpc_status
parse_frame(struct reader *r, const char **error)
{
    ovs_be32 be_length;
    uint32_t length;
    uint8_t flag;

    if (!r->n) {
        *error = "no message";
        return GRPC_INTERNAL;
    }
    if (r->n < RPC_FRAME_HEADER) {
        *error = "frame is cut";
        return GRPC_INTERNAL;
    }
    flag = r->p[0];
    memcpy(&be_length, &r->p[1], sizeof be_length);
    length = ntohl(be_length);
    skip(r, RPC_FRAME_HEADER);
    if (flag == 1) {
        *error = "compression is not supported";
        return GRPC_UNIMPLEMENTED;
    }
    if (flag) {
        *error = "frame's flag is neither 0 nor 1";
        return GRPC_INTERNAL;
    }
    if (length > RPC_MAX_REQUEST) {
        *error = "message is too long";
        return GRPC_RESOURCE_EXHAUSTED;
    }
    if (length > r->n) {
        *error = "message is cut";
        return GRPC_INTERNAL;
    }
    if (length < r->n) {
        *error = "more than one message";
        return GRPC_INTERNAL;
    }
    return GRPC_OK;
}

enum grpc_status
rpc_request_parse(const uint8_t *body, size_t n, char **pci_address,
                  const char **error)
{
    struct reader r = { .p = body, .n = n };
    struct reader string = { .p = NULL };
    enum grpc_status status = parse_frame(&r, error);

    *pci_address = NULL;
    if (status != GRPC_OK) {
        return status;
    }
    if (!parse_message(&r, &string)) {
        *error = "malformed message";
        return GRPC_INTERNAL;
    }
    if (!string.n || memchr(string.p, '\0', string.n)) {
        *pci_address = xstrdup("");
    } else {
        *pci_address = xmemdup0((const char *) string.p, string.n);
    }
    return GRPC_OK;
}

/* Puts 'value' as read_varint() reads it. */
static void
put_varint(struct ofpbuf *buf, size_t value)
{
    for (; value >= 0x80; value >>= 7) {
        ofpbuf_put(buf, &(uint8_t) { value | 0x80 }, 1);
    }
    ofpbuf_put(buf, &(uint8_t) { value }, 1);
}

void
rpc_response_put(struct ofpbuf *buf, const char *socketpath)
{
    size_t length = strlen(socketpath);
    size_t start = buf->size;

    ovs_assert(length <= RPC_MAX_PATH);
    ofpbuf_put_zeros(buf, RPC_FRAME_HEADER);
    /* An empty string is the default, which is not written. */
    if (length) {
        put_varint(buf, FIELD << 3 | WIRE_BYTES);
        put_varint(buf, length);
        ofpbuf_put(buf, socketpath, length);
    }

    uint8_t *frame = ofpbuf_at_assert(buf, start, RPC_FRAME_HEADER);
    ovs_be32 size = htonl(buf->size - start - RPC_FRAME_HEADER);
    memcpy(&frame[1], &size, sizeof size);
}
