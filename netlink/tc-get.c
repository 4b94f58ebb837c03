/* SPDX-License-Identifier: Apache-2.0 */

/* The kernel wants priority, chain and handle.  A filter's protocol it does
 * not: 0 stands for whichever that priority has, since priorities are not
 * shared by protocols. */

#include <config.h>

#include "netlink/tc-get.h"

#include <errno.h>
#include <event2/event.h>
#include <libmnl/libmnl.h>
#include <limits.h>
#include <linux/netlink.h>
#include <linux/pkt_cls.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "netlink/tc-common.h"
#include "util.h"

/* Room for one filter: the length of an attribute, which all that is in it has
 * to fit in, has 16 bits. */
#define BUF_SIZE 65536

/* There is one request for each socket. */
#define SEQ 1

struct tc_get {
    tc_get_cb *cb;              /* The caller's. */
    void *aux;                  /* For 'cb'. */
    int fd;                     /* Netlink socket. */
    uint32_t portid;            /* Its address. */
    struct event *event;        /* EV_READ on 'fd'. */
    bool in_callback;           /* 'cb' is running. */
};

struct tc_get_key
tc_get_key(uint32_t dev, uint32_t recirc_id, uint32_t handle, uint16_t prio,
           uint16_t flags)
{
    struct tc_get_key key = {
        .chain = recirc_id, .handle = handle, .prio = prio,
    };

    if (flags & FLOW_ON_BLOCK) {
        key.part.block = dev;
    } else {
        key.part.ifindex = dev;
        key.part.parent = (flags & FLOW_EGRESS_SIDE
                           ? TC_PARENT_EGRESS : TC_PARENT_INGRESS);
    }
    return key;
}

static int
send_request(int fd, const struct tc_get_key *key)
{
    struct {
        struct nlmsghdr nlh;
        struct tcmsg tcm;
        struct nlattr nla;
        uint32_t chain;
    } req = {
        .nlh = {
            .nlmsg_len = sizeof req,
            .nlmsg_type = RTM_GETTFILTER,
            .nlmsg_flags = NLM_F_REQUEST,
            .nlmsg_seq = SEQ,
        },
        .tcm = {
            .tcm_family = AF_UNSPEC,
            .tcm_handle = key->handle,
            .tcm_info = TC_H_MAKE((uint32_t) key->prio << 16, 0),
        },
        .nla = {
            .nla_len = NLA_HDRLEN + sizeof req.chain,
            .nla_type = TCA_CHAIN,
        },
        .chain = key->chain,
    };

    if (key->part.block) {
        req.tcm.tcm_ifindex = TCM_IFINDEX_MAGIC_BLOCK;
        req.tcm.tcm_block_index = key->part.block;
    } else {
        req.tcm.tcm_ifindex = key->part.ifindex;
        req.tcm.tcm_parent = key->part.parent;
    }
    return send(fd, &req, sizeof req, 0) < 0 ? errno : 0;
}

/* The errno of an NLMSG_ERROR. */
static int
get_error(const struct nlmsghdr *nlh)
{
    int error;

    if (nlh->nlmsg_len < NLMSG_LENGTH(sizeof error)) {
        return EPROTO;
    }
    memcpy(&error, mnl_nlmsg_get_payload(nlh), sizeof error);
    if (error >= 0 || error == INT_MIN) {
        return EPROTO;          /* We asked for no acknowledgement. */
    }
    /* As the request is well-formed, EINVAL tells that the chain, or the
     * qdisc, is not there. */
    return error == -EINVAL ? ENOENT : -error;
}

/* Looks for the answer in the 'len' bytes at 'buf'.  Returns whether it is
 * there, and if so what to tell the caller in '*errorp' and '*answer'. */
static bool
find_answer(const struct tc_get *get, const void *buf, int len, int *errorp,
            const struct nlmsghdr **answer)
{
    const struct nlmsghdr *nlh = buf;

    *answer = NULL;
    for (; mnl_nlmsg_ok(nlh, len); nlh = mnl_nlmsg_next(nlh, &len)) {
        if (nlh->nlmsg_seq != SEQ || nlh->nlmsg_pid != get->portid) {
            continue;
        } else if (nlh->nlmsg_type == NLMSG_ERROR) {
            *errorp = get_error(nlh);
            return true;
        } else if (nlh->nlmsg_type == RTM_NEWTFILTER) {
            *errorp = 0;
            *answer = nlh;
            return true;
        }
    }
    return false;
}

static void
tc_get_destroy(struct tc_get *get)
{
    if (get->event) {
        event_free(get->event);
    }
    close(get->fd);
    free(get);
}

static void
on_readable(evutil_socket_t fd, short what OVS_UNUSED, void *get_)
{
    struct tc_get *get = get_;
    void *buf = xmalloc(BUF_SIZE);
    ssize_t n = recv(fd, buf, BUF_SIZE, MSG_DONTWAIT | MSG_TRUNC);
    const struct nlmsghdr *answer = NULL;
    int error = 0;
    bool over = true;

    if (n < 0) {
        error = errno;
        over = error != EAGAIN && error != EINTR;
    } else if (!n) {
        error = ECONNRESET;     /* Never on netlink. */
    } else if (n > BUF_SIZE) {
        error = EMSGSIZE;
    } else {
        over = find_answer(get, buf, n, &error, &answer);
    }
    if (over) {
        get->in_callback = true;
        get->cb(get->aux, error, answer);
        tc_get_destroy(get);
    }
    free(buf);
}

struct tc_get *
tc_get_start_fd(struct event_base *base, int fd, uint32_t portid,
                const struct tc_get_key *key, tc_get_cb *cb, void *aux,
                int *errorp)
{
    struct tc_get *get = xzalloc(sizeof *get);
    int error;

    get->cb = cb;
    get->aux = aux;
    get->fd = fd;
    get->portid = portid;
    get->event = event_new(base, fd, EV_READ | EV_PERSIST, on_readable, get);
    if (!get->event || event_add(get->event, NULL)) {
        error = ENOMEM;
    } else {
        error = send_request(fd, key);
    }
    if (error) {
        tc_get_destroy(get);
        *errorp = error;
        return NULL;
    }
    return get;
}

struct tc_get *
tc_get_start(struct event_base *base, const struct tc_get_key *key,
             tc_get_cb *cb, void *aux, int *errorp)
{
    uint32_t portid;
    int fd = tc_socket_open(&portid);

    if (fd < 0) {
        *errorp = -fd;
        return NULL;
    }
    return tc_get_start_fd(base, fd, portid, key, cb, aux, errorp);
}

void
tc_get_cancel(struct tc_get *get)
{
    if (get && !get->in_callback) {
        tc_get_destroy(get);
    }
}
