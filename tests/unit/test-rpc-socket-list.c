/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "controller/rpc/socket-list.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "controller/rpc/message.h"
#include "util.h"

/* Parses a copy of the 'n' bytes at 'text' that is no longer than that. */
static struct socket_list *
parse_bytes(const char *text, size_t n, char **error)
{
    char *copy = xmemdup(text, n);
    struct socket_list *list = socket_list_parse(copy, n, error);

    assert_true((list == NULL) == (*error != NULL));
    free(copy);
    return list;
}

static struct socket_list *
parse(const char *text)
{
    char *error;
    struct socket_list *list = parse_bytes(text, strlen(text), &error);

    if (!list) {
        print_error("%s\n", error);
    }
    assert_non_null(list);
    return list;
}

static void
expect_error_bytes(const char *text, size_t n, const char *want)
{
    char *error;

    assert_null(parse_bytes(text, n, &error));
    if (!strstr(error, want)) {
        fail_msg("\"%s\" does not have \"%s\" in it", error, want);
    }
    free(error);
}

static void
expect_error(const char *text, const char *want)
{
    expect_error_bytes(text, strlen(text), want);
}

/* Expects 'path', NULL for none, of 'address'. */
static void
expect(const struct socket_list *list, const char *address, const char *path)
{
    const struct socket_entry *entry;
    struct pci_addr addr;

    assert_true(pci_addr_parse(address, &addr));
    entry = socket_list_find(list, &addr);
    assert_non_null(entry);
    if (path) {
        assert_string_equal(entry->path, path);
    } else {
        assert_null(entry->path);
    }
}

static void
expect_counts(const struct socket_list *list, size_t n, size_t n_paths)
{
    assert_int_equal(hmap_count(&list->entries), n);
    assert_int_equal(list->n_paths, n_paths);
}

static void
test_json(void **state OVS_UNUSED)
{
    struct socket_list *list = parse(
        " [{\"pciAddress\":\"0000:82:00.2\","
        "\"socketpath\":\"/var/run/vdpa/vhost/vdpa-0\"},\n"
        "{\"socketpath\":\"/b\",\"x\":[1,{}],\"pciAddress\":\"0000:AB:1f.7\"},"
        "{\"pciAddress\":\"0000:82:00.4\"},"
        "{\"pciAddress\":\"0000:82:00.5\",\"socketpath\":\"\"},"
        "\"10000:82:00.2\"]\n ");

    expect_counts(list, 5, 2);
    expect(list, "0000:82:00.2", "/var/run/vdpa/vhost/vdpa-0");
    expect(list, "0000:ab:1f.7", "/b");
    expect(list, "0000:82:00.4", NULL);
    expect(list, "0000:82:00.5", NULL);
    expect(list, "10000:82:00.2", NULL);
    socket_list_destroy(list);

    list = parse("[]");
    expect_counts(list, 0, 0);
    socket_list_destroy(list);

    list = parse("{\"pciAddress\":\"0000:82:00.2\",\"socketpath\":\"/a\"}");
    expect_counts(list, 1, 1);
    expect(list, "0000:82:00.2", "/a");
    socket_list_destroy(list);
}

static void
test_lines(void **state OVS_UNUSED)
{
    struct socket_list *list = parse("\n 0000:82:00.2\r\n\t0000:82:00.3 \n\n"
                                     "0000:82:00.2\n0000:82:01.0");
    struct pci_addr addr;

    expect_counts(list, 3, 0);
    expect(list, "0000:82:00.2", NULL);
    expect(list, "0000:82:00.3", NULL);
    expect(list, "0000:82:01.0", NULL);
    assert_true(pci_addr_parse("0000:82:01.1", &addr));
    assert_null(socket_list_find(list, &addr));
    assert_null(socket_list_find(NULL, &addr));
    socket_list_destroy(list);
}

