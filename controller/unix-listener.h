/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_UNIX_LISTENER_H
#define CONTROLLER_UNIX_LISTENER_H 1

/* A listening Unix socket with a name that is ours.
 *
 * A socket that a server left behind is replaced; one at which a server still
 * answers, and what is no socket, is left alone.  Of several instances that
 * start at once one wins. */

#include <stdbool.h>
#include <sys/types.h>

struct unix_listener {
    int fd;                     /* Nonblocking, or -1. */
    char *path;                 /* Of the socket. */
    dev_t dev;                  /* The socket itself, as 'path' may become */
    ino_t ino;                  /* another's. */
};

/* Opens a socket at 'path', an absolute name that fits into a sockaddr_un,
 * readable and writable by owner and group.  Returns NULL on success, else
 * why not, to be freed. */
char *unix_listener_open(struct unix_listener *, const char *path);

/* Is the socket still that at its path? */
bool unix_listener_is_ours(const struct unix_listener *);

/* Closes it, and removes it from the file system if it is still ours.  Does
 * nothing if it is closed. */
void unix_listener_close(struct unix_listener *);

#endif /* controller/unix-listener.h */
