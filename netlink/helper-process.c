/* SPDX-License-Identifier: Apache-2.0 */

#include "config.h"

#include "netlink/helper-process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "openvswitch/compiler.h"
#include "util.h"

/* The process. */

static void
close_from(int first)
{
    struct rlimit limit;

#ifdef SYS_close_range
    if (!syscall(SYS_close_range, first, ~0U, 0)) {
        return;
    }
#endif
    if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur > 65536) {
        limit.rlim_cur = 65536;
    }
    for (int fd = first; fd < (int) limit.rlim_cur; fd++) {
        close(fd);
    }
}

/* Keeps only 'fd', as descriptor 3, and nothing on the standard ones: a
 * process that waits for our parent's output to end must not wait for us. */
static void
close_files(int fd)
{
    int null = open("/dev/null", O_RDWR);

    if (fd != 3) {
        dup2(fd, 3);
    }
    for (int i = 0; i < 3; i++) {
        if (null >= 0) {
            dup2(null, i);
        } else {
            close(i);
        }
    }
    close_from(4);
}

/* Only async-signal-safe functions are called here, as our parent may have
 * threads when it starts a process anew; and _exit(), as exit() would run its
 * handlers, which remove the pidfile. */
static void OVS_NO_RETURN
helper_main(const char *name, void (*body)(int fd), int fd, pid_t parent)
{
    sigset_t none;

    for (int sig = 1; sig < NSIG; sig++) {
        signal(sig, SIG_DFL);
    }
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) {
        _exit(0);
    }
    prctl(PR_SET_NAME, name);
    close_files(fd);
    (void) !chdir("/");
    body(3);
    _exit(0);
}

/* Our side. */

/* Processes that were told to end, and may not have been waited for. */
static pid_t *stopped;
static size_t n_stopped, allocated_stopped;

static void
reap(void)
{
    size_t n = 0;

    for (size_t i = 0; i < n_stopped; i++) {
        if (!waitpid(stopped[i], NULL, WNOHANG)) {
            stopped[n++] = stopped[i];
        }
    }
    n_stopped = n;
}

void
helper_process_stop(pid_t pid)
{
    kill(pid, SIGKILL);
    if (n_stopped >= allocated_stopped) {
        stopped = x2nrealloc(stopped, &allocated_stopped, sizeof *stopped);
    }
    stopped[n_stopped++] = pid;
    reap();
}

int
helper_process_start(const char *name, void (*body)(int fd), pid_t *pidp,
                     int *fdp)
{
    pid_t parent = getpid();
    int fds[2];
    pid_t pid;

    *pidp = 0;
    *fdp = -1;
    reap();
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds)) {
        return errno;
    }
    pid = fork();
    if (!pid) {
        helper_main(name, body, fds[1], parent);
    }
    close(fds[1]);
    if (pid < 0) {
        int error = errno;

        close(fds[0]);
        return error;
    }
    fcntl(fds[0], F_SETFL, O_NONBLOCK);
    *pidp = pid;
    *fdp = fds[0];
    return 0;
}
