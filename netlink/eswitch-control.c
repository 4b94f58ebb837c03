/* SPDX-License-Identifier: Apache-2.0 */

#include "config.h"

#include "netlink/eswitch-control.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/devlink.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>

#include "netlink/devlink-msg.h"
#include "netlink/genl-helper.h"
#include "netlink/genl.h"
#include "netlink/nl-conn.h"
#include "openvswitch/list.h"
#include "util.h"

struct eswitch_control {
    struct event_base *base;
    struct kernel_helper *helper;
    uint16_t family;            /* 0 while there is none. */
    struct nl_conn *conn;       /* NULL before the first request. */
    struct ovs_list ops;        /* Of struct eswitch_op. */
};

struct eswitch_op {
    struct ovs_list node;       /* In eswitch_control's 'ops'. */
    eswitch_control_cb *cb;     /* NULL once it is forgotten. */
    void *aux;                  /* For 'cb'. */
};

static void
op_end(struct eswitch_op *op, int error, const char *extack)
{
    ovs_list_remove(&op->node);
    if (op->cb) {
        op->cb(op->aux, error, extack);
    }
    free(op);
}

static void
op_done(void *op, const struct nl_result *result)
{
    op_end(op, result->error, result->extack);
}

static void
end_all(struct eswitch_control *ec)
{
    struct ovs_list ops;
    struct eswitch_op *op;

    ovs_list_move(&ops, &ec->ops);
    ovs_list_init(&ec->ops);
    LIST_FOR_EACH_POP (op, node, &ops) {
        ovs_list_init(&op->node);
        op_end(op, ENODEV, "");
    }
}

static void
set_family(void *ec_, const struct genl_family *family)
{
    struct eswitch_control *ec = ec_;

    nl_conn_destroy(ec->conn);
    ec->conn = NULL;
    ec->family = family ? genl_family_id(family) : 0;
    end_all(ec);
}

struct eswitch_control *
eswitch_control_create(struct event_base *base, struct kernel_helper *helper,
                       struct genl *genl)
{
    struct eswitch_control *ec = xzalloc(sizeof *ec);

    ec->base = base;
    ec->helper = helper;
    ovs_list_init(&ec->ops);
    genl_watch(genl, DEVLINK_GENL_NAME, set_family, ec);
    return ec;
}

void
eswitch_control_destroy(struct eswitch_control *ec)
{
    struct eswitch_op *op;

    if (ec) {
        nl_conn_destroy(ec->conn);
        LIST_FOR_EACH_POP (op, node, &ec->ops) {
            free(op);
        }
        free(ec);
    }
}

void
eswitch_control_run(struct eswitch_control *ec)
{
    if (ec->conn) {
        nl_conn_run(ec->conn);
    }
}

void
eswitch_control_wait(struct eswitch_control *ec)
{
    if (ec->conn) {
        nl_conn_wait(ec->conn);
    }
}

struct eswitch_op *
eswitch_control_set(struct eswitch_control *ec,
                    const struct devlink_handle *handle,
                    enum eswitch_mode mode, eswitch_control_cb *cb, void *aux)
{
    static const struct nl_conn_class class = { .event = NULL };
    char buf[DEVLINK_REQUEST_SIZE];
    struct eswitch_op *op;

    ovs_assert(mode != ESWITCH_UNKNOWN);
    if (!ec->family) {
        return NULL;
    }
    if (!ec->conn) {
        ec->conn = kernel_helper_connect(ec->helper, ec->base, LANE_ESWITCH,
                                         &class, ec);
    }
    op = xmalloc(sizeof *op);
    op->cb = cb;
    op->aux = aux;
    ovs_list_push_back(&ec->ops, &op->node);
    nl_conn_request(ec->conn,
                    devlink_request_set_eswitch(buf, ec->family, handle,
                                                mode),
                    NULL, op_done, op);
    return op;
}

void
eswitch_op_forget(struct eswitch_op *op)
{
    if (op) {
        op->cb = NULL;
    }
}
