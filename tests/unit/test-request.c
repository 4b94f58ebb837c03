/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "ovsdb/request.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "ovsdb/owner.h"
#include "util.h"

/* Expects that 'value' parses, and that it is 'canonical' in canonical form;
 * the canonical form must mean the same. */
static void
assert_parses(const char *value, const char *canonical)
{
    struct smap ids = SMAP_INITIALIZER(&ids);
    struct smap again = SMAP_INITIALIZER(&again);
    char *error = request_parse(value, &ids);

    if (error) {
        fail_msg("%s: %s", value, error);
    }

    char *formatted = request_format(&ids);
    assert_string_equal(formatted, canonical);
    assert_null(request_parse(formatted, &again));
    assert_true(smap_equal(&ids, &again));

    free(formatted);
    smap_destroy(&ids);
    smap_destroy(&again);
}

static void
assert_fails(const char *value, const char *message)
{
    struct smap ids = SMAP_INITIALIZER(&ids);
    char *error = request_parse(value, &ids);

    if (!error) {
        fail_msg("\"%s\" was taken", value);
    }
    assert_string_equal(error, message);
    assert_true(smap_is_empty(&ids));
    free(error);
    smap_destroy(&ids);
}

static void
test_good(void **state OVS_UNUSED)
{
    static const char *const cases[][2] = {
        { "iface-id=a_b", "iface-id=a_b" },
        { "iface-id=a_b,mac=02:00:00:00:00:01",
          "iface-id=a_b,mac=02:00:00:00:00:01" },
        { "mac=02:AB:cd:EF:00:01,iface-id=a_b",
          "iface-id=a_b,mac=02:ab:cd:ef:00:01" },
        { "iface-id=x,attached_mac=02:00:00:00:00:01",
          "iface-id=x,mac=02:00:00:00:00:01" },
        { "iface-id=x,attached-mac=02:00:00:00:00:01",
          "iface-id=x,mac=02:00:00:00:00:01" },
        { "z=1,iface-id=x,b=2,mac=02:00:00:00:00:01,a=3",
          "iface-id=x,mac=02:00:00:00:00:01,a=3,b=2,z=1" },
        /* Values may be empty or hold '=' and blanks. */
        { "iface-id=x,a=", "iface-id=x,a=" },
        { "iface-id=x,a=b=c==", "iface-id=x,a=b=c==" },
        { "iface-id=a b ", "iface-id=a b " },
        { "iface-id==", "iface-id==" },
        /* These are not quite keys of others. */
        { "iface-id=x,Owner=me", "iface-id=x,Owner=me" },
        { "iface-id=x,sandbox2=1", "iface-id=x,sandbox2=1" },
        { "iface-id=x,offload=1", "iface-id=x,offload=1" },
        { "iface-id=x,ovn-install=1", "iface-id=x,ovn-install=1" },
        { "iface-id=x,MAC=y", "iface-id=x,MAC=y" },
        { "iface-id=x,k8s.ovn.org/nad=ns/net",
          "iface-id=x,k8s.ovn.org/nad=ns/net" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        assert_parses(cases[i][0], cases[i][1]);
    }
}

static void
test_external_ids(void **state OVS_UNUSED)
{
    struct smap ids = SMAP_INITIALIZER(&ids);

    assert_null(request_parse("mac=02:00:00:00:00:0A,iface-id=ns_pod,k=v",
                              &ids));
    assert_int_equal(smap_count(&ids), 3);
    assert_string_equal(smap_get(&ids, "iface-id"), "ns_pod");
    assert_string_equal(smap_get(&ids, "attached_mac"), "02:00:00:00:00:0a");
    assert_string_equal(smap_get(&ids, "k"), "v");
    smap_destroy(&ids);
}

static void
test_bad_form(void **state OVS_UNUSED)
{
    assert_fails("", "part \"\" is not of the form key=value");
    assert_fails("x", "part \"x\" is not of the form key=value");
    assert_fails("iface-id=x,", "part \"\" is not of the form key=value");
    assert_fails(",iface-id=x", "part \"\" is not of the form key=value");
    assert_fails("iface-id=x,,a=b", "part \"\" is not of the form key=value");
    assert_fails("iface-id=x,a", "part \"a\" is not of the form key=value");
    assert_fails("=x", "part \"=x\" has an empty key");
    assert_fails("iface-id=x,=", "part \"=\" has an empty key");
    assert_fails("iface-id=x, a=b",
                 "key \" a\" has a blank or unprintable character");
    assert_fails("iface-id=x,a\tb=c",
                 "key \"a\\011b\" has a blank or unprintable character");
    assert_fails("iface-id=x,a=\x1b[0m",
                 "value \"\\033[0m\" has an unprintable character");
    assert_fails("iface-id=\x7f",
                 "value \"\\177\" has an unprintable character");
    assert_fails("iface-id=\xc3\xa9",
                 "value \"\\303\\251\" has an unprintable character");
}

static void
test_bad_iface_id(void **state OVS_UNUSED)
{
    assert_fails("iface-id=", "iface-id is empty");
    assert_fails("iface-id=,mac=02:00:00:00:00:01", "iface-id is empty");
    assert_fails("mac=02:00:00:00:00:01", "iface-id is missing");
    assert_fails("a=b", "iface-id is missing");
    assert_fails("Iface-id=x", "iface-id is missing");
}

static void
test_bad_mac(void **state OVS_UNUSED)
{
    static const char *const forms[] = {
        "", "x", "02:00:00:00:00", "02:00:00:00:00:01:02", "2:0:0:0:0:1",
        "02-00-00-00-00-01", "020000000001", "02:00:00:00:00:0g",
        "0x:00:00:00:00:01", "+2:00:00:00:00:01", " 2:00:00:00:00:01",
        "02:00:00:00:00:0 ", "02:00:00:00:0:001",
    };

    for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
        char *value = xasprintf("iface-id=x,mac=%s", forms[i]);
        char *message = xasprintf("MAC address \"%s\" is not of the form "
                                  "xx:xx:xx:xx:xx:xx", forms[i]);

        assert_fails(value, message);
        free(value);
        free(message);
    }
    assert_fails("iface-id=x,mac=00:00:00:00:00:00",
                 "MAC address \"00:00:00:00:00:00\" is zero");
    assert_fails("iface-id=x,mac=01:00:5e:00:00:01",
                 "MAC address \"01:00:5e:00:00:01\" is a multicast address");
    assert_fails("iface-id=x,attached_mac=ff:ff:ff:ff:ff:ff",
                 "MAC address \"ff:ff:ff:ff:ff:ff\" is a multicast address");
}

