/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "controller/rpc/message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "openvswitch/ofpbuf.h"
#include "util.h"

/* Parses a copy of the 'n' bytes at 'body' that is no longer than that.
 * Returns the status, and stores the address, "" unless it is GRPC_OK. */
static enum grpc_status
parse(const char *body, size_t n, char *address, size_t size)
{
    uint8_t *copy = xmemdup(body, n);
    const char *error = NULL;
    char *got;
    enum grpc_status status = rpc_request_parse(copy, n, &got, &error);

    assert_true((status == GRPC_OK) == (got != NULL));
    assert_true((status == GRPC_OK) == (error == NULL));
    ovs_strlcpy(address, got ? got : "", size);
    free(got);
    free(copy);
    return status;
}

static void
expect(const char *body, size_t n, enum grpc_status status,
       const char *address)
{
    char got[RPC_MAX_REQUEST + 1];

    assert_int_equal(parse(body, n, got, sizeof got), status);
    assert_string_equal(got, address);
}

/* Puts 'message' into a frame and expects 'status' and 'address' of it. */
static void
expect_message(const char *message, size_t n, enum grpc_status status,
               const char *address)
{
    char body[RPC_FRAME_HEADER + RPC_MAX_REQUEST + 1] = { 0 };

    assert_true(n <= RPC_MAX_REQUEST);
    body[3] = n >> 8;
    body[4] = n & 0xff;
    memcpy(body + RPC_FRAME_HEADER, message, n);
    expect(body, RPC_FRAME_HEADER + n, status, address);
}

/* Of a string literal, which may have null bytes in it. */
#define EXPECT(BODY, STATUS, ADDRESS) \
    expect(BODY, sizeof(BODY) - 1, STATUS, ADDRESS)
#define GOOD(MESSAGE, ADDRESS) \
    expect_message(MESSAGE, sizeof(MESSAGE) - 1, GRPC_OK, ADDRESS)
#define BAD(MESSAGE) \
    expect_message(MESSAGE, sizeof(MESSAGE) - 1, GRPC_INTERNAL, "")

static void
test_request(void **state OVS_UNUSED)
{
    EXPECT("\0\0\0\0\16\n\0140000:82:00.2", GRPC_OK, "0000:82:00.2");
    EXPECT("\0\0\0\0\0", GRPC_OK, "");
    GOOD("\n\0", "");
    /* A length, and a field's number, may be longer than need be. */
    GOOD("\n\201\200\0x", "x");
    GOOD("\212\200\0\1x", "x");
}

/* The last of several counts; others are passed over. */
static void
test_fields(void **state OVS_UNUSED)
{
    GOOD("\n\1a\n\1b", "b");
    GOOD("\n\1a\n\0", "");
    GOOD("\20\226\1\n\1a", "a");
    GOOD("\n\1a\21abcdefgh", "a");
    GOOD("\22\3xyz\n\1a", "a");
    GOOD("\25abcd\n\1a", "a");
    /* Field 1, but no string. */
    GOOD("\10\1", "");
    GOOD("\15abcd\n\1a", "a");
    /* Groups, also within each other and with what looks like field 1. */
    GOOD("\23\24\n\1a", "a");
    GOOD("\23\33\n\1b\34\24\n\1a", "a");
    GOOD("\372\377\377\377\17\1b\n\1a", "a");
}

static void
test_malformed(void **state OVS_UNUSED)
{
    BAD("\n");
    BAD("\n\1");
    BAD("\n\2a");
    BAD("\n\377\377\377\377\377\377\377\377\377\1a");
    BAD("\n\200\200\200\200\200\200\200\200\200\200\1a");
    BAD("\377");
    BAD("\2\1a");               /* Field 0. */
    BAD("\202\200\200\200\20\1a"); /* Field 2^29. */
    BAD("\16\1a");              /* Types 6 and 7. */
    BAD("\17\1a");
    BAD("\21abcdefg");
    BAD("\25abc");
    BAD("\20\200");
    BAD("\23");                 /* Groups that do not end, end others, ... */
    BAD("\23\34");
    BAD("\24");
    BAD("\23\22\1\24");
    BAD("\23\23\23\23\23\23\23\23\23\23\23\23\23\23\23\23\23"
        "\24\24\24\24\24\24\24\24\24\24\24\24\24\24\24\24\24");
}

