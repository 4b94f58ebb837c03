/* SPDX-License-Identifier: Apache-2.0 */

#ifndef NETLINK_VDPA_CONTROL_PRIVATE_H
#define NETLINK_VDPA_CONTROL_PRIVATE_H 1

/* What carries out netlink/vdpa-control.h.
 *
 * A request goes through these states, of which it may leave out some:
 *
 *     QUEUED     to be looked at by the next vdpa_control_run()
 *     SCAN       /proc is being searched for who has the device open
 *     BUSY       a deletion waits for that to be closed
 *     READY      waits for its turn in the lane
 *     KERNEL     the lane executes it
 *     EVENT      done, and its events have to come
 *
 * vdpa-control.c has the life of requests, vdpa-busy.c SCAN and BUSY,
 * vdpa-request.c requests by netlink, vdpa-bind.c those by sysfs. */

#include "netlink/vdpa-control.h"
#include "openvswitch/compiler.h"
#include "openvswitch/list.h"
#include "openvswitch/shash.h"

struct event_base;
struct holder_scan;
struct holder_watch;
struct nl_conn;
struct nl_result;
struct vdpa_control;

enum vdpa_op_type {
    VDPA_OP_CREATE,
    VDPA_OP_DELETE,
    VDPA_OP_SET_MAC,
    VDPA_OP_BIND,
    VDPA_OP_UNBIND,
};

enum vdpa_op_state {
    VDPA_OP_QUEUED,
    VDPA_OP_SCAN,
    VDPA_OP_BUSY,
    VDPA_OP_READY,
    VDPA_OP_KERNEL,
    VDPA_OP_EVENT,
    VDPA_OP_OVER,               /* To be freed. */
};

/* A file to be written. */
struct vdpa_write {
    char *path;                 /* Absolute. */
    char *text;                 /* What to write. */
};

#define VDPA_OP_WRITES 3        /* Files for one request, at most. */

struct vdpa_op {
    struct ovs_list node;       /* In 'ops' of 'control'. */
    struct vdpa_control *control;
    enum vdpa_op_type type;
    enum vdpa_op_state state;
    struct vdpa_spec spec;      /* Name; to be set; of VDPA_OP_CREATE, all. */
    char driver[32];            /* Of VDPA_OP_BIND. */
    long long int since;        /* time_msec() of the request. */
    vdpa_done_cb *cb;           /* NULL once called or forgotten. */
    void *aux;                  /* For 'cb'. */
    bool told;                  /* Is it known how it ended, or that this
                                 * will take time? */
    char *refused;              /* Why nothing is done, from the start, */
    int refused_error;          /* or NULL, and the errno. */

    /* vdpa-busy.c. */
    uint64_t inode;             /* Of the device in sysfs, 0 if none: it is
                                 * another one after the device is made
                                 * again. */
    struct holder_scan *scan;   /* The last search or the one under way. */
    struct holder_watch *watch; /* Of those that were found. */
    bool closed;                /* One of these was closed. */
    long long int recheck;      /* time_msec() of the next search, or
                                 * LLONG_MAX. */

    /* vdpa-bind.c. */
    struct vdpa_write writes[VDPA_OP_WRITES];
    size_t n_writes;            /* Of 'writes'. */
    size_t n_written;           /* Of these, done. */
    char old_driver[32];        /* Before, "" for none. */
    char *failure;              /* Why it is being undone, or NULL, */
    int failure_error;          /* and the errno. */
};

struct vdpa_control {
    struct event_base *base;
    int sysfs;                  /* Its root; not owned. */
    char *sysfs_path;           /* Likewise, its absolute name. */
    char *proc;                 /* "/proc". */
    struct nl_conn *conn;       /* LANE_VDPA_CHANGE, NULL without family. */
    struct nl_conn *writes;     /* LANE_SYSFS. */
    uint16_t family;            /* Its number. */
    bool family_known;          /* Is it known whether there is one? */
    struct shash devs;          /* Of struct vdpa_info: all devices. */
    bool devs_known;            /* Were they ever told? */
    bool devs_changed;          /* Since the last vdpa_control_run(). */
    struct shash telling;       /* The devices as far as they are told. */
    struct ovs_list ops;        /* Of struct vdpa_op, oldest first. */
    struct vdpa_op *requesting; /* That 'conn' executes, or NULL. */
    struct vdpa_op *writing;    /* That 'writes' executes, or NULL. */
};

/* 'writes', a connection to LANE_SYSFS, becomes the control's. */
struct vdpa_control *vdpa_control_create(struct event_base *, int sysfs,
                                         const char *sysfs_path,
                                         const char *proc,
                                         struct nl_conn *writes);
void vdpa_control_destroy(struct vdpa_control *);
void vdpa_control_run(struct vdpa_control *);
void vdpa_control_wait(struct vdpa_control *);

/* There is a family, with the connection 'conn', which becomes the control's;
 * or there is none and 'conn' is NULL. */
void vdpa_control_set_family(struct vdpa_control *, uint16_t family,
                             struct nl_conn *conn);

/* All devices, each time they are told: begin, device each, end. */
void vdpa_control_begin(struct vdpa_control *);
void vdpa_control_device(struct vdpa_control *, const struct vdpa_info *);
void vdpa_control_end(struct vdpa_control *);

/* That of 'kernel', in netlink/kernel.c. */
struct vdpa_control *kernel_vdpa_control(const struct kernel *);

/* Requests, for the four files. */

const struct vdpa_info *vdpa_op_info(const struct vdpa_op *);

/* Tells the callback that 'op' ended, or that it will take longer, in which
 * case it goes on: 'error' and a message. */
void vdpa_op_tell(struct vdpa_op *, int error, const char *format, ...)
    OVS_PRINTF_FORMAT(3, 4);

/* Tells that 'op' ended well. */
void vdpa_op_succeed(struct vdpa_op *);

/* Ends 'op', which is freed by the next vdpa_control_run(). */
void vdpa_op_end(struct vdpa_op *);

/* Is the consumer's side of the device there, as far as it can be known? */
bool vdpa_info_has_consumer(const struct vdpa_info *);

/* vdpa-request.c */

/* The turn of 'op' has come in the lane for changes. */
void vdpa_request_send(struct vdpa_op *);

/* The devices were told: is it done? */
void vdpa_request_check(struct vdpa_op *);

/* The events took too long. */
void vdpa_request_expire(struct vdpa_op *);

/* The connection that executes 'op' is gone. */
void vdpa_request_abort(struct vdpa_op *);

/* vdpa-busy.c */

/* Looks who has the device open, if it can be.  In the end the state is
 * READY, or BUSY, of a deletion, or the request has ended. */
void vdpa_busy_start(struct vdpa_op *);
void vdpa_busy_run(struct vdpa_op *);
void vdpa_busy_wait(const struct vdpa_op *);
void vdpa_busy_destroy(struct vdpa_op *);

/* Inode of the device in sysfs, or 0. */
uint64_t vdpa_busy_inode(const struct vdpa_op *);

/* vdpa-bind.c */

/* Decides what to write.  The state is SCAN, READY, EVENT or OVER. */
void vdpa_bind_start(struct vdpa_op *);

/* The turn of 'op' has come in the lane for writing. */
void vdpa_bind_next(struct vdpa_op *);

/* The devices were told: is it done? */
void vdpa_bind_check(struct vdpa_op *);

/* The events took too long. */
void vdpa_bind_expire(struct vdpa_op *);
void vdpa_bind_destroy(struct vdpa_op *);

#endif /* netlink/vdpa-control-private.h */
