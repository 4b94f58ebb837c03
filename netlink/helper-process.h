/* SPDX-License-Identifier: Apache-2.0 */

#ifndef NETLINK_HELPER_PROCESS_H
#define NETLINK_HELPER_PROCESS_H 1

/* Processes that do in our place what may sleep in the kernel for as long as
 * somebody else likes.
 *
 * Such a process has a socket to us and nothing else of ours.  It ends when
 * the socket is closed or when we end, as soon as the kernel lets it go. */

#include <sys/types.h>

/* Starts a process that calls 'body' with its end of a pair of SOCK_SEQPACKET
 * sockets and exits when that returns.  'body' may call nothing but
 * async-signal-safe functions, as we may have threads.  'name', of which the
 * kernel keeps 15 bytes, is what /proc/PID/comm shows.
 *
 * Returns 0 and stores the process into '*pidp' and our end, which is
 * non-blocking, into '*fdp', or returns a positive errno. */
int helper_process_start(const char *name, void (*body)(int fd), pid_t *pidp,
                         int *fdp);

/* Ends process 'pid', which is not known by that any more.  It may take until
 * the kernel lets it go, which is not waited for: what is left of it goes when
 * the next process is started or ended. */
void helper_process_stop(pid_t pid);

#endif /* netlink/helper-process.h */
