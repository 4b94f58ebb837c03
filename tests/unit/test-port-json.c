/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "controller/port-json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "controller/output.h"
#include "controller/ports.h"
#include "hash.h"
#include "openvswitch/json.h"
#include "ovsdb/ovs-view.h"
#include "tests/unit/inventory-build.h"

#define PF0 "0000:65:00.0"
#define H0 "pci/" PF0

struct fixture {
    struct inventory inv;
    struct port_table table;
};

/* A member that is a string, "-" if it is null. */
static const char *
member(const struct shash *object, const char *name)
{
    const struct json *json = shash_find_data(object, name);

    assert_non_null(json);
    return json->type == JSON_STRING ? json_string(json) : "-";
}

static int
setup(void **state)
{
    struct fixture *f = xmalloc(sizeof *f);

    inventory_init(&f->inv);
    ports_init(&f->table);
    sources_synced(&f->inv);
    *state = f;
    return 0;
}

static int
teardown(void **state)
{
    struct fixture *f = *state;

    ports_destroy(&f->table);
    inventory_destroy(&f->inv);
    free(f);
    return 0;
}

static struct port *
add_port(struct fixture *f, const char *key, const struct pair *pair)
{
    struct port *port = xzalloc(sizeof *port);

    port->key = xstrdup(key);
    port->pair = pair;
    port->pair_state = pair ? pair->state : PAIR_NO_VDPA;
    port->decision.reason = xstrdup("");
    hmap_insert(&f->table.ports, &port->node, hash_string(key, 0));
    return port;
}

/* Two VFs, the first paired and with offload on; and a port for each pair. */
static void
fill(struct fixture *f)
{
    struct vdpa_info vdpa = {
        .name = "vdpa:0000:65:00.2", .mgmtdev = "pci/0000:65:00.2",
        .parent_kind = VDPA_PARENT_PCI, .parent_pci = pci("0000:65:00.2"),
        .parent_name = "0000:65:00.2", .driver = "vhost_vdpa",
        .vhost_device = "/dev/vhost-vdpa-0", .max_vqs = 33,
        .device_id = 1, .vendor_id = 0x15b3, .max_vq_size = 256,
    };
    struct link_info rep = link_make(20, "eth5", "pf0vf0", "sw", PF0);
    const struct pair *pair;

    rep.flags = IFF_UP;
    put_link(&f->inv, 10, "up", "p0", "sw", PF0);
    put_eswitch(&f->inv, H0, ESWITCH_SWITCHDEV);
    put_vf(&f->inv, "0000:65:00.3", PF0, 1);
    put_vf(&f->inv, "0000:65:00.2", PF0, 0);
    inventory_link(&f->inv, &rep);
    inventory_tc_offload(&f->inv, 20, TC_OFFLOAD_ON);
    inventory_vdpa(&f->inv, &vdpa);
    put_vdpa(&f->inv, "sim0", "vdpasim_net");
    put_vdpa(&f->inv, "another", "vdpasim_net");
    pairs_compute(&f->inv, &f->table.pairs);
    HMAP_FOR_EACH (pair, node, &f->table.pairs.pairs) {
        add_port(f, pair->key, pair);
    }
}

static struct port *
find(struct fixture *f, const char *key)
{
    struct port *port;

    HMAP_FOR_EACH (port, node, &f->table.ports) {
        if (!strcmp(port->key, key)) {
            return port;
        }
    }
    fail_msg("no port %s", key);
    return NULL;
}

/* Checks that 'json' has just the members in 'wanted' (pairs of names and
 * values in compact JSON), and destroys it. */
static void
expect(struct json *json, const char *const wanted[][2], size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct json *member
            = shash_find_data(json_object(json), wanted[i][0]);
        if (!member) {
            fail_msg("no member %s", wanted[i][0]);
        }

        /* A bare literal is no JSON text of its own. */
        struct json *array = json_array_create_1(json_clone(member));
        char *s = json_to_string(array, JSSF_SORT);
        char *t = xasprintf("[%s]", wanted[i][1]);
        if (strcmp(s, t)) {
            fail_msg("%s is %s instead of %s", wanted[i][0], s, t);
        }
        free(s);
        free(t);
        json_destroy(array);
    }
    assert_int_equal(shash_count(json_object(json)), n);
    json_destroy(json);
}

