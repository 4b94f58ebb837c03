/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "utilities/client/answer.h"
#include "utilities/client/catalog.h"
#include "utilities/client/grid.h"
#include "utilities/client/text-width.h"
#include "utilities/client/yaml-put.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <yaml.h>

#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "util.h"

static const struct grid_column columns[] = {
    { "NAME", "name", 0, false, false },
    { "N", "n", 1, false, false },
    { "STATE", "state", 2, false, true },
    { "WHY", "why", 3, true, false },
};

static struct json *
parse(const char *text)
{
    struct json *json = json_from_string(text);

    assert_true(json->type == JSON_OBJECT || json->type == JSON_ARRAY);
    return json;
}

/* Makes a grid of 'text', an array. */
static void
make(struct grid *grid, const char *text)
{
    struct json *json = parse(text);

    assert_null(answer_to_grid(ANSWER_ARRAY, columns, ARRAY_SIZE(columns),
                               json, grid));
    json_destroy(json);
}

static const char rows[] =
    "[{\"name\":\"first\",\"n\":1,\"state\":\"attached\","
    "\"why\":\"a long text that says why it is so, in many words\"},"
    "{\"name\":\"second\",\"n\":null,\"state\":\"error\",\"why\":\"\"}]";

static void
expect_table(const char *text, const struct grid_style *style,
             const char *expected, const char *expected_dropped)
{
    struct ds s = DS_EMPTY_INITIALIZER;
    struct grid grid;
    char *dropped;

    make(&grid, text);
    dropped = grid_put_table(&grid, style, &s);
    assert_string_equal(ds_cstr(&s), expected);
    if (expected_dropped) {
        assert_non_null(dropped);
        assert_string_equal(dropped, expected_dropped);
    } else {
        assert_null(dropped);
    }
    free(dropped);
    ds_destroy(&s);
    grid_destroy(&grid);
}

static void
test_full(void **state OVS_UNUSED)
{
    const struct grid_style style = { .width = 0 };

    expect_table(rows, &style,
        "NAME   N STATE    WHY\n"
        "------ - -------- "
        "-------------------------------------------------\n"
        "first  1 attached "
        "a long text that says why it is so, in many words\n"
        "second   error\n", NULL);
    expect_table("[]", &style, "NAME N STATE WHY\n---- - ----- ---\n", NULL);
    /* What is no string is JSON, control characters are not printed, and
     * characters are counted, not bytes. */
    expect_table("[{\"name\":[true,1.5],\"n\":{\"x\":1},"
                 "\"state\":\"\\u00fc\",\"why\":\"\\u001b[2J\"},{},[],7]",
                 &style,
                 "NAME       N       STATE WHY\n"
                 "---------- ------- ----- -------\n"
                 "[true,1.5] {\"x\":1} \xc3\xbc     \\x1b[2J\n\n\n\n", NULL);
}

static void
test_continued(void **state OVS_UNUSED)
{
    expect_table(rows, &(struct grid_style) { .continued = true },
        "first  1 attached "
        "a long text that says why it is so, in many words\n"
        "second   error\n", NULL);
}

static void
test_cut(void **state OVS_UNUSED)
{
    expect_table(rows, &(struct grid_style) { .width = 66 },
        "NAME   N STATE    WHY\n"
        "------ - -------- "
        "------------------------------------------------\n"
        "first  1 attached "
        "a long text that says why it is so, in many wor~\n"
        "second   error\n", NULL);
    expect_table(rows, &(struct grid_style) { .width = 40 },
        "NAME   N STATE    WHY\n"
        "------ - -------- ----------------------\n"
        "first  1 attached a long text that says~\n"
        "second   error\n", NULL);
    expect_table(rows, &(struct grid_style) { .width = 33 },
        "NAME   STATE    WHY\n"
        "------ -------- -----------------\n"
        "first  attached a long text that~\n"
        "second error\n", "N");
    expect_table(rows, &(struct grid_style) { .width = 20 },
        "NAME\n------\nfirst\nsecond\n", "N STATE WHY");
    /* Never below eight characters. */
    expect_table("[{\"name\":\"\\u00fc123456789\"}]",
                 &(struct grid_style) { .width = 3 },
                 "NAME\n--------\n\xc3\xbc" "123456~\n", "N STATE WHY");
    /* What is empty goes first. */
    expect_table("[{\"name\":\"abcdefgh\",\"n\":1000000}]",
                 &(struct grid_style) { .width = 16 },
                 "NAME     N\n-------- -------\nabcdefgh 1000000\n",
                 "STATE WHY");
}

