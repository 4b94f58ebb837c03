/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "ovsdb/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "util.h"

static const struct config_evidence nobody = { .foreign_plugger = false };

/* Somebody else's plugger was seen. */
static struct config_evidence
somebody(char *what)
{
    return (struct config_evidence) { .foreign_plugger = true, .what = what };
}

struct fixture {
    struct config cfg;
    struct smap ids;            /* external_ids of Open_vSwitch. */
};

static int
setup(void **state)
{
    struct fixture *f = xmalloc(sizeof *f);

    config_init(&f->cfg);
    smap_init(&f->ids);
    *state = f;
    return 0;
}

static int
teardown(void **state)
{
    struct fixture *f = *state;

    config_destroy(&f->cfg);
    smap_destroy(&f->ids);
    free(f);
    return 0;
}

static bool
update(struct fixture *f)
{
    return config_update(&f->cfg, &f->ids, &nobody);
}

static bool
set(struct fixture *f, const char *key, const char *value)
{
    smap_replace(&f->ids, key, value);
    return update(f);
}

static bool
unset(struct fixture *f, const char *key)
{
    smap_remove(&f->ids, key);
    return update(f);
}

static void
assert_error(const struct fixture *f, const char *key, const char *message)
{
    const char *error = smap_get(&f->cfg.errors, key);

    assert_non_null(error);
    assert_string_equal(error, message);
}

static void
assert_no_errors(const struct fixture *f)
{
    assert_true(smap_is_empty(&f->cfg.errors));
}

static void
test_defaults(void **state)
{
    struct fixture *f = *state;

    assert_true(update(f));
    assert_int_equal(f->cfg.configured, MODE_AUTO);
    assert_int_equal(f->cfg.mode, MODE_OWN);
    assert_false(f->cfg.explicit_own);
    assert_string_equal(f->cfg.mode_why,
                        "no other program plugs ports on this node");
    assert_string_equal(f->cfg.bridge, "br-int");
    assert_int_equal(f->cfg.select, SELECT_NONE);
    assert_false(f->cfg.manage_ovs);
    assert_false(f->cfg.manage_ovs_explicit);
    assert_true(f->cfg.features);
    assert_false(f->cfg.repair);
    assert_int_equal(f->cfg.flow_poll_ms, 10000);
    assert_no_errors(f);
    assert_true(sset_is_empty(&f->cfg.unknown));

    assert_false(update(f));
}

static void
test_explicit_modes(void **state)
{
    static const struct {
        const char *value;
        enum offload_mode configured;
        enum offload_mode mode;
        enum offload_select select;
        bool own;
    } cases[] = {
        { "own", MODE_OWN, MODE_OWN, SELECT_VDPA, true },
        { "assist", MODE_ASSIST, MODE_ASSIST, SELECT_NONE, false },
        { "observe", MODE_OBSERVE, MODE_OBSERVE, SELECT_NONE, false },
        { "auto", MODE_AUTO, MODE_OWN, SELECT_NONE, false },
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        assert_true(set(f, "offload-mode", cases[i].value));
        assert_int_equal(f->cfg.configured, cases[i].configured);
        assert_int_equal(f->cfg.mode, cases[i].mode);
        assert_int_equal(f->cfg.select, cases[i].select);
        assert_int_equal(f->cfg.explicit_own, cases[i].own);
        assert_int_equal(f->cfg.manage_ovs, cases[i].own);
        assert_false(f->cfg.manage_ovs_explicit);
        assert_string_equal(offload_mode_to_string(f->cfg.configured),
                            cases[i].value);
        assert_no_errors(f);
        assert_false(update(f));
    }

    set(f, "offload-mode", "observe");
    assert_string_equal(f->cfg.mode_why, "offload-mode is \"observe\"");
}

