/* SPDX-License-Identifier: Apache-2.0 */

/* Processes that work for us: their beginning and their end. */

#include <config.h>

#include "netlink/helper-process.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "util.h"

/* Sends back what it gets. */
static void
echo(int fd)
{
    char c;

    while (recv(fd, &c, 1, 0) == 1) {
        send(fd, &c, 1, MSG_NOSIGNAL);
    }
}

static pid_t
start(int *fdp)
{
    pid_t pid;

    assert_int_equal(helper_process_start("test-echo", echo, &pid, fdp), 0);
    assert_true(pid > 0);
    assert_true(*fdp >= 0);
    return pid;
}

/* Is there anything of process 'pid', waiting for its end if 'wait'? */
static bool
is_there(pid_t pid, bool wait)
{
    siginfo_t info;

    if (waitid(P_PID, pid, &info,
               WEXITED | WNOWAIT | (wait ? 0 : WNOHANG)) < 0) {
        assert_int_equal(errno, ECHILD);
        return false;
    }
    return true;
}

static void
test_works(void **state OVS_UNUSED)
{
    char c = 'x';
    int fd;
    pid_t pid = start(&fd);

    assert_int_equal(send(fd, &c, 1, 0), 1);
    while (recv(fd, &c, 1, 0) < 0) {
        assert_int_equal(errno, EAGAIN);
    }
    assert_true(is_there(pid, false));
    close(fd);
    helper_process_stop(pid);
}

/* However many are started and ended, there are no more left than those of
 * the last turn. */
static void
test_nothing_is_left(void **state OVS_UNUSED)
{
    pid_t last[3] = { 0 };

    for (int turn = 0; turn < 5; turn++) {
        pid_t pids[ARRAY_SIZE(last)];
        int fds[ARRAY_SIZE(last)];

        for (size_t i = 0; i < ARRAY_SIZE(last); i++) {
            pids[i] = start(&fds[i]);
            assert_false(last[i] && is_there(last[i], false));
        }
        for (size_t i = 0; i < ARRAY_SIZE(last); i++) {
            close(fds[i]);
            helper_process_stop(pids[i]);
            last[i] = pids[i];
        }
        for (size_t i = 0; i < ARRAY_SIZE(last); i++) {
            is_there(last[i], true);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_works),
        cmocka_unit_test(test_nothing_is_left),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