/* Columns of the terminal are what counts: characters of two, and those that
 * belong to the one before. */
static void
test_width(void **state OVS_UNUSED)
{
    static const char wide[] =
        "[{\"name\":\"\\u4e2d\\u6587\\u4e2d\\u6587\\u4e2d\",\"n\":1},"
        "{\"name\":\"e\\u0301\\ud83d\\ude00\",\"n\":2}]";

    assert_int_equal(text_width(""), 0);
    assert_int_equal(text_width("a\u00fc\u4e2de\u0301"), 5);
    assert_int_equal(text_width("\U0001f600\u3000\u200b"), 4);
    /* What the library does not know, and what is no UTF-8. */
    assert_int_equal(text_width("\u0378\ue000"), 2);
    assert_int_equal(text_width("\xff\xc3" "a\xe4\xb8"), 5);
    assert_int_equal(text_bytes("\u4e2d\u6587", 0), 0);
    assert_int_equal(text_bytes("\u4e2d\u6587", 1), 0);
    assert_int_equal(text_bytes("\u4e2d\u6587", 3), 3);
    assert_int_equal(text_bytes("e\u0301x", 1), 3);
    assert_int_equal(text_bytes("abc", SIZE_MAX), 3);

    expect_table(wide, &(struct grid_style) { .width = 0 },
                 "NAME       N STATE WHY\n"
                 "---------- - ----- ---\n"
                 "\u4e2d\u6587\u4e2d\u6587\u4e2d 1\n"
                 "e\u0301\U0001f600        2\n", NULL);
    /* Half of one is not shown. */
    expect_table(wide, &(struct grid_style) { .width = 8 },
                 "NAME\n--------\n"
                 "\u4e2d\u6587\u4e2d~\n"
                 "e\u0301\U0001f600\n", "N STATE WHY");
    expect_table("[{\"name\":\"x\",\"why\":\"\\u4e2d\\u6587 \\u4e2d\\u6587"
                 "\\u4e2d\\u6587\\u4e2d\\u6587\\u4e2d\\u6587\"}]",
                 &(struct grid_style) { .width = 24, .wrap = true },
                 "NAME N WHY\n---- - -----------------\n"
                 "x      \u4e2d\u6587\n"
                 "       \u4e2d\u6587\u4e2d\u6587\u4e2d\u6587\u4e2d\u6587\n", "STATE");
}

static void
test_wrap(void **state OVS_UNUSED)
{
    const struct grid_style style = { .width = 36, .wrap = true };

    expect_table(rows, &style,
        "NAME   N STATE    WHY\n"
        "------ - -------- ------------------\n"
        "first  1 attached a long text that\n"
        "                  says why it is so,\n"
        "                  in many words\n"
        "second   error\n", NULL);
    /* Words that do not fit are divided. */
    expect_table("[{\"name\":\"x\",\"why\":"
                 "\"0123456789012345678901234567890\"}]", &style,
        "NAME N STATE WHY\n"
        "---- - ----- -----------------------\n"
        "x            01234567890123456789012\n"
        "             34567890\n", NULL);
}

