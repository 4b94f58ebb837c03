/* SPDX-License-Identifier: Apache-2.0 */

#ifndef NETLINK_DEVLINK_SOURCE_H
#define NETLINK_DEVLINK_SOURCE_H 1

/* Source of devlink ports and eswitch modes.
 *
 * A full read is a dump of the instances, a question for the eswitch of each,
 * and a dump of the ports; it is told when it is complete.  Any notification
 * makes it stale.  A change of the eswitch mode has no notification of its
 * own, but links come and go with it: devlink_source_mark().  What was stale
 * when it was complete is told, so that a storm of events does not hide
 * everything, and read again at once. */

#include "netlink/genl.h"
#include "netlink/kernel.h"

struct devlink_source;
struct source;

struct devlink_source *devlink_source_create(struct event_base *,
                                             struct kernel_helper *,
                                             struct genl *, int rcvbuf,
                                             const struct kernel_sink *,
                                             void *aux);
void devlink_source_destroy(struct devlink_source *);
void devlink_source_run(struct devlink_source *);
void devlink_source_wait(struct devlink_source *);
void devlink_source_resync(struct devlink_source *);

/* Something may have changed. */
void devlink_source_mark(struct devlink_source *);

struct source *devlink_source_base(struct devlink_source *);

#endif /* netlink/devlink-source.h */
