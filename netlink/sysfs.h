/* SPDX-License-Identifier: Apache-2.0 */

#ifndef NETLINK_SYSFS_H
#define NETLINK_SYSFS_H 1

/* Reading sysfs below a descriptor of its root.
 *
 * Names are plain bytes.  Paths are relative to the root, without a leading
 * slash. */

#include <stdbool.h>
#include <stddef.h>

#include "netlink/kernel-types.h"

struct sset;

/* Opens the root of sysfs.  Returns a descriptor or a negative errno. */
int sysfs_open_root(const char *path);

/* Stores where link 'path' leads to, relative to the root, as far as that can
 * be told from its text: leading "../" are removed.  Returns a malloc()ed
 * string or NULL with errno set. */
char *sysfs_readlink(int root, const char *path);

/* Copies the last component of where link 'path' leads to.  Returns false,
 * and stores "", if there is no such link or it does not fit. */
bool sysfs_link_name(int root, const char *path, char *buf, size_t size);

/* Reads a non-negative decimal number from file 'path', or returns -1. */
int sysfs_read_int(int root, const char *path);

/* Reads "MAJOR:MINOR" from file 'path'. */
bool sysfs_read_dev(int root, const char *path, unsigned int *major,
                    unsigned int *minor);

bool sysfs_exists(int root, const char *path);

/* Adds the names in directory 'path', but "." and "..", to 'names'.  Returns
 * 0 or a positive errno. */
int sysfs_list(int root, const char *path, struct sset *names);

/* Last component of 'path'. */
const char *sysfs_basename(const char *path);

/* Returns a malloc()ed copy of 'path' without its last component, "" if there
 * is no other. */
char *sysfs_dirname(const char *path);

#endif /* netlink/sysfs.h */
