/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/vdpa-control-fixture.h"

#include <event2/event.h>
#include <ftw.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <sys/stat.h>

#include "netlink/nl-attr.h"
#include "netlink/nl-conn.h"
#include "netlink/sysfs.h"
#include "netlink/vdpa-holder.h"
#include "openvswitch/poll-loop.h"
#include "tests/unit/capture.h"
#include "timeval.h"

#define FAMILY 33

static const struct nl_conn_class class = { .event = NULL };
struct event_base *base;
struct vdpa_control *control;
struct nl_peer requests, writes;
static char root[] = "/tmp/test-vdpa-control.XXXXXX";
static int sysfs;
static int null;                /* On "/dev/null". */

/* What callbacks got. */
int n_done, last_error;
char *last_message;
struct vdpa_info last_info;
bool had_info;

/* For netlink/vdpa-control.c, in place of netlink/kernel.c. */
struct vdpa_control *
kernel_vdpa_control(const struct kernel *kernel OVS_UNUSED)
{
    return control;
}

void
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

void
make_dir(const char *path)
{
    for (const char *p = strchr(path, '/'); p; p = strchr(p + 1, '/')) {
        char *part = xmemdup0(path, p - path);

        (void) !mkdirat(sysfs, part, 0700);
        free(part);
    }
    (void) !mkdirat(sysfs, path, 0700);
}

void
make_file(const char *path, const char *text)
{
    int fd = openat(sysfs, path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

void
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

void
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

void
remove_device(const char *name)
{
    char *path = xasprintf("%s/bus/vdpa/devices/%s", root, name);

    assert_int_equal(nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS), 0);
    free(path);
}

void
replace_device(const char *name, const char *driver)
{
    char *path = xasprintf("bus/vdpa/devices/%s", name);

    /* While both are there, they have different inodes. */
    make_device("other", driver);
    remove_device(name);
    assert_int_equal(renameat(sysfs, "bus/vdpa/devices/other", sysfs, path),
                     0);
    free(path);
}

void
tell(const struct vdpa_info *info)
{
    vdpa_control_begin(control);
    if (info) {
        vdpa_control_device(control, info);
    }
    vdpa_control_end(control);
}

/* Whoever else has "/dev/full" open is none of our business: of all processes
 * there is only this one, and it has another file of the same driver open, as
 * somebody always has. */
static char *
make_proc(void)
{
    char *target = xasprintf("/proc/%ld", (long int) getpid());
    char *link = xasprintf("proc/%ld", (long int) getpid());

    make_dir("proc");
    assert_int_equal(symlinkat(target, sysfs, link), 0);
    null = open("/dev/null", O_RDWR | O_CLOEXEC);
    assert_true(null >= 0);
    free(target);
    free(link);
    return xasprintf("%s/proc", root);
}

int
setup(void **state OVS_UNUSED)
{
    char *proc;

    strcpy(root + strlen(root) - 6, "XXXXXX");
    if (!mkdtemp(root)) {
        return -1;
    }
    sysfs = sysfs_open_root(root);
    make_dir("bus/vdpa/devices");
    make_dir("bus/vdpa/drivers/virtio_vdpa");
    make_dir("bus/vdpa/drivers/vhost_vdpa");
    proc = make_proc();
    requests = writes = (struct nl_peer) { .fd = -1 };
    base = event_base_new();
    control = vdpa_control_create(
        base, sysfs, root, proc,
        nl_conn_create_peer(base, nl_peer_open, &writes, "writes", &class,
                            NULL));
    vdpa_control_set_family(
        control, FAMILY,
        nl_conn_create_peer(base, nl_peer_open, &requests, "requests",
                            &class, NULL));
    n_done = 0;
    free(proc);
    return 0;
}

int
teardown(void **state OVS_UNUSED)
{
    vdpa_control_destroy(control);
    event_base_free(base);
    close(requests.fd);
    close(writes.fd);
    close(sysfs);
    close(null);
    free(last_message);
    last_message = NULL;
    return nftw(root, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

void
run(void)
{
    vdpa_control_run(control);
    event_base_loop(base, EVLOOP_NONBLOCK | EVLOOP_ONCE);
    vdpa_control_wait(control);
    poll_timer_wait(5);
    poll_block();
}

void
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

bool
nothing_sent(void)
{
    settle();
    return (!nl_peer_recv(&requests, &msg.nlh, sizeof msg)
            && !nl_peer_recv(&writes, &msg.nlh, sizeof msg));
}

void
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

void
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

void
answer(int error)
{
    nl_peer_send_error(&requests, msg.nlh.nlmsg_seq, -error);
}

void
answer_with(const char *capture)
{
    struct capture c = capture_read(capture);

    capture_nlmsg(&c)->nlmsg_seq = msg.nlh.nlmsg_seq;
    nl_peer_send(&requests, c.data, c.len);
    free(c.data);
}

void
expire(void)
{
    struct vdpa_op *op;

    LIST_FOR_EACH (op, node, &control->ops) {
        op->since -= VDPA_OP_MS;
    }
}

static size_t n_pending;
char pending_state[32];
size_t n_pending_holders;
uint64_t pending_inode;
bool pending_late;

static void
count_pending(void *aux OVS_UNUSED, const struct vdpa_pending *pending)
{
    n_pending++;
    ovs_strlcpy(pending_state, pending->state, sizeof pending_state);
    n_pending_holders = pending->n_holders;
    pending_inode = pending->inode;
    pending_late = pending->late;
}

size_t
pending(void)
{
    n_pending = 0;
    kernel_vdpa_for_each_pending(NULL, count_pending, NULL);
    return n_pending;
}

const struct vdpa_info v0 = {
    .name = "v0", .device_id = 1, .mgmtdev = "pci/0000:65:00.1",
};

struct vdpa_info
bound(const char *driver, const char *netdev, const char *vhost)
{
    struct vdpa_info info = v0;

    ovs_strlcpy(info.driver, driver, sizeof info.driver);
    ovs_strlcpy(info.netdev, netdev, sizeof info.netdev);
    ovs_strlcpy(info.vhost_device, vhost, sizeof info.vhost_device);
    return info;
}

int
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
