/* SPDX-License-Identifier: Apache-2.0 */

/* What is waited for, for a PF that has a policy. */

#include <config.h>

#include "controller/policy/private.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "controller/controller.h"
#include "controller/event-log.h"
#include "timeval.h"
#include "util.h"

static struct event_log event_log;
static const struct controller controller = { .log = &event_log };
static struct policy_engine engine;
static struct managed_pf *pf;

static int
setup(void **state OVS_UNUSED)
{
    const struct pci_addr addr = { .bus = 0x65 };

    event_log_init(&event_log);
    engine = (struct policy_engine) { .c = &controller };
    hmap_init(&engine.pfs);
    pf = managed_pf_create(&engine, &addr);
    return 0;
}

static int
teardown(void **state OVS_UNUSED)
{
    managed_pf_destroy(pf);
    hmap_destroy(&engine.pfs);
    event_log_destroy(&event_log);
    return 0;
}

/* Goes on for a turn.  Returns true if a round of the engine is due. */
static bool
run(void)
{
    engine.dirty = false;
    managed_pf_run(pf);
    return engine.dirty;
}

/* A step was taken, and before the kernel has shown it, something comes in the
 * way for longer than it is waited for: one round, not one after another. */
static void
test_held_for_long(void **state OVS_UNUSED)
{
    pf->step.type = POLICY_STEP_NUM_VFS;
    managed_pf_step_done(pf, NULL);
    assert_true(pf->taken);
    assert_false(run());

    /* The effect may come as long as it is waited for. */
    managed_pf_hold(pf, xstrdup("the PF is not there"));
    assert_int_equal(pf->state, POLICY_ERROR);
    assert_true(pf->taken);
    assert_false(run());

    pf->deadline = time_msec();
    assert_true(run());
    managed_pf_hold(pf, xstrdup("the PF is not there"));
    assert_string_equal(pf->reason, "the PF is not there");
    assert_false(run());
}

/* What failed is tried again, once for each time that is scheduled. */
static void
test_failed(void **state OVS_UNUSED)
{
    pf->step.type = POLICY_STEP_NUM_VFS;
    managed_pf_step_done(pf, xstrdup("no"));
    assert_int_equal(pf->state, POLICY_FAILED);
    assert_false(pf->taken);
    assert_false(run());
    pf->retry.at = time_msec();
    assert_true(run());
    assert_false(run());
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_held_for_long, setup, teardown),
        cmocka_unit_test_setup_teardown(test_failed, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
