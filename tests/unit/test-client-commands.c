/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "utilities/client/command-list.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "openvswitch/dynamic-string.h"
#include "util.h"

static const char answer[] =
    "The available commands are:\n"
    "  explain                 NS/POD|PORT\n"
    "  flow/check              \n"
    "  flow/report             [--pod=NS/POD] [--top=N]\n"
    "  flowers                 \n"
    "  policy/show             \n"
    "  policy/show/all         NAME\n"
    "  status";

static struct command_list list;

static int
setup(void **state OVS_UNUSED)
{
    command_list_parse(&list, answer);
    return 0;
}

static int
teardown(void **state OVS_UNUSED)
{
    command_list_destroy(&list);
    return 0;
}

/* Finds by words separated by blanks. */
static void
expect(const char *words, const char *name, size_t n_name)
{
    const struct listed_command *command;
    char *copy = xstrdup(words);
    char *argv[10];
    size_t n = 0, taken = 0;

    for (char *p = copy; p; n++) {
        argv[n] = strsep(&p, " ");
    }
    command = command_list_find(&list, n, argv, &taken);
    if (name) {
        assert_non_null(command);
        assert_string_equal(command->name, name);
        assert_int_equal(taken, n_name);
    } else {
        assert_null(command);
    }
    free(copy);
}

static void
test_parse(void **state OVS_UNUSED)
{
    assert_int_equal(list.n, 7);
    assert_string_equal(list.commands[0].name, "explain");
    assert_string_equal(list.commands[0].usage, "NS/POD|PORT");
    assert_string_equal(list.commands[1].usage, "");
    assert_string_equal(list.commands[2].usage, "[--pod=NS/POD] [--top=N]");
    assert_string_equal(list.commands[6].name, "status");
    assert_string_equal(list.commands[6].usage, "");
}

static void
test_parse_odd(void **state OVS_UNUSED)
{
    struct command_list l;

    command_list_parse(&l, "");
    assert_int_equal(l.n, 0);
    command_list_destroy(&l);

    /* Control characters are of another form. */
    command_list_parse(&l, "\n\n   \n  x\nnone of\n y  z  w \n  a\033[m\n"
                       "  b c\x9b\n");
    assert_int_equal(l.n, 2);
    assert_string_equal(l.commands[0].name, "x");
    assert_string_equal(l.commands[1].name, "y");
    assert_string_equal(l.commands[1].usage, "z  w");
    command_list_destroy(&l);
}

static void
test_find(void **state OVS_UNUSED)
{
    expect("status", "status", 1);
    expect("flow report", "flow/report", 2);
    expect("flow/report", "flow/report", 1);
    expect("flow report --pod a/b", "flow/report", 2);
    expect("explain ns/pod", "explain", 1);
    expect("explain flow report", "explain", 1);

    /* The longest. */
    expect("policy show x", "policy/show", 2);
    expect("policy show all", "policy/show/all", 3);
    expect("policy show/all x", "policy/show/all", 2);

    expect("flow", NULL, 0);
    expect("flow repor", NULL, 0);
    expect("flow reports", NULL, 0);
    expect("flow --pod report", NULL, 0);
    expect("--pod", NULL, 0);
    expect("", NULL, 0);
    expect("flow  report", NULL, 0);
    expect("a b c d e f g", NULL, 0);
}

/* Distance of what somebody typed. */
static size_t
slips(const char *words, const char *name)
{
    char *copy = xstrdup(words);
    char *argv[10];
    size_t n = 0, d;

    for (char *p = copy; p; n++) {
        argv[n] = strsep(&p, " ");
    }
    d = command_distance(name, n, argv);
    free(copy);
    return d;
}

static void
test_distance(void **state OVS_UNUSED)
{
    assert_int_equal(slips("port list", "port/list"), 0);
    assert_int_equal(slips("prot list", "port/list"), 1);
    assert_int_equal(slips("port lst x y", "port/list"), 1);
    assert_int_equal(slips("prot/lisst", "port/list"), 2);
    assert_int_equal(slips("portlist", "port/list"), 1);
    assert_int_equal(slips("port-list", "port/list"), 1);
    assert_int_equal(slips("status", "status"), 0);
    assert_int_equal(slips("stauts now", "status"), 1);
    /* That is another one. */
    assert_true(slips("port show", "port/list") == SIZE_MAX);
    assert_true(slips("xyz", "exit") == SIZE_MAX);
    assert_true(slips("et", "exit") == SIZE_MAX);
    assert_true(slips("", "exit") == SIZE_MAX);
    assert_true(slips("a b c d e f port list", "port/list") == SIZE_MAX);
    assert_true(slips("0123456789012345678901234567890123456789x",
                      "0123456789012345678901234567890123456789")
                == SIZE_MAX);
}

static void
test_put(void **state OVS_UNUSED)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    assert_int_equal(command_list_put(&list, "flow", &s), 2);
    assert_string_equal(ds_cstr(&s),
                        "  flow check\n"
                        "  flow report [--pod=NS/POD] [--top=N]\n");
    ds_clear(&s);
    assert_int_equal(command_list_put(&list, "flo", &s), 0);
    assert_string_equal(ds_cstr(&s), "");
    assert_int_equal(command_list_put(&list, NULL, &s), 7);
    ds_destroy(&s);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse),
        cmocka_unit_test(test_parse_odd),
        cmocka_unit_test(test_find),
        cmocka_unit_test(test_distance),
        cmocka_unit_test(test_put),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
