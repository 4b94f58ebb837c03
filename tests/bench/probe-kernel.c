/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "tests/bench/probe-kernel.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <linux/rtnetlink.h>
#include <linux/vdpa.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "openvswitch/poll-loop.h"
#include "util.h"

/* What the uevent and link sockets may hold; a mode change of 128 VFs is
 * below 1 MB. */
#define RCVBUF (8 * 1024 * 1024)

/* Of one read from a socket, as the kernel makes its dumps. */
#define RECV_SIZE 32768

/* ifindexes that can be told apart. */
#define MAX_IFINDEX (1 << 20)

uint64_t
probe_now(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * UINT64_C(1000000) + ts.tv_nsec / 1000;
}

static struct mnl_socket *
open_socket(int protocol, unsigned int groups, int flags)
{
    struct mnl_socket *socket = mnl_socket_open2(protocol, flags);
    int size = RCVBUF;

    if (!socket || mnl_socket_bind(socket, groups, MNL_SOCKET_AUTOPID)) {
        ovs_fatal(errno, "netlink socket of protocol %d", protocol);
    }
    if (groups && setsockopt(mnl_socket_get_fd(socket), SOL_SOCKET,
                             SO_RCVBUFFORCE, &size, sizeof size)) {
        ovs_fatal(errno, "SO_RCVBUFFORCE");
    }
    return socket;
}

/* Links. */

static int
handle_link(const struct nlmsghdr *nlh, void *k_)
{
    const struct ifinfomsg *info = mnl_nlmsg_get_payload(nlh);
    struct probe_kernel *k = k_;
    int index = info->ifi_index;

    if (index <= 0 || index >= MAX_IFINDEX) {
        ovs_fatal(0, "ifindex %d is out of range", index);
    }

    uint8_t *byte = &k->known[index / 8], bit = 1 << index % 8;
    if (nlh->nlmsg_type == RTM_DELLINK) {
        *byte &= ~bit;
    } else if (nlh->nlmsg_type == RTM_NEWLINK && !(*byte & bit)) {
        *byte |= bit;
        k->link_at = probe_now();
        k->n_links++;
    }
    return MNL_CB_OK;
}

static void
dump_links(struct probe_kernel *k)
{
    char buf[RECV_SIZE];
    struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
    struct ifinfomsg *info = mnl_nlmsg_put_extra_header(nlh, sizeof *info);
    ssize_t n;

    nlh->nlmsg_type = RTM_GETLINK;
    nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    info->ifi_family = AF_UNSPEC;

    struct mnl_socket *socket = open_socket(NETLINK_ROUTE, 0, SOCK_CLOEXEC);
    if (mnl_socket_sendto(socket, nlh, nlh->nlmsg_len) < 0) {
        ovs_fatal(errno, "RTM_GETLINK");
    }
    do {
        n = mnl_socket_recvfrom(socket, buf, sizeof buf);
    } while (n > 0 && mnl_cb_run(buf, n, 0, 0, handle_link, k) > MNL_CB_STOP);
    mnl_socket_close(socket);
}

/* uevents. */

/* 'buf' is "add@DEVPATH\0KEY=VALUE\0...", with a terminator behind it. */
static void
handle_uevent(struct probe_kernel *k, const char *buf, size_t size)
{
    if (strncmp(buf, "add@", 4)) {
        return;
    }
    for (const char *p = buf; p < buf + size; p += strlen(p) + 1) {
        if (!strcmp(p, "SUBSYSTEM=vdpa")) {
            k->vdpa_at = probe_now();
            return;
        }
    }
}

/* vDPA devices. */

struct request {
    char buf[4096];
    struct nlmsghdr *nlh;
};

static void
request_init(struct request *r, uint16_t family, uint8_t command,
             uint8_t version)
{
    r->nlh = mnl_nlmsg_put_header(r->buf);
    r->nlh->nlmsg_type = family;
    r->nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;

    struct genlmsghdr *genl = mnl_nlmsg_put_extra_header(r->nlh, sizeof *genl);
    genl->cmd = command;
    genl->version = version;
}

/* Sends 'r' and hands what comes back to 'cb'.  Returns a positive errno. */
static int
request_run(struct probe_kernel *k, struct request *r, mnl_cb_t cb, void *aux)
{
    char buf[8192];
    int result;

    if (mnl_socket_sendto(k->genl, r->nlh, r->nlh->nlmsg_len) < 0) {
        return errno;
    }
    do {
        ssize_t n = mnl_socket_recvfrom(k->genl, buf, sizeof buf);

        if (n < 0) {
            return errno;
        }
        result = mnl_cb_run(buf, n, 0, 0, cb, aux);
    } while (result > MNL_CB_STOP);
    return result == MNL_CB_STOP ? 0 : errno;
}