/* Defaults follow the mode only while the keys are not written. */
static void
test_explicit_values_beat_defaults(void **state)
{
    struct fixture *f = *state;

    set(f, "offload-mode", "own");
    assert_true(set(f, "offload-manage-ovs", "false"));
    assert_false(f->cfg.manage_ovs);
    assert_true(set(f, "offload-select", "all"));
    assert_int_equal(f->cfg.select, SELECT_ALL);

    set(f, "offload-mode", "auto");
    assert_int_equal(f->cfg.select, SELECT_ALL);
    assert_true(set(f, "offload-manage-ovs", "true"));
    assert_true(f->cfg.manage_ovs);
    assert_true(f->cfg.manage_ovs_explicit);

    assert_true(unset(f, "offload-manage-ovs"));
    assert_false(f->cfg.manage_ovs);
    assert_false(f->cfg.manage_ovs_explicit);
    assert_true(unset(f, "offload-select"));
    assert_int_equal(f->cfg.select, SELECT_NONE);

    set(f, "offload-mode", "own");
    assert_int_equal(f->cfg.select, SELECT_VDPA);
    assert_true(set(f, "offload-select", "none"));
    assert_int_equal(f->cfg.select, SELECT_NONE);
}

static void
test_select_names(void **state OVS_UNUSED)
{
    assert_string_equal(offload_select_to_string(SELECT_NONE), "none");
    assert_string_equal(offload_select_to_string(SELECT_VDPA), "vdpa");
    assert_string_equal(offload_select_to_string(SELECT_ALL), "all");
}

static void
test_bad_mode_keeps_last_good(void **state)
{
    struct fixture *f = *state;

    assert_true(set(f, "offload-mode", "Own"));
    assert_int_equal(f->cfg.configured, MODE_AUTO);
    assert_int_equal(f->cfg.mode, MODE_OWN);
    assert_false(f->cfg.explicit_own);
    assert_error(f, "offload-mode", "\"Own\" is not \"auto\", \"own\", "
                 "\"assist\" or \"observe\"");

    set(f, "offload-mode", "assist");
    assert_no_errors(f);
    assert_true(set(f, "offload-mode", ""));
    assert_int_equal(f->cfg.configured, MODE_ASSIST);
    assert_int_equal(f->cfg.mode, MODE_ASSIST);
    assert_error(f, "offload-mode", "\"\" is not \"auto\", \"own\", "
                 "\"assist\" or \"observe\"");
    assert_string_equal(f->cfg.mode_why, "offload-mode is \"assist\"");

    /* Without the key the default is in effect, and nothing to go back to. */
    assert_true(unset(f, "offload-mode"));
    assert_int_equal(f->cfg.configured, MODE_AUTO);
    assert_no_errors(f);
    set(f, "offload-mode", "bogus");
    assert_int_equal(f->cfg.configured, MODE_AUTO);
}

/* Every key with good values, bad ones, and the good one again. */
static void
test_values(void **state)
{
    static const struct {
        const char *key;
        const char *good[4];
        const char *bad[8];
    } cases[] = {
        { "offload-select", { "none", "vdpa", "all" },
          { "", "VDPA", "some", "vdpa ", "true" } },
        { "offload-manage-ovs", { "true", "false" },
          { "", "True", "yes", "1", "false ", "0" } },
        { "offload-features", { "true", "false" },
          { "", "TRUE", "no", "1", " true", "truee" } },
        { "offload-repair", { "true", "false" },
          { "", "on", "off", "1", "tru" } },
        { "offload-restore", { "true", "false" },
          { "", "on", "True", "1" } },
        { "offload-cni-cache", { "/", "/a", "/a:/b/c", "/a b" },
          { "", "a", "/a:", ":/a", "/a:b", "/a::/b" } },
        { "offload-bridge", { "br-int", "b", "123456789012345", "br.1" },
          { "", "1234567890123456", "br/int", ".", "..", "br int",
            "br:int", "br\n" } },
        { "offload-devinfo", { "true", "false" }, { "", "on", "True" } },
        { "offload-devinfo-resource",
          { "openshift.io/mlxnics", "a/b_c-d.e", "a/b" },
          { "", "a", "/a", "a/", "a/b/c", "a b/c", "./a", "a/b\xff" } },
        { "offload-devinfo-dir", { "/", "/run/devinfo" },
          { "", "run/devinfo", "./x" } },
        { "offload-vdpa-socket", { "/var/run/vdpa/vdpa.sock", "/a" },
          { "", "/", "a", "./a", "/a/", "/a/..", "/.", "/a\tb" } },
        { "offload-metrics",
          { "127.0.0.1:9475", "[::1]:1", "unix:/a" },
          { "", "9475", "127.0.0.1", "[::1]", "unix:", "unix:/", "unix:a",
            "/a" } },
        { "offload-flow-poll-ms", { "1000", "10000", "2147483647", "01000" },
          { "", "999", "0", "-1000", "2147483648", " 1000", "1000ms",
            "1e4" } },
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        const char *key = cases[i].key;

        for (size_t j = 0; j < ARRAY_SIZE(cases[i].bad); j++) {
            const char *bad = cases[i].bad[j];

            if (!bad) {
                break;
            }
            set(f, key, bad);
            assert_non_null(smap_get(&f->cfg.errors, key));
            assert_int_equal(smap_count(&f->cfg.errors), 1);
            assert_false(update(f));
        }
        for (size_t j = 0; j < ARRAY_SIZE(cases[i].good); j++) {
            if (!cases[i].good[j]) {
                break;
            }
            set(f, key, cases[i].good[j]);
            assert_no_errors(f);
        }
        assert_true(set(f, key, "\x7f"));
        assert_non_null(smap_get(&f->cfg.errors, key));
        assert_true(unset(f, key));
        assert_no_errors(f);
    }
}

