/* SPDX-License-Identifier: Apache-2.0 */

/* Values of policies, and which PF they are for. */

#include <config.h>

#include "controller/policy/spec.h"
#include "openvswitch/dynamic-string.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "ovsdb/config.h"
#include "smap.h"
#include "util.h"

/* Expects that 'value' is taken, and is 'canonical' in canonical form, which
 * must mean the same. */
static void
assert_parses(const char *value, const char *canonical)
{
    struct policy_spec spec;
    char *error = policy_spec_parse(value, &spec);

    if (error) {
        fail_msg("%s: %s", value, error);
    }

    char *formatted = policy_spec_format(&spec);
    assert_string_equal(formatted, canonical);
    policy_spec_destroy(&spec);
    assert_null(policy_spec_parse(formatted, &spec));

    char *again = policy_spec_format(&spec);
    assert_string_equal(again, canonical);
    policy_spec_destroy(&spec);
    free(formatted);
    free(again);
}

static void
assert_fails(const char *value, const char *message)
{
    struct policy_spec spec;
    char *error = policy_spec_parse(value, &spec);

    if (!error) {
        fail_msg("\"%s\" was taken", value);
    }
    assert_string_equal(error, message);
    assert_null(spec.roots);
    assert_null(spec.pf_names);
    free(error);
}

static void
test_good(void **state OVS_UNUSED)
{
    assert_parses("vendor=15B3,numVfs=0",
                  "numVfs=0,eSwitchMode=legacy,priority=99,vendor=15b3");
    assert_parses("priority=10,numVfs=2,vendor=15b3,deviceID=101d,"
                  "rootDevices=0000:65:00.0 0000:65:00.1,"
                  "deviceType=netdevice,eSwitchMode=switchdev,"
                  "vdpaType=virtio",
                  "numVfs=2,eSwitchMode=switchdev,vdpaType=virtio,"
                  "priority=10,vendor=15b3,deviceID=101d,"
                  "rootDevices=0000:65:00.0 0000:65:00.1");
    assert_parses("pfNames=eth0#0-1  eth1,numVfs=2,mtu=9000,force=true,"
                  "vdpaType=vhost,eSwitchMode=switchdev",
                  "numVfs=2,eSwitchMode=switchdev,vdpaType=vhost,"
                  "priority=99,mtu=9000,pfNames=eth0#0-1 eth1,force=true");
    assert_parses("numVfs=65535,force=false,deviceID=0001,priority=0",
                  "numVfs=65535,eSwitchMode=legacy,priority=0,"
                  "deviceID=0001");
}