#define EXPECT(JSON, ...)                                               \
    do {                                                                \
        static const char *const wanted__[][2] = { __VA_ARGS__ };       \
        expect(JSON, wanted__, ARRAY_SIZE(wanted__));                   \
    } while (0)

static void
test_attached(void **state)
{
    struct smap ids = SMAP_INITIALIZER(&ids);
    struct ovs_iface iface = {
        .name = "eth5", .type = "", .iface_id = "ns_pod-1", .bridge = "br-int",
        .external_ids = &ids, .owner = OVS_OWNER_SELF, .ofport = 7,
    };
    struct fixture *f = *state;
    struct port *port;

    fill(f);
    port = find(f, "vf 0000:65:00.2");
    port->iface = &iface;
    port->decision.state = PORT_ATTACHED;
    smap_add(&ids, "iface-id", "ns_pod-1");
    EXPECT(port_to_json(port),
           { "representor", "\"eth5\"" }, { "ifindex", "20" },
           { "pf_pci", "\"0000:65:00.0\"" }, { "vf", "0" }, { "pf", "0" },
           { "vf_pci", "\"0000:65:00.2\"" }, { "controller", "0" },
           { "vdpa", "\"vdpa:0000:65:00.2\"" },
           { "vdpa_driver", "\"vhost_vdpa\"" }, { "netdev", "null" },
           { "netdev_away", "null" },
           { "vhost_device", "\"/dev/vhost-vdpa-0\"" },
           { "vdpa_devices", "[\"vdpa:0000:65:00.2\"]" },
           { "pair", "\"paired\"" }, { "bridge", "\"br-int\"" },
           { "owner", "\"self\"" }, { "ofport", "7" },
           { "iface_id", "\"ns_pod-1\"" }, { "namespace", "\"ns\"" },
           { "pod", "\"pod-1\"" }, { "nad", "null" },
           { "management", "false" }, { "offload", "\"on\"" },
           { "link_up", "true" }, { "request", "null" },
           { "state", "\"attached\"" }, { "reason", "\"\"" });

    /* Adopted is foreign; no ofport is null, a failed one is not. */
    iface.owner = OVS_OWNER_ADOPTED;
    iface.ofport = 0;
    struct json *json = port_to_json(port);
    const struct shash *object = json_object(json);
    assert_string_equal(json_string(shash_find_data(object, "owner")),
                        "foreign");
    assert_int_equal(((struct json *) shash_find_data(object, "ofport"))
                     ->type, JSON_NULL);
    json_destroy(json);
    iface.owner = OVS_OWNER_FOREIGN;
    iface.ofport = -1;
    json = port_to_json(port);
    object = json_object(json);
    assert_string_equal(json_string(shash_find_data(object, "owner")),
                        "foreign");
    assert_int_equal(json_integer(shash_find_data(object, "ofport")), -1);
    json_destroy(json);
    port->iface = NULL;
    smap_destroy(&ids);
}

static void
test_no_representor(void **state)
{
    struct fixture *f = *state;

    fill(f);
    EXPECT(port_to_json(find(f, "vf 0000:65:00.3")),
           { "representor", "null" }, { "ifindex", "null" },
           { "pf_pci", "\"0000:65:00.0\"" }, { "vf", "1" }, { "pf", "0" },
           { "vf_pci", "\"0000:65:00.3\"" }, { "controller", "0" },
           { "vdpa", "null" }, { "vdpa_driver", "null" },
           { "netdev", "null" },
           { "netdev_away", "null" }, { "vhost_device", "null" },
           { "vdpa_devices", "[]" }, { "pair", "\"no-representor\"" },
           { "bridge", "null" }, { "owner", "null" }, { "ofport", "null" },
           { "iface_id", "null" }, { "namespace", "null" },
           { "pod", "null" }, { "nad", "null" }, { "management", "false" },
           { "offload", "null" }, { "link_up", "null" },
           { "request", "null" }, { "state", "\"unmanaged\"" },
           { "reason", "\"no devlink port and no netdev of 0000:65:00.0 has "
             "PF number 0 and VF number 1; see devlink port show\"" });
}