static void
test_last_good_value_stays(void **state)
{
    struct fixture *f = *state;

    set(f, "offload-bridge", "br-x");
    set(f, "offload-select", "all");
    set(f, "offload-manage-ovs", "true");
    set(f, "offload-features", "false");
    set(f, "offload-repair", "true");
    set(f, "offload-flow-poll-ms", "1500");
    set(f, "offload-restore", "true");
    set(f, "offload-cni-cache", "/x");
    assert_true(set(f, "offload-bridge", ""));
    assert_true(set(f, "offload-select", "x"));
    assert_true(set(f, "offload-manage-ovs", "x"));
    assert_true(set(f, "offload-features", "x"));
    assert_true(set(f, "offload-repair", "x"));
    assert_true(set(f, "offload-flow-poll-ms", "999"));
    assert_true(set(f, "offload-restore", "x"));
    assert_true(set(f, "offload-cni-cache", "x"));

    assert_int_equal(smap_count(&f->cfg.errors), 8);
    assert_true(f->cfg.restore);
    assert_string_equal(f->cfg.cni_cache, "/x");
    assert_string_equal(f->cfg.bridge, "br-x");
    assert_int_equal(f->cfg.select, SELECT_ALL);
    assert_true(f->cfg.manage_ovs);
    assert_true(f->cfg.manage_ovs_explicit);
    assert_false(f->cfg.features);
    assert_true(f->cfg.repair);
    assert_int_equal(f->cfg.flow_poll_ms, 1500);

    /* A bad value that was never preceded by a good one: the default. */
    unset(f, "offload-bridge");
    assert_string_equal(f->cfg.bridge, "br-int");
    set(f, "offload-bridge", "a/b");
    assert_string_equal(f->cfg.bridge, "br-int");
}

/* Of OVN's key only a good value counts, and none of it is our error. */
static void
test_bridge_of_ovn(void **state)
{
    struct fixture *f = *state;

    assert_true(set(f, "ovn-bridge", "br-ovn"));
    assert_string_equal(f->cfg.bridge, "br-ovn");
    assert_false(set(f, "ovn-bridge-mappings", "physnet:br-ex"));
    assert_string_equal(f->cfg.bridge, "br-ovn");

    /* A word of ours is stronger; a bad one is none. */
    assert_true(set(f, "offload-bridge", "a/b"));
    assert_string_equal(f->cfg.bridge, "br-ovn");
    assert_true(set(f, "offload-bridge", "br-int"));
    assert_string_equal(f->cfg.bridge, "br-int");
    assert_true(unset(f, "offload-bridge"));
    assert_string_equal(f->cfg.bridge, "br-ovn");

    assert_true(set(f, "ovn-bridge", "a/b"));
    assert_string_equal(f->cfg.bridge, "br-int");
    assert_no_errors(f);
    assert_true(sset_is_empty(&f->cfg.unknown));
    assert_false(unset(f, "ovn-bridge"));
    assert_string_equal(f->cfg.bridge, "br-int");
}

