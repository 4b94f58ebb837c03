/* SPDX-License-Identifier: Apache-2.0 */

/* Changing vDPA devices.  The test plays both lanes of the helper, and has a
 * sysfs of its own; "vhost devices" are character devices that everyone has,
 * and who holds them is looked for in the real /proc. */

#include <config.h>

#include "netlink/vdpa-control.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/vdpa.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "netlink/nl-attr.h"
#include "netlink/nl-conn.h"
#include "netlink/sysfs.h"
#include "netlink/vdpa-control-private.h"
#include "netlink/vdpa-holder.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "tests/unit/capture.h"
#include "tests/unit/nl-peer.h"
#include "timeval.h"
#include "util.h"

#define FAMILY 33

static const struct nl_conn_class class = { .event = NULL };
static struct event_base *base;
static struct vdpa_control *control;
static struct nl_peer requests, writes; /* The kernel's ends. */
static char root[] = "/tmp/test-vdpa-control.XXXXXX";
static int sysfs;

/* What callbacks got. */
static int n_done, last_error;
static char *last_message;
static struct vdpa_info last_info;
static bool had_info;

/* For netlink/vdpa-control.c, in place of netlink/kernel.c. */
struct vdpa_control *
kernel_vdpa_control(const struct kernel *kernel OVS_UNUSED)
{
    return control;
}

static void
done_cb(void *aux, const struct vdpa_result *result)
{
    assert_ptr_equal(aux, &n_done);
    n_done++;
    last_error = result->error;
    free(last_message);
    last_message = xstrdup(result->message);
    had_info = result->info != NULL;
    if (had_info) {
        last_info = *result->info;
    }
}

/* sysfs. */

static void
make_dir(const char *path)
{
    for (const char *p = strchr(path, '/'); p; p = strchr(p + 1, '/')) {
        char *part = xmemdup0(path, p - path);

        (void) !mkdirat(sysfs, part, 0700);
        free(part);
    }
    (void) !mkdirat(sysfs, path, 0700);
}