/* A request that names nothing. */
static void
test_request(void **state)
{
    struct request request = {
        .name = CONST_CAST(char *, "0000:65:00.9"),
        .iface_id = CONST_CAST(char *, "nad_ns_pod"),
        .external_ids = SMAP_INITIALIZER(&request.external_ids),
    };
    struct fixture *f = *state;
    struct port *port = add_port(f, "request 0000:65:00.9", NULL);

    smap_add(&request.external_ids, "iface-id", "nad_ns_pod");
    port->request = &request;
    port->n_requests = 1;
    port->pair_state = PAIR_NOT_A_VF;
    port->decision.state = PORT_ABSENT;
    free(port->decision.reason);
    port->decision.reason = xstrdup("no VF has this name");
    EXPECT(port_to_json(port),
           { "representor", "null" }, { "ifindex", "null" },
           { "pf_pci", "null" }, { "vf", "null" }, { "pf", "null" },
           { "vf_pci", "null" }, { "controller", "null" },
           { "vdpa", "null" }, { "vdpa_driver", "null" },
           { "netdev", "null" },
           { "netdev_away", "null" }, { "vhost_device", "null" },
           { "vdpa_devices", "[]" }, { "pair", "\"not-a-vf\"" },
           { "bridge", "null" }, { "owner", "null" }, { "ofport", "null" },
           { "iface_id", "\"nad_ns_pod\"" }, { "namespace", "\"ns\"" },
           { "pod", "\"pod\"" }, { "nad", "\"nad\"" },
           { "management", "false" }, { "offload", "null" },
           { "link_up", "null" }, { "request", "\"0000:65:00.9\"" },
           { "state", "\"absent\"" },
           { "reason", "\"no VF has this name\"" });
    port->request = NULL;
    smap_destroy(&request.external_ids);
}

static void
expect_reason(struct port *port, const char *reason, const char *wanted)
{
    struct json *json;

    free(port->decision.reason);
    port->decision.reason = xstrdup(reason);
    json = port_to_json(port);
    assert_string_equal(json_string(shash_find_data(json_object(json),
                                                    "reason")), wanted);
    json_destroy(json);
}

/* The reasons of port and pair, each once. */
static void
test_reasons(void **state)
{
    struct fixture *f = *state;
    struct port *port;
    const char *pair;

    fill(f);
    port = find(f, "vf 0000:65:00.2");
    expect_reason(port, "", "");
    expect_reason(port, "why", "why");
    port = find(f, "vf 0000:65:00.3");
    pair = port->pair->reason;
    expect_reason(port, "", pair);
    expect_reason(port, pair, pair);
    char *both = xasprintf("why; %s", pair);
    expect_reason(port, "why", both);
    free(both);
}

static void
test_offload(void **state)
{
    static const struct {
        enum tc_offload value;
        const char *wanted;
    } cases[] = {
        { TC_OFFLOAD_UNKNOWN, NULL },
        { TC_OFFLOAD_OFF, "off" },
        { TC_OFFLOAD_ON, "on" },
        { TC_OFFLOAD_UNSUPPORTED, "unsupported" },
    };
    struct fixture *f = *state;

    fill(f);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct port *port = find(f, "vf 0000:65:00.2");
        struct json *json, *offload;

        inventory_tc_offload(&f->inv, 20, cases[i].value);
        json = port_to_json(port);
        offload = shash_find_data(json_object(json), "offload");
        if (cases[i].wanted) {
            assert_string_equal(json_string(offload), cases[i].wanted);
        } else {
            assert_int_equal(offload->type, JSON_NULL);
        }
        json_destroy(json);
    }
}

static void
test_several_vdpas(void **state)
{
    struct fixture *f = *state;
    struct json *json;
    char *s;

    put_vdpa(&f->inv, "b", "0000:65:00.2");
    fill(f);
    json = port_to_json(find(f, "vf 0000:65:00.2"));
    s = json_to_string(shash_find_data(json_object(json), "vdpa_devices"), 0);
    assert_string_equal(s, "[\"b\",\"vdpa:0000:65:00.2\"]");
    assert_int_equal(((struct json *) shash_find_data(json_object(json),
                                                      "vdpa"))->type,
                     JSON_NULL);
    free(s);
    json_destroy(json);
}

/* Both lists, in order. */
static void
expect_order(struct json *array, const char *member,
             const char *const wanted[], size_t n)
{
    assert_int_equal(json_array(array)->n, n);
    for (size_t i = 0; i < n; i++) {
        const struct json *value = shash_find_data(
            json_object(json_array(array)->elems[i]), member);

        if (wanted[i]) {
            assert_string_equal(json_string(value), wanted[i]);
        } else {
            assert_int_equal(value->type, JSON_NULL);
        }
    }
    json_destroy(array);
}

