/* SPDX-License-Identifier: Apache-2.0 */

#include "config.h"

#include "netlink/genl-helper.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "coverage.h"
#include "netlink/nl-conn.h"
#include "netlink/nl-socket.h"
#include "openvswitch/vlog.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(genl_helper);

COVERAGE_DEFINE(genl_helper_restart);

static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(5, 5);

/* At most 15 bytes each, which is what the kernel keeps. */
static const char *const lane_names[N_LANES] = {
    [LANE_NLCTRL] = "offload-nlctrl",
    [LANE_DEVLINK] = "offload-devlink",
    [LANE_VDPA] = "offload-vdpa",
    [LANE_ETHTOOL] = "offload-ethtool",
    [LANE_OVS] = "offload-ovs",
};

/* Processes that were told to end and may not have done so yet. */
#define MAX_OLD 16

struct lane {
    struct kernel_helper *helper; /* Has this in its 'lanes'. */
    pid_t pid;                  /* 0 if there is none. */
    int fd;                     /* Our end until it is handed out, then -1. */
};

struct kernel_helper {
    struct lane lanes[N_LANES];
    pid_t old[MAX_OLD];         /* 0 for an unused element. */
};

/* The lane's process. */

/* Larger than any datagram that generic netlink sends here: dumps come in
 * chunks of at most 32 KB.  One that does not fit is reported as such. */
static union {
    struct nlmsghdr nlh;        /* For alignment. */
    char bytes[256 * 1024];
} lane_buf;

static bool
lane_reply_error(int fd, const struct nlmsghdr *request, int error)
{
    struct {
        struct nlmsghdr nlh;
        struct nlmsgerr err;
    } reply = {
        .nlh = {
            .nlmsg_len = sizeof reply,
            .nlmsg_type = NLMSG_ERROR,
            .nlmsg_flags = NLM_F_CAPPED,
            .nlmsg_seq = request->nlmsg_seq,
        },
        .err = { .error = -error, .msg = *request },
    };

    return send(fd, &reply, sizeof reply, MSG_NOSIGNAL) >= 0;
}

/* Is the answer to request 'seq' complete with this datagram of 'n' bytes? */
static bool
lane_is_end(const char *p, size_t n, uint32_t seq)
{
    while (n >= NLMSG_HDRLEN) {
        const struct nlmsghdr *nlh = (const void *) p;
        size_t len = nlh->nlmsg_len;

        if (len < NLMSG_HDRLEN || len > n) {
            return true;
        }
        if (nlh->nlmsg_seq == seq && (nlh->nlmsg_type == NLMSG_ERROR
                                      || nlh->nlmsg_type == NLMSG_DONE)) {
            return true;
        }
        len = MIN(NLMSG_ALIGN(len), n);
        p += len;
        n -= len;
    }
    return false;
}

/* Executes the request of 'n' bytes in 'lane_buf' on netlink socket 'nl'.
 * Returns 0, or a positive errno after which the requester has not got the
 * end of the answer and 'nl' is of no more use, or -1 if the requester is
 * gone. */
static int
lane_execute(int fd, int nl, size_t n, uint32_t seq)
{
    if (send(nl, lane_buf.bytes, n, 0) < 0) {
        return errno;
    }
    for (;;) {
        struct pollfd pfd = { .fd = nl, .events = POLLIN };
        ssize_t len = nl_socket_recv(nl, lane_buf.bytes,
                                     sizeof lane_buf.bytes);

        if (len == -EAGAIN) {
            if (poll(&pfd, 1, -1) < 0 && errno != EINTR) {
                return errno;
            }
        } else if (len < 0) {
            return -len;
        } else if (len > sizeof lane_buf.bytes) {
            return EMSGSIZE;
        } else if (len) {
            if (send(fd, lane_buf.bytes, len, MSG_NOSIGNAL) < 0) {
                return -1;
            }
            if (lane_is_end(lane_buf.bytes, len, seq)) {
                return 0;
            }
        }
    }
}

void
kernel_lane_loop(int fd, int protocol)
{
    int nl = -1;

    for (;;) {
        struct nlmsghdr request;
        uint32_t portid;
        int error = 0;
        ssize_t n;

        n = recv(fd, lane_buf.bytes, sizeof lane_buf.bytes, 0);
        if (n <= 0) {
            if (n < 0 && errno == EINTR) {
                continue;
            }
            break;
        }
        if (n < NLMSG_HDRLEN || lane_buf.nlh.nlmsg_len != n) {
            break;
        }
        request = lane_buf.nlh;
        if (nl < 0) {
            nl = nl_socket_open(protocol, NL_SOCKET_RCVBUF, &portid);
        }
        error = nl < 0 ? -nl : lane_execute(fd, nl, n, request.nlmsg_seq);
        if (error > 0) {
            /* Whatever is still to come goes with the socket. */
            if (nl >= 0) {
                close(nl);
                nl = -1;
            }
            if (!lane_reply_error(fd, &request, error)) {
                break;
            }
        } else if (error < 0) {
            break;
        }
    }
    if (nl >= 0) {
        close(nl);
    }
}

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
lane_close_files(int fd)
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
 * threads when it starts a lane anew; and _exit(), as exit() would run its
 * handlers, which remove the pidfile. */
