/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "controller/devinfo/publish.h"

#include <errno.h>
#include <event2/event.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <unistd.h>
#include <cmocka.h>

#include "controller/controller.h"
#include "controller/devinfo/control.h"
#include "controller/devinfo/file.h"
#include "controller/devinfo/watch.h"
#include "controller/ports.h"
#include "controller/reconcile-private.h"
#include "hash.h"
#include "openvswitch/poll-loop.h"
#include "tests/unit/inventory-build.h"

#define PF0 "0000:65:00.0"
#define VF0 "0000:65:00.2"
#define FILE0 "r-n-" VF0 "-device.json"
#define OURS "{\"offload-owner\":\"ovs-offload-controller\"," \
             "\"type\":\"pci\",\"pci\":{\"pci-address\":\"" VF0 "\"}}"
#define THEIRS "{\"type\":\"pci\",\"pci\":{\"pci-address\":\"" VF0 "\"}}"

struct fixture {
    char dir[32];               /* Of this test. */
    char dp[48];                /* "dp" in there. */
    struct event_base *base;
    struct devinfo_watch *watch;
    struct devinfo_publish *publish;
    struct inventory inv;
    struct port_table ports;
};

static void
nothing(void *aux OVS_UNUSED)
{
}

static int
setup(void **state)
{
    struct fixture *f = xzalloc(sizeof *f);

    strcpy(f->dir, "/tmp/test-devinfo.XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    snprintf(f->dp, sizeof f->dp, "%s/a/dp", f->dir);
    f->base = event_base_new();
    f->watch = devinfo_watch_create(f->base, nothing, NULL);
    f->publish = devinfo_publish_create(f->watch);

    char *directory = xasprintf("%s/a", f->dir);
    devinfo_watch_set_directory(f->watch, directory);
    free(directory);

    inventory_init(&f->inv);
    sources_synced(&f->inv);
    ports_init(&f->ports);
    *state = f;
    return 0;
}

static int
teardown(void **state)
{
    struct fixture *f = *state;
    char *path = xasprintf("%s/a", f->dir);

    devinfo_publish_destroy(f->publish);
    devinfo_watch_destroy(f->watch);
    event_base_free(f->base);
    ports_destroy(&f->ports);
    inventory_destroy(&f->inv);
    rmdir(f->dp);
    rmdir(path);
    if (rmdir(f->dir)) {
        fail_msg("%s: %s", f->dir, ovs_strerror(errno));
    }
    free(path);
    free(f);
    return 0;
}

/* Files. */

static void
put(const struct fixture *f, const char *name, const char *text)
{
    char *path = xasprintf("%s/%s", f->dp, name);
    FILE *stream = fopen(path, "w");

    assert_non_null(stream);
    fputs(text, stream);
    fclose(stream);
    free(path);
}

/* The content of a file, NULL if it is not there; the caller frees it. */
static char *
get(const struct fixture *f, const char *name)
{
    char *path = xasprintf("%s/%s", f->dp, name);
    FILE *stream = fopen(path, "r");
    char *buf = NULL;

    if (stream) {
        size_t n;

        buf = xzalloc(4096);
        n = fread(buf, 1, 4095, stream);
        buf[n] = '\0';
        fclose(stream);
    }
    free(path);
    return buf;
}

static void
assert_file(const struct fixture *f, const char *name, const char *expected)
{
    char *text = get(f, name);

    if (!expected) {
        assert_null(text);
    } else {
        assert_non_null(text);
        assert_string_equal(text, expected);
    }
    free(text);
}

/* Takes a file of someone else away at the end of a test. */
static void
drop(const struct fixture *f, const char *name)
{
    char *path = xasprintf("%s/%s", f->dp, name);

    assert_int_equal(unlink(path), 0);
    free(path);
}

static void
test_write(void **state)
{
    struct fixture *f = *state;
    char *path = xasprintf("%s/x", f->dp);
    struct stat st;

    /* Directories are made, and a temporary file that is left over is no
     * obstacle. */
    assert_int_equal(devinfo_file_remove(f->dp, "x"), 0);
    assert_int_equal(devinfo_file_write(f->dp, "x", OURS), 0);
    assert_file(f, "x", OURS);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0644);
    put(f, ".ovs-offload-controller.tmp", "junk");
    assert_int_equal(devinfo_file_write(f->dp, "x", OURS "\n"), 0);
    assert_file(f, "x", OURS "\n");
    assert_file(f, ".ovs-offload-controller.tmp", NULL);
    assert_int_equal(devinfo_file_remove(f->dp, "x"), 0);
    assert_file(f, "x", NULL);
    assert_int_equal(devinfo_file_remove(f->dp, "x"), 0);

    /* What is not ours stays, whatever it is. */
    static const char *const others[] = { THEIRS, "", "{", "[]" };
    for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
        put(f, "x", others[i]);
        assert_int_equal(devinfo_file_write(f->dp, "x", OURS), EEXIST);
        assert_file(f, "x", others[i]);
        assert_int_equal(devinfo_file_remove(f->dp, "x"), EEXIST);
        assert_file(f, "x", others[i]);
    }
    assert_file(f, ".ovs-offload-controller.tmp", NULL);
    drop(f, "x");
    assert_int_equal(mkdir(path, 0755), 0);
    assert_int_equal(devinfo_file_write(f->dp, "x", OURS), EEXIST);
    assert_int_equal(devinfo_file_remove(f->dp, "x"), EEXIST);
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(symlink("nowhere", path), 0);
    assert_int_equal(devinfo_file_write(f->dp, "x", OURS), EEXIST);
    drop(f, "x");
    free(path);
}

