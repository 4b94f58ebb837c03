/* SPDX-License-Identifier: Apache-2.0 */

/* A SriovNetworkNodePolicy, read as a policy of this node. */

#include <config.h>

#include "utilities/client/policy-yaml.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "openvswitch/dynamic-string.h"
#include "util.h"

#define HEAD                                            \
    "apiVersion: sriovnetwork.openshift.io/v1\n"        \
    "kind: SriovNetworkNodePolicy\n"                    \
    "metadata:\n"                                       \
    "  name: p\n"

/* As in the operator's documentation of vDPA. */
static const char whole[] =
    "apiVersion: sriovnetwork.openshift.io/v1\n"
    "kind: SriovNetworkNodePolicy\n"
    "metadata:\n"
    "  name: vdpa-policy\n"
    "  namespace: openshift-sriov-network-operator\n"
    "spec:\n"
    "  nodeSelector:\n"
    "    feature.node.kubernetes.io/network-sriov.capable: \"true\"\n"
    "  resourceName: mlxnics\n"
    "  priority: 10\n"
    "  numVfs: 2\n"
    "  nicSelector:\n"
    "    vendor: \"15b3\"\n"
    "    deviceID: \"101d\"\n"
    "    rootDevices:\n"
    "    - 0000:65:00.0\n"
    "    - 0000:65:00.1\n"
    "  deviceType: netdevice\n"
    "  eSwitchMode: switchdev\n"
    "  vdpaType: virtio\n";

static void
test_whole(void **state OVS_UNUSED)
{
    struct policy_yaml doc;

    assert_null(policy_yaml_parse(whole, strlen(whole), false, &doc));
    assert_string_equal(doc.name, "vdpa-policy");
    assert_string_equal(doc.value, "numVfs=2,eSwitchMode=switchdev,"
                        "vdpaType=virtio,priority=10,vendor=15b3,"
                        "deviceID=101d,rootDevices=0000:65:00.0 "
                        "0000:65:00.1");
    char *unused = svec_join(&doc.unused, "|", "");
    assert_string_equal(unused, "metadata.namespace|spec.nodeSelector."
                        "\"feature.node.kubernetes.io/network-sriov."
                        "capable\"|spec.resourceName");
    free(unused);
    policy_yaml_destroy(&doc);

    assert_null(policy_yaml_parse(whole, strlen(whole), true, &doc));
    assert_non_null(strstr(doc.value, ",force=true"));
    policy_yaml_destroy(&doc);
}

static void
assert_fails(const char *text, const char *message)
{
    struct policy_yaml doc;
    char *error = policy_yaml_parse(text, strlen(text), false, &doc);

    if (!error) {
        fail_msg("taken: %s", text);
    }
    assert_string_equal(error, message);
    assert_null(doc.name);
    assert_null(doc.value);
    free(error);
}