static void
test_twice(void **state OVS_UNUSED)
{
    assert_fails("iface-id=x,iface-id=x", "key \"iface-id\" is given twice");
    assert_fails("iface-id=x,a=1,a=2", "key \"a\" is given twice");
    assert_fails("iface-id=x,mac=02:00:00:00:00:01,"
                 "attached_mac=02:00:00:00:00:01",
                 "key \"attached_mac\" is given twice");
    assert_fails("iface-id=x,attached-mac=02:00:00:00:00:01,"
                 "mac=02:00:00:00:00:01", "key \"mac\" is given twice");
}

static void
test_reserved(void **state OVS_UNUSED)
{
    static const char *const keys[] = {
        "offload-owner", "offload-keys", "offload-", "offload-x", "sandbox",
        "iface-id-ver", "ovn-plugged", "owner", "vm-id", "ovn-installed",
        "ovn-installed-ts",
    };

    for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
        char *value = xasprintf("iface-id=x,%s=y", keys[i]);
        char *message = xasprintf("key \"%s\" is reserved", keys[i]);

        assert_fails(value, message);
        free(value);
        free(message);
    }
}

static void
test_long_part(void **state OVS_UNUSED)
{
    struct smap ids = SMAP_INITIALIZER(&ids);
    char *value = xmalloc(100001);
    char *error;

    memset(value, '\n', 100000);
    value[100000] = '\0';
    error = request_parse(value, &ids);
    assert_non_null(error);
    assert_true(strlen(error) < 400);
    free(error);
    free(value);
    smap_destroy(&ids);
}