static void
test_order(void **state)
{
    static const char *const ports[] = {
        "0000:65:00.2", "0000:65:00.3", NULL, NULL,
    };
    static const char *const vdpas[] = {
        "vdpa:0000:65:00.2", "another", "sim0",
    };
    struct fixture *f = *state;

    fill(f);
    expect_order(ports_to_json(&f->table), "vf_pci", ports,
                 ARRAY_SIZE(ports));
    expect_order(vdpas_to_json(&f->table), "vdpa", vdpas, ARRAY_SIZE(vdpas));
}

static void
test_nothing(void **state)
{
    struct fixture *f = *state;

    expect_order(ports_to_json(&f->table), "", NULL, 0);
    expect_order(vdpas_to_json(&f->table), "", NULL, 0);
}

static void
test_vdpa(void **state)
{
    struct fixture *f = *state;
    struct json *array, *object;

    fill(f);
    array = vdpas_to_json(&f->table);
    EXPECT(json_clone(json_array(array)->elems[0]),
           { "vdpa", "\"vdpa:0000:65:00.2\"" },
           { "mgmtdev", "\"pci/0000:65:00.2\"" },
           { "parent_kind", "\"pci\"" }, { "parent", "\"0000:65:00.2\"" },
           { "vdpa_driver", "\"vhost_vdpa\"" }, { "netdev", "null" },
           { "netdev_away", "null" },
           { "vhost_device", "\"/dev/vhost-vdpa-0\"" },
           { "class", "\"net\"" }, { "vendor_id", "5555" },
           { "max_vqs", "33" }, { "max_vq_size", "256" },
           { "min_vq_size", "null" }, { "vf_pci", "\"0000:65:00.2\"" },
           { "representor", "\"eth5\"" }, { "pair", "\"paired\"" },
           { "reason", "\"\"" });
    json_destroy(array);

    object = vdpa_find_to_json(&f->table, "sim0");
    assert_non_null(object);
    assert_string_equal(json_string(shash_find_data(json_object(object),
                                                    "vdpa")), "sim0");
    json_destroy(object);
    assert_null(vdpa_find_to_json(&f->table, "sim1"));
}

/* Through to the text: a name of any bytes. */
static void
test_hostile_name(void **state)
{
    struct fixture *f = *state;
    struct json *array, *again;
    char *s;

    put_vdpa(&f->inv, "a b\"'\\\n\x1b\xff%s", "vdpasim_net");
    fill(f);
    array = vdpas_to_json(&f->table);
    s = output_array(array, NULL, 0, OUTPUT_JSON);
    again = json_from_string(s);
    assert_int_equal(again->type, JSON_ARRAY);
    assert_non_null(strstr(s, "\"a b\\\"'\\\\\\n\\u001b\\\\xff%s\""));
    json_destroy(again);
    json_destroy(array);
    free(s);
}

/* What "netdev" and "netdev_away" are for the first VF. */
static void
expect_netdev(struct fixture *f, const struct ovs_iface *iface,
              const char *netdev, const char *away)
{
    struct port *port;
    struct json *json;

    ports_destroy(&f->table);
    ports_init(&f->table);
    pairs_compute(&f->inv, &f->table.pairs);

    const struct pair *pair;
    HMAP_FOR_EACH (pair, node, &f->table.pairs.pairs) {
        add_port(f, pair->key, pair);
    }
    port = find(f, "vf 0000:65:00.2");
    port->iface = iface;
    json = port_to_json(port);

    const struct shash *object = json_object(json);
    char *have = xasprintf("%s %s", member(object, "netdev"),
                           member(object, "netdev_away"));
    char *want = xasprintf("%s %s", netdev, away);
    assert_string_equal(have, want);
    free(have);
    free(want);
    json_destroy(json);
}