static void
test_write_fails(void **state)
{
    struct fixture *f = *state;
    char *path = xasprintf("%s/a", f->dir);
    FILE *stream = fopen(path, "w");

    /* A directory is a file. */
    assert_non_null(stream);
    fclose(stream);
    assert_int_equal(devinfo_file_write(f->dp, "x", OURS), ENOTDIR);
    unlink(path);
    free(path);
}

/* Publishing. */

static void
clear_ports(struct fixture *f)
{
    ports_destroy(&f->ports);
    ports_init(&f->ports);
}

/* Makes a port for each pair. */
static void
make_ports(struct fixture *f)
{
    const struct pair *pair;

    clear_ports(f);
    pairs_compute(&f->inv, &f->ports.pairs);
    HMAP_FOR_EACH (pair, node, &f->ports.pairs.pairs) {
        struct port *port = xzalloc(sizeof *port);

        port->key = xstrdup(pair->key);
        port->pair = pair;
        port->decision.reason = xstrdup("");
        hmap_insert(&f->ports.ports, &port->node, hash_string(port->key, 0));
    }
}

static void
put_device(struct fixture *f, const char *name, const char *driver,
           const char *vhost_device)
{
    struct vdpa_info vdpa = {
        .parent_kind = VDPA_PARENT_PCI, .parent_pci = pci(VF0),
    };

    ovs_strlcpy(vdpa.name, name, sizeof vdpa.name);
    ovs_strlcpy(vdpa.driver, driver, sizeof vdpa.driver);
    ovs_strlcpy(vdpa.vhost_device, vhost_device, sizeof vdpa.vhost_device);
    inventory_vdpa(&f->inv, &vdpa);
    make_ports(f);
}

/* Two VFs, both with representors. */
static void
fill(struct fixture *f)
{
    put_link(&f->inv, 10, "up", "p0", "sw", PF0);
    put_eswitch(&f->inv, "pci/" PF0, ESWITCH_SWITCHDEV);
    put_vf(&f->inv, VF0, PF0, 0);
    put_vf(&f->inv, "0000:65:00.3", PF0, 1);
    put_link(&f->inv, 20, "eth5", "pf0vf0", "sw", PF0);
    put_link(&f->inv, 21, "eth6", "pf0vf1", "sw", PF0);
    make_ports(f);
}

static void
run(struct fixture *f, const char *resource)
{
    devinfo_publish_run(f->publish, &f->ports, resource);
    assert_null(devinfo_publish_error(f->publish));
}

static void
test_publish(void **state)
{
    static const char vhost[] =
        "{\"offload-owner\":\"ovs-offload-controller\",\"type\":\"vdpa\","
        "\"vdpa\":{\"driver\":\"vhost\",\"parent-device\":\"v\","
        "\"path\":\"/dev/vhost-vdpa-3\",\"pci-address\":\"" VF0 "\","
        "\"pf-pci-address\":\"" PF0 "\",\"representor-device\":\"eth5\"},"
        "\"version\":\"1.1.0\"}";
    static const char virtio[] =
        "{\"offload-owner\":\"ovs-offload-controller\",\"type\":\"vdpa\","
        "\"vdpa\":{\"driver\":\"virtio\",\"parent-device\":\"v\","
        "\"pci-address\":\"" VF0 "\","
        "\"pf-pci-address\":\"" PF0 "\",\"representor-device\":\"eth5\"},"
        "\"version\":\"1.1.0\"}";
    struct fixture *f = *state;

    /* Nothing for a VF without a vDPA device, or one without a driver or a
     * character device yet. */
    fill(f);
    run(f, "r/n");
    put_device(f, "v", "", "");
    run(f, "r/n");
    put_device(f, "v", "vhost_vdpa", "");
    run(f, "r/n");
    assert_int_equal(access(f->dp, F_OK), -1);

    put_device(f, "v", "vhost_vdpa", "/dev/vhost-vdpa-3");
    run(f, "r/n");
    assert_file(f, FILE0, vhost);

    /* Changed, by another name, off. */
    put_device(f, "v", "virtio_vdpa", "");
    run(f, "r/n");
    assert_file(f, FILE0, virtio);
    run(f, "other/n");
    assert_file(f, FILE0, NULL);
    assert_file(f, "other-n-" VF0 "-device.json", virtio);
    run(f, NULL);
    assert_file(f, "other-n-" VF0 "-device.json", NULL);

    /* With two it cannot be told which is meant. */
    run(f, "r/n");
    put_device(f, "w", "virtio_vdpa", "");
    run(f, "r/n");
    assert_file(f, FILE0, NULL);
}