static void
test_foreign_marks(void **state OVS_UNUSED)
{
    struct smap ids = SMAP_INITIALIZER(&ids);

    smap_add(&ids, "iface-id", "x");
    smap_add(&ids, "Sandbox", "x");
    assert_null(find_foreign_mark(&ids));
    smap_add(&ids, "vm-id", "");
    assert_string_equal(find_foreign_mark(&ids), "vm-id");
    smap_add(&ids, "iface-id-ver", "1");
    assert_string_equal(find_foreign_mark(&ids), "iface-id-ver");
    smap_destroy(&ids);
}

static void
test_table(void **state OVS_UNUSED)
{
    struct smap ids = SMAP_INITIALIZER(&ids);
    struct request_table table;
    struct request *request;

    request_table_init(&table);
    assert_false(request_table_update(&table, &ids));

    /* Keys that are none of ours, or no request. */
    smap_add(&ids, "o", "");
    smap_add(&ids, "offload-mode", "own");
    smap_add(&ids, "offload-port", "iface-id=x");
    assert_false(request_table_update(&table, &ids));
    assert_true(hmap_is_empty(&table.requests));

    smap_add(&ids, "offload-port-vdpa:0000:65:00.2", "iface-id=a_b,k=v");
    smap_add(&ids, "offload-port-0000:65:00.3", "bogus");
    smap_add(&ids, "offload-port-", "iface-id=x");
    assert_true(request_table_update(&table, &ids));
    assert_false(request_table_update(&table, &ids));
    assert_int_equal(hmap_count(&table.requests), 3);

    request = request_find(&table, "vdpa:0000:65:00.2");
    assert_non_null(request);
    assert_string_equal(request->name, "vdpa:0000:65:00.2");
    assert_string_equal(request->value, "iface-id=a_b,k=v");
    assert_null(request->error);
    assert_string_equal(request->iface_id, "a_b");
    assert_string_equal(smap_get(&request->external_ids, "k"), "v");
    assert_int_equal(smap_count(&request->external_ids), 2);

    request = request_find(&table, "0000:65:00.3");
    assert_string_equal(request->error,
                        "part \"bogus\" is not of the form key=value");
    assert_null(request->iface_id);
    assert_true(smap_is_empty(&request->external_ids));

    request = request_find(&table, "");
    assert_string_equal(request->error,
                        "no device is named after \"offload-port-\"");
    assert_null(request->iface_id);

    /* One better, one gone, one the same. */
    const struct request *same = request_find(&table, "vdpa:0000:65:00.2");
    smap_replace(&ids, "offload-port-0000:65:00.3", "iface-id=c_d");
    smap_remove(&ids, "offload-port-");
    assert_true(request_table_update(&table, &ids));
    assert_int_equal(hmap_count(&table.requests), 2);
    assert_ptr_equal(request_find(&table, "vdpa:0000:65:00.2"), same);
    request = request_find(&table, "0000:65:00.3");
    assert_null(request->error);
    assert_string_equal(request->iface_id, "c_d");
    assert_null(request_find(&table, ""));

    smap_clear(&ids);
    assert_true(request_table_update(&table, &ids));
    assert_true(hmap_is_empty(&table.requests));

    smap_add(&ids, "offload-port-x", "iface-id=left");
    request_table_update(&table, &ids);
    request_table_destroy(&table);
    request_table_destroy(NULL);
    smap_destroy(&ids);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_external_ids),
        cmocka_unit_test(test_bad_form),
        cmocka_unit_test(test_bad_iface_id),
        cmocka_unit_test(test_bad_mac),
        cmocka_unit_test(test_twice),
        cmocka_unit_test(test_reserved),
        cmocka_unit_test(test_long_part),
        cmocka_unit_test(test_foreign_marks),
        cmocka_unit_test(test_table),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
