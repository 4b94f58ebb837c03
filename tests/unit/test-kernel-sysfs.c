/* SPDX-License-Identifier: Apache-2.0 */

/* Reading of sysfs, on a tree that is laid out like it. */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "netlink/netdev-table.h"
#include "netlink/pci-source.h"
#include "netlink/sysfs.h"
#include "netlink/vdpa-source.h"
#include "util.h"

#define PF "devices/pci0000:65/0000:65:00.0"
#define VF0 "devices/pci0000:65/0000:65:00.1"
#define VF1 "devices/pci0000:65/0000:65:00.2"

static char root[] = "/tmp/test-kernel-sysfs.XXXXXX";
static int sysfs;
static struct netdev_table netdevs;

/* Makes directory 'path' and those above it. */
static void
make_dir(const char *path)
{
    char *copy = xstrdup(path);

    for (char *slash = strchr(copy, '/'); slash;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        (void) mkdirat(sysfs, copy, 0755);
        *slash = '/';
    }
    if (mkdirat(sysfs, copy, 0755) && errno != EEXIST) {
        fail_msg("mkdir %s: %s", copy, ovs_strerror(errno));
    }
    free(copy);
}

static void
make_file(const char *dir, const char *name, const char *contents)
{
    char *path = xasprintf("%s/%s", dir, name);
    int fd = openat(sysfs, path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, contents, strlen(contents)),
                     strlen(contents));
    close(fd);
    free(path);
}

/* Makes link 'name' in 'dir' to 'target', both relative to the root, as the
 * kernel does: relative to 'dir'. */
static void
make_link(const char *dir, const char *name, const char *target)
{
    char *path = xasprintf("%s/%s", dir, name);
    char *to = xstrdup("");

    for (const char *p = dir; p; p = strchr(p, '/')) {
        char *longer = xasprintf("../%s", to);

        free(to);
        to = longer;
        p++;
    }
    char *full = xasprintf("%s%s", to, target);

    make_dir(dir);
    if (symlinkat(full, sysfs, path)) {
        fail_msg("symlink %s: %s", path, ovs_strerror(errno));
    }
    free(full);
    free(to);
    free(path);
}

static void
make_pci(const char *path)
{
    make_dir(path);
    make_link("bus/pci/devices", sysfs_basename(path), path);
    make_link(path, "subsystem", "bus/pci");
}

static void
make_vf(const char *path, int index)
{
    char *virtfn = xasprintf("virtfn%d", index);

    make_pci(path);
    make_link(path, "physfn", PF);
    make_link(PF, virtfn, path);
    free(virtfn);
}

static void
make_vdpa(const char *parent, const char *name, const char *driver)
{
    char *path = xasprintf("%s/%s", parent, name);

    make_dir(path);
    make_link("bus/vdpa/devices", name, path);
    if (driver) {
        char *target = xasprintf("bus/vdpa/drivers/%s", driver);

        make_link(path, "driver", target);
        free(target);
    }
    free(path);
}

static int
remove_entry(const char *path, const struct stat *s OVS_UNUSED,
             int type OVS_UNUSED, struct FTW *ftw OVS_UNUSED)
{
    return remove(path);
}

static int
setup(void **state OVS_UNUSED)
{
    strcpy(root + strlen(root) - 6, "XXXXXX");
    if (!mkdtemp(root)) {
        return -1;
    }
    sysfs = sysfs_open_root(root);
    netdev_table_init(&netdevs);
    make_pci(PF);
    make_dir("bus/vdpa/devices");
    return sysfs < 0;
}

