/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_DEVINFO_JOIN_H
#define CONTROLLER_DEVINFO_JOIN_H 1

/* Device-info files joined with ports.
 *
 * Pure.  A file is of a port if it has the PCI address of the port's VF; if it
 * has none, by the name of a vDPA device on the VF; and if it names neither,
 * by the sandbox and the interface in there that the file's name and the
 * Interface row tell. */

#include <stdbool.h>
#include <stddef.h>

struct devinfo_file;
struct devinfo_publish;
struct devinfo_watch;
struct json;
struct port;

bool devinfo_is_of_port(const struct devinfo_file *, const struct port *);

/* In what the file and what is known of the port, of which it is, disagree:
 * one line that the caller frees, or NULL. */
char *devinfo_disagreement(const struct devinfo_file *, const struct port *);

/* Array of objects for the files of 'port', sorted by "file".
 * ovs-offload-controller(8) documents the members. */
struct json *devinfo_port_to_json(const struct devinfo_watch *,
                                  const struct port *);

/* Object for "status". */
struct json *devinfo_status_to_json(const struct devinfo_watch *,
                                    const struct devinfo_publish *);

/* What is wrong in the files of 'port', one line that the caller frees, or
 * NULL.  '*n' is how many files are of it. */
char *devinfo_port_problem(const struct devinfo_watch *, const struct port *,
                           size_t *n);

#endif /* controller/devinfo/join.h */