static void
test_color(void **state OVS_UNUSED)
{
    expect_table("[{\"name\":\"error\",\"n\":1,\"state\":\"error\"}]",
        &(struct grid_style) { .color = true },
        "\033[1mNAME\033[0m  \033[1mN\033[0m \033[1mSTATE\033[0m "
        "\033[1mWHY\033[0m\n"
        "----- - ----- ---\n"
        "error 1 \033[31merror\033[0m\n", NULL);
    expect_table("[{\"state\":\"error \"},{\"state\":\"attached\"}]",
        &(struct grid_style) { .color = true },
        "\033[1mNAME\033[0m \033[1mN\033[0m \033[1mSTATE\033[0m    "
        "\033[1mWHY\033[0m\n"
        "---- - -------- ---\n"
        "       error\n"
        "       \033[32mattached\033[0m\n", NULL);
}

static void
test_csv(void **state OVS_UNUSED)
{
    struct ds s = DS_EMPTY_INITIALIZER;
    struct grid grid;

    make(&grid, "[{\"name\":\"a,b\",\"n\":2,\"state\":\"say \\\"x\\\"\","
         "\"why\":[1,2]},{\"name\":\"=1+1\"}]");
    grid_put_csv(&grid, false, &s);
    assert_string_equal(ds_cstr(&s),
                        "NAME,N,STATE,WHY\r\n"
                        "\"a,b\",2,\"say \"\"x\"\"\",\"[1,2]\"\r\n"
                        "=1+1,,,\r\n");
    ds_clear(&s);
    grid_put_csv(&grid, true, &s);
    assert_string_equal(ds_cstr(&s),
                        "\"a,b\",2,\"say \"\"x\"\"\",\"[1,2]\"\r\n"
                        "=1+1,,,\r\n");
    grid_destroy(&grid);
    ds_destroy(&s);
}

