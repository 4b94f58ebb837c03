/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "ovsdb/iface-id.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "util.h"

static void
assert_name(const char *iface_id, const char *nad, const char *ns,
            const char *pod, bool management)
{
    struct smap ids = SMAP_INITIALIZER(&ids);
    struct pod_name name;

    smap_add(&ids, "attached_mac", "02:00:00:00:00:01");
    if (iface_id) {
        smap_add(&ids, "iface-id", iface_id);
    }
    pod_name_init(&name, &ids);
    if (!nullable_string_is_equal(name.nad, nad)
        || !nullable_string_is_equal(name.ns, ns)
        || !nullable_string_is_equal(name.pod, pod)
        || name.management != management) {
        fail_msg("%s: nad %s, namespace %s, pod %s, management %d",
                 iface_id ? iface_id : "(none)",
                 name.nad ? name.nad : "(none)",
                 name.ns ? name.ns : "(none)",
                 name.pod ? name.pod : "(none)", name.management);
    }
    pod_name_destroy(&name);
    smap_destroy(&ids);
}

static void
test_pods(void **state OVS_UNUSED)
{
    assert_name("a_b", NULL, "a", "b", false);
    assert_name("default_web-7d4b9-x2x", NULL, "default", "web-7d4b9-x2x",
                false);
    assert_name("kube-system_db-0.svc", NULL, "kube-system", "db-0.svc",
                false);
    assert_name("ns1.blue.net_ns1_pod", "ns1.blue.net", "ns1", "pod", false);
    assert_name("k8s-apps_pod", NULL, "k8s-apps", "pod", false);
    assert_name("1_2", NULL, "1", "2", false);
}

static void
test_management(void **state OVS_UNUSED)
{
    assert_name("k8s-node1", NULL, NULL, NULL, true);
    assert_name("k8s-worker-0.example.com", NULL, NULL, NULL, true);
    assert_name("k8s-", NULL, NULL, NULL, false);
    assert_name("k8s", NULL, NULL, NULL, false);
    assert_name("K8s-node", NULL, NULL, NULL, false);
    assert_name("xk8s-node", NULL, NULL, NULL, false);
}

static void
test_no_pod(void **state OVS_UNUSED)
{
    static const char *const ids[] = {
        "", "_", "a", "a_", "_a", "a__b", "_a_b", "a_b_", "a_b_c_d", "___",
        "a_b_c_", "5f3ed2ae-8d0c-4d7c-9d43-0c4a1b1a2b3c", "a b_c", "a_B",
        "A_b", "a_b\n", "a_\xc3\xa9", "ns/a_b", "a:b_c", "lrp\x01_x",
    };

    assert_name(NULL, NULL, NULL, NULL, false);
    for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
        assert_name(ids[i], NULL, NULL, NULL, false);
    }
}

static void
test_destroy_null(void **state OVS_UNUSED)
{
    pod_name_destroy(NULL);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pods),
        cmocka_unit_test(test_management),
        cmocka_unit_test(test_no_pod),
        cmocka_unit_test(test_destroy_null),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
