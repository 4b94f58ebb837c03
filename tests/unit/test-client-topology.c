/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "utilities/client/topology.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "util.h"

/* A PF with two VFs, one of them with a vDPA device; a representor of another
 * host's VF; a vDPA device on no VF. */
static const char ports_text[] =
    "[{\"pf_pci\":\"0000:65:00.0\",\"vf\":0,\"vf_pci\":\"0000:65:00.1\","
    "\"vdpa_devices\":[\"vdpa0\"],\"representor\":\"eth0\",\"bridge\":"
    "\"br-int\",\"offload\":\"on\",\"link_up\":true,\"state\":\"attached\","
    "\"pair\":\"paired\",\"namespace\":\"ns\",\"pod\":\"a\"},"
    "{\"pf_pci\":\"0000:65:00.0\",\"vf\":1,\"vf_pci\":\"0000:65:00.2\","
    "\"vdpa_devices\":[],\"representor\":\"eth1\",\"bridge\":\"br-int\","
    "\"offload\":\"off\",\"link_up\":false,\"state\":\"foreign\","
    "\"pair\":\"no-vdpa\",\"iface_id\":\"x\"},"
    "{\"vf_pci\":null,\"representor\":\"eth2\",\"bridge\":null,"
    "\"offload\":null,\"state\":\"unmanaged\",\"vdpa_devices\":[],"
    "\"iface_id\":null},"
    "{\"vdpa_devices\":[\"sim0\"],\"representor\":null}]";
static const char vdpas_text[] =
    "[{\"vdpa\":\"vdpa0\",\"vdpa_driver\":\"vhost_vdpa\","
    "\"vhost_device\":\"/dev/vhost-vdpa-0\"},"
    "{\"vdpa\":\"sim0\",\"vdpa_driver\":null}]";
static const char report_text[] =
    "{\"interfaces\":[{\"kind\":\"pod\",\"namespace\":\"ns\",\"pod\":\"a\","
    "\"representor\":\"eth0\",\"egress\":{\"flows\":2,\"offloaded\":2},"
    "\"ingress\":{\"flows\":2,\"offloaded\":1}},"
    "{\"kind\":\"pod\",\"namespace\":\"ns\",\"pod\":\"veth\","
    "\"representor\":null,\"bridge\":\"br-ex\","
    "\"egress\":{\"flows\":1,\"offloaded\":0}},"
    "{\"kind\":\"uplink\",\"name\":\"p0\",\"bridge\":\"br-ex\","
    "\"pfs\":[\"0000:65:00.0\"],\"ingress\":{\"flows\":4,"
    "\"offloaded\":4}},{\"kind\":\"port\",\"name\":\"x\"}]}";

static void
make(struct topology *t, const char *ports, const char *vdpas,
     const char *report)
{
    struct json *p = json_from_string(ports);
    struct json *v = vdpas ? json_from_string(vdpas) : NULL;
    struct json *r = report ? json_from_string(report) : NULL;

    topology_init(t, p, v, r);
    json_destroy(p);
    json_destroy(v);
    json_destroy(r);
}

static void
expect_tree(const char *ports, const char *vdpas, const char *report,
            const struct topology_style *style, const char *expected)
{
    struct ds s = DS_EMPTY_INITIALIZER;
    struct topology t;

    make(&t, ports, vdpas, report);
    topology_put_tree(&t, style, &s);
    assert_string_equal(ds_cstr(&s), expected);
    ds_destroy(&s);
    topology_destroy(&t);
}

static void
test_tree(void **state OVS_UNUSED)
{
    struct topology_style style = { .utf8 = false };

    expect_tree(ports_text, vdpas_text, report_text, &style,
        "PF 0000:65:00.0\n"
        "|-- VF 0000:65:00.1: number 0, paired\n"
        "|   |-- vDPA vdpa0: vhost_vdpa, /dev/vhost-vdpa-0\n"
        "|   |   `-- pod ns/a: 3 of 4 flows in hardware\n"
        "|   `-- representor eth0: offload on, link up, attached\n"
        "|       `-- bridge br-int\n"
        "|-- VF 0000:65:00.2: number 1, no-vdpa\n"
        "|   |-- representor eth1: offload off, link down, foreign\n"
        "|   |   `-- bridge br-int\n"
        "|   `-- pod x\n"
        "`-- uplink p0: 4 of 4 flows in hardware\n"
        "    `-- bridge br-ex\n"
        "representor eth2: offload not known, link down, unmanaged\n"
        "vDPA sim0: no driver\n"
        "bridge br-ex\n"
        "`-- pod ns/veth: on no VF, 0 of 1 flows in hardware\n");
    style.utf8 = style.color = true;
    expect_tree("[{\"pf_pci\":\"p\",\"vf_pci\":\"v\",\"pair\":\"ambiguous\"},"
                "{\"pf_pci\":\"p\",\"vf_pci\":\"w\",\"pair\":\"paired\","
                "\"representor\":\"r\"}]", NULL, NULL, &style,
        "PF p\n"
        "\u251c\u2500\u2500 VF v: \033[31mambiguous\033[0m\n"
        "\u2514\u2500\u2500 VF w: \033[32mpaired\033[0m\n"
        "    \u2514\u2500\u2500 representor r: offload not known, link down"
        "\n");
    expect_tree("[]", "[]", "{}", &style, "");
}

/* A bond of two PFs, and a pod with an interface on a VF and one on none,
 * whichever comes first. */
