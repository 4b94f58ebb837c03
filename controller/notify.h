/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_NOTIFY_H
#define CONTROLLER_NOTIFY_H 1

/* Tells the service manager how the daemon is (sd_notify(3)).
 *
 * The protocol is one datagram of text to the socket in $NOTIFY_SOCKET, so
 * that is done here; libsystemd would bring compression and cryptography
 * along.
 *
 * Without $NOTIFY_SOCKET nothing is done.  Without $WATCHDOG_USEC, or if
 * $WATCHDOG_PID is another process, there is no watchdog and no timer. */

#include <stdbool.h>

/* Takes the environment, which children then do not see.  To be called in the
 * process that is to be watched, hence after daemonize_start(). */
void notify_init(void);

/* The daemon is up. */
void notify_ready(void);

/* How it is, a line for people; told when it is another than before. */
void notify_status(const char *status);

/* The daemon is about to end. */
void notify_stopping(void);

/* In the main loop: tells the watchdog that it turns, twice in the time that
 * the watchdog allows, and arranges for poll_block() to return for that. */
void notify_run(void);
void notify_wait(void);

#endif /* controller/notify.h */
