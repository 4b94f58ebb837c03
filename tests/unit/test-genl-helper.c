/* SPDX-License-Identifier: Apache-2.0 */

/* The processes that execute requests of generic netlink, with the real
 * nlctrl, which every kernel has and any user may ask. */

#include <config.h>

#include "netlink/genl-helper.h"

#include <dirent.h>
#include <errno.h>
#include <event2/event.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "netlink/genl.h"
#include "netlink/lane-write.h"
#include "netlink/nl-conn.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "tests/unit/wait-until.h"
#include "timeval.h"
#include "util.h"

static struct kernel_helper *helper;
static struct event_base *base;
static struct nl_conn *conns[N_LANES];

/* Of each lane: messages and ends of answers, and the last end's error. */
static int n_messages[N_LANES], n_done[N_LANES], last_error[N_LANES];
static bool saw_nlctrl;

static void
message_cb(void *lane, const struct nlmsghdr *nlh)
{
    struct genl_family family;

    n_messages[(uintptr_t) lane]++;
    if (genl_family_parse(nlh, &family) && !strcmp(family.name, "nlctrl")) {
        saw_nlctrl = true;
    }
}

static void
done_cb(void *lane, const struct nl_result *result)
{
    n_done[(uintptr_t) lane]++;
    last_error[(uintptr_t) lane] = result->error;
}

static int
setup(void **state OVS_UNUSED)
{
    static const struct nl_conn_class class = { .event = NULL };

    memset(n_messages, 0, sizeof n_messages);
    memset(n_done, 0, sizeof n_done);
    saw_nlctrl = false;
    assert_int_equal(kernel_helper_start(&helper), 0);
    base = event_base_new();
    for (uintptr_t i = 0; i < N_LANES; i++) {
        conns[i] = kernel_helper_connect(helper, base, i, &class,
                                         (void *) i);
    }
    return 0;
}

static int
teardown(void **state OVS_UNUSED)
{
    for (size_t i = 0; i < N_LANES; i++) {
        nl_conn_destroy(conns[i]);
    }
    event_base_free(base);
    kernel_helper_stop(helper);
    return 0;
}

static void
run(void)
{
    for (size_t i = 0; i < N_LANES; i++) {
        nl_conn_run(conns[i]);
    }
    event_base_loop(base, EVLOOP_NONBLOCK | EVLOOP_ONCE);
    for (size_t i = 0; i < N_LANES; i++) {
        nl_conn_wait(conns[i]);
    }
    poll_timer_wait(10);
    poll_block();
}

/* Asks lane 'lane' for all families. */
static void
ask(uintptr_t lane)
{
    char buf[64];

    nl_conn_request(conns[lane],
                    genl_request_init(buf, sizeof buf, GENL_ID_CTRL,
                                      CTRL_CMD_GETFAMILY, 1, true),
                    message_cb, done_cb, (void *) lane);
}

static char *
read_proc(pid_t pid, const char *file, char *buf, size_t size)
{
    char *path = xasprintf("/proc/%ld/%s", (long int) pid, file);
    FILE *stream = fopen(path, "r");

    assert_non_null(stream);
    buf[fread(buf, 1, size - 1, stream)] = '\0';
    fclose(stream);
    free(path);
    return buf;
}

static void
test_answers(void **state OVS_UNUSED)
{
    for (int i = 0; i < LANE_SYSFS; i++) {
        ask(i);
        ask(i);
    }
    for (int i = 0; i < LANE_SYSFS; i++) {
        wait_until(n_done[i] == 2);
        assert_int_equal(last_error[i], 0);
        assert_true(n_messages[i] >= 2);
        assert_int_equal(nl_conn_busy_since(conns[i]), 0);
    }
    assert_true(saw_nlctrl);
}

static void
test_error(void **state OVS_UNUSED)
{
    char buf[64];

    /* Type 0xffff is no family. */
    nl_conn_request(conns[LANE_VDPA],
                    genl_request_init(buf, sizeof buf, 0xffff, 1, 1, false),
                    message_cb, done_cb, (void *) LANE_VDPA);
    ask(LANE_VDPA);
    wait_until(n_done[LANE_VDPA] == 1);
    assert_int_equal(last_error[LANE_VDPA], ENOENT);
    wait_until(n_done[LANE_VDPA] == 2);
    assert_int_equal(last_error[LANE_VDPA], 0);
}

