/* SPDX-License-Identifier: Apache-2.0 */

#include "config.h"

#include "netlink/dp-flow-fetch.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <limits.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/openvswitch.h>
#include <stdlib.h>
#include <string.h>

#include "netlink/dp-flow.h"
#include "netlink/genl.h"
#include "netlink/nl-conn.h"
#include "util.h"

struct fetch {
    struct ovs_list node;       /* In 'fetches' of struct dp_fetcher. */
    struct dp_fetcher *fetcher;
    uint8_t ufid[FLOW_UFID_LEN];
    dp_flow_get_cb *cb;         /* NULL if nobody wants it any more. */
    void *aux;                  /* For 'cb'. */
    bool everywhere;            /* Any datapath may have it. */
    int datapath;               /* Where to look, or, with 'everywhere', where
                                 * it was looked for last. */
    bool sent;                  /* Is a request queued? */
    uint16_t family;            /* Type of the reply. */
    struct nlmsghdr *reply;     /* Copy of it, or NULL. */
};

void
dp_fetcher_init(struct dp_fetcher *fetcher)
{
    ovs_list_init(&fetcher->fetches);
    fetcher->n = 0;
}

static void
fetch_destroy(struct fetch *f)
{
    ovs_list_remove(&f->node);
    f->fetcher->n--;
    free(f->reply);
    free(f);
}

void
dp_fetcher_destroy(struct dp_fetcher *fetcher)
{
    struct fetch *f;

    LIST_FOR_EACH_SAFE (f, node, &fetcher->fetches) {
        fetch_destroy(f);
    }
}

void
dp_fetcher_add(struct dp_fetcher *fetcher, const uint8_t ufid[FLOW_UFID_LEN],
               int datapath, dp_flow_get_cb *cb, void *aux)
{
    struct fetch *f = xzalloc(sizeof *f);

    f->fetcher = fetcher;
    memcpy(f->ufid, ufid, FLOW_UFID_LEN);
    f->cb = cb;
    f->aux = aux;
    f->everywhere = !datapath;
    f->datapath = datapath;
    ovs_list_push_back(&fetcher->fetches, &f->node);
    fetcher->n++;
}

void
dp_fetcher_forget(struct dp_fetcher *fetcher,
                  const uint8_t ufid[FLOW_UFID_LEN],
                  dp_flow_get_cb *cb)
{
    struct fetch *f;

    LIST_FOR_EACH (f, node, &fetcher->fetches) {
        if (f->cb == cb && !memcmp(f->ufid, ufid, FLOW_UFID_LEN)) {
            f->cb = NULL;
        }
    }
}

/* Ends 'f'.  The callback may queue another. */
static void
fetch_finish(struct fetch *f, int error)
{
    if (f->cb) {
        f->cb(f->aux, error, error ? NULL : f->reply);
    }
    fetch_destroy(f);
}

static void
fetch_message(void *f_, const struct nlmsghdr *nlh)
{
    struct fetch *f = f_;

    if (nlh->nlmsg_type == f->family && !f->reply) {
        f->reply = xmemdup(nlh, nlh->nlmsg_len);
    }
}

static void
fetch_done(void *f_, const struct nl_result *result)
{
    struct fetch *f = f_;
    int error = result->error;

    if (!error && !f->reply) {
        error = EPROTO;
    }
    if (f->everywhere && f->cb && (error == ENOENT || error == ENODEV)) {
        f->sent = false;        /* The next datapath may have it. */
    } else {
        fetch_finish(f, error);
    }
}

static void
fetch_send(struct fetch *f, struct nl_conn *conn, uint16_t family)
{
    uint8_t ufid[FLOW_UFID_LEN];
    char buf[64];
    struct nlmsghdr *nlh = genl_request_init(buf, sizeof buf, family,
                                             OVS_FLOW_CMD_GET,
                                             OVS_FLOW_VERSION, false);
    struct ovs_header *header = mnl_nlmsg_put_extra_header(nlh,
                                                           sizeof *header);

    header->dp_ifindex = f->datapath;
    dp_flow_swap_ufid(f->ufid, ufid);
    mnl_attr_put(nlh, OVS_FLOW_ATTR_UFID, sizeof ufid, ufid);
    f->sent = true;
    f->family = family;
    nl_conn_request(conn, nlh, fetch_message, fetch_done, f);
}

/* The next of 'datapaths' in ascending order, or 0. */
static int
next_datapath(int last, const int *datapaths, size_t n)
{
    int next = 0;

    for (size_t i = 0; i < n; i++) {
        if (datapaths[i] > last && (!next || datapaths[i] < next)) {
            next = datapaths[i];
        }
    }
    return next;
}

void
dp_fetcher_run(struct dp_fetcher *fetcher, struct nl_conn *conn,
               uint16_t family, const int *datapaths, size_t n)
{
    struct fetch *f;

    LIST_FOR_EACH_SAFE (f, node, &fetcher->fetches) {
        if (f->sent) {
            continue;
        }
        if (f->everywhere) {
            f->datapath = next_datapath(f->datapath, datapaths, n);
        }
        if (f->datapath) {
            fetch_send(f, conn, family);
        } else {
            fetch_finish(f, ENOENT);
        }
    }
}

bool
dp_fetcher_is_due(const struct dp_fetcher *fetcher)
{
    const struct fetch *f;

    LIST_FOR_EACH (f, node, &fetcher->fetches) {
        if (!f->sent) {
            return true;
        }
    }
    return false;
}

void
dp_fetcher_fail(struct dp_fetcher *fetcher, int error)
{
    /* Not those that are queued meanwhile. */
    for (size_t n = fetcher->n; n; n--) {
        fetch_finish(CONTAINER_OF(ovs_list_front(&fetcher->fetches),
                                  struct fetch, node), error);
    }
}
