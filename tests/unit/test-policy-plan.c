/* SPDX-License-Identifier: Apache-2.0 */

/* Plans: there and back, from wherever one was cut off. */

#include <config.h>

#include "controller/policy/plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "controller/policy/record.h"
#include "util.h"

struct fixture {
    struct policy_pf *pf;
    struct sset made;
    struct policy_spec spec;
    struct policy_candidate as;
    struct policy_target target;
};

static void
fixture_init(struct fixture *f, const char *driver, const char *value)
{
    struct policy_pf *pf = xzalloc(sizeof *pf);

    memset(f, 0, sizeof *f);
    pf->addr = (struct pci_addr) { .bus = 0x65 };
    pf->total_vfs = 8;
    pf->vf_offset = 1;
    pf->vf_stride = 1;
    pf->mode = ESWITCH_LEGACY;
    ovs_strlcpy(pf->driver, driver, sizeof pf->driver);
    pf->netdevs = xzalloc(2 * sizeof *pf->netdevs);
    pf->netdevs[0] = (struct policy_netdev) {
        .name = "eth0", .ifindex = 5, .mtu = 1500,
    };
    pf->n_netdevs = 1;
    pf->has_uplink = true;
    f->pf = pf;
    sset_init(&f->made);
    assert_null(policy_spec_parse(value, &f->spec));
    f->as = (struct policy_candidate) {
        .addr = pf->addr, .name = "eth0", .old_name = "",
    };
    f->target = (struct policy_target) {
        .num_vfs = f->spec.num_vfs,
        .mode = f->spec.mode,
        .mtu = f->spec.mtu,
        .spec = &f->spec,
        .as = &f->as,
    };
}

static void
fixture_destroy(struct fixture *f)
{
    policy_pf_destroy(f->pf);
    sset_destroy(&f->made);
    policy_spec_destroy(&f->spec);
}

/* Takes the next step, which must be 'text'; "nothing" is the end. */
static void
assert_step(struct fixture *f, const char *text)
{
    struct ds s = DS_EMPTY_INITIALIZER;
    struct policy_step step;

    policy_plan(f->pf, &f->target, &f->made, &step);
    policy_step_put(&step, &s);
    assert_string_equal(ds_cstr(&s), text);
    ds_destroy(&s);
    policy_step_apply(&step, f->pf, &f->made);
}

static void
assert_steps(struct fixture *f, const char *const steps[])
{
    for (size_t i = 0; steps[i]; i++) {
        assert_step(f, steps[i]);
    }
    assert_step(f, "nothing");
}

#define VDPA2 "numVfs=2,vendor=15b3,eSwitchMode=switchdev,vdpaType=virtio"

static void
test_legacy_first(void **state OVS_UNUSED)
{
    static const char *const there[] = {
        "set sriov_numvfs to 2",
        "unbind VF 0000:65:00.1 from its driver",
        "unbind VF 0000:65:00.2 from its driver",
        "set eswitch mode switchdev",
        "bind VF 0000:65:00.1 to its driver",
        "bind VF 0000:65:00.2 to its driver",
        "add vDPA device vdpa:0000:65:00.1 on 0000:65:00.1",
        "bind vDPA device vdpa:0000:65:00.1 to virtio_vdpa",
        "add vDPA device vdpa:0000:65:00.2 on 0000:65:00.2",
        "bind vDPA device vdpa:0000:65:00.2 to virtio_vdpa",
        "set MTU 9000 of eth0",
        NULL
    };
    static const char *const back[] = {
        "delete vDPA device vdpa:0000:65:00.1",
        "delete vDPA device vdpa:0000:65:00.2",
        "set sriov_numvfs to 0",
        "set eswitch mode legacy",
        NULL
    };
    struct fixture f;

    fixture_init(&f, "mlx5_core", VDPA2",mtu=9000");
    struct policy_record *before = policy_record_create(f.pf, "p");
    assert_steps(&f, there);
    assert_int_equal(sset_count(&f.made), 2);
    policy_record_target(before, &f.target);
    assert_steps(&f, back);
    policy_record_destroy(before);
    fixture_destroy(&f);
}