/* A netdev that went into a pod's namespace. */
static void
test_away(void **state)
{
    struct smap ids = SMAP_INITIALIZER(&ids);
    struct ovs_iface iface = {
        .name = "eth5", .type = "", .bridge = "br-int", .external_ids = &ids,
        .owner = OVS_OWNER_FOREIGN, .ofport = 7,
    };
    struct vdpa_info vdpa = {
        .name = "vdpa:0000:65:00.2", .parent_kind = VDPA_PARENT_PCI,
        .parent_pci = pci("0000:65:00.2"), .driver = "virtio_vdpa",
        .netdev = "eth9",
    };
    struct fixture *f = *state;

    fill(f);
    inventory_vdpa(&f->inv, &vdpa);
    expect_netdev(f, NULL, "eth9", "-");

    /* Moved, and told again; back; gone with its driver. */
    vdpa.netdev[0] = '\0';
    inventory_vdpa(&f->inv, &vdpa);
    expect_netdev(f, NULL, "-", "eth9");
    vdpa.max_vqs++;
    inventory_vdpa(&f->inv, &vdpa);
    expect_netdev(f, NULL, "-", "eth9");
    strcpy(vdpa.netdev, "eth1");
    inventory_vdpa(&f->inv, &vdpa);
    expect_netdev(f, NULL, "eth1", "-");
    vdpa.netdev[0] = vdpa.driver[0] = '\0';
    inventory_vdpa(&f->inv, &vdpa);
    expect_netdev(f, NULL, "-", "-");

    /* It was moved before we were there: by what the row says. */
    smap_add(&ids, "vf-netdev-name", "eth7");
    expect_netdev(f, &iface, "-", "-");
    strcpy(vdpa.driver, "virtio_vdpa");
    inventory_vdpa(&f->inv, &vdpa);
    expect_netdev(f, &iface, "-", "eth7");
    smap_replace(&ids, "vf-netdev-name", "eth5");
    expect_netdev(f, &iface, "-", "-");
    smap_destroy(&ids);
}

/* One that ends is nowhere, whether what the device has is read before that is
 * heard or after. */
static void
test_ended(void **state)
{
    struct vdpa_info vdpa = {
        .name = "vdpa:0000:65:00.2", .parent_kind = VDPA_PARENT_PCI,
        .parent_pci = pci("0000:65:00.2"), .driver = "virtio_vdpa",
    };
    struct link_info link = { .ifindex = 90, .name = "eth9" };
    struct fixture *f = *state;

    fill(f);
    for (int heard_first = 0; heard_first < 2; heard_first++) {
        inventory_link(&f->inv, &link);
        strcpy(vdpa.netdev, "eth9");
        inventory_vdpa(&f->inv, &vdpa);
        expect_netdev(f, NULL, "eth9", "-");
        if (heard_first) {
            inventory_link_deleted(&f->inv, link.ifindex);
            inventory_link_gone(&f->inv, link.ifindex);
        }
        vdpa.netdev[0] = '\0';
        inventory_vdpa(&f->inv, &vdpa);
        if (!heard_first) {
            expect_netdev(f, NULL, "-", "eth9");
            inventory_link_deleted(&f->inv, link.ifindex);
            inventory_link_gone(&f->inv, link.ifindex);
        }
        expect_netdev(f, NULL, "-", "-");
        vdpa.max_vqs++;
        inventory_vdpa(&f->inv, &vdpa);
        expect_netdev(f, NULL, "-", "-");
        assert_true(sset_is_empty(&f->inv.ended));
    }

    /* The next one of its name is another one, and may be moved. */
    link.ifindex++;
    inventory_link(&f->inv, &link);
    strcpy(vdpa.netdev, "eth9");
    inventory_vdpa(&f->inv, &vdpa);
    inventory_link_gone(&f->inv, link.ifindex);
    vdpa.netdev[0] = '\0';
    inventory_vdpa(&f->inv, &vdpa);
    expect_netdev(f, NULL, "-", "eth9");

    /* What is of no device is not kept. */
    strcpy(link.name, "veth0");
    inventory_link(&f->inv, &link);
    inventory_link_deleted(&f->inv, link.ifindex);
    assert_true(sset_is_empty(&f->inv.ended));

    /* Nor is what is of a device that is gone. */
    strcpy(vdpa.netdev, "veth0");
    inventory_vdpa(&f->inv, &vdpa);
    inventory_link_deleted(&f->inv, link.ifindex);
    assert_false(sset_is_empty(&f->inv.ended));
    inventory_begin(&f->inv, SOURCE_VDPA);
    inventory_end(&f->inv, SOURCE_VDPA);
    assert_true(sset_is_empty(&f->inv.ended));
}

int
main(void)
{
#define TEST(NAME) cmocka_unit_test_setup_teardown(NAME, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_attached),
        TEST(test_no_representor),
        TEST(test_request),
        TEST(test_reasons),
        TEST(test_offload),
        TEST(test_several_vdpas),
        TEST(test_order),
        TEST(test_nothing),
        TEST(test_vdpa),
        TEST(test_hostile_name),
        TEST(test_away),
        TEST(test_ended),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