static void
test_utf8(void **state OVS_UNUSED)
{
    GOOD("\n\2\303\244", "\303\244");
    GOOD("\n\3\342\202\254", "\342\202\254");
    GOOD("\n\4\360\220\200\200", "\360\220\200\200");
    GOOD("\n\4\364\217\277\277", "\364\217\277\277");
    /* Cut, begun in the middle, too long, a surrogate, out of range. */
    BAD("\n\1\303");
    BAD("\n\1\244");
    BAD("\n\2\303a");
    BAD("\n\2\300\200");
    BAD("\n\3\340\200\200");
    BAD("\n\4\360\200\200\200");
    BAD("\n\3\355\240\200");
    BAD("\n\4\364\220\200\200");
    BAD("\n\5\370\210\200\200\200");
    /* Nothing is an address that only begins like one. */
    GOOD("\n\0170000:82:00.2\0xy", "");
}

static void
test_frame(void **state OVS_UNUSED)
{
    EXPECT("", GRPC_INTERNAL, "");
    EXPECT("\0", GRPC_INTERNAL, "");
    EXPECT("\0\0\0\0", GRPC_INTERNAL, "");
    EXPECT("\0\0\0\0\3\n\2", GRPC_INTERNAL, "");
    EXPECT("\0\0\0\0\3\n\1a\0", GRPC_INTERNAL, "");
    EXPECT("\0\0\0\0\0\0\0\0\0\0", GRPC_INTERNAL, "");
    EXPECT("\1\0\0\0\3\n\1a", GRPC_UNIMPLEMENTED, "");
    EXPECT("\2\0\0\0\3\n\1a", GRPC_INTERNAL, "");
    EXPECT("\0\377\377\377\377\n\1a", GRPC_RESOURCE_EXHAUSTED, "");
    EXPECT("\0\0\0\4\1\n\1a", GRPC_RESOURCE_EXHAUSTED, "");
}

/* The longest request that is taken, and one that is longer. */
static void
test_length(void **state OVS_UNUSED)
{
    char message[RPC_MAX_REQUEST];
    char address[RPC_MAX_REQUEST];
    size_t n = sizeof message - 3;

    memset(message, 'x', sizeof message);
    memcpy(message, "\n\375\7", 3);
    assert_int_equal(n, 0x7d | 7 << 7);
    memset(address, 'x', n);
    address[n] = '\0';
    expect_message(message, sizeof message, GRPC_OK, address);
}

static void
expect_response(const char *path, const void *want, size_t n)
{
    struct ofpbuf buf;

    ofpbuf_init(&buf, 0);
    ofpbuf_put(&buf, "before", 6);
    rpc_response_put(&buf, path);
    assert_int_equal(buf.size, 6 + n);
    assert_memory_equal((char *) buf.data + 6, want, n);
    ofpbuf_uninit(&buf);
}

static void
test_response(void **state OVS_UNUSED)
{
    char path[RPC_MAX_PATH + 1], frame[RPC_FRAME_HEADER + 3 + RPC_MAX_PATH];

    expect_response("", "\0\0\0\0\0", 5);
    expect_response("/a", "\0\0\0\0\4\n\2/a", 9);
    for (size_t n = 1; n <= RPC_MAX_PATH; n++) {
        size_t header = n < 128 ? 2 : 3;

        memset(path, 'p', n);
        path[n] = '\0';
        memcpy(frame, "\0\0\0\0\0\n", 6);
        frame[3] = (n + header) >> 8;
        frame[4] = (n + header) & 0xff;
        frame[6] = n < 128 ? n : (n & 0x7f) | 0x80;
        frame[7] = n >> 7;
        memcpy(frame + RPC_FRAME_HEADER + header, path, n);
        expect_response(path, frame, RPC_FRAME_HEADER + header + n);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_request),
        cmocka_unit_test(test_fields),
        cmocka_unit_test(test_malformed),
        cmocka_unit_test(test_utf8),
        cmocka_unit_test(test_frame),
        cmocka_unit_test(test_length),
        cmocka_unit_test(test_response),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
