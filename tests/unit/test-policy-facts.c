/* SPDX-License-Identifier: Apache-2.0 */

/* What sysfs and the tables say about a PF, and who uses it. */

#include <config.h>

#include "controller/policy/facts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "controller/inventory.h"
#include "netlink/net-use.h"
#include "netlink/sysfs.h"
#include "ovsdb/ovs-view.h"
#include "util.h"

#define PF0 "devices/pci0000:65/0000:65:00.0"
#define VF0 "devices/pci0000:65/0000:65:00.1"
#define VF1 "devices/pci0000:65/0000:65:00.2"

static char root[] = "/tmp/test-policy-facts-XXXXXX";
static int sysfs;
static struct inventory inv;
static struct ovs_view *view;
static const struct pci_addr pf_addr = { .bus = 0x65 };

/* Runs a command of the shell in 'root'. */
static void
sh(const char *what, const char *args)
{
    char *command = xasprintf("cd %s && %s %s", root, what, args);

    assert_int_equal(system(command), 0);
    free(command);
}

static void
make_dir(const char *path)
{
    sh("mkdir -p", path);
}

static void
make_file(const char *path, const char *text)
{
    char *full = xasprintf("%s/%s", root, path);
    FILE *stream = fopen(full, "w");

    assert_non_null(stream);
    fputs(text, stream);
    fclose(stream);
    free(full);
}

static void
make_link(const char *target, const char *path)
{
    char *full = xasprintf("%s/%s", root, path);

    assert_int_equal(symlink(target, full), 0);
    free(full);
}

static int
setup(void **state OVS_UNUSED)
{
    struct link_info uplink = {
        .ifindex = 5, .name = "eth0", .mtu = 1500, .has_parent_pci = true,
        .parent_pci = { .bus = 0x65 },
    };
    struct link_info rep = {
        .ifindex = 6, .name = "rep0", .mtu = 1400,
        .phys_port_name = "pf0vf0", .switch_id = { .len = 1, .id = { 1 } },
    };
    struct devlink_port_info port = {
        .handle = { .bus = "pci", .dev = "0000:65:00.0" },
        .flavour = FLAVOUR_PCI_VF, .ifindex = 6,
    };
    struct eswitch_info eswitch = {
        .handle = port.handle, .mode = ESWITCH_SWITCHDEV,
    };

    assert_non_null(mkdtemp(root));
    make_dir("bus/pci/devices bus/pci/drivers/nic bus/vdpa/devices "
             "bus/vdpa/drivers/virtio_vdpa class/net/eth0 "
             PF0"/net/eth0 " VF0"/vdpa:0000:65:00.1/vhost-vdpa-0 " VF1
             " devices/x");
    make_link("../../../"PF0, "bus/pci/devices/0000:65:00.0");
    make_link("../../../"VF0, "bus/pci/devices/0000:65:00.1");
    make_link("../../../"VF1, "bus/pci/devices/0000:65:00.2");
    make_link("../../../devices/x", "bus/pci/devices/0000:00:01.0");
    make_file(PF0"/sriov_totalvfs", "8\n");
    make_file(PF0"/sriov_offset", "1\n");
    make_file(PF0"/sriov_stride", "1\n");
    make_file(PF0"/vendor", "0x15b3\n");
    make_file(PF0"/device", "0x101d\n");
    make_link("../0000:65:00.2", PF0"/virtfn1");
    make_link("../0000:65:00.1", PF0"/virtfn0");
    make_link("../../../bus/pci/drivers/nic", PF0"/driver");
    make_link("../../../bus/pci/drivers/nic", VF0"/driver");
    make_link("../../../"VF0"/vdpa:0000:65:00.1",
              "bus/vdpa/devices/vdpa:0000:65:00.1");
    make_link("../../../../bus/vdpa/drivers/virtio_vdpa",
              VF0"/vdpa:0000:65:00.1/driver");
    make_file(VF0"/vdpa:0000:65:00.1/vhost-vdpa-0/dev", "511:3\n");

    sysfs = sysfs_open_root(root);
    assert_true(sysfs >= 0);
    inventory_init(&inv);
    inventory_link(&inv, &uplink);
    inventory_link(&inv, &rep);
    inventory_port(&inv, &port);
    inventory_eswitch(&inv, &eswitch);
    view = ovs_view_create("unix:/nonexistent/db.sock");
    return 0;
}

static int
teardown(void **state OVS_UNUSED)
{
    ovs_view_destroy(view);
    inventory_destroy(&inv);
    close(sysfs);
    sh("rm -rf", root);
    return 0;
}

static struct policy_pf *
read_pf(void)
{
    struct policy_pf *pf = policy_facts_read(sysfs, &inv, &pf_addr);

    assert_non_null(pf);
    policy_facts_read_vfs(sysfs, pf);
    return pf;
}

