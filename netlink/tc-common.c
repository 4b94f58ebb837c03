/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "netlink/tc-common.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "util.h"

BUILD_ASSERT_DECL(TC_PARENT_INGRESS
                  == TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS));
BUILD_ASSERT_DECL(TC_PARENT_EGRESS
                  == TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS));

static bool
get_u32(const struct nlattr *attr, uint32_t *value)
{
    if (mnl_attr_validate(attr, MNL_TYPE_U32) < 0) {
        return false;
    }
    *value = mnl_attr_get_u32(attr);
    return true;
}

static void
add_part(struct tc_qdisc *qdisc, uint32_t block, uint32_t parent)
{
    qdisc->parts[qdisc->n_parts++] = (struct tc_part) {
        .ifindex = block ? 0 : qdisc->ifindex,
        .block = block,
        .parent = block ? 0 : parent,
    };
}

bool
tc_qdisc_parse(const struct nlmsghdr *nlh, struct tc_qdisc *qdisc)
{
    uint32_t ingress_block = 0, egress_block = 0;
    const char *kind = "";
    const struct tcmsg *tcm;
    struct nlattr *attr;

    qdisc->n_parts = 0;
    if (nlh->nlmsg_len < NLMSG_LENGTH(sizeof *tcm)) {
        return false;
    }
    tcm = mnl_nlmsg_get_payload(nlh);
    qdisc->ifindex = tcm->tcm_ifindex;
    if (tcm->tcm_parent != TC_H_CLSACT) {
        return true;
    }
    mnl_attr_for_each(attr, nlh, sizeof *tcm) {
        bool ok = true;

        switch (mnl_attr_get_type(attr)) {
        case TCA_KIND:
            ok = mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) >= 0;
            kind = ok ? mnl_attr_get_str(attr) : "";
            break;
        case TCA_INGRESS_BLOCK:
            ok = get_u32(attr, &ingress_block);
            break;
        case TCA_EGRESS_BLOCK:
            ok = get_u32(attr, &egress_block);
            break;
        }
        if (!ok) {
            return false;
        }
    }

    bool clsact = !strcmp(kind, "clsact");
    if (clsact || !strcmp(kind, "ingress")) {
        add_part(qdisc, ingress_block, TC_PARENT_INGRESS);
    }
    if (clsact) {
        add_part(qdisc, egress_block, TC_PARENT_EGRESS);
    }
    return true;
}

bool
tc_chain_parse(const struct nlmsghdr *nlh, const struct tcmsg **tcm,
               uint32_t *chain)
{
    const struct nlattr *attr;

    if (nlh->nlmsg_len < NLMSG_LENGTH(sizeof **tcm)) {
        return false;
    }
    *tcm = mnl_nlmsg_get_payload(nlh);
    *chain = 0;
    mnl_attr_for_each(attr, nlh, sizeof **tcm) {
        if (mnl_attr_get_type(attr) == TCA_CHAIN && !get_u32(attr, chain)) {
            return false;
        }
    }
    return true;
}

static int
compare_parts(const void *a_, const void *b_)
{
    const struct tc_part *a = a_, *b = b_;

    if (a->block != b->block) {
        return a->block < b->block ? -1 : 1;
    } else if (a->ifindex != b->ifindex) {
        return a->ifindex < b->ifindex ? -1 : 1;
    } else {
        return a->parent < b->parent ? -1 : a->parent > b->parent;
    }
}

size_t
tc_parts_unique(struct tc_part *parts, size_t n)
{
    size_t n_unique = 0;

    if (n) {
        qsort(parts, n, sizeof *parts, compare_parts);
    }
    for (size_t i = 0; i < n; i++) {
        if (!n_unique || compare_parts(&parts[n_unique - 1], &parts[i])) {
            parts[n_unique++] = parts[i];
        }
    }
    return n_unique;
}

int
tc_socket_open(uint32_t *portid)
{
    static const struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
    struct sockaddr_nl addr = kernel;
    socklen_t len = sizeof addr;
    int fd;

    fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
                NETLINK_ROUTE);
    if (fd < 0) {
        return -errno;
    }
    /* To a connected socket none but the kernel can send. */
    if (bind(fd, (const struct sockaddr *) &kernel, sizeof kernel)
        || connect(fd, (const struct sockaddr *) &kernel, sizeof kernel)
        || getsockname(fd, (struct sockaddr *) &addr, &len)) {
        int error = errno;

        close(fd);
        return -error;
    }
    *portid = addr.nl_pid;
    return fd;
}

uint64_t
tc_now_us(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t) ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

void
tc_batch_init(struct tc_batch *batch)
{
    batch->n = 0;
    for (size_t i = 0; i < TC_BATCH; i++) {
        batch->flows[i] = &batch->records[i];
    }
}
