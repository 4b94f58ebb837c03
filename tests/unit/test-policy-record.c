/* SPDX-License-Identifier: Apache-2.0 */

/* Records of what was there before, and guards. */

#include <config.h>

#include "controller/policy/record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "controller/policy/guard.h"
#include "util.h"

static const struct pci_addr addr = { .bus = 0x65 };

static struct policy_record *
make_record(void)
{
    struct policy_vf vfs[2] = {
        { .addr = { .bus = 0x65, .fn = 1 }, .driver = "mlx5_core" },
        { .addr = { .bus = 0x65, .fn = 2 }, .index = 1 },
    };
    struct policy_netdev eth0 = { .name = "eth0", .ifindex = 5, .mtu = 1500 };
    const struct policy_pf pf = {
        .addr = addr, .mode = ESWITCH_LEGACY, .netdevs = &eth0,
        .n_netdevs = 1, .has_uplink = true, .vfs = vfs, .n_vfs = 2,
    };
    struct policy_record *record = policy_record_create(&pf, "p");

    policy_record_set_boot_id(record, "boot");
    sset_add(&record->others, "q");
    sset_add(&record->vdpas, "vdpa:0000:65:00.1");
    record->mtu = 1500;
    record->force = true;
    free(record->step);
    record->step = xstrdup("set sriov_numvfs to 2");
    return record;
}

static void
test_round_trip(void **state OVS_UNUSED)
{
    struct policy_record *record = make_record();
    struct policy_record *copy;
    struct policy_target target;
    char *text = policy_record_format(record);
    char *again;

    assert_null(policy_record_parse(text, &addr, &copy));
    assert_string_equal(copy->policy, "p");
    assert_int_equal(sset_count(&copy->others), 1);
    assert_true(sset_contains(&copy->others, "q"));
    assert_string_equal(copy->step, "set sriov_numvfs to 2");
    assert_string_equal(copy->pf_name, "eth0");
    assert_true(copy->force);
    assert_true(sset_contains(&copy->vdpas, "vdpa:0000:65:00.1"));
    policy_record_target(copy, &target);
    assert_int_equal(target.num_vfs, 2);
    assert_int_equal(target.mode, ESWITCH_LEGACY);
    assert_int_equal(target.mtu, 1500);
    assert_int_equal(target.n_drivers, 2);
    assert_null(target.spec);
    again = policy_record_format(copy);
    assert_string_equal(again, text);

    /* After a reboot no vDPA device is ours. */
    policy_record_set_boot_id(copy, "boot");
    assert_int_equal(sset_count(&copy->vdpas), 1);
    policy_record_set_boot_id(copy, "other");
    assert_int_equal(sset_count(&copy->vdpas), 0);
    free(text);
    free(again);
    policy_record_destroy(record);
    policy_record_destroy(copy);
}

/* Cut off, or with any byte changed, it is refused or means something; no
 * member can be missing. */
static void
test_damaged(void **state OVS_UNUSED)
{
    struct policy_record *record = make_record();
    struct policy_record *copy;
    char *text = policy_record_format(record);
    size_t n = strlen(text);

    for (size_t i = 0; i + 2 < n; i++) {
        char *cut = xmemdup0(text, i);
        char *error = policy_record_parse(cut, &addr, &copy);

        assert_non_null(error);
        assert_null(copy);
        free(error);
        free(cut);
    }
    for (size_t i = 0; i < n; i++) {
        char *bad = xmemdup0(text, n);

        bad[i] = bad[i] == '{' ? '[' : '{';
        char *error = policy_record_parse(bad, &addr, &copy);
        assert_true((error != NULL) != (copy != NULL));
        policy_record_destroy(copy);
        free(error);
        free(bad);
    }
    free(text);
    policy_record_destroy(record);
}

/* Replaces 'from' by 'to' in a good record. */
static void
assert_bad(const char *from, const char *to, const char *message)
{
    struct policy_record *record = make_record();
    char *text = policy_record_format(record);
    char *p = strstr(text, from);
    struct policy_record *copy;

    assert_non_null(p);
    char *bad = xasprintf("%.*s%s%s", (int) (p - text), text, to,
                          p + strlen(from));
    char *error = policy_record_parse(bad, &addr, &copy);
    assert_non_null(error);
    assert_string_equal(error, message);
    free(error);
    free(bad);
    free(text);
    policy_record_destroy(record);
}