static int
teardown(void **state OVS_UNUSED)
{
    netdev_table_destroy(&netdevs);
    close(sysfs);
    return nftw(root, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

static void
test_pci_vf(void **state OVS_UNUSED)
{
    char a[PCI_ADDR_STRLEN];
    struct pci_vf_info vf;

    make_vf(VF0, 0);
    make_vf(VF1, 1);
    make_link(VF0, "driver", "bus/pci/drivers/mlx5_core");
    netdev_table_set(&netdevs, 9, "eth9", VF0, false);
    netdev_table_set(&netdevs, 8, "virtio", VF0, true);

    assert_true(pci_read_vf(sysfs, "0000:65:00.1", &netdevs, &vf));
    assert_string_equal(pci_addr_format(&vf.addr, a), "0000:65:00.1");
    assert_string_equal(pci_addr_format(&vf.pf, a), "0000:65:00.0");
    assert_int_equal(vf.index, 0);
    assert_string_equal(vf.driver, "mlx5_core");
    assert_string_equal(vf.netdev, "eth9");

    assert_true(pci_read_vf(sysfs, "0000:65:00.2", &netdevs, &vf));
    assert_int_equal(vf.index, 1);
    assert_string_equal(vf.driver, "");
    assert_string_equal(vf.netdev, "");

    /* The PF, and what is not there. */
    assert_false(pci_read_vf(sysfs, "0000:65:00.0", &netdevs, &vf));
    assert_false(pci_read_vf(sysfs, "0000:65:00.3", &netdevs, &vf));
    assert_false(pci_read_vf(sysfs, "../../../etc", &netdevs, &vf));

    /* A netdev that went, whatever sysfs still shows. */
    netdev_table_remove(&netdevs, netdev_table_find(&netdevs, 9));
    assert_true(pci_read_vf(sysfs, "0000:65:00.1", &netdevs, &vf));
    assert_string_equal(vf.netdev, "");
}

/* "sriov_offset" and "sriov_stride" say where to look first, no more. */
static void
test_pci_index(void **state OVS_UNUSED)
{
    struct pci_vf_info vf;

    make_vf(VF0, 5);
    make_file(PF, "sriov_offset", "1\n");
    make_file(PF, "sriov_stride", "1\n");
    assert_true(pci_read_vf(sysfs, "0000:65:00.1", &netdevs, &vf));
    assert_int_equal(vf.index, 5);

    make_vf(VF1, 1);
    assert_true(pci_read_vf(sysfs, "0000:65:00.2", &netdevs, &vf));
    assert_int_equal(vf.index, 1);

    /* No link points back: no guess. */
    assert_int_equal(unlinkat(sysfs, PF "/virtfn1", 0), 0);
    assert_true(pci_read_vf(sysfs, "0000:65:00.2", &netdevs, &vf));
    assert_int_equal(vf.index, -1);

    make_file(PF, "sriov_stride", "garbage\n");
    assert_true(pci_read_vf(sysfs, "0000:65:00.1", &netdevs, &vf));
    assert_int_equal(vf.index, 5);
}

/* Reads vDPA device 'name' on management device 'bus'/'dev'. */
static bool
read_vdpa(const char *name, const char *bus, const char *mgmtdev,
          struct vdpa_info *info)
{
    struct vdpa_dev dev = { .device_id = 1, .max_vqs = 2 };
    struct vdpa_sysfs vs;
    bool ok;

    ovs_strlcpy(dev.name, name, sizeof dev.name);
    ovs_strlcpy(dev.mgmtdev_bus, bus, sizeof dev.mgmtdev_bus);
    ovs_strlcpy(dev.mgmtdev_dev, mgmtdev, sizeof dev.mgmtdev_dev);
    vdpa_sysfs_init(&vs, sysfs);
    ok = vdpa_sysfs_read(&vs, sysfs, &netdevs, &dev, info);
    vdpa_sysfs_destroy(&vs);
    return ok;
}

static void
test_vdpa_virtio(void **state OVS_UNUSED)
{
    struct vdpa_info info;
    char a[PCI_ADDR_STRLEN];

    make_vf(VF0, 0);
    make_vf(VF1, 1);
    make_vdpa(VF0, "vdpa0", "virtio_vdpa");
    netdev_table_set(&netdevs, 3, "vfnetdev", VF0, false);
    netdev_table_set(&netdevs, 9, "eth9", VF0, true);
    netdev_table_set(&netdevs, 10, "eth10", VF1, true);

    assert_true(read_vdpa("vdpa0", "pci", "0000:65:00.1", &info));
    assert_string_equal(info.name, "vdpa0");
    assert_string_equal(info.mgmtdev, "pci/0000:65:00.1");
    assert_int_equal(info.parent_kind, VDPA_PARENT_PCI);
    assert_string_equal(pci_addr_format(&info.parent_pci, a),
                        "0000:65:00.1");
    assert_string_equal(info.parent_name, "0000:65:00.1");
    assert_string_equal(info.driver, "virtio_vdpa");
    assert_string_equal(info.netdev, "eth9");
    assert_string_equal(info.vhost_device, "");

    /* Netlink says that it is elsewhere, or not on a PCI function. */
    assert_true(read_vdpa("vdpa0", "pci", "0000:65:00.2", &info));
    assert_int_equal(info.parent_kind, VDPA_PARENT_UNKNOWN);
    assert_true(read_vdpa("vdpa0", "", "vdpasim_net", &info));
    assert_int_equal(info.parent_kind, VDPA_PARENT_UNKNOWN);

    /* With two on one function, whose is the netdev? */
    make_vdpa(VF0, "vdpa1", "virtio_vdpa");
    assert_true(read_vdpa("vdpa0", "pci", "0000:65:00.1", &info));
    assert_string_equal(info.netdev, "");
    assert_true(read_vdpa("vdpa1", "pci", "0000:65:00.1", &info));
    assert_string_equal(info.netdev, "");
    assert_int_equal(info.parent_kind, VDPA_PARENT_PCI);

    /* It went. */
    assert_false(read_vdpa("vdpa2", "pci", "0000:65:00.1", &info));
}

static void
check_vhost_numbers(const struct vdpa_info *info)
{
    static const char *const bad[] = { "", "511\n", "511:\n", ":17\n",
                                       "a:b\n" };
    static const char dir[] = VF0 "/vdpa0/vhost-vdpa-17";
    unsigned int major, minor;

    assert_false(vdpa_sysfs_read_vhost(sysfs, info, &major, &minor));
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        make_file(dir, "dev", bad[i]);
        assert_false(vdpa_sysfs_read_vhost(sysfs, info, &major, &minor));
    }
    make_file(dir, "dev", "511:17\n");
    assert_true(vdpa_sysfs_read_vhost(sysfs, info, &major, &minor));
    assert_int_equal(major, 511);
    assert_int_equal(minor, 17);
}

static void
test_vdpa_vhost(void **state OVS_UNUSED)
{
    struct vdpa_info info;

    make_vf(VF0, 0);
    make_vdpa(VF0, "vdpa0", "vhost_vdpa");
    make_dir(VF0 "/vdpa0/vhost-vdpa-17");
    make_dir(VF0 "/vdpa0/vhost-vdpa-x");
    make_dir(VF0 "/vdpa0/power");
    netdev_table_set(&netdevs, 9, "eth9", VF0, true);
    assert_true(read_vdpa("vdpa0", "pci", "0000:65:00.1", &info));
    assert_string_equal(info.driver, "vhost_vdpa");
    assert_string_equal(info.vhost_device, "/dev/vhost-vdpa-17");
    check_vhost_numbers(&info);
    assert_string_equal(info.netdev, "");
}

static void
test_vdpa_sim(void **state OVS_UNUSED)
{
    struct vdpa_info info;

    make_vdpa("devices", "sim0", "virtio_vdpa");
    make_vdpa("devices", "sim1", "virtio_vdpa");
    netdev_table_set(&netdevs, 7, "eth7", "devices/sim1", true);
    assert_true(read_vdpa("sim0", "", "vdpasim_net", &info));
    assert_string_equal(info.mgmtdev, "vdpasim_net");
    assert_int_equal(info.parent_kind, VDPA_PARENT_OTHER);
    assert_string_equal(info.parent_name, "");
    assert_string_equal(info.netdev, "");
    assert_true(read_vdpa("sim1", "", "vdpasim_net", &info));
    assert_string_equal(info.netdev, "eth7");

    /* Netlink says that it is on a PCI function. */
    assert_true(read_vdpa("sim1", "pci", "0000:65:00.1", &info));
    assert_int_equal(info.parent_kind, VDPA_PARENT_UNKNOWN);

    /* A subfunction, on the auxiliary bus below a PCI function. */
    make_dir(PF "/mlx5_core.sf.4");
    make_link(PF "/mlx5_core.sf.4", "subsystem", "bus/auxiliary");
    make_vdpa(PF "/mlx5_core.sf.4", "vdpa4", "vhost_vdpa");
    assert_true(read_vdpa("vdpa4", "auxiliary", "mlx5_core.sf.4", &info));
    assert_int_equal(info.parent_kind, VDPA_PARENT_OTHER);
    assert_string_equal(info.parent_name, "mlx5_core.sf.4");
}

static void
test_vdpa_hostile_names(void **state OVS_UNUSED)
{
    char longest[201];
    const char *const names[] = {
        "we ird\"name", "a\nb", "vdpa:0000:65:00.4", "..x", "-rf *", "%s%n",
        "\\", "\xff\xfe", longest,
    };
    struct vdpa_info info;

    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    make_vf(VF0, 0);
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        make_vdpa(VF0, names[i], "vhost_vdpa");
    }
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        assert_true(read_vdpa(names[i], "pci", "0000:65:00.1", &info));
        assert_string_equal(info.name, names[i]);
        assert_int_equal(info.parent_kind, VDPA_PARENT_PCI);
        assert_string_equal(info.driver, "vhost_vdpa");
    }
}