static void
test_pf(void **state OVS_UNUSED)
{
    const struct pci_addr vf = { .bus = 0x65, .fn = 1 };
    struct pci_addr *pfs;
    struct policy_pf *pf;

    assert_int_equal(policy_facts_list(sysfs, &pfs), 1);
    assert_int_equal(pci_addr_compare(&pfs[0], &pf_addr), 0);
    free(pfs);
    assert_null(policy_facts_read(sysfs, &inv, &vf));

    pf = read_pf();
    assert_int_equal(pf->vendor, 0x15b3);
    assert_int_equal(pf->device, 0x101d);
    assert_int_equal(pf->total_vfs, 8);
    assert_string_equal(pf->driver, "nic");
    assert_int_equal(pf->mode, ESWITCH_SWITCHDEV);
    assert_true(pf->has_uplink);
    assert_int_equal(pf->n_netdevs, 2);
    assert_string_equal(pf->netdevs[0].name, "eth0");
    assert_string_equal(pf->netdevs[1].name, "rep0");
    assert_int_equal(pf->netdevs[1].mtu, 1400);
    assert_int_equal(pf->n_vfs, 2);
    assert_int_equal(pf->vfs[0].index, 0);
    assert_string_equal(pf->vfs[0].driver, "nic");
    assert_string_equal(pf->vfs[0].vdpa, "vdpa:0000:65:00.1");
    assert_string_equal(pf->vfs[0].vdpa_driver, "virtio_vdpa");
    assert_int_equal(pf->vfs[0].n_vdpas, 1);
    assert_int_equal(pf->vfs[1].index, 1);
    assert_string_equal(pf->vfs[1].driver, "");
    assert_null(pf->vfs[1].vdpa);
    policy_pf_destroy(pf);
}

static void
test_devices(void **state OVS_UNUSED)
{
    struct policy_device *devices;
    struct policy_pf *pf = read_pf();

    assert_int_equal(policy_facts_devices(sysfs, pf, &devices), 1);
    assert_string_equal(devices[0].name, "vhost-vdpa-0");
    assert_string_equal(devices[0].on, "vdpa:0000:65:00.1");
    assert_int_equal(devices[0].major, 511);
    assert_int_equal(devices[0].minor, 3);
    free(devices);

    make_dir(PF0"/infiniband_verbs/uverbs1");
    make_file(PF0"/infiniband_verbs/uverbs1/dev", "231:193\n");
    assert_int_equal(policy_facts_devices(sysfs, pf, &devices), 2);
    assert_string_equal(devices[0].name, "uverbs1");
    assert_string_equal(devices[0].on, "0000:65:00.0");
    free(devices);
    sh("rm -r", PF0"/infiniband_verbs");
    policy_pf_destroy(pf);
}

/* Expects the guards to say 'want', or NULL, with these addresses and
 * routes. */
static void
assert_guard(const struct net_use *uses, size_t n, const char *want)
{
    struct policy_users users = POLICY_USERS_EMPTY_INITIALIZER;
    const struct net_uses all = { .uses = CONST_CAST(struct net_use *, uses),
                                  .n = n };
    struct policy_pf *pf = read_pf();

    policy_facts_users(sysfs, &inv, view, pf, &all, &users);
    char *have = policy_guard(&users, false);
    if (want) {
        assert_non_null(have);
        assert_string_equal(have, want);
    } else {
        assert_null(have);
    }
    free(have);
    policy_users_destroy(&users);
    policy_pf_destroy(pf);
}

static void
test_users(void **state OVS_UNUSED)
{
    struct net_use use = { .ifindex = 5, .text = "192.0.2.1/24" };

    assert_guard(NULL, 0, NULL);
    assert_guard(&use, 1, "eth0 has IP address 192.0.2.1/24");
    use.is_route = true;
    assert_guard(&use, 1, "eth0 has a route to 192.0.2.1/24");
    use.ifindex = 6;
    assert_guard(&use, 1, "rep0 has a route to 192.0.2.1/24");
    use.ifindex = 7;
    assert_guard(&use, 1, NULL);

    make_file("class/net/eth0/upper_bond0", "");
    assert_guard(NULL, 0, "eth0 is below bond0");
    sh("rm", "class/net/eth0/upper_bond0");

    /* sysfs shows an empty directory if a netdev is elsewhere. */
    sh("rmdir", PF0"/net/eth0");
    assert_guard(NULL, 0, "0000:65:00.0 has a netdev in another network "
                 "namespace");
    make_dir(PF0"/net/eth0");
    make_dir(VF1"/virtio3/net");
    assert_guard(NULL, 0, "0000:65:00.2 has a netdev in another network "
                 "namespace");
    make_dir(VF1"/virtio3/net/eth7");
    assert_guard(NULL, 0, NULL);
}

static void
test_operator(void **state OVS_UNUSED)
{
    static const char *const paths[] = {
        "etc/systemd/system/sriov-config.service",
        "usr/lib/systemd/system/sriov-config.service",
        "etc/sriov-operator/sriov-interface-config.yaml",
        "etc/sriov-operator/pci",
    };

    for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
        struct policy_users users = POLICY_USERS_EMPTY_INITIALIZER;

        policy_facts_operator(root, &users);
        assert_int_equal(users.n, 0);
        make_dir(paths[i]);
        policy_facts_operator(root, &users);
        assert_int_equal(users.n, 1);
        assert_string_equal(users.users[0].what + 1, paths[i]);
        policy_users_destroy(&users);
        sh("rm -r etc usr 2>/dev/null; true", "");
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pf),
        cmocka_unit_test(test_devices),
        cmocka_unit_test(test_users),
        cmocka_unit_test(test_operator),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