static void
test_bad(void **state OVS_UNUSED)
{
    static const char *const cases[][2] = {
        { "", "part \"\" is not of the form FIELD=VALUE" },
        { "numVfs", "part \"numVfs\" is not of the form FIELD=VALUE" },
        { "vendor=15b3,numVfs=1,", "part \"\" is not of the form "
          "FIELD=VALUE" },
        { "numvfs=1", "field \"numvfs\" is unknown" },
        { "=1", "field \"\" is unknown" },
        { "vendor=15b3", "numVfs is missing" },
        { "numVfs=1,numVfs=1", "numVfs is given twice" },
        { "numVfs=", "numVfs \"\" is no number from 0 to 65535" },
        { "numVfs=-1", "numVfs \"-1\" is no number from 0 to 65535" },
        { "numVfs=1x", "numVfs \"1x\" is no number from 0 to 65535" },
        { "numVfs=65536", "numVfs \"65536\" is no number from 0 to 65535" },
        { "numVfs=99999999999999999999", "numVfs \"99999999999999999999\" is "
          "no number from 0 to 65535" },
        { "priority=100", "priority \"100\" is no number from 0 to 99" },
        { "mtu=67", "mtu \"67\" is no number from 68 to 65535" },
        { "mtu=0", "mtu \"0\" is no number from 68 to 65535" },
        { "vendor=5b3", "vendor \"5b3\" is not of four hexadecimal digits" },
        { "vendor=0x15", "vendor \"0x15\" is not of four hexadecimal "
          "digits" },
        { "deviceID=", "deviceID \"\" is not of four hexadecimal digits" },
        { "force=yes", "force \"yes\" is neither true nor false" },
        { "eSwitchMode=sriov", "eSwitchMode \"sriov\" is neither legacy nor "
          "switchdev" },
        { "deviceType=vdpa", "deviceType \"vdpa\" is neither netdevice nor "
          "vfio-pci" },
        { "vdpaType=vdpa", "vdpaType \"vdpa\" is neither virtio nor vhost" },
        { "rootDevices=65:00.0", "rootDevices \"65:00.0\" has an element "
          "that is no PCI address" },
        { "rootDevices= ", "rootDevices \" \" is empty" },
        { "pfNames=", "pfNames \"\" is empty" },
        { "pfNames=#0-1", "pfNames \"#0-1\" has an element that is neither a "
          "netdev's name nor NAME#FIRST-LAST" },
        { "pfNames=eth0#1", "pfNames \"eth0#1\" has an element that is "
          "neither a netdev's name nor NAME#FIRST-LAST" },
        { "pfNames=eth0#3-2", "pfNames \"eth0#3-2\" has an element that is "
          "neither a netdev's name nor NAME#FIRST-LAST" },
        { "pfNames=a123456789abcdef", "pfNames \"a123456789abcdef\" has an "
          "element that is neither a netdev's name nor NAME#FIRST-LAST" },
        { "numVfs=1", "nothing is selected: vendor, deviceID, rootDevices or "
          "pfNames is needed" },
        { "numVfs=1,vendor=15b3,deviceType=vfio-pci,vdpaType=virtio,"
          "eSwitchMode=switchdev",
          "deviceType \"vfio-pci\" contradicts vdpaType: a vDPA device needs "
          "the VF's own driver" },
        { "numVfs=1,vendor=15b3,deviceType=vfio-pci",
          "deviceType \"vfio-pci\" is not supported, only netdevice is" },
        { "numVfs=1,vendor=15b3,vdpaType=virtio",
          "vdpaType needs eSwitchMode \"switchdev\"" },
        { "numVfs=0,vendor=15b3,vdpaType=virtio,eSwitchMode=switchdev",
          "vdpaType needs numVfs of at least 1" },
        { "numVfs=2,pfNames=eth0#0-2",
          "pfNames \"eth0#0-2\" exceeds numVfs, 2" },
        { "vendor=\x01\x02", "vendor \"\\001\\002\" is not of four "
          "hexadecimal digits" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        assert_fails(cases[i][0], cases[i][1]);
    }
}

/* A list may not grow without bound. */
static void
test_long_list(void **state OVS_UNUSED)
{
    char *value = xasprintf("rootDevices=%4096s", "");
    char *p = value + strlen("rootDevices=");

    for (int i = 0; i < 257; i++, p += 13) {
        memcpy(p, "0000:65:00.0 ", 13);
    }

    struct policy_spec spec;
    char *error = policy_spec_parse(value, &spec);
    assert_non_null(error);
    assert_non_null(strstr(error, "has more than 256 elements"));
    free(error);
    free(value);
}

static struct policy_candidate
candidate(const char *name)
{
    return (struct policy_candidate) {
        .addr = { .bus = 0x65 },
        .vendor = 0x15b3,
        .device = 0x101d,
        .name = name,
        .old_name = "",
    };
}

static bool
matches(const char *selector, const struct policy_candidate *pf)
{
    char *value = xasprintf("numVfs=8,%s", selector);
    struct policy_spec spec;

    assert_null(policy_spec_parse(value, &spec));
    bool result = policy_spec_matches(&spec, pf);
    policy_spec_destroy(&spec);
    free(value);
    return result;
}

static void
test_selector(void **state OVS_UNUSED)
{
    struct policy_candidate pf = candidate("eth0");

    assert_true(matches("vendor=15b3", &pf));
    assert_false(matches("vendor=8086", &pf));
    assert_true(matches("deviceID=101d", &pf));
    assert_false(matches("deviceID=101e", &pf));
    assert_false(matches("vendor=15b3,deviceID=101e", &pf));
    assert_true(matches("rootDevices=0000:65:00.1 0000:65:00.0", &pf));
    assert_false(matches("rootDevices=0000:65:00.1", &pf));
    assert_false(matches("vendor=15b3,rootDevices=0001:65:00.0", &pf));
    assert_true(matches("pfNames=eth1 eth0", &pf));
    assert_true(matches("pfNames=eth0#0-3", &pf));
    assert_false(matches("pfNames=eth", &pf));
    assert_false(matches("pfNames=eth0,vendor=8086", &pf));

    /* Without a name none is matched, and one that changed its name still
     * is. */
    pf = candidate("");
    assert_false(matches("pfNames=eth0", &pf));
    pf = candidate("eth5");
    pf.old_name = "eth0";
    assert_true(matches("pfNames=eth0", &pf));
}

static void
test_ranges(void **state OVS_UNUSED)
{
    struct policy_candidate pf = candidate("eth0");
    struct policy_spec spec;

    assert_null(policy_spec_parse("numVfs=8,vdpaType=virtio,"
                                  "eSwitchMode=switchdev,"
                                  "pfNames=eth0#2-3 eth1", &spec));
    for (unsigned int i = 0; i < 8; i++) {
        assert_int_equal(policy_spec_vdpa(&spec, &pf, i),
                         (i == 2 || i == 3 ? POLICY_VDPA_VIRTIO
                          : POLICY_VDPA_NONE));
    }
    pf.name = "eth1";
    assert_true(policy_spec_vdpa(&spec, &pf, 7));
    pf.old_name = "eth0";
    assert_false(policy_spec_vdpa(&spec, &pf, 7));
    policy_spec_destroy(&spec);

    assert_null(policy_spec_parse("numVfs=8,vendor=15b3", &spec));
    assert_false(policy_spec_vdpa(&spec, &pf, 0));
    policy_spec_destroy(&spec);
}

static const char *
selected(const struct policy_table *table, const struct policy_candidate *pf)
{
    struct policy_spec merged;
    char *error;
    const struct policy *policy = policy_table_merge(table, pf, &merged,
                                                     &error);

    assert_null(error);
    assert_int_equal(policy != NULL, merged.n_groups != 0);
    policy_spec_destroy(&merged);
    return policy ? policy->name : NULL;
}

/* What policies "a", "b" and "c" with these values want of eth0, as text. */
static char *
merge(const char *a, const char *b, const char *c)
{
    struct policy_candidate pf = candidate("eth0");
    struct smap ids = SMAP_INITIALIZER(&ids);
    struct ds s = DS_EMPTY_INITIALIZER;
    struct policy_table table;
    struct policy_spec merged;
    char *error;

    policy_table_init(&table);
    smap_add(&ids, POLICY_KEY_PREFIX"a", a);
    smap_add(&ids, POLICY_KEY_PREFIX"b", b);
    if (c) {
        smap_add(&ids, POLICY_KEY_PREFIX"c", c);
    }
    policy_table_update(&table, &ids);
    assert_non_null(policy_table_merge(&table, &pf, &merged, &error));
    ds_put_format(&s, "%u %s %u", merged.num_vfs,
                  eswitch_mode_to_string(merged.mode), merged.mtu);
    for (size_t i = 0; i < merged.n_groups; i++) {
        const struct policy_group *group = &merged.groups[i];

        ds_put_format(&s, " %s:%u-%u%s", group->policy, group->first,
                      group->last, policy_vdpa_to_string(group->vdpa));
        assert_int_equal(policy_spec_vdpa(&merged, &pf, group->first),
                         group->vdpa);
        assert_int_equal(policy_spec_vdpa(&merged, &pf, group->last),
                         group->vdpa);
    }
    assert_int_equal(policy_spec_vdpa(&merged, &pf, 99), POLICY_VDPA_NONE);
    if (error) {
        ds_put_format(&s, " %s", error);
    }
    free(error);
    policy_spec_destroy(&merged);
    policy_table_destroy(&table);
    smap_destroy(&ids);
    return ds_steal_cstr(&s);
}

static void
test_merge(void **state OVS_UNUSED)
{
#define SW "numVfs=8,eSwitchMode=switchdev"
#define LOW "pfNames=eth0#0-3"
#define HIGH "pfNames=eth0#4-7"
    static const struct {
        const char *a, *b, *c;
        const char *want;
    } tests[] = {
        /* Each its VFs. */
        { SW",vdpaType=virtio,priority=5,"LOW,
          SW",vdpaType=vhost,priority=7,"HIGH, NULL,
          "8 switchdev 0 a:0-3virtio b:4-7vhost" },
        { SW",vdpaType=virtio,priority=7,"LOW,
          SW",vdpaType=vhost,priority=5,"HIGH, NULL,
          "8 switchdev 0 b:4-7vhost a:0-3virtio" },
        { SW",priority=5,"LOW, SW",vdpaType=vhost,priority=5,"HIGH, NULL,
          "8 switchdev 0 b:4-7vhost a:0-3" },

        /* Together they have the largest number and MTU. */
        { "numVfs=4,eSwitchMode=switchdev,mtu=9000,priority=5,"LOW,
          SW",vdpaType=vhost,mtu=1500,"HIGH, NULL,
          "8 switchdev 9000 a:0-3 b:4-7vhost" },

        /* One that has VFs of another that counts more counts for nothing. */
        { "numVfs=4,eSwitchMode=switchdev,vdpaType=virtio,priority=5,"LOW,
          SW",vdpaType=vhost,mtu=9000,vendor=15b3", NULL,
          "4 switchdev 0 a:0-3virtio" },
        { "numVfs=4,eSwitchMode=switchdev,vdpaType=virtio,vendor=15b3",
          SW",mtu=9000,pfNames=eth0#3-7", NULL,
          "8 switchdev 9000 b:3-7" },

        /* But with the same priority, for number and MTU. */
        { "numVfs=4,mtu=9000,priority=5,vendor=15b3",
          "numVfs=2,mtu=1500,priority=5,vendor=15b3", NULL,
          "4 legacy 9000 b:0-1" },

        /* Three. */
        { SW",vdpaType=virtio,priority=1,pfNames=eth0#0-1",
          SW",vdpaType=vhost,priority=2,pfNames=eth0#1-5",
          SW",vdpaType=vhost,priority=3,pfNames=eth0#6-7",
          "8 switchdev 0 a:0-1virtio c:6-7vhost" },

        /* Of another PF, or bad. */
        { SW",vdpaType=virtio,priority=5,"LOW, SW",pfNames=eth1#4-7",
          SW",x=y", "8 switchdev 0 a:0-3virtio" },

        /* Contradictions. */
        { "numVfs=8,priority=5,"LOW, SW",vdpaType=vhost,"HIGH, NULL,
          "8 legacy 0 a:0-3 b:4-7vhost vdpaType of policy b, which is for "
          "VFs 4-7, needs eSwitchMode \"switchdev\", and policy a, whose "
          "eSwitchMode counts, wants \"legacy\"" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(tests); i++) {
        char *have = merge(tests[i].a, tests[i].b, tests[i].c);

        assert_string_equal(have, tests[i].want);
        free(have);
    }
}

static void
test_table(void **state OVS_UNUSED)
{
    struct policy_candidate pf = candidate("eth0");
    struct smap ids = SMAP_INITIALIZER(&ids);
    struct policy_table table;

    policy_table_init(&table);
    smap_add(&ids, "offload-mode", "own");
    smap_add(&ids, POLICY_KEY_PREFIX"b", "numVfs=2,vendor=15b3,priority=5");
    smap_add(&ids, POLICY_KEY_PREFIX"a", "numVfs=3,vendor=15b3,priority=7");
    smap_add(&ids, POLICY_KEY_PREFIX"bad", "numVfs=3,vendor=15b3,x=1");
    smap_add(&ids, POLICY_KEY_PREFIX"Bad", "numVfs=3,vendor=15b3");
    assert_true(policy_table_update(&table, &ids));
    assert_false(policy_table_update(&table, &ids));
    assert_int_equal(hmap_count(&table.policies), 4);
    assert_string_equal(policy_find(&table, "bad")->error,
                        "field \"x\" is unknown");
    assert_non_null(policy_find(&table, "Bad")->error);
    assert_null(policy_find(&table, "c"));
    assert_string_equal(selected(&table, &pf), "b");

    /* Equal priority: by name, the last one first. */
    smap_replace(&ids, POLICY_KEY_PREFIX"a",
                 "numVfs=3,vendor=15b3,priority=5");
    assert_true(policy_table_update(&table, &ids));
    assert_string_equal(selected(&table, &pf), "b");

    const struct policy **sorted = policy_table_sort(&table);
    assert_string_equal(sorted[2]->name, "b");
    assert_string_equal(sorted[3]->name, "a");
    assert_null(sorted[4]);
    free(sorted);

    smap_remove(&ids, POLICY_KEY_PREFIX"b");
    assert_true(policy_table_update(&table, &ids));
    assert_string_equal(selected(&table, &pf), "a");
    pf.vendor = 1;
    assert_null(selected(&table, &pf));
    policy_table_destroy(&table);
    smap_destroy(&ids);
}

static void
test_names(void **state OVS_UNUSED)
{
    char name[255];

    assert_true(policy_name_is_valid("vdpa-policy"));
    assert_true(policy_name_is_valid("a.b-0"));
    assert_false(policy_name_is_valid(""));
    assert_false(policy_name_is_valid("A"));
    assert_false(policy_name_is_valid("a b"));
    assert_false(policy_name_is_valid("a/b"));
    memset(name, 'a', sizeof name);
    name[254] = '\0';
    assert_false(policy_name_is_valid(name));
    name[253] = '\0';
    assert_true(policy_name_is_valid(name));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_bad),
        cmocka_unit_test(test_long_list),
        cmocka_unit_test(test_selector),
        cmocka_unit_test(test_ranges),
        cmocka_unit_test(test_merge),
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