static void
test_messages(void **state)
{
    struct fixture *f = *state;
    char *longest = xmalloc(1001);

    set(f, "offload-features", "yes");
    assert_error(f, "offload-features",
                 "\"yes\" is not exactly \"true\" or \"false\"");
    set(f, "offload-flow-poll-ms", "5");
    assert_error(f, "offload-flow-poll-ms",
                 "\"5\" is not a number of milliseconds, at least 1000");

    /* Nothing in a message disturbs a log or a terminal. */
    set(f, "offload-features", "\x1b[2J\"\n");
    assert_error(f, "offload-features", "\"\\033[2J\\042\\012\" is not "
                 "exactly \"true\" or \"false\"");

    memset(longest, 'x', 1000);
    longest[1000] = '\0';
    set(f, "offload-features", longest);
    assert_true(strlen(smap_get(&f->cfg.errors, "offload-features")) < 150);
    free(longest);
}

static void
test_changed_error_is_a_change(void **state)
{
    struct fixture *f = *state;

    assert_true(set(f, "offload-repair", "x"));
    assert_false(update(f));
    assert_true(set(f, "offload-repair", "y"));
    assert_true(unset(f, "offload-repair"));
    assert_false(update(f));
}

static void
test_unknown_keys(void **state)
{
    struct fixture *f = *state;

    /* Neither somebody else's nor a request. */
    update(f);
    assert_false(set(f, "ovn-remote", "unix:/x"));
    assert_false(set(f, "system-id", "offload-x"));
    assert_false(set(f, "offload-port-0000:65:00.2", "iface-id=a_b"));
    assert_false(set(f, "offload-policy-p", "numVfs=1,vendor=15b3"));
    assert_false(set(f, "offloadx", "1"));
    assert_true(sset_is_empty(&f->cfg.unknown));

    assert_true(set(f, "offload-moed", "own"));
    assert_true(set(f, "offload-", ""));
    assert_true(set(f, "offload-port", "x"));
    assert_true(set(f, "offload-nothing", "127.0.0.1:9475"));
    assert_true(set(f, "offload-Mode", "own"));
    assert_int_equal(sset_count(&f->cfg.unknown), 5);
    assert_true(sset_contains(&f->cfg.unknown, "offload-moed"));
    assert_true(sset_contains(&f->cfg.unknown, "offload-"));
    assert_true(sset_contains(&f->cfg.unknown, "offload-port"));
    assert_true(sset_contains(&f->cfg.unknown, "offload-nothing"));
    assert_false(update(f));

    assert_true(unset(f, "offload-moed"));
    assert_int_equal(sset_count(&f->cfg.unknown), 4);
    assert_no_errors(f);
}

static void
test_auto_latches(void **state)
{
    struct config_evidence first = somebody("Interface a: sandbox");
    struct config_evidence second = somebody("Interface b: sandbox");
    struct fixture *f = *state;
    struct config *cfg = &f->cfg;

    update(f);
    assert_true(config_update(cfg, &f->ids, &first));
    assert_int_equal(cfg->configured, MODE_AUTO);
    assert_int_equal(cfg->mode, MODE_ASSIST);
    assert_int_equal(cfg->select, SELECT_NONE);
    assert_false(cfg->explicit_own);
    assert_string_equal(cfg->mode_why, "others plug ports on this node: "
                        "Interface a: sandbox");

    /* It stays, with the evidence of then, whatever is seen later. */
    assert_false(config_update(cfg, &f->ids, &second));
    assert_false(config_update(cfg, &f->ids, &nobody));
    assert_int_equal(cfg->mode, MODE_ASSIST);

    /* Other keys do not release it. */
    set(f, "offload-bridge", "br-x");
    assert_int_equal(cfg->mode, MODE_ASSIST);
}

