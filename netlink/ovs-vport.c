/* SPDX-License-Identifier: Apache-2.0 */

#include "config.h"

#include "netlink/ovs-vport.h"

#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/openvswitch.h>
#include <stdlib.h>

#include "netlink/genl.h"
#include "netlink/nl-conn.h"
#include "netlink/nl-socket.h"
#include "openvswitch/vlog.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(ovs_vport);

static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(5, 20);

struct ovs_vports {
    struct event_base *base;
    struct nl_conn *conn;       /* NULL while there is no family. */
    uint16_t family;            /* 0 likewise. */
};

static void
vport_set_family(void *vports_, const struct genl_family *family)
{
    static const struct nl_conn_class class = { .event = NULL };
    struct ovs_vports *vports = vports_;

    nl_conn_destroy(vports->conn);
    vports->conn = NULL;
    vports->family = 0;
    if (family) {
        vports->family = genl_family_id(family);
        vports->conn = nl_conn_create(vports->base, NETLINK_GENERIC,
                                      NL_SOCKET_RCVBUF, &class, vports);
    }
}

struct ovs_vports *
ovs_vports_create(struct event_base *base, struct genl *genl)
{
    struct ovs_vports *vports = xzalloc(sizeof *vports);

    vports->base = base;
    genl_watch(genl, OVS_VPORT_FAMILY, vport_set_family, vports);
    return vports;
}

void
ovs_vports_destroy(struct ovs_vports *vports)
{
    if (vports) {
        nl_conn_destroy(vports->conn);
        free(vports);
    }
}

static void
vport_deleted(void *aux OVS_UNUSED, const struct nl_result *result)
{
    if (result->error) {
        VLOG_WARN_RL(&rl, "cannot take a netdev out of the datapath: %s%s%s",
                     ovs_strerror(result->error),
                     result->extack[0] ? ": " : "", result->extack);
    }
}

void
ovs_vports_delete(struct ovs_vports *vports, int datapath, const char *name)
{
    char buf[256];

    if (!vports->conn) {
        VLOG_WARN_RL(&rl, "%s: this kernel has no openvswitch module loaded",
                     name);
        return;
    }

    struct nlmsghdr *nlh = genl_request_init(buf, sizeof buf, vports->family,
                                             OVS_VPORT_CMD_DEL,
                                             OVS_VPORT_VERSION, false);
    struct ovs_header *header = mnl_nlmsg_put_extra_header(nlh,
                                                           sizeof *header);
    header->dp_ifindex = datapath;
    if (!mnl_attr_put_strz_check(nlh, sizeof buf, OVS_VPORT_ATTR_NAME,
                                 name)) {
        return;                 /* Longer than any netdev's name. */
    }
    nl_conn_request(vports->conn, nlh, NULL, vport_deleted, vports);
}

void
ovs_vports_run(struct ovs_vports *vports)
{
    if (vports->conn) {
        nl_conn_run(vports->conn);
    }
}

void
ovs_vports_wait(struct ovs_vports *vports)
{
    if (vports->conn) {
        nl_conn_wait(vports->conn);
    }
}
