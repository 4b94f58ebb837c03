/* SPDX-License-Identifier: Apache-2.0 */

#ifndef NETLINK_VDPA_QUERY_H
#define NETLINK_VDPA_QUERY_H 1

/* Questions about vDPA to the kernel, which are answered as soon as it likes:
 * while a device is being removed that may be never, so who does not want to
 * wait cancels. */

#include <stddef.h>
#include <stdint.h>

struct nl_conn;
struct vdpa_config;
struct vdpa_mgmtdev;
struct vdpa_query;
struct vdpa_vstats;

/* Of these only the one that was asked for is not NULL, and none if
 * 'error'. */
struct vdpa_answer {
    int error;                  /* 0 or a positive errno. */
    const char *extack;         /* The kernel's text, or "". */
    const struct vdpa_config *config;
    const struct vdpa_vstats *vstats;
    const struct vdpa_mgmtdev *mgmtdevs; /* May be NULL if there are none. */
    size_t n_mgmtdevs;          /* Number of them. */
};

/* The question is over with the call; the answer is valid only during it. */
typedef void vdpa_query_cb(void *aux, const struct vdpa_answer *);

/* The callback will not be called any more.  'query' may be NULL. */
void vdpa_query_cancel(struct vdpa_query *query);

/* For netlink/vdpa-source.c: the questions on one connection. */

struct vdpa_queries;

struct vdpa_queries *vdpa_queries_create(void);

/* Without calling back. */
void vdpa_queries_destroy(struct vdpa_queries *);

/* The connection is now 'conn', for a family with number 'family'; or, if
 * 'conn' is NULL, is gone, and with it all questions end with ENODEV. */
void vdpa_queries_set_conn(struct vdpa_queries *, struct nl_conn *conn,
                           uint16_t family);

/* Each returns NULL, and does not call back, if there is no connection or
 * 'name' is too long. */
struct vdpa_query *vdpa_queries_config(struct vdpa_queries *,
                                       const char *name, vdpa_query_cb *,
                                       void *aux);
struct vdpa_query *vdpa_queries_vstats(struct vdpa_queries *,
                                       const char *name, uint32_t queue,
                                       vdpa_query_cb *, void *aux);
struct vdpa_query *vdpa_queries_mgmtdevs(struct vdpa_queries *,
                                         vdpa_query_cb *, void *aux);

#endif /* netlink/vdpa-query.h */