static void OVS_NO_RETURN
lane_main(int fd, unsigned int lane, pid_t parent)
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
    prctl(PR_SET_NAME, lane_names[lane]);
    lane_close_files(fd);
    (void) !chdir("/");
    kernel_lane_loop(3, NETLINK_GENERIC);
    _exit(0);
}

/* Our side. */

static void
helper_reap(struct kernel_helper *helper)
{
    for (size_t i = 0; i < MAX_OLD; i++) {
        if (helper->old[i] && waitpid(helper->old[i], NULL, WNOHANG)) {
            helper->old[i] = 0;
        }
    }
}

/* Ends the process of 'lane'.  It may take until the kernel lets it go, which
 * is not waited for. */
static void
lane_kill(struct kernel_helper *helper, struct lane *lane)
{
    if (lane->fd >= 0) {
        close(lane->fd);
        lane->fd = -1;
    }
    if (lane->pid) {
        kill(lane->pid, SIGKILL);
        for (size_t i = 0; i < MAX_OLD; i++) {
            if (!helper->old[i]) {
                helper->old[i] = lane->pid;
                break;
            }
        }
        lane->pid = 0;
    }
}

static int
lane_start(struct kernel_helper *helper, unsigned int i)
{
    struct lane *lane = &helper->lanes[i];
    pid_t parent = getpid();
    int fds[2];

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds)) {
        return errno;
    }
    lane->pid = fork();
    if (!lane->pid) {
        lane_main(fds[1], i, parent);
    }
    close(fds[1]);
    if (lane->pid < 0) {
        int error = errno;

        close(fds[0]);
        lane->pid = 0;
        return error;
    }
    fcntl(fds[0], F_SETFL, O_NONBLOCK);
    lane->fd = fds[0];
    return 0;
}

int
kernel_helper_start(struct kernel_helper **helperp)
{
    struct kernel_helper *helper = xzalloc(sizeof *helper);

    *helperp = NULL;
    for (unsigned int i = 0; i < N_LANES; i++) {
        helper->lanes[i].helper = helper;
        helper->lanes[i].fd = -1;
    }
    for (unsigned int i = 0; i < N_LANES; i++) {
        int error = lane_start(helper, i);

        if (error) {
            kernel_helper_stop(helper);
            return error;
        }
    }
    *helperp = helper;
    return 0;
}

void
kernel_helper_stop(struct kernel_helper *helper)
{
    if (helper) {
        for (unsigned int i = 0; i < N_LANES; i++) {
            lane_kill(helper, &helper->lanes[i]);
        }
        helper_reap(helper);
        free(helper);
    }
}

int
kernel_helper_open_lane(struct kernel_helper *helper, unsigned int i)
{
    struct lane *lane = &helper->lanes[i];
    int fd;

    helper_reap(helper);
    if (lane->fd < 0) {
        int error;

        if (lane->pid) {
            COVERAGE_INC(genl_helper_restart);
            VLOG_WARN_RL(&rl, "starting process %s again", lane_names[i]);
            lane_kill(helper, lane);
            helper_reap(helper);
        }
        error = lane_start(helper, i);
        if (error) {
            return -error;
        }
    }
    fd = lane->fd;
    lane->fd = -1;
    return fd;
}

static int
lane_open_cb(void *lane_)
{
    struct lane *lane = lane_;

    return kernel_helper_open_lane(lane->helper,
                                   lane - lane->helper->lanes);
}

struct nl_conn *
kernel_helper_connect(struct kernel_helper *helper, struct event_base *base,
                      unsigned int lane, const struct nl_conn_class *class,
                      void *aux)
{
    return nl_conn_create_peer(base, lane_open_cb, &helper->lanes[lane],
                               lane_names[lane], class, aux);
}

const char *
kernel_helper_lane_name(unsigned int lane)
{
    return lane_names[lane];
}

pid_t
kernel_helper_lane_pid(const struct kernel_helper *helper, unsigned int lane)
{
    return helper->lanes[lane].pid;
}
