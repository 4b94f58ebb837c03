/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_FLOW_PARSE_H
#define CONTROLLER_FLOW_PARSE_H 1

/* "flow/parse": a report from a saved dump, "ovs-appctl dpctl/dump-flows -m".
 *
 * Names in the dump that interfaces of this node have are taken for these; the
 * others are ports with just a name.  What reasons depend on is not known of
 * a dump, so that only what a flow itself tells is given as a reason.  The
 * JSON is that of flow/report, whose "state" is "incomplete" if lines could
 * not be understood, with in addition
 *
 *   "file": {"lines": N, "flows": N, "malformed": N,
 *            "first_malformed": null or {"line": N, "why": STRING}}
 *
 * A job in steps of a bounded size. */

#include <stddef.h>

struct controller;
struct flow_parse;
struct json;

/* Opens 'file'.  Returns NULL, with a message in '*errorp' that the caller
 * frees, if it cannot be read. */
struct flow_parse *flow_parse_create(const struct controller *,
                                     const char *file, char **errorp);
void flow_parse_destroy(struct flow_parse *);

/* Does a step.  Returns a message that the caller frees if it failed; else
 * '*json' is the report, which the caller frees, with the 'top' busiest
 * interfaces or all (0), or NULL if it is not complete yet. */
char *flow_parse_run(struct flow_parse *, size_t top, struct json **json);
void flow_parse_wait(const struct flow_parse *);

#endif /* controller/flow/parse.h */