static void
make_file(const char *path, const char *text)
{
    int fd = openat(sysfs, path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

/* Device 'name' with driver 'driver' or NULL. */
static void
make_device(const char *name, const char *driver)
{
    char *path = xasprintf("bus/vdpa/devices/%s", name);
    char *file = xasprintf("%s/driver_override", path);
    char *link = xasprintf("%s/driver", path);

    make_dir(path);
    make_file(file, "(null)\n");
    (void) !unlinkat(sysfs, link, 0);
    if (driver) {
        char *target = xasprintf("../../drivers/%s", driver);

        assert_int_equal(symlinkat(target, sysfs, link), 0);
        free(target);
    }
    free(path);
    free(file);
    free(link);
}

/* The vhost device of 'name' is "/dev/DEV" with numbers 'numbers', and there
 * are 'refs' references to the module. */
static void
make_vhost(const char *name, const char *dev, const char *numbers,
           const char *refs)
{
    char *path = xasprintf("bus/vdpa/devices/%s/%s", name, dev);
    char *file = xasprintf("%s/dev", path);

    make_dir(path);
    make_file(file, numbers);
    make_dir("module/vhost_vdpa");
    make_file("module/vhost_vdpa/refcnt", refs);
    free(path);
    free(file);
}

static int
remove_entry(const char *path, const struct stat *s OVS_UNUSED,
             int type OVS_UNUSED, struct FTW *ftw OVS_UNUSED)
{
    return remove(path);
}

static void
remove_device(const char *name)
{
    char *path = xasprintf("%s/bus/vdpa/devices/%s", root, name);

    assert_int_equal(nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS), 0);
    free(path);
}

/* Tells the control that there is this device, or none. */
static void
tell(const struct vdpa_info *info)
{
    vdpa_control_begin(control);
    if (info) {
        vdpa_control_device(control, info);
    }
    vdpa_control_end(control);
}

static int
setup(void **state OVS_UNUSED)
{
    strcpy(root + strlen(root) - 6, "XXXXXX");
    if (!mkdtemp(root)) {
        return -1;
    }
    sysfs = sysfs_open_root(root);
    make_dir("bus/vdpa/devices");
    make_dir("bus/vdpa/drivers/virtio_vdpa");
    make_dir("bus/vdpa/drivers/vhost_vdpa");
    requests = writes = (struct nl_peer) { .fd = -1 };
    base = event_base_new();
    control = vdpa_control_create(
        base, sysfs, root, "/proc",
        nl_conn_create_peer(base, nl_peer_open, &writes, "writes", &class,
                            NULL));
    vdpa_control_set_family(
        control, FAMILY,
        nl_conn_create_peer(base, nl_peer_open, &requests, "requests",
                            &class, NULL));
    n_done = 0;
    return 0;
}

static int
teardown(void **state OVS_UNUSED)
{
    vdpa_control_destroy(control);
    event_base_free(base);
    close(requests.fd);
    close(writes.fd);
    close(sysfs);
    free(last_message);
    last_message = NULL;
    return nftw(root, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

static void
run(void)
{
    vdpa_control_run(control);
    event_base_loop(base, EVLOOP_NONBLOCK | EVLOOP_ONCE);
    vdpa_control_wait(control);
    poll_timer_wait(5);
    poll_block();
}

/* Runs until COND, for at most 20 s. */
#define wait_until(COND)                                        \
    do {                                                        \
        long long int end = time_msec() + 20000;                \
                                                                \
        while (!(COND)) {                                       \
            assert_true(time_msec() < end);                     \
            run();                                              \
        }                                                       \
    } while (0)

/* Runs for long enough to do what is to be done. */
static void
settle(void)
{
    for (int i = 0; i < 10; i++) {
        run();
    }
}

/* The requests. */

static union {
    struct nlmsghdr nlh;
    char bytes[8192];
} msg;

static bool
nothing_sent(void)
{
    settle();
    return (!nl_peer_recv(&requests, &msg.nlh, sizeof msg)
            && !nl_peer_recv(&writes, &msg.nlh, sizeof msg));
}

/* Waits for a request with 'cmd' about 'name', which is left in 'msg'. */
static void
expect_request(uint8_t cmd, const char *name)
{
    const struct nlattr *tb[VDPA_ATTR_DEV_NAME + 1];
    const struct genlmsghdr *genl = NLMSG_DATA(&msg.nlh);
    char s[VDPA_NAME_MAX];

    wait_until(nl_peer_recv(&requests, &msg.nlh, sizeof msg));
    assert_int_equal(msg.nlh.nlmsg_type, FAMILY);
    assert_int_equal(genl->cmd, cmd);
    assert_true(attr_parse_message(&msg.nlh, GENL_HDRLEN, VDPA_ATTR_DEV_NAME,
                                   tb));
    assert_true(attr_get_string(tb[VDPA_ATTR_DEV_NAME], s, sizeof s));
    assert_string_equal(s, name);
}

/* Waits for a write of 'text' to 'path', relative to bus/vdpa, and answers
 * it. */
static void
expect_write(const char *path, const char *text, int error)
{
    char *full = xasprintf("%s/bus/vdpa/%s", root, path);
    const char *payload = NLMSG_DATA(&msg.nlh);

    wait_until(nl_peer_recv(&writes, &msg.nlh, sizeof msg));
    assert_string_equal(payload, full);
    assert_string_equal(payload + strlen(payload) + 1, text);
    nl_peer_send_error(&writes, msg.nlh.nlmsg_seq, -error);
    free(full);
}

static void
answer(int error)
{
    nl_peer_send_error(&requests, msg.nlh.nlmsg_seq, -error);
}

static void
answer_with(const char *capture)
{
    struct capture c = capture_read(capture);

    capture_nlmsg(&c)->nlmsg_seq = msg.nlh.nlmsg_seq;
    nl_peer_send(&requests, c.data, c.len);
    free(c.data);
}

/* All that is under way is now as old as if the deadline had passed. */
static void
expire(void)
{
    struct vdpa_op *op;

    LIST_FOR_EACH (op, node, &control->ops) {
        op->since -= VDPA_OP_MS;
    }
}

static size_t n_pending;
static char pending_state[32];
static size_t n_pending_holders;
static uint64_t pending_inode;
static bool pending_late;

static void
count_pending(void *aux OVS_UNUSED, const struct vdpa_pending *pending)
{
    n_pending++;
    ovs_strlcpy(pending_state, pending->state, sizeof pending_state);
    n_pending_holders = pending->n_holders;
    pending_inode = pending->inode;
    pending_late = pending->late;
}

static size_t
pending(void)
{
    n_pending = 0;
    kernel_vdpa_for_each_pending(NULL, count_pending, NULL);
    return n_pending;
}

static const struct vdpa_info v0 = {
    .name = "v0", .device_id = 1, .mgmtdev = "pci/0000:65:00.1",
};

/* Of a device bound to 'driver'. */
static struct vdpa_info
bound(const char *driver, const char *netdev, const char *vhost)
{
    struct vdpa_info info = v0;

    ovs_strlcpy(info.driver, driver, sizeof info.driver);
    ovs_strlcpy(info.netdev, netdev, sizeof info.netdev);
    ovs_strlcpy(info.vhost_device, vhost, sizeof info.vhost_device);
    return info;
}

/* Creating. */

static const struct vdpa_spec spec = {
    .name = "v0", .mgmtdev = "pci/0000:65:00.1",
};

static void
test_create(void **state OVS_UNUSED)
{
    struct vdpa_info there = bound("virtio_vdpa", "", "");

    kernel_vdpa_create(NULL, &spec, done_cb, &n_done);

    /* Not before it is known what there is. */
    assert_true(nothing_sent());
    tell(NULL);
    expect_request(VDPA_CMD_DEV_NEW, "v0");
    answer(0);
    settle();
    assert_int_equal(n_done, 0);

    /* Nor is it done before its netdev is there. */
    tell(&there);
    settle();
    assert_int_equal(n_done, 0);
    assert_int_equal(pending(), 1);
    assert_string_equal(pending_state, "event");
    there = bound("virtio_vdpa", "eth7", "");
    tell(&there);
    wait_until(n_done == 1);
    assert_int_equal(last_error, 0);
    assert_string_equal(last_message, "");
    assert_true(had_info);
    assert_string_equal(last_info.netdev, "eth7");
    settle();
    assert_int_equal(pending(), 0);
}

static void
test_create_refused(void **state OVS_UNUSED)
{
    struct vdpa_spec wrong = spec;

    tell(NULL);
    kernel_vdpa_create(NULL, &spec, done_cb, &n_done);
    expect_request(VDPA_CMD_DEV_NEW, "v0");
    answer_with("vdpa-new-refused");
    wait_until(n_done == 1);
    assert_int_equal(last_error, ENODEV);
    assert_string_equal(last_message, "the kernel refused: vdpa: Fail to "
                        "find the specified management device (No such "
                        "device)");
    assert_false(had_info);

    kernel_vdpa_create(NULL, &spec, done_cb, &n_done);
    expect_request(VDPA_CMD_DEV_NEW, "v0");
    answer(EEXIST);
    wait_until(n_done == 2);
    assert_int_equal(last_error, EEXIST);
    assert_string_equal(last_message, "the kernel refused: File exists");

    /* What is wrong in itself is not sent. */
    wrong.mtu = 67;
    kernel_vdpa_create(NULL, &wrong, done_cb, &n_done);
    wait_until(n_done == 3);
    assert_int_equal(last_error, EINVAL);
    assert_non_null(strstr(last_message, "mtu 67"));
    assert_true(nothing_sent());
}

/* One after the other, and one for each device. */
static void
test_turns(void **state OVS_UNUSED)
{
    struct vdpa_spec other = spec;

    tell(NULL);
    strcpy(other.name, "v1");
    kernel_vdpa_create(NULL, &spec, done_cb, &n_done);
    kernel_vdpa_create(NULL, &other, done_cb, &n_done);
    kernel_vdpa_delete(NULL, "v1", done_cb, &n_done);
    expect_request(VDPA_CMD_DEV_NEW, "v0");
    wait_until(n_done == 1);
    assert_int_equal(last_error, EALREADY);
    assert_non_null(strstr(last_message, "create, queued"));
    assert_true(nothing_sent());
    assert_int_equal(pending(), 2);

    /* 'msg' is that of the first still. */
    answer(EPERM);
    expect_request(VDPA_CMD_DEV_NEW, "v1");
    assert_int_equal(n_done, 2);
    answer(EPERM);
    wait_until(n_done == 3);
}

static void
test_late(void **state OVS_UNUSED)
{
    struct vdpa_spec other = spec;

    /* One that the kernel has goes on, one that waits for it does not. */
    tell(NULL);
    strcpy(other.name, "v1");
    kernel_vdpa_create(NULL, &spec, done_cb, &n_done);
    kernel_vdpa_create(NULL, &other, done_cb, &n_done);
    expect_request(VDPA_CMD_DEV_NEW, "v0");
    expire();
    wait_until(n_done == 2);
    assert_int_equal(last_error, ETIMEDOUT);
    assert_non_null(strstr(last_message, "nothing was done"));
    settle();
    assert_int_equal(pending(), 1);
    assert_string_equal(pending_state, "kernel");
    answer(0);
    tell(&v0);
    settle();
    assert_int_equal(pending(), 0);
    assert_int_equal(n_done, 2);
    assert_true(nothing_sent());
}

static void
test_forget(void **state OVS_UNUSED)
{
    struct vdpa_op *op;

    tell(NULL);
    op = kernel_vdpa_create(NULL, &spec, done_cb, &n_done);
    vdpa_op_forget(op);
    vdpa_op_forget(NULL);
    expect_request(VDPA_CMD_DEV_NEW, "v0");
    answer(EPERM);
    settle();
    assert_int_equal(pending(), 0);
    assert_int_equal(n_done, 0);
}

/* The module goes while it executes a request, and there is none after. */
static void
test_no_family(void **state OVS_UNUSED)
{
    tell(NULL);
    kernel_vdpa_create(NULL, &spec, done_cb, &n_done);
    expect_request(VDPA_CMD_DEV_NEW, "v0");
    vdpa_control_set_family(control, 0, NULL);
    wait_until(n_done == 1);
    assert_int_equal(last_error, ECONNRESET);
    kernel_vdpa_create(NULL, &spec, done_cb, &n_done);
    wait_until(n_done == 2);
    assert_int_equal(last_error, ENODEV);
    assert_non_null(strstr(last_message, "no vDPA"));
}

static void
test_set_mac(void **state OVS_UNUSED)
{
    static const uint8_t mac[6] = { 2, 0, 0, 0, 0, 9 };

    tell(&v0);
    kernel_vdpa_set_mac(NULL, "v0", mac, done_cb, &n_done);
    expect_request(8, "v0");
    answer_with("vdpa-set-refused");
    wait_until(n_done == 1);
    assert_int_equal(last_error, EOPNOTSUPP);
    assert_non_null(strstr(last_message, "the kernel cannot set"));
    assert_true(had_info);

    kernel_vdpa_set_mac(NULL, "v0", mac, done_cb, &n_done);
    expect_request(8, "v0");
    answer(0);
    wait_until(n_done == 2);
    assert_int_equal(last_error, 0);

    kernel_vdpa_set_mac(NULL, "v1", mac, done_cb, &n_done);
    wait_until(n_done == 3);
    assert_int_equal(last_error, ENODEV);
    assert_true(nothing_sent());
}

/* Deleting. */

static void
test_delete(void **state OVS_UNUSED)
{
    make_device("v0", NULL);
    tell(&v0);
    kernel_vdpa_delete(NULL, "v0", done_cb, &n_done);
    expect_request(VDPA_CMD_DEV_DEL, "v0");
    answer(0);
    settle();
    assert_int_equal(n_done, 0);
    remove_device("v0");
    tell(NULL);
    wait_until(n_done == 1);
    assert_int_equal(last_error, 0);

    kernel_vdpa_delete(NULL, "v0", done_cb, &n_done);
    wait_until(n_done == 2);
    assert_int_equal(last_error, ENODEV);
    assert_true(nothing_sent());
}

/* A device that this process has open, as "/dev/full". */
static int
make_busy(void)
{
    struct vdpa_info info = bound("vhost_vdpa", "", "/dev/full");
    int fd = open("/dev/full", O_RDWR | O_CLOEXEC);

    assert_true(fd >= 0);
    make_device("v0", "vhost_vdpa");
    make_vhost("v0", "full", "1:7\n", "2\n");
    tell(&info);
    return fd;
}

/* make_busy(), and a deletion of that. */
static int
delete_busy(void)
{
    char *who = xasprintf("process %ld", (long int) getpid());
    int fd = make_busy();

    kernel_vdpa_delete(NULL, "v0", done_cb, &n_done);
    wait_until(n_done == 1);
    assert_int_equal(last_error, EBUSY);
    assert_non_null(strstr(last_message, who));
    assert_non_null(strstr(last_message, "is pending"));
    settle();
    assert_int_equal(pending(), 1);
    assert_string_equal(pending_state, "busy");
    assert_true(n_pending_holders >= 1);
    assert_true(nothing_sent());
    free(who);
    return fd;
}

static void
test_busy(void **state OVS_UNUSED)
{
    int fd = delete_busy();
    int fd2;

    /* Others are not kept waiting. */
    kernel_vdpa_delete(NULL, "v0", done_cb, &n_done);
    wait_until(n_done == 2);
    assert_int_equal(last_error, EALREADY);

    /* It is not closed as long as one descriptor is there. */
    fd2 = dup(fd);
    close(fd);
    assert_true(nothing_sent());
    close(fd2);
    expect_request(VDPA_CMD_DEV_DEL, "v0");
    answer(0);
    remove_device("v0");
    tell(NULL);
    wait_until(!pending());
    assert_int_equal(n_done, 2);
}

/* Somebody opens it again before the deletion is under way. */
static void
test_busy_again(void **state OVS_UNUSED)
{
    int fd = delete_busy();
    int fd2 = open("/dev/full", O_RDWR | O_CLOEXEC);

    close(fd);
    assert_true(nothing_sent());
    assert_int_equal(pending(), 1);
    close(fd2);
    expect_request(VDPA_CMD_DEV_DEL, "v0");
}

static void
test_busy_cancel(void **state OVS_UNUSED)
{
    int fd = delete_busy();
    char *error = kernel_vdpa_cancel_delete(NULL, "v1");

    assert_non_null(strstr(error, "no deletion of \"v1\""));
    free(error);
    assert_null(kernel_vdpa_cancel_delete(NULL, "v0"));
    assert_int_equal(pending(), 0);
    close(fd);
    assert_true(nothing_sent());
    error = kernel_vdpa_cancel_delete(NULL, "v0");
    assert_non_null(error);
    free(error);

    /* One that was not answered is answered. */
    kernel_vdpa_delete(NULL, "v0", done_cb, &n_done);
    assert_null(kernel_vdpa_cancel_delete(NULL, "v0"));
    assert_null(kernel_vdpa_cancel_delete(NULL, "v0"));
    assert_int_equal(n_done, 1);
    wait_until(n_done == 2);
    assert_int_equal(last_error, ECANCELED);

    /* And one that the kernel has stays. */
    kernel_vdpa_delete(NULL, "v0", done_cb, &n_done);
    expect_request(VDPA_CMD_DEV_DEL, "v0");
    error = kernel_vdpa_cancel_delete(NULL, "v0");
    assert_non_null(strstr(error, "already"));
    free(error);
}

/* Somebody else deletes it, and makes another one of the same name. */
static void
test_busy_gone(void **state OVS_UNUSED)
{
    int fd = delete_busy();

    remove_device("v0");
    make_dir("bus/vdpa/devices/takes-the-inode");
    make_device("v0", "vhost_vdpa");
    tell(&v0);
    wait_until(!pending());
    close(fd);
    assert_true(nothing_sent());
    assert_int_equal(n_done, 1);
}

/* A deletion that was pending when another process ended. */
static void
test_busy_resume(void **state OVS_UNUSED)
{
    int fd = delete_busy();
    uint64_t inode;

    pending();
    inode = pending_inode;
    assert_int_not_equal(inode, 0);
    assert_true(pending_late);
    assert_null(kernel_vdpa_cancel_delete(NULL, "v0"));
    settle();

    /* It is still busy, for however long, and nobody is told. */
    kernel_vdpa_resume_delete(NULL, "v0", inode);
    expire();
    settle();
    assert_int_equal(pending(), 1);
    assert_string_equal(pending_state, "busy");
    assert_int_equal(pending_inode, inode);
    assert_true(pending_late);
    assert_true(nothing_sent());
    assert_int_equal(n_done, 1);

    /* It can be cancelled. */
    assert_null(kernel_vdpa_cancel_delete(NULL, "v0"));
    assert_int_equal(pending(), 0);

    /* Another device of the name is left alone. */
    kernel_vdpa_resume_delete(NULL, "v0", inode + 1);
    wait_until(!pending());
    assert_true(nothing_sent());

    kernel_vdpa_resume_delete(NULL, "v0", inode);
    settle();
    close(fd);
    expect_request(VDPA_CMD_DEV_DEL, "v0");
    answer(0);
    remove_device("v0");
    tell(NULL);
    wait_until(!pending());
    assert_int_equal(n_done, 1);

    /* And so is one that nobody knows any more. */
    kernel_vdpa_resume_delete(NULL, "v0", inode);
    wait_until(!pending());
    assert_true(nothing_sent());
}

/* The module is referred to, and nobody is seen. */
static void
test_busy_unknown(void **state OVS_UNUSED)
{
    struct vdpa_info info = bound("vhost_vdpa", "", "/dev/none");

    make_device("v0", "vhost_vdpa");
    make_vhost("v0", "none", "4242:1\n", "2\n");
    tell(&info);
    kernel_vdpa_delete(NULL, "v0", done_cb, &n_done);
    wait_until(n_done == 1);
    assert_int_equal(last_error, EBUSY);
    assert_non_null(strstr(last_message, "unknown holder"));
    assert_true(nothing_sent());
    assert_int_equal(pending(), 1);

    /* It is looked again from time to time. */
    CONTAINER_OF(ovs_list_front(&control->ops), struct vdpa_op,
                 node)->recheck = 0;
    settle();
    assert_int_equal(pending(), 1);
    make_file("module/vhost_vdpa/refcnt", "0\n");
    CONTAINER_OF(ovs_list_front(&control->ops), struct vdpa_op,
                 node)->recheck = 0;
    expect_request(VDPA_CMD_DEV_DEL, "v0");
}

/* Binding. */

static void
test_bind(void **state OVS_UNUSED)
{
    struct vdpa_info info = bound("virtio_vdpa", "eth7", "");

    make_device("v0", "virtio_vdpa");
    tell(&info);
    kernel_vdpa_bind(NULL, "v0", "vhost_vdpa", done_cb, &n_done);
    expect_write("devices/v0/driver_override", "vhost_vdpa", 0);
    expect_write("drivers/virtio_vdpa/unbind", "v0", 0);
    expect_write("drivers/vhost_vdpa/bind", "v0", 0);
    settle();
    assert_int_equal(n_done, 0);
    info = bound("vhost_vdpa", "", "");
    tell(&info);
    settle();
    assert_int_equal(n_done, 0);
    info = bound("vhost_vdpa", "", "/dev/vhost-vdpa-0");
    tell(&info);
    wait_until(n_done == 1);
    assert_int_equal(last_error, 0);
    assert_string_equal(last_info.vhost_device, "/dev/vhost-vdpa-0");

    /* It is already: others are kept away from it all the same. */
    make_device("v0", "vhost_vdpa");
    kernel_vdpa_bind(NULL, "v0", "vhost_vdpa", done_cb, &n_done);
    expect_write("devices/v0/driver_override", "vhost_vdpa", 0);
    wait_until(n_done == 2);
    assert_int_equal(last_error, 0);

    kernel_vdpa_unbind(NULL, "v0", done_cb, &n_done);
    expect_write("devices/v0/driver_override", "\n", 0);
    expect_write("drivers/vhost_vdpa/unbind", "v0", 0);
    tell(&v0);
    wait_until(n_done == 3);
    assert_int_equal(last_error, 0);
    assert_true(nothing_sent());
}

static void
test_bind_refused(void **state OVS_UNUSED)
{
    struct vdpa_info info = bound("virtio_vdpa", "eth7", "");

    /* What was done is undone. */
    make_device("v0", "virtio_vdpa");
    tell(&info);
    kernel_vdpa_bind(NULL, "v0", "vhost_vdpa", done_cb, &n_done);
    expect_write("devices/v0/driver_override", "vhost_vdpa", 0);
    expect_write("drivers/virtio_vdpa/unbind", "v0", 0);
    expect_write("drivers/vhost_vdpa/bind", "v0", EINVAL);
    expect_write("devices/v0/driver_override", "\n", 0);
    expect_write("drivers/virtio_vdpa/bind", "v0", 0);
    wait_until(n_done == 1);
    assert_int_equal(last_error, EINVAL);
    assert_non_null(strstr(last_message, "drivers/vhost_vdpa/bind: Invalid"));
    assert_non_null(strstr(last_message, "its driver is virtio_vdpa"));

    /* And what was not done is not. */
    kernel_vdpa_bind(NULL, "v0", "vhost_vdpa", done_cb, &n_done);
    expect_write("devices/v0/driver_override", "vhost_vdpa", EACCES);
    expect_write("devices/v0/driver_override", "\n", EACCES);
    wait_until(n_done == 2);
    assert_int_equal(last_error, EACCES);

    kernel_vdpa_bind(NULL, "v0", "other", done_cb, &n_done);
    wait_until(n_done == 3);
    assert_int_equal(last_error, ENOENT);
    assert_non_null(strstr(last_message, "module other is not loaded"));
    kernel_vdpa_bind(NULL, "v0", "../x", done_cb, &n_done);
    wait_until(n_done == 4);
    assert_int_equal(last_error, EINVAL);
    kernel_vdpa_bind(NULL, "v1", "vhost_vdpa", done_cb, &n_done);
    wait_until(n_done == 5);
    assert_int_equal(last_error, ENODEV);
    assert_true(nothing_sent());
}

static void
test_bind_late(void **state OVS_UNUSED)
{
    make_device("v0", NULL);
    tell(&v0);
    kernel_vdpa_bind(NULL, "v0", "virtio_vdpa", done_cb, &n_done);
    expect_write("devices/v0/driver_override", "virtio_vdpa", 0);
    expect_write("drivers/virtio_vdpa/bind", "v0", 0);
    settle();
    expire();
    wait_until(n_done == 1);
    assert_int_equal(last_error, ETIMEDOUT);
    assert_non_null(strstr(last_message, "no netdev has come"));
    assert_int_equal(pending(), 0);

    /* It goes meanwhile. */
    kernel_vdpa_bind(NULL, "v0", "virtio_vdpa", done_cb, &n_done);
    expect_write("devices/v0/driver_override", "virtio_vdpa", 0);
    expect_write("drivers/virtio_vdpa/bind", "v0", 0);
    tell(NULL);
    wait_until(n_done == 2);
    assert_int_equal(last_error, ENODEV);
}

static void
test_unbind_busy(void **state OVS_UNUSED)
{
    int fd = make_busy();

    kernel_vdpa_unbind(NULL, "v0", done_cb, &n_done);
    wait_until(n_done == 1);
    assert_int_equal(last_error, EBUSY);
    assert_non_null(strstr(last_message, "/dev/full is open in process"));
    kernel_vdpa_bind(NULL, "v0", "virtio_vdpa", done_cb, &n_done);
    wait_until(n_done == 2);
    assert_int_equal(last_error, EBUSY);
    assert_int_equal(pending(), 0);
    assert_true(nothing_sent());
    close(fd);
}

/* Names. */

static void
test_check(void **state OVS_UNUSED)
{
    static const char *const good[] = {
        "vdpa0", "vdpa:0000:65:00.2", "a_b-c@d+e.f", "0",
    };
    static const char *const bad[] = {
        "", ".", "..", "-x", "a b", "a\"b", "a'b", "a/b", "a\\b", "a\nb",
        "\x7f", "a\xc3\xa4", "$x", "x;y", "*",
    };
    char name[VDPA_NAME_MAX];

    for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
        assert_null(vdpa_name_check(good[i]));
    }
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        char *error = vdpa_name_check(bad[i]);

        assert_non_null(error);
        assert_non_null(strstr(error, "name"));
        free(error);
    }
    for (size_t len = 1; len < sizeof name; len++) {
        char *error;

        memset(name, 'x', len);
        name[len] = '\0';
        error = vdpa_name_check(name);
        assert_int_equal(error == NULL, len <= 128);
        free(error);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_create, setup, teardown),
        cmocka_unit_test_setup_teardown(test_create_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(test_turns, setup, teardown),
        cmocka_unit_test_setup_teardown(test_late, setup, teardown),
        cmocka_unit_test_setup_teardown(test_forget, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_family, setup, teardown),
        cmocka_unit_test_setup_teardown(test_set_mac, setup, teardown),
        cmocka_unit_test_setup_teardown(test_delete, setup, teardown),
        cmocka_unit_test_setup_teardown(test_busy, setup, teardown),
        cmocka_unit_test_setup_teardown(test_busy_again, setup, teardown),
        cmocka_unit_test_setup_teardown(test_busy_cancel, setup, teardown),
        cmocka_unit_test_setup_teardown(test_busy_gone, setup, teardown),
        cmocka_unit_test_setup_teardown(test_busy_resume, setup, teardown),
        cmocka_unit_test_setup_teardown(test_busy_unknown, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bind, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bind_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bind_late, setup, teardown),
        cmocka_unit_test_setup_teardown(test_unbind_busy, setup, teardown),
        cmocka_unit_test(test_check),
    };

    vlog_set_levels(NULL, VLF_ANY_DESTINATION, VLL_OFF);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
