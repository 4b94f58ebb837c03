/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "controller/output.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "random.h"
#include "tests/unit/rounds.h"
#include "unicode.h"
#include "util.h"

static const struct output_column columns[] = {
    { "NAME", "name" },
    { "NUMBER", "number" },
    { "NOT THERE", "none" },
};

static struct json *
row(const char *name, int number)
{
    struct json *object = json_object_create();

    output_put_string(object, "name", name);
    json_object_put(object, "number", json_integer_create(number));
    return object;
}

static char *
format(struct json *array, enum output_format f)
{
    char *s = output_array(array, columns, ARRAY_SIZE(columns), f);

    json_destroy(array);
    return s;
}

static void
expect(char *s, const char *wanted)
{
    assert_string_equal(s, wanted);
    free(s);
}

/* --format. */

static void
expect_format(const char *args, const char *left, enum output_format wanted,
              const char *wanted_error)
{
    char *copy = xstrdup(args);
    enum output_format f = -1;
    const char *argv[10];
    char *save = NULL;
    int argc = 0;
    char *error;

    for (char *arg = strtok_r(copy, " ", &save); arg;
         arg = strtok_r(NULL, " ", &save)) {
        argv[argc++] = arg;
    }
    argv[argc] = NULL;
    error = output_parse_format(&argc, argv, &f);
    if (wanted_error) {
        assert_non_null(error);
        assert_non_null(strstr(error, wanted_error));
    } else {
        struct ds s = DS_EMPTY_INITIALIZER;

        assert_null(error);
        assert_int_equal(f, wanted);
        for (int i = 0; i < argc; i++) {
            ds_put_format(&s, "%s%s", i ? " " : "", argv[i]);
        }
        assert_string_equal(ds_cstr(&s), left);
        ds_destroy(&s);
    }
    free(error);
    free(copy);
}

static void
test_parse_format(void **state OVS_UNUSED)
{
    expect_format("port/list", "port/list", OUTPUT_TABLE, NULL);
    expect_format("port/list --format=json", "port/list", OUTPUT_JSON, NULL);
    expect_format("port/show --format csv a b", "port/show a b", OUTPUT_CSV,
                  NULL);
    expect_format("port/show a --format=table b", "port/show a b",
                  OUTPUT_TABLE, NULL);
    expect_format("c --format=json --format=csv", "c", OUTPUT_CSV, NULL);
    expect_format("c --formats=json --form", "c --formats=json --form",
                  OUTPUT_TABLE, NULL);
    expect_format("c --format", "", OUTPUT_TABLE, "needs an argument");
    expect_format("c --format=", "", OUTPUT_TABLE, "unknown format \"\"");
    expect_format("c --format=xml", "", OUTPUT_TABLE, "\"xml\": table, json");
    expect_format("c --format --format=json", "", OUTPUT_TABLE, "unknown");
}

/* Formats. */

static void
test_table(void **state OVS_UNUSED)
{
    struct json *array = json_array_create_2(row("eth5", 1), row(NULL, -20));

    expect(format(json_clone(array), OUTPUT_TABLE),
           "NAME NUMBER NOT THERE\n"
           "---- ------ ---------\n"
           "eth5 1\n"
           "     -20\n");
    expect(format(json_clone(array), OUTPUT_CSV),
           "NAME,NUMBER,NOT THERE\n"
           "eth5,1,\n"
           ",-20,\n");
    expect(format(array, OUTPUT_JSON),
           "[\n"
           "  {\n"
           "    \"name\": \"eth5\",\n"
           "    \"number\": 1},\n"
           "  {\n"
           "    \"name\": null,\n"
           "    \"number\": -20}]\n");
}

static void
test_no_rows(void **state OVS_UNUSED)
{
    expect(format(json_array_create_empty(), OUTPUT_JSON), "[]\n");
    expect(format(json_array_create_empty(), OUTPUT_CSV),
           "NAME,NUMBER,NOT THERE\n");
}