static void
test_switchdev_first(void **state OVS_UNUSED)
{
    static const char *const there[] = {
        "set eswitch mode switchdev",
        "set sriov_numvfs to 2",
        "add vDPA device vdpa:0000:65:00.1 on 0000:65:00.1",
        "bind vDPA device vdpa:0000:65:00.1 to virtio_vdpa",
        "add vDPA device vdpa:0000:65:00.2 on 0000:65:00.2",
        "bind vDPA device vdpa:0000:65:00.2 to virtio_vdpa",
        NULL
    };
    static const char *const to_legacy[] = {
        "set sriov_numvfs to 0",
        "set eswitch mode legacy",
        "set sriov_numvfs to 2",
        NULL
    };
    struct fixture f;

    fixture_init(&f, "ice", VDPA2);
    assert_steps(&f, there);
    fixture_destroy(&f);

    /* With VFs the mode cannot be changed. */
    fixture_init(&f, "ice", "numVfs=2,vendor=15b3");
    f.pf->mode = ESWITCH_SWITCHDEV;
    policy_step_apply(&(struct policy_step) { .type = POLICY_STEP_NUM_VFS,
                                              .number = 2 }, f.pf, &f.made);
    assert_steps(&f, to_legacy);
    fixture_destroy(&f);
}

/* VFs that were there before have their drivers again in the end. */
static void
test_existing_vfs(void **state OVS_UNUSED)
{
    static const char *const there[] = {
        "unbind VF 0000:65:00.1 from mlx5_core",
        "set eswitch mode switchdev",
        "bind VF 0000:65:00.1 to its driver",
        "bind VF 0000:65:00.2 to its driver",
        "add vDPA device vdpa:0000:65:00.1 on 0000:65:00.1",
        "bind vDPA device vdpa:0000:65:00.1 to virtio_vdpa",
        "add vDPA device vdpa:0000:65:00.2 on 0000:65:00.2",
        "bind vDPA device vdpa:0000:65:00.2 to virtio_vdpa",
        NULL
    };
    static const char *const back[] = {
        "delete vDPA device vdpa:0000:65:00.1",
        "delete vDPA device vdpa:0000:65:00.2",
        "unbind VF 0000:65:00.1 from its driver",
        "unbind VF 0000:65:00.2 from its driver",
        "set eswitch mode legacy",
        "bind VF 0000:65:00.1 to mlx5_core",
        NULL
    };
    struct fixture f;

    fixture_init(&f, "mlx5_core", VDPA2);
    policy_step_apply(&(struct policy_step) { .type = POLICY_STEP_NUM_VFS,
                                              .number = 2 }, f.pf, &f.made);
    ovs_strlcpy(f.pf->vfs[0].driver, "mlx5_core",
                sizeof f.pf->vfs[0].driver);
    f.pf->vfs[1].driver[0] = '\0';
    struct policy_record *before = policy_record_create(f.pf, "p");
    assert_steps(&f, there);
    policy_record_target(before, &f.target);
    assert_steps(&f, back);
    policy_record_destroy(before);
    fixture_destroy(&f);
}

/* One number of VFs becomes another by way of 0, in legacy mode. */
static void
test_other_number(void **state OVS_UNUSED)
{
    static const char *const there[] = {
        "delete vDPA device vdpa:0000:65:00.1",
        "delete vDPA device vdpa:0000:65:00.2",
        "set sriov_numvfs to 0",
        "set eswitch mode legacy",
        "set sriov_numvfs to 1",
        "unbind VF 0000:65:00.1 from its driver",
        "set eswitch mode switchdev",
        "bind VF 0000:65:00.1 to its driver",
        "add vDPA device vdpa:0000:65:00.1 on 0000:65:00.1",
        "bind vDPA device vdpa:0000:65:00.1 to vhost_vdpa",
        NULL
    };
    struct policy_step step;
    struct fixture f;

    fixture_init(&f, "mlx5_core", VDPA2);
    do {
        policy_plan(f.pf, &f.target, &f.made, &step);
        policy_step_apply(&step, f.pf, &f.made);
    } while (step.type != POLICY_STEP_NONE);
    f.spec.num_vfs = f.target.num_vfs = 1;
    f.spec.vdpa = POLICY_VDPA_VHOST;
    assert_steps(&f, there);

    /* Another driver of the vDPA device alone. */
    f.spec.vdpa = POLICY_VDPA_VIRTIO;
    policy_plan(f.pf, &f.target, &f.made, &step);
    assert_true(policy_step_is_disruptive(&step));
    assert_step(&f, "bind vDPA device vdpa:0000:65:00.1 to virtio_vdpa");
    f.spec.vdpa = POLICY_VDPA_NONE;
    assert_step(&f, "delete vDPA device vdpa:0000:65:00.1");
    assert_step(&f, "nothing");
    fixture_destroy(&f);
}

