/* SPDX-License-Identifier: Apache-2.0 */

#include "config.h"

#include "netlink/dp-vport.h"

#include <linux/genetlink.h>
#include <linux/if.h>
#include <linux/netlink.h>
#include <linux/openvswitch.h>
#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "netlink/nl-attr.h"
#include "util.h"

BUILD_ASSERT_DECL(DP_VPORT_NAME_MAX == IFNAMSIZ);

#define HEADER_LEN (GENL_HDRLEN + sizeof(struct ovs_header))

struct dp_vport {
    struct hmap_node node;      /* In 'ports' of struct dp_vports. */
    int datapath;               /* ifindex of the datapath's netdev. */
    uint32_t port_no;
    bool there;                 /* Else: deleted, or only seen in flows. */
    uint32_t ifindex;           /* 0 if it is none of this namespace. */
    bool used;                  /* Is 'told' valid? */
    uint32_t told;              /* What flows were told since the last dump. */
    unsigned int dump;          /* Number of the last dump that has it. */
    unsigned int event;         /* Number of the dump that was the last one at
                                 * the latest notification. */
};

static void
parse_headers(const struct nlmsghdr *nlh, uint8_t *cmd, int *datapath)
{
    const char *payload = (const char *) nlh + NLMSG_HDRLEN;
    struct genlmsghdr genl;
    struct ovs_header ovs;

    memcpy(&genl, payload, sizeof genl);
    memcpy(&ovs, payload + GENL_HDRLEN, sizeof ovs);
    *cmd = genl.cmd;
    *datapath = ovs.dp_ifindex;
}

bool
dp_vport_parse(const struct nlmsghdr *nlh, struct dp_vport_msg *msg)
{
    const struct nlattr *tb[OVS_VPORT_ATTR_NETNSID + 1];
    uint8_t cmd;

    memset(msg, 0, sizeof *msg);
    if (!attr_parse_message(nlh, HEADER_LEN, OVS_VPORT_ATTR_NETNSID, tb)
        || !attr_get_u32(tb[OVS_VPORT_ATTR_PORT_NO], &msg->port_no)
        || (tb[OVS_VPORT_ATTR_NAME]
            && !attr_get_string(tb[OVS_VPORT_ATTR_NAME], msg->name,
                                sizeof msg->name))
        || (tb[OVS_VPORT_ATTR_IFINDEX]
            && !attr_get_u32(tb[OVS_VPORT_ATTR_IFINDEX], &msg->ifindex))) {
        return false;
    }
    parse_headers(nlh, &cmd, &msg->datapath);
    if (cmd < OVS_VPORT_CMD_NEW || cmd > OVS_VPORT_CMD_SET) {
        return false;
    }
    msg->gone = cmd == OVS_VPORT_CMD_DEL;
    msg->has_ifindex = tb[OVS_VPORT_ATTR_IFINDEX] != NULL;
    if (tb[OVS_VPORT_ATTR_NETNSID]) {
        msg->has_ifindex = true;
        msg->ifindex = 0;
    }
    return true;
}

bool
dp_datapath_parse(const struct nlmsghdr *nlh, int *datapath, bool *gone)
{
    uint8_t cmd;

    if (nlh->nlmsg_len < NLMSG_HDRLEN + HEADER_LEN) {
        return false;
    }
    parse_headers(nlh, &cmd, datapath);
    *gone = cmd == OVS_DP_CMD_DEL;
    return cmd >= OVS_DP_CMD_NEW && cmd <= OVS_DP_CMD_SET;
}

void
dp_vports_init(struct dp_vports *vports)
{
    hmap_init(&vports->ports);
    vports->dump = 1;
}

void
dp_vports_destroy(struct dp_vports *vports)
{
    struct dp_vport *port;

    HMAP_FOR_EACH_POP (port, node, &vports->ports) {
        free(port);
    }
    hmap_destroy(&vports->ports);
}

static struct dp_vport *
find(const struct dp_vports *vports, int datapath, uint32_t port_no)
{
    struct dp_vport *port;

    HMAP_FOR_EACH_WITH_HASH (port, node, hash_2words(datapath, port_no),
                             &vports->ports) {
        if (port->datapath == datapath && port->port_no == port_no) {
            return port;
        }
    }
    return NULL;
}

static struct dp_vport *
get(struct dp_vports *vports, int datapath, uint32_t port_no)
{
    struct dp_vport *port = find(vports, datapath, port_no);

    if (!port) {
        port = xzalloc(sizeof *port);
        port->datapath = datapath;
        port->port_no = port_no;
        hmap_insert(&vports->ports, &port->node,
                    hash_2words(datapath, port_no));
    }
    return port;
}

uint32_t
dp_vports_find(const struct dp_vports *vports, int datapath,
               uint32_t port_no)
{
    const struct dp_vport *port = find(vports, datapath, port_no);

    return port ? port->ifindex : 0;
}

uint32_t
dp_vports_use(struct dp_vports *vports, int datapath, uint32_t port_no)
{
    struct dp_vport *port = get(vports, datapath, port_no);

    port->used = true;
    port->told = port->ifindex;
    return port->told;
}

void
dp_vports_begin(struct dp_vports *vports)
{
    vports->dump++;
}

void
dp_vports_end(struct dp_vports *vports)
{
    struct dp_vport *port;

    HMAP_FOR_EACH_SAFE (port, node, &vports->ports) {
        port->used = false;
        if (!port->there || (port->dump != vports->dump
                             && port->event != vports->dump)) {
            hmap_remove(&vports->ports, &port->node);
            free(port);
        }
    }
}

bool
dp_vports_put(struct dp_vports *vports, int datapath, uint32_t port_no,
              uint32_t ifindex, bool event)
{
    struct dp_vport *port = get(vports, datapath, port_no);

    if (event) {
        port->event = vports->dump;
    } else {
        port->dump = vports->dump;
        if (port->event == vports->dump) {
            return false;       /* Older than what was notified. */
        }
    }
    port->there = true;
    port->ifindex = ifindex;
    return port->used && port->told != ifindex;
}

void
dp_vports_delete(struct dp_vports *vports, int datapath, uint32_t port_no)
{
    /* Kept until the end of a dump: a dump that is under way may still say
     * that it is there, and flows may have been told about it. */
    struct dp_vport *port = get(vports, datapath, port_no);

    port->there = false;
    port->ifindex = 0;
    port->event = vports->dump;
}