/* A kernel without vDPA in sysfs, or a container without sysfs: netlink's
 * word is all there is. */
static void
test_vdpa_no_sysfs(void **state OVS_UNUSED)
{
    struct vdpa_info info;

    assert_int_equal(unlinkat(sysfs, "bus/vdpa/devices", AT_REMOVEDIR), 0);
    assert_true(read_vdpa("vdpa0", "pci", "0000:65:00.1", &info));
    assert_int_equal(info.parent_kind, VDPA_PARENT_UNKNOWN);
}

static void
test_netdev_path(void **state OVS_UNUSED)
{
    static const struct {
        const char *path, *device;
        bool virtio;
    } tests[] = {
        { PF "/net/eth0", PF, false },
        { VF0 "/virtio2/net/eth3", VF0, true },
        { "devices/sim0/virtio4/net/eth7", "devices/sim0", true },
        { "devices/virtual/net/lo", NULL, false },
        { "devices/x/virtiofs/net/eth0", "devices/x/virtiofs", false },
        { "eth0", NULL, false },
        { "net/eth0", NULL, false },
        { PF "/wwan/eth0", NULL, false },
    };

    for (size_t i = 0; i < ARRAY_SIZE(tests); i++) {
        bool virtio;
        char *device = netdev_parse_path(tests[i].path, &virtio);

        if (tests[i].device) {
            assert_non_null(device);
            assert_string_equal(device, tests[i].device);
            assert_int_equal(virtio, tests[i].virtio);
        } else {
            assert_null(device);
        }
        free(device);
    }
}

