/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_UNIXCTL_CALL_H
#define CONTROLLER_UNIXCTL_CALL_H 1

/* One unixctl command to a daemon of Open vSwitch or of ours, without waiting
 * for it: that of libopenvswitch blocks until there is an answer.
 *
 * A daemon that is stopped or busy costs no more than the time that is
 * given. */

#include <stdbool.h>
#include <stddef.h>

struct unixctl_call;

/* How a call ended. */
enum unixctl_call_end {
    UNIXCTL_CALL_OK,            /* Text is what the command printed. */
    UNIXCTL_CALL_REFUSED,       /* The daemon's own message. */
    UNIXCTL_CALL_NO_ANSWER,     /* Why there is no answer. */
};

/* Longest answer that is kept in memory, in bytes. */
#define UNIXCTL_CALL_MAX (256 * 1024 * 1024)

/* Called once, from unixctl_call_run().  Must not destroy the call. */
typedef void unixctl_call_cb(void *aux, enum unixctl_call_end,
                             const char *text);

/* Takes the next 'n' bytes of what a command prints, from
 * unixctl_call_run(). */
typedef void unixctl_call_piece_cb(void *aux, const char *, size_t n);

/* Finds the control socket of 'target' as ovs-appctl does: a path if it has a
 * '/', else the name of a program, whose pidfile is in the run directory.
 * Returns NULL and the socket's path in '*path', or a message.  The caller
 * frees both. */
char *unixctl_target_find(const char *target, char **path);

/* Gives 'command' with 'n' arguments to the daemon that listens on 'path',
 * absolute, and calls 'done' at the latest after 'timeout' ms, or whenever
 * there is an answer if 'timeout' is negative. */
struct unixctl_call *unixctl_call_start(const char *path, const char *command,
                                        size_t n, char *const args[],
                                        int timeout, unixctl_call_cb *done,
                                        void *aux);
void unixctl_call_destroy(struct unixctl_call *);

/* Has what the command prints handed to 'piece', with the 'aux' of 'done', as
 * it comes, rather than kept until then: the text of UNIXCTL_CALL_OK is "".
 * To be called before unixctl_call_run(). */
void unixctl_call_stream(struct unixctl_call *, unixctl_call_piece_cb *piece);

void unixctl_call_run(struct unixctl_call *);
void unixctl_call_wait(const struct unixctl_call *);

/* Has 'done' been called? */
bool unixctl_call_is_done(const struct unixctl_call *);

#endif /* controller/unixctl-call.h */