/* Nothing is written anew that is as it shall be. */
static void
test_unchanged(void **state)
{
    struct fixture *f = *state;
    char *path = xasprintf("%s/%s", f->dp, FILE0);
    struct stat before, after;

    fill(f);
    put_device(f, "v", "virtio_vdpa", "");
    run(f, "r/n");
    assert_int_equal(stat(path, &before), 0);
    run(f, "r/n");
    assert_int_equal(stat(path, &after), 0);
    assert_int_equal(before.st_ino, after.st_ino);
    assert_true(devinfo_publish_is_due(f->publish, 1));
    assert_false(devinfo_publish_is_due(f->publish, 1));
    assert_true(devinfo_publish_is_due(f->publish, 2));
    run(f, NULL);
    free(path);
}

/* Others' files for the device, or by that name. */
static void
test_foreign(void **state)
{
    struct fixture *f = *state;

    fill(f);
    put_device(f, "v", "virtio_vdpa", "");
    run(f, "r/n");
    put(f, "theirs", THEIRS);
    devinfo_watch_update(f->watch, DEVINFO_DP, "theirs");
    run(f, "r/n");
    assert_file(f, FILE0, NULL);
    assert_file(f, "theirs", THEIRS);
    drop(f, "theirs");
    devinfo_watch_update(f->watch, DEVINFO_DP, "theirs");
    run(f, "r/n");

    /* Someone writes into our file. */
    put(f, FILE0, THEIRS);
    run(f, "r/n");              /* Before inotify told of it. */
    assert_file(f, FILE0, THEIRS);
    devinfo_watch_update(f->watch, DEVINFO_DP, FILE0);
    run(f, NULL);
    assert_file(f, FILE0, THEIRS);

    /* It is malformed: still not ours, but we would want to write there. */
    put(f, FILE0, "{");
    devinfo_watch_update(f->watch, DEVINFO_DP, FILE0);
    devinfo_publish_run(f->publish, &f->ports, "r/n");
    assert_non_null(strstr(devinfo_publish_error(f->publish),
                           "it is someone else's"));
    assert_file(f, FILE0, "{");
    drop(f, FILE0);
    devinfo_watch_update(f->watch, DEVINFO_DP, FILE0);
    run(f, "r/n");
    run(f, NULL);
}

/* Names that are no UTF-8 make files that we know again. */
static void
test_hostile(void **state)
{
    struct fixture *f = *state;
    char *text;

    fill(f);
    put_device(f, "\xff\"\n", "virtio_vdpa", "");
    run(f, "r/n");
    text = get(f, FILE0);
    assert_non_null(strstr(text, "\"parent-device\":\"\\\\xff\\\"\\\\x0a\""));
    free(text);
    run(f, NULL);
    assert_file(f, FILE0, NULL);
}

/* Runs, and waits until there is something to do for 'c', or for 100 ms.
 * Returns false if there is nothing. */
static bool
is_woken(const struct controller *c)
{
    const struct itimerspec its = { .it_value.tv_nsec = 100 * 1000 * 1000 };
    int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    uint64_t n;
    bool woken;

    assert_int_equal(timerfd_settime(fd, 0, &its, NULL), 0);
    poll_fd_wait(fd, POLLIN);
    devinfo_control_run(c);
    devinfo_control_wait(c);
    poll_block();
    woken = read(fd, &n, sizeof n) != sizeof n;
    close(fd);
    return woken;
}

/* What failed is tried again, but not in a mode in which nothing is done. */
static void
test_retry(void **state)
{
    struct fixture *f = *state;
    char *directory = xasprintf("%s/a", f->dir);
    struct reconcile rec = {
        .ever_settled = true,
        .config = { .mode = MODE_OBSERVE, .devinfo_dir = directory },
    };
    const struct controller c = {
        .inv = &f->inv, .rec = &rec, .devinfo = f->watch,
        .devinfo_publish = f->publish,
    };

    fill(f);
    put_device(f, "v", "virtio_vdpa", "");
    run(f, "r/n");
    put(f, FILE0, "{");
    devinfo_watch_update(f->watch, DEVINFO_DP, FILE0);
    devinfo_publish_run(f->publish, &f->ports, "r/n");
    assert_non_null(devinfo_publish_error(f->publish));

    devinfo_publish_wait(f->publish);
    poll_block();               /* Until it is to be tried again. */
    assert_false(is_woken(&c));
    drop(f, FILE0);
    devinfo_watch_update(f->watch, DEVINFO_DP, FILE0);
    rec.config.mode = MODE_ASSIST;
    is_woken(&c);
    assert_null(devinfo_publish_error(f->publish));
    free(directory);
}

int
main(void)
{
#define TEST(NAME) cmocka_unit_test_setup_teardown(NAME, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_write),
        TEST(test_write_fails),
        TEST(test_publish),
        TEST(test_unchanged),
        TEST(test_foreign),
        TEST(test_retry),
        TEST(test_hostile),
    };

    return cmocka_run_group_tests_name("devinfo-publish", tests, NULL, NULL);
}
