/* SPDX-License-Identifier: Apache-2.0 */

#include "config.h"

#include "netlink/vdpa-query.h"

#include <errno.h>
#include <linux/netlink.h>
#include <string.h>

#include "netlink/nl-conn.h"
#include "netlink/vdpa-config.h"
#include "netlink/vdpa-msg.h"
#include "openvswitch/list.h"
#include "util.h"

/* A question.  One that is cancelled stays until the lane, which executes
 * nothing else meanwhile, has answered. */
struct vdpa_query {
    struct ovs_list node;       /* In 'queries' of struct vdpa_queries. */
    uint16_t family;            /* Number of the family. */
    nl_message_cb *message;     /* Parses the messages of the answer. */
    bool answered;              /* Is one of these valid? */
    bool malformed;             /* Was there a message that is not? */
    struct vdpa_config config;
    struct vdpa_vstats vstats;
    struct vdpa_mgmtdev *mgmtdevs;
    size_t n_mgmtdevs;          /* Of 'mgmtdevs', used */
    size_t allocated_mgmtdevs;  /* and allocated. */
    vdpa_query_cb *cb;          /* NULL if it was cancelled. */
    void *aux;                  /* For 'cb'. */
};

struct vdpa_queries {
    struct nl_conn *conn;       /* NULL while there is none; not owned. */
    uint16_t family;            /* Number of the family. */
    struct ovs_list queries;    /* Of struct vdpa_query. */
};

static void
config_message(void *query_, const struct nlmsghdr *nlh)
{
    struct vdpa_query *query = query_;

    query->answered = (nlh->nlmsg_type == query->family
                       && vdpa_config_parse(nlh, &query->config));
}

static void
vstats_message(void *query_, const struct nlmsghdr *nlh)
{
    struct vdpa_query *query = query_;

    query->answered = (nlh->nlmsg_type == query->family
                       && vdpa_vstats_parse(nlh, &query->vstats));
}

static void
mgmtdev_message(void *query_, const struct nlmsghdr *nlh)
{
    struct vdpa_query *query = query_;
    struct vdpa_mgmtdev mgmtdev;

    if (nlh->nlmsg_type != query->family
        || !vdpa_mgmtdev_parse(nlh, &mgmtdev)) {
        query->malformed = true;
        return;
    }
    if (query->n_mgmtdevs >= query->allocated_mgmtdevs) {
        query->mgmtdevs = x2nrealloc(query->mgmtdevs,
                                     &query->allocated_mgmtdevs,
                                     sizeof *query->mgmtdevs);
    }
    query->mgmtdevs[query->n_mgmtdevs++] = mgmtdev;
}

static void
query_destroy(struct vdpa_query *query)
{
    ovs_list_remove(&query->node);
    free(query->mgmtdevs);
    free(query);
}

static void
query_end(struct vdpa_query *query, int error, const char *extack)
{
    struct vdpa_answer answer = { .error = error, .extack = extack };
    bool dump = query->message == mgmtdev_message;

    if (!error && (dump ? query->malformed : !query->answered)) {
        answer.error = EPROTO;
    }
    if (!answer.error && dump) {
        answer.mgmtdevs = query->mgmtdevs;
        answer.n_mgmtdevs = query->n_mgmtdevs;
    } else if (!answer.error && query->message == vstats_message) {
        answer.vstats = &query->vstats;
    } else if (!answer.error) {
        answer.config = &query->config;
    }
    if (query->cb) {
        query->cb(query->aux, &answer);
    }
    query_destroy(query);
}

static void
query_done(void *query, const struct nl_result *result)
{
    int error = result->error;

    if (!error && result->interrupted) {
        error = EAGAIN;
    }
    query_end(query, error, result->extack);
}

static struct vdpa_query *
query_send(struct vdpa_queries *queries, const struct nlmsghdr *request,
           nl_message_cb *message, vdpa_query_cb *cb, void *aux)
{
    struct vdpa_query *query = xzalloc(sizeof *query);

    query->family = queries->family;
    query->message = message;
    query->cb = cb;
    query->aux = aux;
    ovs_list_push_back(&queries->queries, &query->node);
    nl_conn_request(queries->conn, request, message, query_done, query);
    return query;
}

struct vdpa_query *
vdpa_queries_config(struct vdpa_queries *queries, const char *name,
                    vdpa_query_cb *cb, void *aux)
{
    char buf[VDPA_REQUEST_SIZE];

    if (!queries->conn || strlen(name) >= VDPA_NAME_MAX) {
        return NULL;
    }
    return query_send(queries,
                      vdpa_request_config(buf, queries->family, name),
                      config_message, cb, aux);
}

struct vdpa_query *
vdpa_queries_vstats(struct vdpa_queries *queries, const char *name,
                    uint32_t queue, vdpa_query_cb *cb, void *aux)
{
    char buf[VDPA_REQUEST_SIZE];

    if (!queries->conn || strlen(name) >= VDPA_NAME_MAX) {
        return NULL;
    }
    return query_send(queries,
                      vdpa_request_vstats(buf, queries->family, name, queue),
                      vstats_message, cb, aux);
}

struct vdpa_query *
vdpa_queries_mgmtdevs(struct vdpa_queries *queries, vdpa_query_cb *cb,
                      void *aux)
{
    char buf[VDPA_REQUEST_SIZE];

    if (!queries->conn) {
        return NULL;
    }
    return query_send(queries, vdpa_request_mgmtdevs(buf, queries->family),
                      mgmtdev_message, cb, aux);
}

void
vdpa_query_cancel(struct vdpa_query *query)
{
    if (query) {
        query->cb = NULL;
    }
}

struct vdpa_queries *
vdpa_queries_create(void)
{
    struct vdpa_queries *queries = xzalloc(sizeof *queries);

    ovs_list_init(&queries->queries);
    return queries;
}

void
vdpa_queries_destroy(struct vdpa_queries *queries)
{
    if (queries) {
        struct vdpa_query *query;

        LIST_FOR_EACH_SAFE (query, node, &queries->queries) {
            query_destroy(query);
        }
        free(queries);
    }
}

void
vdpa_queries_set_conn(struct vdpa_queries *queries, struct nl_conn *conn,
                      uint16_t family)
{
    queries->conn = conn;
    queries->family = family;
    if (!conn) {
        struct vdpa_query *query;

        LIST_FOR_EACH_SAFE (query, node, &queries->queries) {
            query_end(query, ENODEV, "");
        }
    }
}