static void
test_ranges(void **state OVS_UNUSED)
{
    struct policy_step step;
    struct fixture f;

    fixture_init(&f, "mlx5_core", "numVfs=4,pfNames=eth0#1-2,"
                 "eSwitchMode=switchdev,vdpaType=virtio");
    do {
        policy_plan(f.pf, &f.target, &f.made, &step);
        policy_step_apply(&step, f.pf, &f.made);
    } while (step.type != POLICY_STEP_NONE);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(f.pf->vfs[i].vdpa != NULL, i == 1 || i == 2);
    }
    fixture_destroy(&f);
}

/* What is not ours is neither deleted nor bound anew, and is in the way of
 * what would remove it. */
static void
test_foreign_vdpa(void **state OVS_UNUSED)
{
    struct fixture f;

    fixture_init(&f, "mlx5_core", VDPA2);
    f.pf->mode = ESWITCH_SWITCHDEV;
    policy_step_apply(&(struct policy_step) { .type = POLICY_STEP_NUM_VFS,
                                              .number = 2 }, f.pf, &f.made);
    f.pf->vfs[0].vdpa = xstrdup("theirs");
    f.pf->vfs[0].n_vdpas = 1;
    assert_step(&f, "add vDPA device vdpa:0000:65:00.2 on 0000:65:00.2");
    assert_step(&f, "bind vDPA device vdpa:0000:65:00.2 to virtio_vdpa");
    assert_step(&f, "nothing");

    f.target.num_vfs = f.spec.num_vfs = 3;
    assert_step(&f, "delete vDPA device vdpa:0000:65:00.2");
    assert_step(&f, "impossible: vDPA device theirs is on a VF of it, and no "
                "policy made that: delete it first");
    f.target.num_vfs = f.spec.num_vfs = 2;
    f.target.mode = ESWITCH_LEGACY;
    assert_step(&f, "impossible: vDPA device theirs is on a VF of it, and no "
                "policy made that: delete it first");
    fixture_destroy(&f);
}

static void
test_limits(void **state OVS_UNUSED)
{
    struct fixture f;

    fixture_init(&f, "mlx5_core", "numVfs=9,vendor=15b3");
    assert_step(&f, "impossible: numVfs is 9, and the PF can have 8 at most "
                "(sriov_totalvfs)");
    f.target.num_vfs = 8;
    f.pf->driver[0] = '\0';
    assert_step(&f, "impossible: the PF has no driver");
    ovs_strlcpy(f.pf->driver, "x", sizeof f.pf->driver);

    /* A driver without an eswitch is in legacy mode. */
    f.pf->mode = ESWITCH_UNKNOWN;
    assert_step(&f, "set sriov_numvfs to 8");
    assert_step(&f, "nothing");
    f.target.mode = ESWITCH_SWITCHDEV;
    assert_step(&f, "impossible: eSwitchMode is switchdev, and devlink knows "
                "no eswitch of this PF");
    fixture_destroy(&f);
}

/* The driver for vDPA devices is missed before anything is done. */
static void
test_modules(void **state OVS_UNUSED)
{
    struct fixture f;

    fixture_init(&f, "mlx5_core", "numVfs=2,vendor=15b3,vdpaType=vhost,"
                 "eSwitchMode=switchdev");
    f.pf->no_driver[POLICY_VDPA_VIRTIO] = true;
    f.pf->no_driver[POLICY_VDPA_VHOST] = true;
    assert_step(&f, "impossible: module vhost_vdpa is not loaded: load it "
                "with \"modprobe vhost_vdpa\", and at each boot by a file in "
                "/etc/modules-load.d");
    f.pf->no_driver[POLICY_VDPA_VHOST] = false;
    assert_step(&f, "set sriov_numvfs to 2");
    fixture_destroy(&f);

    /* Nobody misses what nobody wants. */
    fixture_init(&f, "mlx5_core", "numVfs=2,vendor=15b3");
    f.pf->no_driver[POLICY_VDPA_VIRTIO] = true;
    assert_step(&f, "set sriov_numvfs to 2");
    fixture_destroy(&f);
}