static void
test_object(void **state OVS_UNUSED)
{
    struct json *object = json_object_create();
    struct json *inner = json_object_create();

    json_object_put(inner, "b\nc", json_boolean_create(true));
    json_object_put(object, "a", inner);
    json_object_put(object, "list", json_array_create_2(
                        json_string_create("x"), json_string_create("y")));
    json_object_put(object, "z", json_null_create());
    expect(output_object(object, OUTPUT_CSV),
           "NAME,VALUE\n"
           "a.b\\x0ac,true\n"
           "list,\"[\"\"x\"\",\"\"y\"\"]\"\n"
           "z,\n");
    expect(output_object(object, OUTPUT_JSON),
           "{\n"
           "  \"a\": {\n"
           "    \"b\\nc\": true},\n"
           "  \"list\": [\n"
           "    \"x\",\n"
           "    \"y\"],\n"
           "  \"z\": null}\n");
    json_destroy(object);
}

/* Nothing in JSON is for a terminal either, and it is what it was. */
static void
test_json_control(void **state OVS_UNUSED)
{
    struct json *json = json_string_create("a\033\x7f\xc2\x80\xc2\x9f\xc2\xa0"
                                           "\n\xff");

    expect(output_json(json, 0),
           "\"a\\u001b\\u007f\\u0080\\u009f\xc2\xa0\\n\\\\xff\"\n");
    json_destroy(json);
}

static void
test_two_answers(void **state OVS_UNUSED)
{
    /* No blank line comes before the second. */
    for (int i = 0; i < 2; i++) {
        expect(format(json_array_create_1(row("a", 1)), OUTPUT_CSV),
               "NAME,NUMBER,NOT THERE\na,1,\n");
    }
}

/* Hostile strings. */

static void
test_printable(void **state OVS_UNUSED)
{
    static const struct {
        const char *s;
        const char *wanted;
    } cases[] = {
        { "", "" },
        { "eth5", "eth5" },
        { "a b\"c',\\", "a b\"c',\\" },
        { "a\nb\tc\rd\x1b[31m", "a\\x0ab\\x09c\\x0dd\\x1b[31m" },
        { "\x7f", "\\x7f" },
        { "\xc2\x85", "\\xc2\\x85" },         /* C1: next line. */
        { "\xc2\xa0", "\xc2\xa0" },           /* U+00A0, just no C1. */
        { "\xc3\xa9\xe2\x82\xac", "\xc3\xa9\xe2\x82\xac" },
        { "\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80" },
        { "\x80", "\\x80" },                  /* No first byte. */
        { "\xc3", "\\xc3" },                  /* Too short... */
        { "\xe2\x82", "\\xe2\\x82" },
        { "\xf0\x9f\x98", "\\xf0\\x9f\\x98" },
        { "\xe2\x82x", "\\xe2\\x82x" },
        { "\xc0\x80", "\\xc0\\x80" },         /* ...too long a form... */
        { "\xc1\xbf", "\\xc1\\xbf" },
        { "\xe0\x9f\xbf", "\\xe0\\x9f\\xbf" },
        { "\xf0\x8f\xbf\xbf", "\\xf0\\x8f\\xbf\\xbf" },
        { "\xed\xa0\x80", "\\xed\\xa0\\x80" }, /* ...a surrogate... */
        { "\xed\x9f\xbf", "\xed\x9f\xbf" },
        { "\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf" },
        { "\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80" }, /* ...too great. */
        { "\xf5\x80\x80\x80", "\\xf5\\x80\\x80\\x80" },
        { "\xff\xfe", "\\xff\\xfe" },
        { "\xc3\xc3\xa9", "\\xc3\xc3\xa9" },  /* It starts anew. */
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        expect(output_printable(cases[i].s), cases[i].wanted);
    }
}

