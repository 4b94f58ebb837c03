/* SPDX-License-Identifier: Apache-2.0 */

/* Who has a device open, in the real /proc: this process and a child. */

#include <config.h>

#include "netlink/vdpa-holder.h"

#include <event2/event.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "netlink/sysfs.h"
#include "timeval.h"
#include "util.h"

/* /dev/full */
#define MAJOR 1
#define MINOR 7

static char root[] = "/tmp/test-vdpa-holder.XXXXXX";
static int sysfs;

static void
set_refs(const char *refs)
{
    int fd = openat(sysfs, "module/vhost_vdpa/refcnt",
                    O_WRONLY | O_CREAT | O_TRUNC, 0600);

    assert_int_equal(write(fd, refs, strlen(refs)), strlen(refs));
    close(fd);
}

static int
setup(void **state OVS_UNUSED)
{
    if (!mkdtemp(root)) {
        return -1;
    }
    sysfs = sysfs_open_root(root);
    return (mkdirat(sysfs, "module", 0700)
            || mkdirat(sysfs, "module/vhost_vdpa", 0700));
}

static int
teardown(void **state OVS_UNUSED)
{
    unlinkat(sysfs, "module/vhost_vdpa/refcnt", 0);
    unlinkat(sysfs, "module/vhost_vdpa", AT_REMOVEDIR);
    unlinkat(sysfs, "module", AT_REMOVEDIR);
    close(sysfs);
    return rmdir(root);
}

static struct holder_scan *
scan(unsigned int major, unsigned int minor, long long int usecs)
{
    struct holder_scan *s = holder_scan_create("/proc", sysfs, major, minor);

    while (!holder_scan_run(s, usecs)) {
        continue;
    }
    return s;
}

/* The holder with number 'pid', or NULL. */
static const struct vdpa_holder *
find(const struct holder_scan *s, pid_t pid)
{
    const struct vdpa_holder *holders, *found = NULL;
    size_t n;

    holders = holder_scan_holders(s, &n);
    for (size_t i = 0; i < n; i++) {
        assert_true(!i || holders[i - 1].pid < holders[i].pid);
        if (holders[i].pid == pid) {
            found = &holders[i];
        }
    }
    return found;
}

static void
test_scan(void **state OVS_UNUSED)
{
    int fd = open("/dev/full", O_RDWR | O_CLOEXEC);
    int fd2 = dup(fd);
    const struct vdpa_holder *holder;
    struct holder_scan *s;

    assert_true(fd >= 0 && fd2 > fd);
    prctl(PR_SET_NAME, "a (b)\tc");

    /* In slices of any size. */
    for (int usecs = 0; usecs < 200; usecs += 100) {
        s = scan(MAJOR, MINOR, usecs);
        holder = find(s, getpid());
        assert_non_null(holder);
        assert_int_equal(holder->fd, fd);
        assert_int_equal(holder->uid, getuid());
        assert_string_equal(holder->comm, "a (b)\tc");
        holder_scan_destroy(s);
    }

    s = scan(MAJOR, 77777, 1000);
    assert_null(find(s, getpid()));
    holder_scan_destroy(s);
    close(fd);
    close(fd2);
    s = scan(MAJOR, MINOR, 1000);
    assert_null(find(s, getpid()));
    holder_scan_destroy(s);

    /* One that is not run to its end. */
    s = holder_scan_create("/proc", sysfs, MAJOR, MINOR);
    (void) holder_scan_run(s, 0);
    holder_scan_destroy(s);
    holder_scan_destroy(NULL);
}

static void
test_no_proc(void **state OVS_UNUSED)
{
    struct holder_scan *s = holder_scan_create("/nonexistent", sysfs, MAJOR,
                                               MINOR);

    assert_true(holder_scan_run(s, 1000));
    assert_null(find(s, getpid()));
    holder_scan_destroy(s);
}

/* What the module's references say of those that were not seen. */
static void
test_incomplete(void **state OVS_UNUSED)
{
    static const struct {
        const char *refs;
        bool incomplete;
    } tests[] = {
        { "0\n", false }, { "1\n", true }, { "2\n", true }, { "-1\n", false },
        { "x\n", false },
    };

    for (size_t i = 0; i < ARRAY_SIZE(tests); i++) {
        struct holder_scan *s;

        set_refs(tests[i].refs);
        s = scan(4242, 0, 10000);
        assert_int_equal(holder_scan_is_incomplete(s), tests[i].incomplete);
        holder_scan_destroy(s);
    }

    /* Two for each file. */
    int fd = open("/dev/full", O_RDWR | O_CLOEXEC);
    set_refs("2\n");
    struct holder_scan *s = scan(MAJOR, MINOR, 10000);
    assert_false(holder_scan_is_incomplete(s));
    holder_scan_destroy(s);
    close(fd);
}

static int n_changed;

static void
changed_cb(void *aux OVS_UNUSED)
{
    n_changed++;
}

static void
wait_for_change(struct event_base *base)
{
    long long int end = time_msec() + 20000;
    int old = n_changed;

    while (n_changed == old && time_msec() < end) {
        event_base_loop(base, EVLOOP_ONCE);
    }
    assert_true(n_changed > old);
}

/* A child that has the device open, and ends. */
static void
test_watch(void **state OVS_UNUSED)
{
    struct event_base *base = event_base_new();
    struct holder_watch *watch = holder_watch_create(base, changed_cb, NULL);
    const struct vdpa_holder *holder;
    struct holder_scan *s;
    int fds[2];
    char *path;
    pid_t pid;
    char c;

    assert_int_equal(pipe(fds), 0);
    pid = fork();
    if (!pid) {
        if (open("/dev/full", O_RDWR) < 0 || write(fds[1], "x", 1) != 1) {
            _exit(1);
        }
        pause();
        _exit(0);
    }
    assert_int_equal(read(fds[0], &c, 1), 1);
    s = scan(MAJOR, MINOR, 1000);
    holder = find(s, pid);
    assert_non_null(holder);

    path = xasprintf("/proc/%ld/fd/%d", (long int) pid, holder->fd);
    assert_true(holder_watch_add(watch, path));
    assert_false(holder_watch_add(watch, path));
    assert_false(holder_watch_add(watch, "/dev/full")); /* The same inode. */
    assert_false(holder_watch_add(watch, "/nonexistent"));
    event_base_loop(base, EVLOOP_NONBLOCK);
    assert_int_equal(n_changed, 0);

    assert_int_equal(kill(pid, SIGKILL), 0);
    wait_for_change(base);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    free(path);
    holder_scan_destroy(s);
    holder_watch_destroy(watch);
    holder_watch_destroy(NULL);
    event_base_free(base);
    close(fds[0]);
    close(fds[1]);
}

/* As the kernel tells it to others: bit 19 is CAP_SYS_PTRACE. */
static void
test_privileged(void **state OVS_UNUSED)
{
    unsigned long long int effective = 0;
    bool found = false;
    char line[256];
    FILE *file = fopen("/proc/self/status", "r");

    assert_non_null(file);
    while (!found && fgets(line, sizeof line, file)) {
        found = ovs_scan(line, "CapEff: %llx", &effective);
    }
    fclose(file);
    assert_true(found);
    assert_int_equal(holder_scan_is_privileged(), effective >> 19 & 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scan),
        cmocka_unit_test(test_no_proc),
        cmocka_unit_test(test_incomplete),
        cmocka_unit_test(test_watch),
        cmocka_unit_test(test_privileged),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