static void
test_latch_is_released(void **state)
{
    struct config_evidence evidence = somebody("x");
    struct fixture *f = *state;
    struct config *cfg = &f->cfg;

    /* By adding the key. */
    config_update(cfg, &f->ids, &evidence);
    assert_int_equal(cfg->mode, MODE_ASSIST);
    assert_true(set(f, "offload-mode", "auto"));
    assert_int_equal(cfg->mode, MODE_OWN);
    assert_false(cfg->assist_latched);

    /* By removing it. */
    config_update(cfg, &f->ids, &evidence);
    assert_int_equal(cfg->mode, MODE_ASSIST);
    assert_true(unset(f, "offload-mode"));
    assert_int_equal(cfg->mode, MODE_OWN);

    /* By changing it and back, and the evidence then counts anew. */
    set(f, "offload-mode", "auto");
    config_update(cfg, &f->ids, &evidence);
    smap_replace(&f->ids, "offload-mode", "own");
    assert_true(config_update(cfg, &f->ids, &evidence));
    assert_int_equal(cfg->mode, MODE_OWN);
    assert_true(cfg->explicit_own);
    assert_false(cfg->assist_latched);
    assert_true(set(f, "offload-mode", "auto"));
    assert_int_equal(cfg->mode, MODE_OWN);
    assert_true(config_update(cfg, &f->ids, &evidence));
    assert_int_equal(cfg->mode, MODE_ASSIST);
}

/* Written anew in the presence of evidence it latches at once. */
static void
test_release_with_evidence(void **state)
{
    struct config_evidence first = somebody("first");
    struct config_evidence second = somebody("second");
    struct fixture *f = *state;

    config_update(&f->cfg, &f->ids, &first);
    smap_replace(&f->ids, "offload-mode", "auto");
    assert_true(config_update(&f->cfg, &f->ids, &second));
    assert_int_equal(f->cfg.mode, MODE_ASSIST);
    assert_string_equal(f->cfg.mode_why,
                        "others plug ports on this node: second");
}

static void
test_bad_mode_keeps_latch(void **state)
{
    struct config_evidence evidence = somebody(NULL);
    struct fixture *f = *state;

    config_update(&f->cfg, &f->ids, &evidence);
    assert_string_equal(f->cfg.mode_why,
                        "others plug ports on this node: unknown");
    set(f, "offload-mode", "bogus");
    assert_int_equal(f->cfg.mode, MODE_ASSIST);
    assert_true(f->cfg.assist_latched);
    set(f, "offload-mode", "bogus2");
    assert_int_equal(f->cfg.mode, MODE_ASSIST);
    unset(f, "offload-mode");
    assert_int_equal(f->cfg.mode, MODE_OWN);
}

/* Evidence means nothing where the mode is explicit. */
static void
test_explicit_ignores_evidence(void **state)
{
    struct config_evidence evidence = somebody("x");
    struct fixture *f = *state;

    set(f, "offload-mode", "own");
    assert_false(config_update(&f->cfg, &f->ids, &evidence));
    assert_int_equal(f->cfg.mode, MODE_OWN);
    assert_false(f->cfg.assist_latched);
}

static void
test_destroy_null(void **state OVS_UNUSED)
{
    config_destroy(NULL);
}

#define TEST(FUNCTION) \
    cmocka_unit_test_setup_teardown(FUNCTION, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_defaults),
        TEST(test_explicit_modes),
        TEST(test_explicit_values_beat_defaults),
        cmocka_unit_test(test_select_names),
        TEST(test_bad_mode_keeps_last_good),
        TEST(test_values),
        TEST(test_last_good_value_stays),
        TEST(test_bridge_of_ovn),
        TEST(test_messages),
        TEST(test_changed_error_is_a_change),
        TEST(test_unknown_keys),
        TEST(test_auto_latches),
        TEST(test_latch_is_released),
        TEST(test_release_with_evidence),
        TEST(test_bad_mode_keeps_latch),
        TEST(test_explicit_ignores_evidence),
        cmocka_unit_test(test_destroy_null),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