static void
test_bad(void **state OVS_UNUSED)
{
    static const char *const cases[][2] = {
        { "", "there is no document" },
        { "--- a", "line 1: the document is a scalar, not a mapping" },
        { "- a", "line 1: the document is a list, not a mapping" },
        { "a: b: c", "line 1: no YAML: mapping values are not allowed in "
          "this context" },
        { "kind: Pod", "line 1: kind is \"Pod\", not "
          "SriovNetworkNodePolicy" },
        { "apiVersion: v1", "line 1: apiVersion is \"v1\", not one of "
          "sriovnetwork.openshift.io/" },
        { "spec: {}", "kind is missing" },
        { "kind: SriovNetworkNodePolicy", "apiVersion is missing" },
        { "kind: SriovNetworkNodePolicy\n"
          "apiVersion: sriovnetwork.openshift.io/v1",
          "metadata.name is missing" },
        { HEAD, "spec.numVfs is missing" },
        { HEAD "spec: {}", "spec.numVfs is missing" },
        { HEAD "spec:\n  numVfs: many\n  nicSelector: {vendor: 15b3}",
          "numVfs \"many\" is no number from 0 to 65535" },
        { HEAD "spec:\n  numVfs: 1\n  numVfs: 2",
          "line 7: spec.numVfs is given twice" },
        { HEAD "kind: SriovNetworkNodePolicy", "line 5: kind is given "
          "twice" },
        { HEAD "spec:\n  numVfs:\n", "line 6: spec.numVfs is empty" },
        { HEAD "spec:\n  numVfs: [1]\n", "line 6: spec.numVfs has to be a "
          "single value" },
        { HEAD "spec: {nicSelector: {rootDevices: 0000:65:00.0}}",
          "line 5: spec.nicSelector.rootDevices has to be a list" },
        { HEAD "spec: {nicSelector: {pfNames: [\"a,force=true\"]}}",
          "line 5: spec.nicSelector.pfNames: \"a,force=true\" has a "
          "character that is not possible there" },
        { HEAD "spec: {nicSelector: {pfNames: [\"a b\"]}}",
          "line 5: spec.nicSelector.pfNames: \"a b\" has a character that is "
          "not possible there" },
        { HEAD "spec: {nicSelector: {netFilter: x}}",
          "line 5: spec.nicSelector.netFilter is not supported, and without "
          "it other PFs would be selected" },
        { HEAD "spec: {nicSelector: {x: {y: 1}}}",
          "line 5: spec.nicSelector.x.y is not supported, and without it "
          "other PFs would be selected" },
        { HEAD "spec: {nicSelector: x}",
          "line 5: spec.nicSelector is not supported, and without it other "
          "PFs would be selected" },
        { HEAD "spec: {externallyManaged: true}",
          "line 5: spec.externallyManaged is not supported" },
        { HEAD "spec: {linkType: IB}",
          "line 5: spec.linkType \"IB\" is not supported, only eth is" },
        { HEAD "spec: &a {numVfs: 1}",
          "line 5: anchors and aliases are not supported" },
        { HEAD "spec: *a", "line 5: anchors and aliases are not "
          "supported" },
        { HEAD "? [a]\n: b", "line 5: a key has to be a scalar" },
        { HEAD "---\n" HEAD, "line 5: a second document: one policy a "
          "file" },
        { "metadata: {name: A}", "line 1: metadata.name \"A\" has to be of "
          "lower-case letters, digits, \"-\" and \".\"" },
        { "a: [[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]",
          "line 1: it is nested more than 16 deep" },
        { "a: \"\\0\"", "line 1: there is a byte 0" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        assert_fails(cases[i][0], cases[i][1]);
    }
}

/* A key of another path cannot pass for one that we know. */
static void
test_paths(void **state OVS_UNUSED)
{
    static const char text[] =
        HEAD
        "spec.numVfs: 7\n"
        "other: [{numVfs: 1, x: 1}, {numVfs: 2}]\n"
        "spec:\n"
        "  numVfs: 3\n"
        "  isRdma: false\n"
        "  externallyManaged: false\n"
        "  linkType: ETH\n"
        "  nicSelector:\n"
        "    pfNames: [eth0#0-1]\n";
    struct policy_yaml doc;

    assert_null(policy_yaml_parse(text, strlen(text), false, &doc));
    assert_string_equal(doc.value, "numVfs=3,eSwitchMode=legacy,priority=99,"
                        "pfNames=eth0#0-1");
    char *unused = svec_join(&doc.unused, "|", "");
    assert_string_equal(unused, "\"spec.numVfs\"|other.numVfs|other.x|"
                        "spec.isRdma|spec.externallyManaged");
    free(unused);
    policy_yaml_destroy(&doc);
}

static void
test_large(void **state OVS_UNUSED)
{
    struct ds text = DS_EMPTY_INITIALIZER;
    struct policy_yaml doc;
    char *error;

    ds_put_cstr(&text, whole);
    ds_put_char_multiple(&text, '#', POLICY_YAML_MAX_SIZE - text.length);
    assert_null(policy_yaml_parse(ds_cstr(&text), text.length, false, &doc));
    policy_yaml_destroy(&doc);
    ds_put_char(&text, '#');
    error = policy_yaml_parse(ds_cstr(&text), text.length, false, &doc);
    assert_string_equal(error, "it has more than 65536 bytes");
    free(error);
    ds_destroy(&text);
}

/* Cut off anywhere, it is refused or means something. */
static void
test_cut(void **state OVS_UNUSED)
{
    for (size_t n = 0; n < strlen(whole); n++) {
        struct policy_yaml doc;
        char *error = policy_yaml_parse(whole, n, false, &doc);

        assert_true((error != NULL) != (doc.value != NULL));
        policy_yaml_destroy(&doc);
        free(error);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole),
        cmocka_unit_test(test_bad),
        cmocka_unit_test(test_paths),
        cmocka_unit_test(test_large),
        cmocka_unit_test(test_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
