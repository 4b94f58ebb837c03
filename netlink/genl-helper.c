/* SPDX-License-Identifier: Apache-2.0 */

#include "config.h"

#include "netlink/genl-helper.h"

#include <errno.h>
#include <linux/netlink.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "coverage.h"
#include "netlink/helper-process.h"
#include "netlink/lane-write.h"
#include "netlink/nl-conn.h"
#include "netlink/nl-socket.h"
#include "openvswitch/vlog.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(genl_helper);

COVERAGE_DEFINE(genl_helper_restart);

static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(5, 5);

static const char *const lane_names[N_LANES] = {
    [LANE_NLCTRL] = "offload-nlctrl",
    [LANE_DEVLINK] = "offload-devlink",
    [LANE_VDPA] = "offload-vdpa",
    [LANE_ETHTOOL] = "offload-ethtool",
    [LANE_OVS] = "offload-ovs",
    [LANE_VPORT] = "offload-vport",
    [LANE_VDPA_CHANGE] = "offload-vdpa-ch",
    [LANE_SYSFS] = "offload-sysfs",
    [LANE_ESWITCH] = "offload-eswitch",
    [LANE_ROUTE] = "offload-route",
};

/* This lane and those after it are started when they are opened. */
#define FIRST_LATE_LANE LANE_ESWITCH

struct lane {
    struct kernel_helper *helper; /* Has this in its 'lanes'. */
    pid_t pid;                  /* 0 if there is none. */
    int fd;                     /* Our end until it is handed out, then -1. */
};

struct kernel_helper {
    struct lane lanes[N_LANES];
};

/* The lane's process. */

/* Larger than any datagram that generic netlink sends here: dumps come in
 * chunks of at most 32 KB.  One that does not fit is reported as such. */
static union {
    struct nlmsghdr nlh;        /* For alignment. */
    char bytes[256 * 1024];
} lane_buf;

bool
kernel_lane_reply(int fd, const struct nlmsghdr *request, int error)
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
            if (!kernel_lane_reply(fd, &request, error)) {
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
lane_genl(int fd)
{
    kernel_lane_loop(fd, NETLINK_GENERIC);
}

static void
lane_route(int fd)
{
    kernel_lane_loop(fd, NETLINK_ROUTE);
}

/* Our side. */

static void
lane_kill(struct lane *lane)
{
    if (lane->fd >= 0) {
        close(lane->fd);
        lane->fd = -1;
    }
    if (lane->pid) {
        helper_process_stop(lane->pid);
        lane->pid = 0;
    }
}

static int
lane_start(struct kernel_helper *helper, unsigned int i)
{
    struct lane *lane = &helper->lanes[i];

    return helper_process_start(lane_names[i],
                                (i == LANE_SYSFS ? lane_write_loop
                                 : i == LANE_ROUTE ? lane_route : lane_genl),
                                &lane->pid, &lane->fd);
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
    for (unsigned int i = 0; i < FIRST_LATE_LANE; i++) {
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
            lane_kill(&helper->lanes[i]);
        }
        free(helper);
    }
}

int
kernel_helper_open_lane(struct kernel_helper *helper, unsigned int i)
{
    struct lane *lane = &helper->lanes[i];
    int fd;

    if (lane->fd < 0) {
        int error;

        if (lane->pid) {
            if (i < FIRST_LATE_LANE) {
                COVERAGE_INC(genl_helper_restart);
                VLOG_WARN_RL(&rl, "starting process %s again",
                             lane_names[i]);
            }
            lane_kill(lane);
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
