/* SPDX-License-Identifier: Apache-2.0 */

/* The messages that flow-gen writes, read with libnl-route, each into its
 * object, which is asked for what counts and freed again, without any table:
 *
 *     flow-peer-nlroute FILE */

#include <config.h>

#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/route/action.h>
#include <netlink/route/classifier.h>
#include <netlink/route/cls/flower.h>
#include <netlink/route/tc.h>
#include <stdlib.h>

#include "tests/bench/flow-run.h"
#include "util.h"

static void
take_object(struct nl_object *object, void *result_)
{
    struct run_result *result = result_;
    struct rtnl_act *act = rtnl_flower_get_action((struct rtnl_cls *) object);

    if (act) {
        struct rtnl_tc *tc = TC_CAST(act);

        result->flows++;
        result->packets += rtnl_tc_get_stat(tc, RTNL_TC_PACKETS);
        result->bytes += rtnl_tc_get_stat(tc, RTNL_TC_BYTES);
        rtnl_act_put(act);
    }
}

static void
read_piece(void *result, const struct nlmsghdr *nlh_, size_t size)
{
    struct nlmsghdr *nlh = CONST_CAST(struct nlmsghdr *, nlh_);

    for (int len = size; nlmsg_ok(nlh, len); nlh = nlmsg_next(nlh, &len)) {
        struct nl_msg *msg = nlmsg_convert(nlh);

        nlmsg_set_proto(msg, NETLINK_ROUTE);
        nl_msg_parse(msg, take_object, result);
        nlmsg_free(msg);
    }
}

int
main(int argc, char *argv[])
{
    struct run_result result = { .flows = 0 };

    set_program_name(argv[0]);
    if (argc != 2) {
        ovs_fatal(0, "usage: %s FILE", argv[0]);
    }
    result.seconds = run_messages(argv[1], read_piece, &result);
    run_print(&result);
    return EXIT_SUCCESS;
}
