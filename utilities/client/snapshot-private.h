/* SPDX-License-Identifier: Apache-2.0 */

#ifndef UTILITIES_CLIENT_SNAPSHOT_PRIVATE_H
#define UTILITIES_CLIENT_SNAPSHOT_PRIVATE_H 1

/* What files of the snapshot have in common. */

#include <stdbool.h>
#include <stddef.h>

struct json;

/* Does 'object' name the same pod as 'name', which is "NS/POD"? */
bool snapshot_is_pod(const struct json *object, const char *name);

/* Answers that the daemon makes of the same data by arguments.  They take the
 * unrestricted answer and return that with the arguments 'args', of which there
 * are 'n', as a new JSON object; or NULL, and a message in '*error'. */
struct json *snapshot_filter_report(const struct json *, size_t n,
                                    char *const args[], char **error);
struct json *snapshot_filter_flows(const struct json *, size_t n,
                                   char *const args[], char **error);

#endif /* utilities/client/snapshot-private.h */