static void
test_hostile_csv(void **state OVS_UNUSED)
{
    expect(format(json_array_create_1(row("a,\"b\"\r\nc\xff", 1)),
                  OUTPUT_CSV),
           "NAME,NUMBER,NOT THERE\n\"a,\"\"b\"\"\\x0d\\x0ac\\xff\",1,\n");
}

static void
test_hostile_json(void **state OVS_UNUSED)
{
    struct json *object = json_object_create();

    json_object_put_string(object, "k\xff", "v\xfe\n\"\\\x01\xc3\xa9");
    expect(output_object(object, OUTPUT_JSON),
           "{\n"
           "  \"k\\\\xff\": \"v\\\\xfe\\n\\\"\\\\\\u0001\xc3\xa9\"}\n");
    json_destroy(object);
}

/* Random bytes up to 'size' less 1 of them, without a zero. */
static void
random_string(char *s, size_t size)
{
    size_t n = random_range(size);

    for (size_t i = 0; i < n; i++) {
        /* Mostly of what begins and continues sequences. */
        s[i] = random_range(3) ? 0x80 | random_range(128)
                               : 1 + random_range(127);
    }
    s[n] = '\0';
}

/* Any string gives valid JSON in UTF-8, in which it is as the printable form
 * of its bad bytes only; and one line of CSV with as many columns as ever. */
static void
test_any_string(void **state OVS_UNUSED)
{
    random_set_seed(7);
    for (int i = 0; i < rounds(20000); i++) {
        char s[16], *text, *error, *again;
        size_t length, quotes = 0, commas = 0;
        struct json *json;

        random_string(s, sizeof s);
        text = format(json_array_create_1(row(s, i)), OUTPUT_JSON);
        error = utf8_validate(text, &length);
        assert_null(error);
        json = json_from_string(text);
        assert_int_equal(json->type, JSON_ARRAY);
        /* It is stable: what was read is written as it was. */
        again = format(json, OUTPUT_JSON);
        assert_string_equal(again, text);
        error = utf8_validate(s, &length);
        if (!error && s[0]) {
            json = json_from_string(text);
            assert_string_equal(
                json_string(shash_find_data(
                                json_object(json_array(json)->elems[0]),
                                "name")), s);
            json_destroy(json);
        }
        free(error);
        free(again);
        free(text);

        text = format(json_array_create_1(row(s, i)), OUTPUT_CSV);
        error = utf8_validate(text, &length);
        assert_null(error);
        const char *line = strchr(text, '\n') + 1;
        for (const char *p = line; *p; p++) {
            quotes += *p == '"';
            commas += *p == ',' && quotes % 2 == 0;
            assert_true((uint8_t) *p >= ' ' || (*p == '\n' && !p[1]));
        }
        assert_int_equal(quotes % 2, 0);
        assert_int_equal(commas, 2);
        free(text);

        text = format(json_array_create_1(row(s, i)), OUTPUT_TABLE);
        assert_null(utf8_validate(text, &length));
        free(text);
    }
}

static void
test_put(void **state OVS_UNUSED)
{
    struct json *object = json_object_create();
    char *text;

    output_put_string(object, "a", NULL);
    output_put_string(object, "b", "");
    output_put_string(object, "c", "x");
    output_put_count(object, "d", 0);
    output_put_count(object, "e", INT64_MAX);
    text = json_to_string(object, JSSF_SORT);
    assert_string_equal(text, "{\"a\":null,\"b\":null,\"c\":\"x\",\"d\":0,"
                        "\"e\":9223372036854775807}");
    free(text);
    json_destroy(object);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse_format),
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_no_rows),
        cmocka_unit_test(test_object),
        cmocka_unit_test(test_json_control),
        cmocka_unit_test(test_two_answers),
        cmocka_unit_test(test_printable),
        cmocka_unit_test(test_hostile_csv),
        cmocka_unit_test(test_hostile_json),
        cmocka_unit_test(test_any_string),
        cmocka_unit_test(test_put),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
