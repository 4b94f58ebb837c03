/* SPDX-License-Identifier: Apache-2.0 */

/* Messages of links, generic netlink and uevents.  The first byte of an input
 * says which parser gets the rest. */

#include <config.h>

#include <linux/netlink.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "netlink/devlink-msg.h"
#include "netlink/ethtool-msg.h"
#include "netlink/genl.h"
#include "netlink/link-detail.h"
#include "netlink/link-msg.h"
#include "netlink/uevent.h"
#include "netlink/vdpa-config.h"
#include "netlink/vdpa-msg.h"
#include "util.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
fuzz_uevent(const char *data, size_t size)
{
    struct uevent uevent;

    if (uevent_parse(data, size, &uevent)) {
        ovs_assert(uevent.devpath > data && uevent.devpath < data + size);
        ovs_assert(strlen(uevent.devpath) < size);
        ovs_assert(strlen(uevent.subsystem) < size);
    }
}

static void
fuzz_nlmsg(int which, const struct nlmsghdr *nlh)
{
    union {
        struct link_info link;
        struct devlink_port_info port;
        struct devlink_handle handle;
        struct eswitch_info eswitch;
        struct vdpa_dev vdpa;
        struct genl_family family;
        struct vdpa_config config;
        struct vdpa_mgmtdev mgmtdev;
        struct vdpa_vstats vstats;
        struct link_detail detail;
        uint8_t mac[6];
        enum tc_offload offload;
        bool refused;
    } u;
    int ifindex;

    switch (which) {
    case 1:
        if (link_msg_parse(nlh, &u.link) == LINK_MSG_LINK) {
            ovs_assert(u.link.ifindex > 0);
            ovs_assert(strlen(u.link.name) < sizeof u.link.name);
        }
        break;
    case 2:
        if (devlink_port_parse(nlh, &u.port)) {
            ovs_assert(u.port.ifindex >= 0);
        }
        (void) devlink_handle_parse(nlh, &u.handle);
        (void) devlink_eswitch_parse(nlh, &u.eswitch);
        break;
    case 3:
        if (vdpa_dev_parse(nlh, &u.vdpa)) {
            ovs_assert(u.vdpa.name[0]);
            ovs_assert(strlen(u.vdpa.name) < sizeof u.vdpa.name);
        }
        break;
    case 4:
        if (ethtool_features_parse(nlh, &ifindex, &u.offload)) {
            ovs_assert(ifindex > 0);
        }
        (void) ethtool_set_parse(nlh, &ifindex, &u.refused);
        (void) ethtool_ifindex_parse(nlh, &ifindex);
        break;
    case 5:
        if (genl_family_parse(nlh, &u.family)) {
            ovs_assert(u.family.id);
            ovs_assert(u.family.n_groups <= GENL_MAX_GROUPS);
        }
        break;
    case 6:
        if (vdpa_config_parse(nlh, &u.config)) {
            ovs_assert(u.config.name[0]);
            ovs_assert(strlen(u.config.name) < sizeof u.config.name);
        }
        break;
    case 7:
        if (link_detail_parse_qdisc(nlh, &u.detail)) {
            ovs_assert(strlen(u.detail.qdisc) < sizeof u.detail.qdisc);
        }
        (void) link_detail_parse_vf_mac(nlh, 1, u.mac);
        break;
    case 8:
        if (vdpa_mgmtdev_parse(nlh, &u.mgmtdev)) {
            ovs_assert(u.mgmtdev.dev[0]);
            ovs_assert(strlen(u.mgmtdev.bus) < sizeof u.mgmtdev.bus);
            ovs_assert(strlen(u.mgmtdev.dev) < sizeof u.mgmtdev.dev);
        }
        break;
    case 9:
        if (vdpa_vstats_parse(nlh, &u.vstats)) {
            ovs_assert(u.vstats.name[0]);
            ovs_assert(u.vstats.n <= VDPA_VSTATS_MAX);
            for (size_t i = 0; i < u.vstats.n; i++) {
                ovs_assert(strlen(u.vstats.counters[i].name)
                           < sizeof u.vstats.counters[i].name);
            }
        }
        break;
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size) {
        /* A copy of its own shows each byte that is read beyond it. */
        void *copy = xmemdup(data + 1, size - 1);
        struct nlmsghdr *nlh = copy;

        if (!data[0]) {
            fuzz_uevent(copy, size - 1);
        } else if (size - 1 >= NLMSG_HDRLEN) {
            /* As netlink/nl-conn.c does. */
            if (nlh->nlmsg_len < NLMSG_HDRLEN || nlh->nlmsg_len > size - 1) {
                nlh->nlmsg_len = size - 1;
            }
            fuzz_nlmsg(data[0], nlh);
        }
        free(copy);
    }
    return 0;
}
