/* SPDX-License-Identifier: Apache-2.0 */

#ifndef UTILITIES_CLIENT_SNAPSHOT_H
#define UTILITIES_CLIENT_SNAPSHOT_H 1

/* A file with what a daemon answered to all commands that only look, for a bug
 * report; and such commands answered from it.
 *
 * Pure.  The file may be anyone's.  ovs-offload(1) describes its form. */

#include <stdbool.h>
#include <stddef.h>

struct json;
struct snapshot;

/* Value of member "format". */
#define SNAPSHOT_FORMAT "ovs-offload-snapshot"

/* Value of member "version", greater for files that this program does not
 * understand. */
#define SNAPSHOT_VERSION 1

/* Longest file that is read, in bytes. */
#define SNAPSHOT_MAX_SIZE (1024 * 1024 * 1024)

/* Flows of which a snapshot has single ones. */
#define SNAPSHOT_MAX_FLOWS 10000

/* Reading. */

/* Parses the 'n' bytes of 'text', behind which is a null byte.  Returns NULL
 * and '*snapshot', or a message that the caller frees. */
char *snapshot_parse(const char *text, size_t n, struct snapshot **snapshot);
void snapshot_destroy(struct snapshot *);

/* Answers 'command', of the daemon, with 'n' 'args', as the daemon did or
 * would have.  Returns whether it would have succeeded.  '*text', which the
 * caller frees, is what it printed, or a message. */
bool snapshot_answer(const struct snapshot *, const char *command, size_t n,
                     char *const args[], char **text);

/* Writing. */

/* An answer as the file has it, to 'command' with 'n' 'args': 'text' is parsed
 * if it is 'is_json'. */
struct json *snapshot_entry(const char *command, size_t n,
                            const char *const args[], bool ok, bool is_json,
                            const char *text);

/* The file, with the array 'answers' of such entries, which is taken: of all
 * that were to be asked for if 'complete'.  Where servers are, which is behind
 * "ssl:" and "tcp:" in whatever string, is taken out. */
struct json *snapshot_file(struct json *answers, bool complete,
                           const char *when);

#endif /* utilities/client/snapshot.h */
