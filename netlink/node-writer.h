/* SPDX-License-Identifier: Apache-2.0 */

#ifndef NETLINK_NODE_WRITER_H
#define NETLINK_NODE_WRITER_H 1

/* A process that writes files in our place: those of sysfs, where a write may
 * take seconds (the driver makes all of a PF's VFs in one), and those that
 * have to be on the disk before we go on.
 *
 * One request at a time.  Whoever must not wait for another one's request has
 * a writer of its own. */

#include <stdbool.h>

struct event_base;
struct node_writer;

/* How a request ended: 'error' is 0 or a positive errno. */
typedef void node_writer_cb(void *aux, int error);

/* The process is started with the first request, and again after it died.
 * 'base' must outlive the writer.  Callbacks come from it. */
struct node_writer *node_writer_create(struct event_base *base);

/* A request under way goes on until the kernel lets it go, and its callback is
 * not called any more. */
void node_writer_destroy(struct node_writer *);

bool node_writer_is_busy(const struct node_writer *);

/* Writes 'text', in one write(), into file 'path', which has to be there.
 * Paths are absolute.  Where a request cannot be handed over, these return a
 * positive errno, and the callback is not called. */
int node_writer_write(struct node_writer *, const char *path,
                      const char *text, node_writer_cb *, void *aux);

/* Makes 'text' the contents of file 'name' in directory 'dir', which is made
 * if only its last part is missing.  When the callback says so it is on the
 * disk.  Whatever happens meanwhile, the file has the old contents or the
 * new.  Several writers may save into one directory. */
#define NODE_WRITER_SAVE_MAX (8 * 1024 * 1024) /* Bytes of 'text'. */
int node_writer_save(struct node_writer *, const char *dir, const char *name,
                     const char *text, node_writer_cb *, void *aux);

/* Removes file 'name' from directory 'dir', if it is there. */
int node_writer_remove(struct node_writer *, const char *dir,
                       const char *name, node_writer_cb *, void *aux);

#endif /* netlink/node-writer.h */
