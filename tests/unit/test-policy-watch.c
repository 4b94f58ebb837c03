/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "controller/policy-watch.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "smap.h"
#include "util.h"

/* After an update 'policy' is in effect. */
static void
update(struct policy_watch *w, bool offload, const char *key, int start,
       const char *policy, bool certain)
{
    policy_watch_update(w, offload, key, start);
    if (policy) {
        assert_non_null(w->policy);
        assert_string_equal(w->policy, policy);
    } else {
        assert_null(w->policy);
    }
    assert_int_equal(policy_watch_is_certain(w), certain);
}

/* It takes true at any time, and drops it only by a restart. */
static void
test_hw_offload(void **state OVS_UNUSED)
{
    struct policy_watch w = { .known = false };

    policy_watch_update(&w, false, NULL, 1);
    assert_int_equal(FLOW_UNKNOWN, policy_watch_hw_offload(&w));
    policy_watch_update(&w, true, NULL, 1);
    assert_int_equal(FLOW_YES, policy_watch_hw_offload(&w));
    policy_watch_update(&w, false, NULL, 1);
    assert_int_equal(FLOW_YES, policy_watch_hw_offload(&w));
    policy_watch_update(&w, false, NULL, 2);
    assert_int_equal(FLOW_NO, policy_watch_hw_offload(&w));
    policy_watch_update(&w, true, NULL, 2);
    assert_int_equal(FLOW_YES, policy_watch_hw_offload(&w));
    policy_watch_update(&w, true, NULL, 3);
    assert_int_equal(FLOW_YES, policy_watch_hw_offload(&w));
    policy_watch_destroy(&w);
}

/* It was there before us. */
static void
test_late(void **state OVS_UNUSED)
{
    struct policy_watch w = { .known = false };

    update(&w, true, "none", 1, "none", false);
    update(&w, true, "skip_hw", 1, "none", false);
    update(&w, true, NULL, 1, "none", false);
    update(&w, false, NULL, 1, "none", false);
    update(&w, true, "skip_sw", 1, "none", false);
    policy_watch_destroy(&w);
}

/* Off when we came, maybe on before. */
static void
test_late_off(void **state OVS_UNUSED)
{
    struct policy_watch w = { .known = false };

    update(&w, false, "none", 1, "none", false);
    update(&w, true, "skip_hw", 1, "none", false);
    policy_watch_destroy(&w);
}

static void
test_restart(void **state OVS_UNUSED)
{
    struct policy_watch w = { .known = false };

    update(&w, true, NULL, 1, NULL, false);
    /* The key changes, then it is restarted, which is only seen later. */
    update(&w, true, "skip_hw", 1, NULL, false);
    update(&w, true, "skip_hw", 2, "skip_hw", true);
    update(&w, true, NULL, 2, "skip_hw", true);
    /* Restarted, and the key changed after it. */
    update(&w, true, "none", 3, NULL, true);
    update(&w, true, "none", 3, NULL, true);
    /* It ends, and starts again. */
    update(&w, true, "none", 0, "none", true);
    update(&w, true, "none", 4, "none", true);
    policy_watch_destroy(&w);
}

/* hw-offload is turned on while it runs. */
static void
test_on_at_run_time(void **state OVS_UNUSED)
{
    struct policy_watch w = { .known = false };

    update(&w, false, "none", 1, "none", false);
    update(&w, false, "skip_hw", 2, "none", false);
    assert_false(w.taken);
    update(&w, true, "skip_sw", 2, "skip_sw", true);
    update(&w, false, "skip_hw", 2, "skip_sw", true);
    update(&w, true, "skip_hw", 2, "skip_sw", true);
    policy_watch_destroy(&w);
}

/* Sets a key, or removes it if 'value' is NULL. */
static void
set_key(struct smap *config, const char *key, const char *value)
{
    smap_remove(config, key);
    if (value) {
        smap_add(config, key, value);
    }
}

/* Of the keys, and of the pidfile if someone wants to know. */
static void
test_keys(void **state OVS_UNUSED)
{
    char dir[] = "/tmp/test-policy-watch.XXXXXX";
    struct policy_watch w = { .known = false };
    struct smap config = SMAP_INITIALIZER(&config);
    struct timespec times[2] = { { .tv_sec = 1 }, { .tv_sec = 77,
                                                    .tv_nsec = 5 } };
    char *pidfile;

    assert_non_null(mkdtemp(dir));
    assert_int_equal(0, setenv("OVS_RUNDIR", dir, 1));
    assert_int_equal(0, policy_watch_vswitchd_start());
    policy_watch_keys(&w, &config, false);
    assert_true(w.known);
    assert_false(w.offloaded);
    assert_null(w.policy);

    /* It starts: seen with the next change, or when someone asks. */
    pidfile = xasprintf("%s/ovs-vswitchd.pid", dir);
    assert_int_equal(0, close(creat(pidfile, 0600)));
    assert_int_equal(0, utimensat(AT_FDCWD, pidfile, times, 0));
    policy_watch_keys(&w, &config, false);
    assert_int_equal(0, w.start);
    policy_watch_keys(&w, &config, true);
    assert_int_equal(77000000005, w.start);
    assert_int_equal(FLOW_NO, policy_watch_hw_offload(&w));

    set_key(&config, "hw-offload", "true");
    set_key(&config, "tc-policy", "skip_hw");
    policy_watch_keys(&w, &config, false);
    assert_int_equal(FLOW_YES, policy_watch_hw_offload(&w));
    assert_string_equal("skip_hw", w.policy);

    /* Each key's change counts, and its removal. */
    set_key(&config, "tc-policy", NULL);
    policy_watch_keys(&w, &config, false);
    assert_null(w.key);
    assert_string_equal("skip_hw", w.policy);
    set_key(&config, "hw-offload", NULL);
    policy_watch_keys(&w, &config, false);
    assert_false(w.offload);

    assert_int_equal(0, unlink(pidfile));
    assert_int_equal(0, rmdir(dir));
    free(pidfile);
    smap_destroy(&config);
    policy_watch_destroy(&w);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hw_offload),
        cmocka_unit_test(test_late),
        cmocka_unit_test(test_late_off),
        cmocka_unit_test(test_restart),
        cmocka_unit_test(test_on_at_run_time),
        cmocka_unit_test(test_keys),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