static void
test_netdev_device(void **state OVS_UNUSED)
{
    char *device;
    bool virtio;

    make_dir(PF "/net/eth0");
    make_file(PF "/net/eth0", "ifindex", "5\n");
    make_link("class/net", "eth0", PF "/net/eth0");
    device = netdev_read_device(sysfs, 5, "eth0", &virtio);
    assert_string_equal(device, PF);
    free(device);

    /* The name is another netdev's by now. */
    assert_null(netdev_read_device(sysfs, 6, "eth0", &virtio));
    assert_null(netdev_read_device(sysfs, 5, "eth1", &virtio));
}

static void
test_netdev_table(void **state OVS_UNUSED)
{
    size_t n;

    netdev_table_set(&netdevs, 5, "a", PF, false);
    netdev_table_set(&netdevs, 4, "b", PF, false);
    netdev_table_set(&netdevs, 3, "c", PF, true);
    netdev_table_set(&netdevs, 2, "d", NULL, false);
    assert_string_equal(
        netdev_table_on_device(&netdevs, PF, false, &n)->name, "b");
    assert_int_equal(n, 2);
    assert_string_equal(
        netdev_table_on_device(&netdevs, PF, true, &n)->name, "c");
    assert_int_equal(n, 1);
    assert_null(netdev_table_on_device(&netdevs, VF0, false, &n));
    assert_int_equal(n, 0);

    /* A rename keeps the device, and a device is taken when it is known. */
    netdev_table_set(&netdevs, 4, "bb", NULL, false);
    assert_string_equal(
        netdev_table_on_device(&netdevs, PF, false, &n)->name, "bb");
    netdev_table_set(&netdevs, 2, "d", VF0, false);
    assert_string_equal(
        netdev_table_on_device(&netdevs, VF0, false, NULL)->name, "d");
}

int
main(void)
{
#define TEST(NAME) cmocka_unit_test_setup_teardown(NAME, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_pci_vf),
        TEST(test_pci_index),
        TEST(test_vdpa_virtio),
        TEST(test_vdpa_vhost),
        TEST(test_vdpa_sim),
        TEST(test_vdpa_hostile_names),
        TEST(test_vdpa_no_sysfs),
        TEST(test_netdev_path),
        TEST(test_netdev_device),
        TEST(test_netdev_table),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
