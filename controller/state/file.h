/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_STATE_FILE_H
#define CONTROLLER_STATE_FILE_H 1

/* A file in the state directory, in which something survives the end of the
 * daemon, whatever that is.
 *
 * Writing is done by a process (netlink/node-writer.h); what is to be kept
 * anew while that is at work waits, and only the last of it is written.  What
 * cannot be written is tried again when there is something else to be kept, or
 * in the first round after STATE_RETRY_MS: nothing wakes up for it. */

#include <stdbool.h>
#include <stddef.h>

struct event_base;
struct json;
struct state_file;

#define STATE_RETRY_MS 10000

/* 'dir' is absolute. */
struct state_file *state_file_create(struct event_base *, const char *dir,
                                     const char *name);
void state_file_destroy(struct state_file *);

/* Returns what was saved since the kernel was started, which the caller frees,
 * or NULL if there is nothing.  A file that cannot be used is warned of. */
struct json *state_file_load(struct state_file *);

/* Warns that what state_file_load() returned cannot be used. */
void state_file_reject(struct state_file *, const char *why);

/* Saves 'content', which becomes its. */
void state_file_save(struct state_file *, struct json *content);

void state_file_run(struct state_file *);
void state_file_wait(const struct state_file *);

/* Is on the disk what was to be saved last? */
bool state_file_is_saved(const struct state_file *);

/* Why not, or why it was not loaded, or NULL. */
const char *state_file_error(const struct state_file *);

/* For all who keep files in the state directory. */

/* Reads file 'name' of directory 'dir' as a string, of at most 'max' bytes.
 * Returns NULL and sets '*errorp' (caller frees) if that is not possible. */
char *state_read_text(int dir, const char *name, size_t max, char **errorp);

/* The kernel's boot ID, or "".  Caller frees. */
char *state_read_boot_id(void);

#endif /* controller/state/file.h */
