/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "controller/unixctl-reply.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "random.h"
#include "util.h"

/* What was told. */
struct told {
    struct ds text;
    bool error;                 /* Was any of it of the error? */
    size_t n;                   /* Pieces. */
};

static void
take(void *told_, bool error, const char *p, size_t n)
{
    struct told *told = told_;

    assert_true(n > 0 && n <= UNIXCTL_REPLY_PIECE);
    assert_true(!told->n || told->error == error);
    told->error = error;
    told->n++;
    ds_put_buffer(&told->text, p, n);
}

/* Feeds 'reply' in pieces of 'step' bytes. */
static enum unixctl_reply_state
feed(struct told *told, const char *reply, size_t len, size_t step)
{
    struct unixctl_reply *r = xmalloc(sizeof *r);
    enum unixctl_reply_state state = UNIXCTL_REPLY_MORE;

    memset(told, 0, sizeof *told);
    unixctl_reply_init(r, take, told);
    for (size_t i = 0; i < len; i += step) {
        state = unixctl_reply_feed(r, reply + i, MIN(step, len - i));
    }
    free(r);
    return state;
}

static void
expect(const char *reply, enum unixctl_reply_state wanted, const char *text)
{
    for (size_t step = 1; step <= strlen(reply); step++) {
        struct told told;
        enum unixctl_reply_state state = feed(&told, reply, strlen(reply),
                                              step);

        if (state != wanted) {
            fail_msg("%s: %d instead of %d, by %"PRIuSIZE, reply, state,
                     wanted, step);
        }
        if (text) {
            assert_string_equal(ds_cstr(&told.text), text);
        }
        if (wanted != UNIXCTL_REPLY_BAD && wanted != UNIXCTL_REPLY_MORE) {
            assert_int_equal(told.error, (wanted == UNIXCTL_REPLY_ERROR
                                          && told.n));
        }
        ds_destroy(&told.text);
    }
}

static void
test_results(void **state OVS_UNUSED)
{
    enum unixctl_reply_state ok = UNIXCTL_REPLY_RESULT;

    expect("{\"id\":0,\"result\":\"a b\",\"error\":null}", ok, "a b");
    expect("{\"result\":\"\"}", ok, "");
    expect(" {\n\"result\" : \"x\" , \"id\" : 12 } \n", ok, "x");
    expect("{\"error\":null,\"result\":\"x\",\"id\":\"result\"}", ok, "x");
    /* What follows. */
    expect("{\"result\":\"x\"}{\"result\":\"y\"}", ok, "x");
    /* Others' values. */
    expect("{\"a\":{\"result\":\"n\\\"\",\"b\":[1,[\"]\"]]},\"result\":\"x\","
           "\"resultx\":\"n\",\"resul\":\"n\",\"result\\\\\":\"n\","
           "\"\\\"\":\"n\",\"resulttttttt\":\"n\",\"\":true}", ok, "x");
}

static void
test_errors(void **state OVS_UNUSED)
{
    expect("{\"id\":0,\"result\":null,\"error\":\"no\"}", UNIXCTL_REPLY_ERROR,
           "no");
    expect("{\"error\":\"\"}", UNIXCTL_REPLY_ERROR, "");
}

static void
test_escapes(void **state OVS_UNUSED)
{
    enum unixctl_reply_state ok = UNIXCTL_REPLY_RESULT;

    expect("{\"result\":\"a\\n\\t\\r\\b\\f\\\"\\\\\\/\"}", ok,
           "a\n\t\r\b\f\"\\/");
    expect("{\"result\":\"\\u0041\\u00e4\\u20AC\\ud83d\\uDE00z\"}", ok,
           "A\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80z");
    expect("{\"result\":\"\\u007f\\u0080\\u07ff\\u0800\\uffff\\ud800\\udc00"
           "\\udbff\\udfff\"}", ok,
           "\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf\xf0\x90\x80\x80"
           "\xf4\x8f\xbf\xbf");
}