/* Writes to a file of the lane that does that. */
static void
test_write(void **state OVS_UNUSED)
{
    static const struct {
        const char *path;       /* NULL for the file. */
        int error;
    } writes[] = {
        { NULL, 0 }, { "/nonexistent/file", ENOENT }, { "/", EISDIR },
        { "/dev/full", ENOSPC }, { NULL, 0 },
    };
    char path[] = "/tmp/test-genl-helper.XXXXXX";
    int fd = mkstemp(path);
    char buf[64];

    assert_true(fd >= 0);
    for (size_t i = 0; i < ARRAY_SIZE(writes); i++) {
        struct nlmsghdr *request = lane_write_request(
            writes[i].path ? writes[i].path : path, "we ird\"name\n");

        nl_conn_request(conns[LANE_SYSFS], request, message_cb, done_cb,
                        (void *) LANE_SYSFS);
        free(request);
        wait_until(n_done[LANE_SYSFS] == i + 1);
        assert_int_equal(last_error[LANE_SYSFS], writes[i].error);
    }
    assert_int_equal(read(fd, buf, sizeof buf), 12);
    assert_memory_equal(buf, "we ird\"name\n", 12);

    /* It writes, and does nothing else. */
    ask(LANE_SYSFS);
    wait_until(n_done[LANE_SYSFS] == ARRAY_SIZE(writes) + 1);
    assert_int_equal(last_error[LANE_SYSFS], EOPNOTSUPP);
    assert_int_equal(n_messages[LANE_SYSFS], 0);
    close(fd);
    unlink(path);
}

/* A lane that does not come back delays neither us nor the others. */
static void
test_stuck(void **state OVS_UNUSED)
{
    pid_t pid = kernel_helper_lane_pid(helper, LANE_VDPA);

    assert_int_equal(kill(pid, SIGSTOP), 0);
    ask(LANE_VDPA);
    ask(LANE_DEVLINK);
    wait_until(n_done[LANE_DEVLINK] == 1);
    assert_int_equal(n_done[LANE_VDPA], 0);
    assert_true(nl_conn_busy_since(conns[LANE_VDPA]) != 0);
    assert_int_equal(kill(pid, SIGCONT), 0);
    wait_until(n_done[LANE_VDPA] == 1);
    assert_int_equal(last_error[LANE_VDPA], 0);
}

static void
test_killed(void **state OVS_UNUSED)
{
    pid_t pid = kernel_helper_lane_pid(helper, LANE_DEVLINK);

    ask(LANE_DEVLINK);
    wait_until(n_done[LANE_DEVLINK] == 1);

    /* With a request under way and one in the queue. */
    assert_int_equal(kill(pid, SIGSTOP), 0);
    ask(LANE_DEVLINK);
    ask(LANE_DEVLINK);
    run();
    assert_int_equal(kill(pid, SIGKILL), 0);
    wait_until(n_done[LANE_DEVLINK] == 2);
    assert_true(last_error[LANE_DEVLINK] != 0);
    wait_until(n_done[LANE_DEVLINK] == 3);
    assert_int_equal(last_error[LANE_DEVLINK], 0);
    assert_true(kernel_helper_lane_pid(helper, LANE_DEVLINK) != pid);
}

static uint64_t
read_mask(const char *status, const char *name)
{
    const char *line = strstr(status, name);

    assert_non_null(line);
    return strtoull(line + strlen(name), NULL, 16);
}

/* Signals that main() ignores, catches or blocks. */
static uint64_t
reset_signals(void)
{
    return (UINT64_C(1) << (SIGPIPE - 1) | UINT64_C(1) << (SIGTERM - 1)
            | UINT64_C(1) << (SIGHUP - 1));
}