/* The MTU of a representor is set for the policy, and not on the way back. */
static void
test_mtu(void **state OVS_UNUSED)
{
    struct fixture f;

    fixture_init(&f, "mlx5_core", "numVfs=0,vendor=15b3,mtu=9000");
    f.pf->netdevs[1] = (struct policy_netdev) {
        .name = "rep0", .ifindex = 6, .mtu = 1500,
    };
    f.pf->n_netdevs = 2;
    assert_step(&f, "set MTU 9000 of eth0");
    assert_step(&f, "set MTU 9000 of rep0");
    assert_step(&f, "nothing");

    struct policy_record *before = policy_record_create(f.pf, "p");
    assert_int_equal(before->mtu, 0);
    before->mtu = 1500;
    policy_record_target(before, &f.target);
    assert_step(&f, "set MTU 1500 of eth0");
    assert_step(&f, "nothing");
    policy_record_destroy(before);
    fixture_destroy(&f);
}

static void
count_step(const struct policy_step *step OVS_UNUSED, void *n)
{
    ++*(int *) n;
}

static bool
is_there(struct fixture *f)
{
    struct policy_step step;

    policy_plan(f->pf, &f->target, &f->made, &step);
    return step.type == POLICY_STEP_NONE;
}

/* Cut off after any number of steps towards one target, each other target is
 * reached, in the number of steps that was forecast; and what is not
 * disruptive removes nothing. */
static void
test_from_anywhere(void **state OVS_UNUSED)
{
    static const char *const values[] = {
        "numVfs=0,vendor=15b3",
        "numVfs=2,vendor=15b3",
        "numVfs=3,vendor=15b3,eSwitchMode=switchdev",
        VDPA2,
        "numVfs=2,vendor=15b3,eSwitchMode=switchdev,vdpaType=vhost,mtu=9000",
        "numVfs=8,pfNames=eth0#3-5,eSwitchMode=switchdev,vdpaType=vhost",
    };
    static const char *const drivers[] = { "mlx5_core", "ice" };

    for (size_t d = 0; d < ARRAY_SIZE(drivers); d++) {
        for (size_t a = 0; a < ARRAY_SIZE(values); a++) {
            for (size_t b = 0; b < ARRAY_SIZE(values); b++) {
                for (int cut = 0; cut < 40; cut++) {
                    struct policy_step step;
                    struct fixture f, other;
                    int n = 0;

                    fixture_init(&f, drivers[d], values[a]);
                    fixture_init(&other, drivers[d], values[b]);
                    for (int i = 0; i < cut; i++) {
                        size_t n_vfs = f.pf->n_vfs;

                        policy_plan(f.pf, &f.target, &f.made, &step);
                        policy_step_apply(&step, f.pf, &f.made);
                        assert_true(policy_step_is_disruptive(&step)
                                    || f.pf->n_vfs >= n_vfs);
                    }
                    f.target = other.target;
                    policy_plan_all(f.pf, &f.target, &f.made, count_step,
                                    &n);
                    for (int i = 0; i < n; i++) {
                        assert_false(is_there(&f));
                        policy_plan(f.pf, &f.target, &f.made, &step);
                        assert_int_not_equal(step.type,
                                             POLICY_STEP_IMPOSSIBLE);
                        policy_step_apply(&step, f.pf, &f.made);
                    }
                    assert_true(is_there(&f));
                    assert_int_equal(f.pf->n_vfs, f.target.num_vfs);
                    assert_int_equal(f.pf->mode, f.target.mode);
                    fixture_destroy(&f);
                    fixture_destroy(&other);
                }
            }
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_legacy_first),
        cmocka_unit_test(test_switchdev_first),
        cmocka_unit_test(test_existing_vfs),
        cmocka_unit_test(test_other_number),
        cmocka_unit_test(test_ranges),
        cmocka_unit_test(test_foreign_vdpa),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_modules),
        cmocka_unit_test(test_mtu),
        cmocka_unit_test(test_from_anywhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
