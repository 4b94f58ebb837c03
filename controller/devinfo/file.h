/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_DEVINFO_FILE_H
#define CONTROLLER_DEVINFO_FILE_H 1

/* Single device-info files: reading any, writing and removing our own.
 *
 * A file is ours by its content alone.  One that is not ours is never
 * replaced or removed, not even if it came into being a moment ago: what is
 * taken from its place is looked at once more, and put back. */

#include <stdbool.h>
#include <stddef.h>

struct devinfo;

/* Reads and parses the file at 'path' into '*info'.  Returns NULL, or a
 * message that the caller frees; then there is nothing to destroy.  '*exists'
 * is false if there is no such file.  Whatever else is there (a FIFO, say) is
 * not waited for. */
char *devinfo_file_read(const char *path, struct devinfo *info,
                        bool *exists);

/* Makes 'text' the content of file 'name' in 'directory', which is made if it
 * is not there: at once, and in place of no file but one of ours.  Returns
 * 0, EEXIST if there is a file that is not ours, or another positive errno. */
int devinfo_file_write(const char *directory, const char *name,
                       const char *text);

/* Removes file 'name' in 'directory' if it is ours.  Returns 0, also if there
 * is none, EEXIST if it is not ours, or another positive errno. */
int devinfo_file_remove(const char *directory, const char *name);

#endif /* controller/devinfo/file.h */