/* The same twice is no contradiction; another one is. */
static void
test_twice(void **state OVS_UNUSED)
{
    struct socket_list *list = parse(
        "[\"0000:82:00.2\",{\"pciAddress\":\"0000:82:00.2\","
        "\"socketpath\":\"/a\"},\"0000:82:00.2\","
        "{\"pciAddress\":\"0000:82:00.2\",\"socketpath\":\"/a\"}]");

    expect_counts(list, 1, 1);
    expect(list, "0000:82:00.2", "/a");
    socket_list_destroy(list);

    expect_error("[{\"pciAddress\":\"0000:82:00.2\",\"socketpath\":\"/a\"},"
                 "{\"pciAddress\":\"0000:82:00.2\",\"socketpath\":\"/b\"}]",
                 "entry 2: \"/b\" is the second socket");
}

static void
test_malformed_json(void **state OVS_UNUSED)
{
    expect_error("[", "");
    expect_error("[{\"pciAddress\":\"0000:82:00.2\",\"socketpath\":\"/a\"}",
                 "");
    expect_error("[]]", "\"]\" follows the list");
    expect_error("[] x", "after byte 3: \"x\" follows the list");
    expect_error("{}", "entry 1: there is no string \"pciAddress\"");
    expect_error("[{\"pciAddress\":1}]", "entry 1: there is no string");
    expect_error("[null]", "entry 1: there is no string");
    expect_error("[[\"0000:82:00.2\"]]", "entry 1: there is no string");
    expect_error("[\"0000:82:00.2\",\"82:00.2\"]",
                 "entry 2: \"82:00.2\" is no PCI address");
    expect_error("[{\"pciAddress\":\"0000:82:00.2\",\"socketpath\":null}]",
                 "entry 1: \"socketpath\" is no string");
    expect_error("[{\"pciAddress\":\"0000:82:00.2\",\"socketpath\":\"a\"}]",
                 "entry 1: \"a\" is no absolute path");
    expect_error("[{\"pciAddress\":\"0000:82:00.2\","
                 "\"socketpath\":\"/\377\"}]", "");
    expect_error_bytes("[]\0", 3, "");
}

static void
test_malformed_lines(void **state OVS_UNUSED)
{
    char line[200];

    expect_error("", "nothing in it");
    expect_error(" \n\t\r\n", "nothing in it");
    expect_error("0000:82:00.2\n0000:82:0", "line 2: \"0000:82:0\" is no PCI");
    expect_error("0000:82:00.2 /a\n", "line 1: ");
    expect_error("0000:82:00.2,0000:82:00.3", "line 1: ");
    expect_error("\"0000:82:00.2\"", "line 1: ");
    expect_error_bytes("0000:82:00.2\0\n", 14, "line 1: ");
    expect_error_bytes("\0", 1, "line 1: ");

    /* What is shown of it is printable, and not too long. */
    expect_error("\n\033[2J", "line 2: \"\\033[2J\"");
    memset(line, 'x', sizeof line - 1);
    line[sizeof line - 1] = '\0';
    expect_error(line, "xxxx...\" is no PCI address");
}

/* The longest path that fits into an answer, and one that does not. */
static void
test_long_path(void **state OVS_UNUSED)
{
    for (size_t n = RPC_MAX_PATH; n <= RPC_MAX_PATH + 1; n++) {
        char *path = xmalloc(n + 1);
        char *text;

        memset(path, 'p', n);
        path[0] = '/';
        path[n] = '\0';
        text = xasprintf("[{\"pciAddress\":\"0000:82:00.2\","
                         "\"socketpath\":\"%s\"}]", path);
        if (n <= RPC_MAX_PATH) {
            struct socket_list *list = parse(text);

            expect(list, "0000:82:00.2", path);
            socket_list_destroy(list);
        } else {
            expect_error(text, "is too long");
        }
        free(path);
        free(text);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_twice),
        cmocka_unit_test(test_malformed_json),
        cmocka_unit_test(test_malformed_lines),
        cmocka_unit_test(test_long_path),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
