/* SPDX-License-Identifier: Apache-2.0 */

#include "config.h"

#include "netlink/ovs-vport.h"

#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/openvswitch.h>
#include <stdbool.h>
#include <stdlib.h>

#include "netlink/genl-helper.h"
#include "netlink/genl.h"
#include "netlink/nl-attr.h"
#include "netlink/nl-conn.h"
#include "openvswitch/list.h"
#include "openvswitch/vlog.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(ovs_vport);

static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(5, 20);

/* A port that is being looked for, to be deleted. */
struct vport_search {
    struct ovs_list node;       /* In 'searches' of struct ovs_vports. */
    struct ovs_vports *vports;
    int datapath;               /* ifindex of the datapath. */
    uint32_t ifindex;           /* Of the port's netdev. */
    bool found;                 /* Is 'port_no' valid? */
    uint32_t port_no;           /* Its number in the datapath. */
};

struct ovs_vports {
    struct event_base *base;
    struct kernel_helper *helper; /* Has the lane of 'conn'. */
    struct ovs_list searches;   /* Under way on 'conn'. */
    struct nl_conn *conn;       /* NULL while there is no family. */
    uint16_t family;            /* 0 likewise. */
};

static void
vport_disconnect(struct ovs_vports *vports)
{
    struct vport_search *search;

    nl_conn_destroy(vports->conn);
    vports->conn = NULL;
    vports->family = 0;
    LIST_FOR_EACH_POP (search, node, &vports->searches) {
        free(search);
    }
}

void
ovs_vports_set_family(void *vports_, const struct genl_family *family)
{
    static const struct nl_conn_class class = { .event = NULL };
    struct ovs_vports *vports = vports_;

    vport_disconnect(vports);
    if (family) {
        vports->family = genl_family_id(family);
        vports->conn = kernel_helper_connect(vports->helper, vports->base,
                                             LANE_VPORT, &class, vports);
    }
}

struct ovs_vports *
ovs_vports_create(struct event_base *base, struct kernel_helper *helper,
                  struct genl *genl)
{
    struct ovs_vports *vports = xzalloc(sizeof *vports);

    vports->base = base;
    vports->helper = helper;
    ovs_list_init(&vports->searches);
    genl_watch(genl, OVS_VPORT_FAMILY, ovs_vports_set_family, vports);
    return vports;
}

void
ovs_vports_destroy(struct ovs_vports *vports)
{
    if (vports) {
        vport_disconnect(vports);
        free(vports);
    }
}

static void
vport_complain(const char *what, const struct nl_result *result)
{
    VLOG_WARN_RL(&rl, "cannot %s: %s%s%s", what, ovs_strerror(result->error),
                 result->extack[0] ? ": " : "", result->extack);
}

static void
vport_deleted(void *aux OVS_UNUSED, const struct nl_result *result)
{
    if (result->error) {
        vport_complain("take a netdev out of the datapath", result);
    }
}

/* Queues a request for the datapath whose netdev is 'datapath', for its port
 * 'port_no' unless it is a dump. */
static void
vport_request(struct ovs_vports *vports, uint8_t cmd, int datapath,
              const uint32_t *port_no, nl_message_cb *message,
              nl_done_cb *done, void *aux)
{
    char buf[256];
    struct nlmsghdr *nlh = genl_request_init(buf, sizeof buf, vports->family,
                                             cmd, OVS_VPORT_VERSION,
                                             !port_no);
    struct ovs_header *header = mnl_nlmsg_put_extra_header(nlh,
                                                           sizeof *header);

    header->dp_ifindex = datapath;
    if (port_no) {
        mnl_attr_put_u32(nlh, OVS_VPORT_ATTR_PORT_NO, *port_no);
    }
    nl_conn_request(vports->conn, nlh, message, done, aux);
}

static void
vport_message(void *search_, const struct nlmsghdr *nlh)
{
    const struct nlattr *tb[OVS_VPORT_ATTR_IFINDEX + 1];
    struct vport_search *search = search_;
    uint32_t ifindex, port_no;

    if (nlh->nlmsg_type == search->vports->family
        && attr_parse_message(nlh, GENL_HDRLEN + sizeof(struct ovs_header),
                              OVS_VPORT_ATTR_IFINDEX, tb)
        && attr_get_u32(tb[OVS_VPORT_ATTR_IFINDEX], &ifindex)
        && attr_get_u32(tb[OVS_VPORT_ATTR_PORT_NO], &port_no)
        && ifindex == search->ifindex) {
        search->found = true;
        search->port_no = port_no;
    }
}

static void
vport_found(void *search_, const struct nl_result *result)
{
    struct vport_search *search = search_;

    if (result->error) {
        vport_complain("list the ports of the datapath", result);
    } else if (search->found) {
        vport_request(search->vports, OVS_VPORT_CMD_DEL, search->datapath,
                      &search->port_no, NULL, vport_deleted, NULL);
    }
    ovs_list_remove(&search->node);
    free(search);
}

void
ovs_vports_delete(struct ovs_vports *vports, int datapath, int ifindex)
{
    if (!vports->conn) {
        VLOG_WARN_RL(&rl, "netdev %d: this kernel has no openvswitch module "
                     "loaded", ifindex);
        return;
    }

    struct vport_search *search = xzalloc(sizeof *search);

    search->vports = vports;
    search->datapath = datapath;
    search->ifindex = ifindex;
    ovs_list_push_back(&vports->searches, &search->node);
    vport_request(vports, OVS_VPORT_CMD_GET, datapath, NULL, vport_message,
                  vport_found, search);
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