static void
test_incomplete(void **state OVS_UNUSED)
{
    const char *reply = "{\"id\":[{}],\"result\":\"a\\u00e4b\\n\",\"error\":"
                        "null}";

    for (size_t n = 1; n < strlen(reply); n++) {
        struct told told;

        assert_int_equal(feed(&told, reply, n, n), UNIXCTL_REPLY_MORE);
        ds_destroy(&told.text);
    }
}

static void
test_bad(void **state OVS_UNUSED)
{
    static const char *const replies[] = {
        "x", "[", "\"", "{}", "{,", "{x", "{\"a\"}", "{\"a\":,", "{\"a\":}",
        "{\"a\":1,}", "{\"a\":1]", "{\"a\":\"\"x", "{\"a\":\"\":",
        "{\"a\":1\"", "{\"a\":[]]", "{\"id\":1}",
        "{\"result\":null,\"error\":null}", "{\"result\":1}",
        "{\"result\":[\"x\"]}",
        "{\"result\":\"a\",\"result\":\"b\"}",
        "{\"result\":\"a\",\"error\":\"b\"}",
        "{\"result\":\"\n\"}", "{\"result\":\"\\x\"}",
        "{\"result\":\"\\u00g0\"}", "{\"result\":\"\\u0000\"}",
        "{\"result\":\"\\ud800\"}", "{\"result\":\"\\ud800x\"}",
        "{\"result\":\"\\ud800\\n\"}", "{\"result\":\"\\ud800\\u0041\"}",
        "{\"result\":\"\\ud800\\n\\udc00\"}",
        "{\"result\":\"\\ud800xyz\\udc00\"}",
        "{\"result\":\"\\ud800\\ud800\"}", "{\"result\":\"\\udc00\"}",
    };
    struct ds deep = DS_EMPTY_INITIALIZER;
    struct told told;

    for (size_t i = 0; i < ARRAY_SIZE(replies); i++) {
        expect(replies[i], UNIXCTL_REPLY_BAD, NULL);
    }
    assert_int_equal(feed(&told, "{\"result\":\"\\\0\"}", 15, 1),
                     UNIXCTL_REPLY_BAD);
    ds_destroy(&told.text);

    ds_put_cstr(&deep, "{\"a\":");
    ds_put_char_multiple(&deep, '[', 1001);
    assert_int_equal(feed(&told, deep.string, deep.length, 7),
                     UNIXCTL_REPLY_BAD);
    assert_int_equal(feed(&told, deep.string, deep.length - 1, 7),
                     UNIXCTL_REPLY_MORE);
    ds_destroy(&deep);
}

/* What libopenvswitch makes of any text comes back. */
static void
test_random(void **state OVS_UNUSED)
{
    random_set_seed(1);
    for (int i = 0; i < 200; i++) {
        struct json *json = json_object_create();
        struct ds text = DS_EMPTY_INITIALIZER;
        size_t n = random_range(20000);
        struct told told;

        for (size_t k = 0; k < n; k++) {
            ds_put_char(&text, i % 2 ? ' ' + random_range(95)
                        : 1 + random_range(127));
        }
        json_object_put_string(json, i % 3 ? "result" : "error",
                               ds_cstr(&text));
        json_object_put(json, i % 3 ? "error" : "result", json_null_create());
        json_object_put(json, "id", json_integer_create(i));

        char *reply = json_to_string(json, i % 5 ? 0 : JSSF_PRETTY);
        assert_int_equal(feed(&told, reply, strlen(reply),
                              1 + random_range(10000)),
                         i % 3 ? UNIXCTL_REPLY_RESULT : UNIXCTL_REPLY_ERROR);
        assert_string_equal(ds_cstr(&told.text), ds_cstr(&text));
        ds_destroy(&told.text);
        ds_destroy(&text);
        json_destroy(json);
        free(reply);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_results),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_escapes),
        cmocka_unit_test(test_incomplete),
        cmocka_unit_test(test_bad),
        cmocka_unit_test(test_random),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