static int
handle_family(const struct nlmsghdr *nlh, void *k_)
{
    struct probe_kernel *k = k_;
    const struct nlattr *attr;

    mnl_attr_for_each (attr, nlh, sizeof(struct genlmsghdr)) {
        if (mnl_attr_get_type(attr) == CTRL_ATTR_FAMILY_ID) {
            k->vdpa = mnl_attr_get_u16(attr);
        }
    }
    return MNL_CB_OK;
}

static int
find_vdpa(struct probe_kernel *k)
{
    struct request r;

    if (k->vdpa) {
        return 0;
    }
    request_init(&r, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 1);
    mnl_attr_put_strz(r.nlh, CTRL_ATTR_FAMILY_NAME, VDPA_GENL_NAME);
    return request_run(k, &r, handle_family, k);
}

int
probe_vdpa_add(struct probe_kernel *k, const char *name, const char *mgmtdev)
{
    const char *slash = strchr(mgmtdev, '/');
    struct request r;

    if (!slash || strlen(name) + strlen(mgmtdev) > 1024) {
        return EINVAL;
    }

    int error = find_vdpa(k);
    if (error) {
        return error;
    }

    char *bus = xmemdup0(mgmtdev, slash - mgmtdev);
    request_init(&r, k->vdpa, VDPA_CMD_DEV_NEW, VDPA_GENL_VERSION);
    mnl_attr_put_strz(r.nlh, VDPA_ATTR_MGMTDEV_BUS_NAME, bus);
    mnl_attr_put_strz(r.nlh, VDPA_ATTR_MGMTDEV_DEV_NAME, slash + 1);
    mnl_attr_put_strz(r.nlh, VDPA_ATTR_DEV_NAME, name);
    free(bus);
    return request_run(k, &r, NULL, NULL);
}

int
probe_vdpa_del(struct probe_kernel *k, const char *name)
{
    struct request r;
    int error = find_vdpa(k);

    if (error) {
        return error;
    } else if (strlen(name) > 1024) {
        return EINVAL;
    }
    request_init(&r, k->vdpa, VDPA_CMD_DEV_DEL, VDPA_GENL_VERSION);
    mnl_attr_put_strz(r.nlh, VDPA_ATTR_DEV_NAME, name);
    return request_run(k, &r, NULL, NULL);
}

/* All of it. */

void
probe_kernel_open(struct probe_kernel *k)
{
    memset(k, 0, sizeof *k);
    k->known = xzalloc(MAX_IFINDEX / 8);
    k->links = open_socket(NETLINK_ROUTE, RTMGRP_LINK,
                           SOCK_CLOEXEC | SOCK_NONBLOCK);
    k->uevents = open_socket(NETLINK_KOBJECT_UEVENT, 1,
                             SOCK_CLOEXEC | SOCK_NONBLOCK);
    k->genl = open_socket(NETLINK_GENERIC, 0, SOCK_CLOEXEC);
    dump_links(k);
    probe_kernel_reset(k);
}

static ssize_t
receive(struct mnl_socket *socket, char *buf, size_t size)
{
    ssize_t n = mnl_socket_recvfrom(socket, buf, size);

    if (n < 0 && errno != EAGAIN && errno != EINTR) {
        ovs_fatal(errno, "an event was lost");
    }
    return n;
}

void
probe_kernel_run(struct probe_kernel *k)
{
    char buf[RECV_SIZE + 1];
    ssize_t n;

    while ((n = receive(k->uevents, buf, sizeof buf - 1)) > 0) {
        buf[n] = '\0';
        handle_uevent(k, buf, n);
    }
    while ((n = receive(k->links, buf, sizeof buf - 1)) > 0) {
        mnl_cb_run(buf, n, 0, 0, handle_link, k);
    }
}

void
probe_kernel_wait(struct probe_kernel *k)
{
    poll_fd_wait(mnl_socket_get_fd(k->uevents), POLLIN);
    poll_fd_wait(mnl_socket_get_fd(k->links), POLLIN);
}

void
probe_kernel_reset(struct probe_kernel *k)
{
    k->link_at = k->vdpa_at = 0;
    k->n_links = 0;
}