static void
test_several(void **state OVS_UNUSED)
{
    const struct topology_style style = { .utf8 = false };
    static const char ports[] =
        "[{\"pf_pci\":\"a\",\"vf_pci\":\"v\",\"pair\":\"paired\","
        "\"namespace\":\"ns\",\"pod\":\"p\"}]";
    static const char expected[] =
        "PF a\n"
        "|-- VF v: paired\n"
        "|   `-- pod ns/p: 1 of 2 flows in hardware\n"
        "`-- uplink bond0: 0 of 0 flows in hardware\n"
        "    `-- bridge br-ex\n"
        "PF b\n"
        "`-- uplink bond0: 0 of 0 flows in hardware\n"
        "bridge br-int\n"
        "`-- pod ns/p: 1 of 2 flows in hardware\n";

    expect_tree(ports, NULL,
                "{\"interfaces\":[{\"kind\":\"pod\",\"namespace\":\"ns\","
                "\"pod\":\"p\",\"representor\":\"r\",\"bridge\":\"br-int\","
                "\"egress\":{\"flows\":1,\"offloaded\":1}},"
                "{\"kind\":\"pod\",\"namespace\":\"ns\",\"pod\":\"p\","
                "\"bridge\":\"br-int\",\"egress\":{\"flows\":1}},"
                "{\"kind\":\"uplink\",\"name\":\"bond0\","
                "\"bridge\":\"br-ex\",\"pfs\":[\"a\",\"b\",7,\"\"]},"
                "{\"kind\":\"uplink\"}]}", &style, expected);
    expect_tree(ports, NULL,
                "{\"interfaces\":[{\"kind\":\"uplink\",\"name\":\"bond0\","
                "\"bridge\":\"br-ex\",\"pfs\":[\"a\",\"b\"]},"
                "{\"kind\":\"pod\",\"namespace\":\"ns\",\"pod\":\"p\","
                "\"bridge\":\"br-int\",\"egress\":{\"flows\":1}},"
                "{\"kind\":\"pod\",\"namespace\":\"ns\",\"pod\":\"p\","
                "\"representor\":\"r\",\"bridge\":\"br-int\","
                "\"egress\":{\"flows\":1,\"offloaded\":1}}]}", &style,
                expected);
}

/* What says nothing, or something odd. */
static void
test_odd(void **state OVS_UNUSED)
{
    const struct topology_style style = { .utf8 = false };

    expect_tree("{}", "7", "[]", &style, "");
    expect_tree("[1,[],{},{\"vf_pci\":2,\"vdpa_devices\":[1,null,\"\"]},"
                "{\"vdpa_devices\":{}}]",
                "[{\"vdpa\":1},3]",
                "{\"interfaces\":[{\"kind\":[]},{\"kind\":\"pod\"},"
                "{\"kind\":\"pod\",\"iface_id\":\"i\",\"egress\":5}]}",
                &style,
                "pod i: on no VF, 0 of 0 flows in hardware\n");
    /* More flows than there can be, and less than none. */
    expect_tree("[]", NULL, "{\"interfaces\":[{\"kind\":\"pod\","
                "\"iface_id\":\"i\",\"egress\":"
                "{\"flows\":9223372036854775807,\"offloaded\":-1},"
                "\"ingress\":{\"flows\":9223372036854775807}}]}", &style,
                "pod i: on no VF, 0 of 18446744073709551614 flows in "
                "hardware\n");
    /* What is below a node is there once, however many lead to it. */
    expect_tree("[{\"vf_pci\":\"v\",\"vdpa_devices\":[\"d\"],\"pair\":\"p\","
                "\"iface_id\":\"i\"},{\"vf_pci\":\"w\",\"pair\":\"p\","
                "\"vdpa_devices\":[\"d\"]}]", NULL, NULL, &style,
                "VF v: p\n`-- vDPA d\n    `-- pod i\n"
                "VF w: p\n`-- vDPA d\n");
    /* The same name for all, twice. */
    expect_tree("[{\"pf_pci\":\"x\",\"vf_pci\":\"x\",\"vdpa_devices\":"
                "[\"x\",\"x\"],\"representor\":\"x\",\"bridge\":\"x\","
                "\"iface_id\":\"x\",\"pair\":\"paired\"},"
                "{\"pf_pci\":\"x\",\"vf_pci\":\"x\",\"vdpa_devices\":[\"x\"],"
                "\"representor\":\"x\",\"bridge\":\"x\",\"iface_id\":\"x\","
                "\"pair\":\"paired\"}]", NULL, NULL, &style,
                "PF x\n"
                "`-- VF x: paired\n"
                "    |-- vDPA x\n"
                "    |   `-- pod x\n"
                "    `-- representor x: offload not known, link down\n"
                "        `-- bridge x\n");
}

static void
test_dot(void **state OVS_UNUSED)
{
    struct ds s = DS_EMPTY_INITIALIZER;
    struct topology t;

    make(&t, "[{\"vf_pci\":\"a\\\"];b\\\\\",\"pair\":\"&lt;\\n\","
         "\"representor\":\"r\"}]", NULL, NULL);
    topology_put_dot(&t, &s);
    assert_non_null(strstr(ds_cstr(&s), "label=\"VF a\\\"];b\\\\\\n"
                           "&amp;lt;\\\\x0a\"];\n"));
    assert_non_null(strstr(ds_cstr(&s), "    n0 -> n1 [dir=none];\n"));
    ds_destroy(&s);
    topology_destroy(&t);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tree),
        cmocka_unit_test(test_several),
        cmocka_unit_test(test_odd),
        cmocka_unit_test(test_dot),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