/* What a lane has of its parent's: its end of the socket, and no more. */
static void
test_isolated(void **state OVS_UNUSED)
{
    char buf[4096], path[64];
    struct dirent *de;
    int n_files = 0;
    pid_t pid;
    DIR *dir;

    ask(LANE_VDPA);
    wait_until(n_done[LANE_VDPA] == 1);
    pid = kernel_helper_lane_pid(helper, LANE_VDPA);
    assert_string_equal(read_proc(pid, "comm", buf, sizeof buf),
                        "offload-vdpa\n");
    assert_string_equal(kernel_helper_lane_name(LANE_VDPA), "offload-vdpa");

    snprintf(path, sizeof path, "/proc/%ld/fd", (long int) pid);
    dir = opendir(path);
    assert_non_null(dir);
    while ((de = readdir(dir))) {
        /* Valgrind has its own, with large numbers. */
        n_files += de->d_name[0] != '.' && atoi(de->d_name) < 256;
    }
    closedir(dir);
    assert_int_equal(n_files, 5);  /* Three, the socket, and netlink's. */

    snprintf(path, sizeof path, "/proc/%ld/fd/2", (long int) pid);
    ssize_t n = readlink(path, buf, sizeof buf - 1);
    assert_true(n > 0);
    buf[n] = '\0';
    assert_string_equal(buf, "/dev/null");

    read_proc(pid, "status", buf, sizeof buf);
    assert_false(read_mask(buf, "SigIgn:") & reset_signals());
    assert_false(read_mask(buf, "SigBlk:") & reset_signals());

    /* What we catch ends it. */
    assert_int_equal(kill(pid, SIGTERM), 0);
    ask(LANE_VDPA);
    ask(LANE_VDPA);
    wait_until(n_done[LANE_VDPA] == 3);
    assert_true(kernel_helper_lane_pid(helper, LANE_VDPA) != pid);
}

/* The lanes end with their parent, however that ends, and even if they do not
 * come to look at their socket. */
static void
test_parent_ends(void **state OVS_UNUSED)
{
    struct kernel_helper *h;
    pid_t lanes[N_LANES];
    char comm[32];
    int fds[2];
    pid_t pid;

    /* So that it is us who learn of their end. */
    assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    assert_int_equal(pipe(fds), 0);
    pid = fork();
    if (!pid) {
        signal(SIGTERM, SIG_IGN);
        if (kernel_helper_start(&h)) {
            _exit(1);
        }
        for (unsigned int i = 0; i < N_LANES; i++) {
            lanes[i] = kernel_helper_lane_pid(h, i);
        }
        if (write(fds[1], lanes, sizeof lanes) != sizeof lanes) {
            _exit(1);
        }
        pause();
        _exit(0);
    }
    assert_int_equal(read(fds[0], lanes, sizeof lanes), sizeof lanes);
    wait_until(!strcmp(read_proc(lanes[0], "comm", comm, sizeof comm),
                       "offload-nlctrl\n")); /* It has begun. */
    kill(lanes[0], SIGSTOP);
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    for (int i = 0; i < N_LANES && lanes[i]; i++) {
        wait_until(waitpid(lanes[i], NULL, WNOHANG) == lanes[i]);
    }
    close(fds[0]);
    close(fds[1]);
}

/* genl itself, on the real table of families. */

static int n_there, n_not_there;
static uint32_t notify_group;

static void
family_cb(void *aux OVS_UNUSED, const struct genl_family *family)
{
    if (family) {
        n_there++;
        notify_group = genl_family_group(family, "notify");
    } else {
        n_not_there++;
    }
}

static void
test_families(void **state OVS_UNUSED)
{
    struct kernel_helper *h;
    struct genl *genl;

    assert_int_equal(kernel_helper_start(&h), 0);
    genl = genl_create(base, h, 65536);
    genl_watch(genl, "nlctrl", family_cb, NULL);
    genl_watch(genl, "no-such-family", family_cb, NULL);
    assert_int_equal(n_there + n_not_there, 0);
    for (int i = 0; i < 1000 && n_there + n_not_there < 2; i++) {
        genl_run(genl);
        genl_wait(genl);
        run();
    }
    assert_int_equal(n_there, 1);
    assert_int_equal(n_not_there, 1);
    assert_int_equal(notify_group, 16);
    genl_destroy(genl);
    kernel_helper_stop(h);
}

static void
catch_cb(int sig OVS_UNUSED)
{
}

int
main(void)
{
#define TEST(NAME) cmocka_unit_test_setup_teardown(NAME, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_answers),
        TEST(test_error),
        TEST(test_write),
        TEST(test_stuck),
        TEST(test_killed),
        TEST(test_isolated),
        TEST(test_parent_ends),
        TEST(test_families),
    };

    sigset_t set;

    signal(SIGPIPE, SIG_IGN);
    signal(SIGTERM, catch_cb);
    sigemptyset(&set);
    sigaddset(&set, SIGHUP);
    sigprocmask(SIG_BLOCK, &set, NULL);
    vlog_set_levels(NULL, VLF_ANY_DESTINATION, VLL_OFF);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