/* Reads YAML back, into text: scalars as they are, strings in quotes. */
static char *
read_yaml(const char *text)
{
    struct ds s = DS_EMPTY_INITIALIZER;
    yaml_parser_t parser;
    bool over = false;

    assert_true(yaml_parser_initialize(&parser));
    yaml_parser_set_input_string(&parser, (const unsigned char *) text,
                                 strlen(text));
    while (!over) {
        yaml_event_t event;

        assert_true(yaml_parser_parse(&parser, &event));
        switch ((int) event.type) {
        case YAML_SCALAR_EVENT:
            ds_put_format(&s, (event.data.scalar.plain_implicit ? "%s "
                               : "<%s> "), event.data.scalar.value);
            break;
        case YAML_SEQUENCE_START_EVENT: ds_put_cstr(&s, "[ "); break;
        case YAML_SEQUENCE_END_EVENT: ds_put_cstr(&s, "] "); break;
        case YAML_MAPPING_START_EVENT: ds_put_cstr(&s, "{ "); break;
        case YAML_MAPPING_END_EVENT: ds_put_cstr(&s, "} "); break;
        case YAML_STREAM_END_EVENT: over = true; break;
        }
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
    return ds_steal_cstr(&s);
}

static void
test_yaml(void **state OVS_UNUSED)
{
    static const char text[] =
        "{\"on\":\"on\",\"vf_pci\":\"0000:65:00.1\",\"n\":12,\"x y\":null,"
        "\"a\":[],\"b\":[true,false,1.5,\"1.5\",\"- x\",\"a\\nb\\u001b: #\"],"
        "\"o\":{}}";
    struct ds s = DS_EMPTY_INITIALIZER;
    struct json *json = parse(text);
    char *back;

    yaml_put(json, &s);
    back = read_yaml(ds_cstr(&s));
    assert_string_equal(back, "{ a [ ] b [ true false 1.5 <1.5> <- x> "
                        "<a\nb\033: #> ] <n> 12 o { } <on> <on> "
                        "vf_pci <0000:65:00.1> <x y> null } ");
    assert_null(strstr(ds_cstr(&s), "\033"));
    assert_non_null(strstr(ds_cstr(&s), "\nvf_pci: \"0000:65:00.1\"\n"));
    free(back);
    json_destroy(json);
    ds_clear(&s);

    /* Long strings stay on their line; bytes that are no UTF-8 are told. */
    char *long_text = xmalloc(501);
    memset(long_text, 'x', 500);
    memcpy(long_text, "a b\xff", 4);
    long_text[500] = '\0';
    json = json_string_create(long_text);
    yaml_put(json, &s);
    assert_int_equal(strcspn(ds_cstr(&s), "\n"), s.length - 1);
    assert_non_null(strstr(ds_cstr(&s), "a b\\\\xffxxx"));
    json_destroy(json);
    ds_destroy(&s);
    free(long_text);
}

/* JSON of each form and of none makes a table for each command. */
static void
test_any_json(void **state OVS_UNUSED)
{
    static const char *const texts[] = {
        "{}", "[]", "[{}]", "[[]]", "[1,null]",
        "{\"flows\":1}", "{\"flows\":[1,{}],\"matched\":5}",
        "{\"flows\":[{\"sender\":[],\"receivers\":[1,{\"name\":2}]}]}",
        "{\"interfaces\":[{\"egress\":1,\"reasons\":[3,{}]},[]]}",
        "{\"totals\":{\"ingress\":{\"hw\":[]}}}",
        "[{\"interface\":1,\"checks\":[1,{\"check\":{}}],\"verdict\":[]}]",
        "[{\"checks\":{}}]",
    };

    for (size_t i = 0; i < catalog_n; i++) {
        const struct catalog_command *command = &catalog[i];

        for (size_t j = 0; j < ARRAY_SIZE(texts); j++) {
            struct json *json = parse(texts[j]);
            struct ds s = DS_EMPTY_INITIALIZER;
            struct grid grid;
            char *error;

            if (command->shape == ANSWER_TEXT) {
                json_destroy(json);
                continue;
            }
            error = answer_to_grid(command->shape, command->columns,
                                   command->n_columns, json, &grid);
            if (!error) {
                struct grid_style style = { .width = 20 * (j % 3) };

                free(grid_put_table(&grid, &style, &s));
                grid_put_csv(&grid, j % 2, &s);
                free(answer_remark(command->shape, json));
                grid_destroy(&grid);
            }
            free(error);
            ds_destroy(&s);
            json_destroy(json);
        }
    }
}

static void
expect_words(const char *words, const char *name, size_t n_words)
{
    const struct catalog_command *command;
    char *copy = xstrdup(words), *argv[8];
    size_t n = 0, n_name;

    for (char *p = copy; p; n++) {
        argv[n] = strsep(&p, " ");
    }
    command = catalog_find_words(n, argv, &n_name);
    if (name) {
        assert_non_null(command);
        assert_string_equal(command->name, name);
        assert_int_equal(n_name, n_words);
    } else {
        assert_null(command);
    }
    free(copy);
}

static void
test_catalog(void **state OVS_UNUSED)
{
    expect_words("port list", "port/list", 2);
    expect_words("port/list x", "port/list", 1);
    expect_words("status", "status", 1);
    expect_words("port", NULL, 0);
    expect_words("port lis", NULL, 0);
    expect_words("port listx", NULL, 0);
    expect_words("por tlist", NULL, 0);
    expect_words("", NULL, 0);
    expect_words("flow watch --all", "flow/watch", 2);

    for (size_t i = 0; i < catalog_n; i++) {
        const struct catalog_command *command = &catalog[i];

        /* Complete, and found by the name alone. */
        assert_ptr_equal(catalog_find(command->name), command);
        assert_true(command->summary[0] && command->example[0]);
        assert_true((command->shape == ANSWER_TEXT) == !command->n_columns);
        for (size_t j = 0; j < catalog_n; j++) {
            size_t len = strlen(catalog[j].name);

            assert_true(i == j || strncmp(command->name, catalog[j].name, len)
                        || (command->name[len] && command->name[len] != '/'));
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_full),
        cmocka_unit_test(test_continued),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_width),
        cmocka_unit_test(test_wrap),
        cmocka_unit_test(test_color),
        cmocka_unit_test(test_csv),
        cmocka_unit_test(test_yaml),
        cmocka_unit_test(test_any_json),
        cmocka_unit_test(test_catalog),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
