/* SPDX-License-Identifier: Apache-2.0 */

/* All flows of the kernel's datapath and all filters of Open vSwitch, for
 * t/flow-detail.sh:
 *
 *     ufid:UFID, MATCH, dp:LAYER, actions:ACTIONS
 *
 * as "ovs-appctl dpctl/dump-flows -m" has it, without counters.  What cannot
 * be told is "error: WHY".  With a directory as argument, each message is also
 * written there, as a file named after its flow. */

#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <linux/genetlink.h>
#include <linux/pkt_cls.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>

#include "controller/flow-detail/detail.h"
#include "netlink-socket.h"
#include "netlink.h"
#include "netlink/tc.h"
#include "odp-netlink.h"
#include "odp-util.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/ofpbuf.h"
#include "openvswitch/shash.h"
#include "openvswitch/vlog.h"
#include "util.h"

/* Where messages are written to, or NULL. */
static const char *directory;

static const char *
netdev_name(void *aux OVS_UNUSED, uint32_t ifindex)
{
    static char name[IF_NAMESIZE];

    return (!ifindex ? "ovs-system" : if_indextoname(ifindex, name));
}

/* Names of datapath ports, by number. */
static const char *
port_name(void *ports, uint32_t number)
{
    char key[16];

    snprintf(key, sizeof key, "%"PRIu32, number);
    return shash_find_data(ports, key);
}

static void
save(const char *ufid, const struct ofpbuf *msg)
{
    char *path = xasprintf("%s/%s", directory, ufid + strlen("ufid:"));
    FILE *file = fopen(path, "wb");

    if (!file || fwrite(msg->data, 1, msg->size, file) != msg->size) {
        ovs_fatal(errno, "%s", path);
    }
    fclose(file);
    free(path);
}

/* Prints a flow. */
static void
show(const ovs_u128 *ufid, const struct ofpbuf *msg, const char *layer,
     char *(*tell)(const struct nlmsghdr *, size_t,
                   const struct flow_detail_names *, struct ds *,
                   struct ds *),
     const struct flow_detail_names *names)
{
    struct ds match = DS_EMPTY_INITIALIZER;
    struct ds actions = DS_EMPTY_INITIALIZER;
    struct ds id = DS_EMPTY_INITIALIZER;
    char *error = tell(msg->data, msg->size, names, &match, &actions);

    odp_format_ufid(ufid, &id);
    if (error) {
        printf("%s, error: %s\n", ds_cstr(&id), error);
    } else {
        printf("%s, %s, dp:%s, actions:%s\n", ds_cstr(&id), ds_cstr(&match),
               layer, ds_cstr(&actions));
    }
    if (directory) {
        save(ds_cstr(&id), msg);
    }
    free(error);
    ds_destroy(&match);
    ds_destroy(&actions);
    ds_destroy(&id);
}

/* Calls 'cb' with each message of the answer to 'request', and frees that. */
static void
dump(int protocol, struct ofpbuf *request,
     void (*cb)(struct ofpbuf *, void *aux), void *aux)
{
    struct nl_dump nl_dump;
    struct ofpbuf buf, reply;
    int error;

    ofpbuf_init(&buf, NL_DUMP_BUFSIZE);
    nl_dump_start(&nl_dump, protocol, request);
    while (nl_dump_next(&nl_dump, &reply, &buf)) {
        cb(&reply, aux);
    }
    error = nl_dump_done(&nl_dump);
    if (error && error != EINVAL) {     /* The device has no such qdisc. */
        ovs_fatal(error, "dump");
    }
    ofpbuf_uninit(&buf);
    ofpbuf_uninit(request);
}

static void
show_filter(struct ofpbuf *msg, void *names)
{
    struct flow_record flow;
    uint32_t words[4];
    ovs_u128 ufid;

    if (tc_flow_parse(msg->data, msg->size, 0, &flow) != TC_PARSE_FLOW) {
        return;
    }
    memcpy(words, flow.ufid, sizeof words);
    for (int i = 0; i < 4; i++) {
        words[i] = ntohl((OVS_FORCE ovs_be32) words[i]);
    }
    memcpy(&ufid, words, sizeof ufid);
    show(&ufid, msg, "tc", flow_detail_from_tc, names);
}

