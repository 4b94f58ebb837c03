/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_FLOW_FILE_H
#define CONTROLLER_FLOW_FILE_H 1

/* A saved dump, read without keeping the daemon from its other work: one piece
 * each time that the event base is run.  What is held is that piece. */

#include <stddef.h>

/* Most that is read in one go, in bytes: some 120 flows. */
#define FLOW_FILE_PIECE (64 * 1024)

struct event_base;
struct flow_file;
struct flow_text;

/* Called once, from the event base, when the file was read to its end, with
 * 'error' NULL, or could not be read further.  It is the last thing that is
 * done there: the flow_file may be closed in it. */
typedef void flow_file_done_cb(void *aux, const char *error);

/* Starts to read the file 'name' into 'text', which has to stay until 'done'
 * is called or the flow_file is closed.  flow_text_end() is called before
 * 'done' is.  What is added to the file meanwhile is not read.  On failure
 * returns NULL, with '*error' set to a message for the user that the caller
 * frees. */
struct flow_file *flow_file_open(struct event_base *, const char *name,
                                 struct flow_text *text,
                                 flow_file_done_cb *done, void *aux,
                                 char **error);

/* Closes it; if it is not done yet, 'done' is not called any more. */
void flow_file_close(struct flow_file *);

#endif /* controller/flow/file.h */