static void
test_bad(void **state OVS_UNUSED)
{
    assert_bad("\"version\": 1", "\"version\": 2",
               "member \"version\" is not 1");
    assert_bad("\"0000:65:00.0\"", "\"0000:66:00.0\"",
               "member \"pf\" is not 0000:65:00.0");
    assert_bad("\"legacy\"", "\"none\"",
               "member \"eSwitchMode\" is no eswitch mode");
    assert_bad("\"numVfs\": 2", "\"numVfs\": -2",
               "member \"numVfs\" is out of range");
    assert_bad("\"numVfs\": 2", "\"numVfs\": 70000",
               "member \"numVfs\" is out of range");
    assert_bad("\"numVfs\": 2", "\"numVfs\": \"2\"",
               "member \"numVfs\" is missing or of the wrong type");
    assert_bad("\"force\": true", "\"forced\": true",
               "member \"force\" is missing or of the wrong type");
    assert_bad("\"mlx5_core\"", "\"../../x\"",
               "member \"drivers\" has something else than PCI addresses and "
               "drivers");
    assert_bad("\"0000:65:00.1\"", "\"x\"",
               "member \"drivers\" has something else than PCI addresses and "
               "drivers");
    assert_bad("\"eth0\"", "\"0123456789abcdef\"",
               "member \"name\" is too long");
}

static void
test_file_names(void **state OVS_UNUSED)
{
    char buf[POLICY_RECORD_NAME_LEN];
    struct pci_addr parsed;

    assert_string_equal(policy_record_file(&addr, buf),
                        "pf-0000:65:00.0.json");
    assert_true(policy_record_parse_file(buf, &parsed));
    assert_int_equal(pci_addr_compare(&addr, &parsed), 0);
    assert_false(policy_record_parse_file(".new", &parsed));
    assert_false(policy_record_parse_file("pf-.json", &parsed));
    assert_false(policy_record_parse_file("pf-0000:65:00.0", &parsed));
    assert_false(policy_record_parse_file("pf-0000:65:00.0.json~", &parsed));
}

static void
assert_guard(enum policy_user_type type, const char *on, const char *what,
             const char *detail, bool force, const char *message)
{
    struct policy_users users = POLICY_USERS_EMPTY_INITIALIZER;

    policy_users_add(&users, type, on, what, detail);
    char *have = policy_guard(&users, force);
    if (message) {
        assert_non_null(have);
        assert_string_equal(have, message);
    } else {
        assert_null(have);
    }
    free(have);
    policy_users_destroy(&users);
}

static void
test_guards(void **state OVS_UNUSED)
{
    static const char operator[]
        = "the SR-IOV operator configures this node (/etc/x); force=true in "
          "the policy overrides this";
    struct policy_users users = POLICY_USERS_EMPTY_INITIALIZER;

    assert_null(policy_guard(&users, false));
    assert_guard(POLICY_USER_OPERATOR, "", "/etc/x", NULL, false, operator);
    assert_guard(POLICY_USER_OPERATOR, "", "/etc/x", NULL, true, NULL);

    for (int force = 0; force < 2; force++) {
        assert_guard(POLICY_USER_TUNNEL, "eth0", "vxlan0", "192.0.2.1/24",
                     force, "eth0 has address 192.0.2.1/24, the local one of "
                     "tunnel vxlan0");
        assert_guard(POLICY_USER_ADDRESS, "eth0", "192.0.2.1/24", NULL,
                     force, "eth0 has IP address 192.0.2.1/24");
        assert_guard(POLICY_USER_ROUTE, "eth0", "default", NULL, force,
                     "eth0 has a route to default");
        assert_guard(POLICY_USER_UPPER, "eth0", "bond0", NULL, force,
                     "eth0 is below bond0");
        assert_guard(POLICY_USER_ROW, "eth0", "eth0", "br-ex", force,
                     "eth0 is on bridge br-ex, in a row that is not ours");
        assert_guard(POLICY_USER_NETNS, "0000:65:00.1", "", NULL, force,
                     "0000:65:00.1 has a netdev in another network "
                     "namespace");
        assert_guard(POLICY_USER_PROCESS, "vdpa0", "process 1 (qemu)",
                     "vhost-vdpa-0", force,
                     "process 1 (qemu) has vhost-vdpa-0 of vdpa0 open");
        assert_guard(POLICY_USER_UNKNOWN, "this node", "who it is", NULL,
                     force, "who it is cannot be found out for this node");
    }
    assert_guard(POLICY_USER_UPPER, "eth0", "\x1b[2J", NULL, false,
                 "eth0 is below \\x1b[2J");

    /* Of several the first kind is named, whatever comes first, and the
     * operator does not hide another one. */
    policy_users_add(&users, POLICY_USER_UPPER, "eth0", "bond0", NULL);
    policy_users_add(&users, POLICY_USER_ADDRESS, "eth0", "::1/64", NULL);
    policy_users_add(&users, POLICY_USER_OPERATOR, "", "/etc/x", NULL);
    char *message = policy_guard(&users, false);
    assert_string_equal(message, operator);
    free(message);
    message = policy_guard(&users, true);
    assert_string_equal(message, "eth0 has IP address ::1/64");
    free(message);
    policy_users_destroy(&users);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_damaged),
        cmocka_unit_test(test_bad),
        cmocka_unit_test(test_file_names),
        cmocka_unit_test(test_guards),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