static void
show_filters(int ifindex, uint32_t parent)
{
    struct flow_detail_names names = { .get = netdev_name };
    struct tcmsg tcm = {
        .tcm_ifindex = ifindex,
        .tcm_parent = TC_H_MAKE(TC_H_CLSACT, parent),
    };
    struct ofpbuf request;

    ofpbuf_init(&request, 0);
    nl_msg_put_nlmsghdr(&request, sizeof tcm, RTM_GETTFILTER, NLM_F_REQUEST);
    ofpbuf_put(&request, &tcm, sizeof tcm);
    dump(NETLINK_ROUTE, &request, show_filter, &names);
}

static void
show_flow(struct ofpbuf *msg, void *names)
{
    size_t hdrlen = NLMSG_HDRLEN + GENL_HDRLEN + sizeof(struct ovs_header);
    static const struct nl_policy policy[] = {
        [OVS_FLOW_ATTR_UFID] = { .type = NL_A_U128 },
    };
    struct nlattr *attrs[ARRAY_SIZE(policy)];
    ovs_u128 ufid;

    if (!nl_policy_parse(msg, hdrlen, policy, attrs, ARRAY_SIZE(policy))) {
        ovs_fatal(0, "flow without ufid");
    }
    ufid = nl_attr_get_u128(attrs[OVS_FLOW_ATTR_UFID]);
    show(&ufid, msg, "ovs", flow_detail_from_dp, names);
}

static void
add_port(struct ofpbuf *msg, void *ports)
{
    size_t hdrlen = NLMSG_HDRLEN + GENL_HDRLEN + sizeof(struct ovs_header);
    static const struct nl_policy policy[] = {
        [OVS_VPORT_ATTR_PORT_NO] = { .type = NL_A_U32 },
        [OVS_VPORT_ATTR_NAME] = { .type = NL_A_STRING },
    };
    struct nlattr *attrs[ARRAY_SIZE(policy)];
    char key[16];

    if (!nl_policy_parse(msg, hdrlen, policy, attrs, ARRAY_SIZE(policy))) {
        ovs_fatal(0, "port without name");
    }
    snprintf(key, sizeof key, "%"PRIu32,
             nl_attr_get_u32(attrs[OVS_VPORT_ATTR_PORT_NO]));
    shash_add(ports, key,
              xstrdup(nl_attr_get_string(attrs[OVS_VPORT_ATTR_NAME])));
}

static void
dump_ovs(const char *family, uint8_t command, uint8_t version,
         void (*cb)(struct ofpbuf *, void *), void *aux)
{
    struct ovs_header header = { .dp_ifindex = if_nametoindex("ovs-system") };
    struct ofpbuf request;
    int number = 0;
    int error = nl_lookup_genl_family(family, &number);

    if (error) {
        ovs_fatal(error, "%s", family);
    }
    ofpbuf_init(&request, 0);
    nl_msg_put_genlmsghdr(&request, 0, number, NLM_F_REQUEST, command,
                          version);
    ofpbuf_put(&request, &header, sizeof header);
    dump(NETLINK_GENERIC, &request, cb, aux);
}

int
main(int argc, char *argv[])
{
    struct shash ports = SHASH_INITIALIZER(&ports);
    struct flow_detail_names names = { .get = port_name, .aux = &ports };
    struct if_nameindex *netdevs = if_nameindex();

    set_program_name(argv[0]);
    vlog_set_levels(NULL, VLF_CONSOLE, VLL_ERR);
    directory = argc > 1 ? argv[1] : NULL;
    for (struct if_nameindex *i = netdevs; i->if_index; i++) {
        show_filters(i->if_index, TC_H_MIN_INGRESS);
        show_filters(i->if_index, TC_H_MIN_EGRESS);
    }
    if_freenameindex(netdevs);

    dump_ovs(OVS_VPORT_FAMILY, OVS_VPORT_CMD_GET, OVS_VPORT_VERSION,
             add_port, &ports);
    dump_ovs(OVS_FLOW_FAMILY, OVS_FLOW_CMD_GET, OVS_FLOW_VERSION, show_flow,
             &names);
    shash_destroy_free_data(&ports);
    return 0;
}
