/* SPDX-License-Identifier: Apache-2.0 */

#ifndef UTILITIES_CLIENT_CLIENT_H
#define UTILITIES_CLIENT_CLIENT_H 1

/* What the commands of ovs-offload have in common.
 *
 * Most commands are the daemon's: their words are looked up among those that
 * the daemon has, so that a client needs no change for a new one
 * (client/daemon-command.c).  Those that are the client's own are in the table
 * in ovs-offload.c, each with a function in a file of its own. */

#include <stddef.h>

#include "openvswitch/compiler.h"

/* Exit status. */
enum client_status {
    CLIENT_OK,                  /* Done. */
    CLIENT_REFUSED,             /* The daemon said no. */
    CLIENT_USAGE,               /* The command line is wrong. */
    CLIENT_NO_DAEMON,           /* There is no daemon, or no answer. */
};

/* Options that precede the command. */
struct client {
    const char *target;         /* Name of the daemon or path of a socket. */
    const char *format;         /* Of answers, or NULL for the default. */
    int timeout;                /* How long to wait for an answer, in ms, or
                                 * -1 for as long as it takes. */
};

/* A command of the client's own. */
struct client_command {
    const char *words;          /* Its name, as in "flow watch". */
    const char *usage;          /* Its arguments. */
    /* Gets the arguments that follow the words, and may write to the element
     * before these, too. */
    enum client_status (*run)(const struct client *, int argc, char *argv[]);
};

/* Gives 'command' to the daemon and waits for the answer.  '*text' is what it
 * printed (CLIENT_OK), its message (CLIENT_REFUSED) or why there is no answer
 * (CLIENT_NO_DAEMON), and is the caller's to free. */
enum client_status client_transact(const struct client *, const char *command,
                                   size_t n, char *const args[],
                                   char **text);

/* Prints a message on standard error. */
void client_error(const char *format, ...) OVS_PRINTF_FORMAT(1, 2);

/* Prints 'text' on standard output, with a newline at its end. */
void client_print(const char *text);

/* Runs the command of the daemon that 'words', at least one, begin with; what
 * is no part of its name are its arguments.  'own' are the client's own
 * commands, to name them if there is no such command. */
enum client_status client_daemon_command(const struct client *,
                                         const struct client_command *own,
                                         size_t n_own, int argc,
                                         char *argv[]);

/* Prints the commands that the daemon has, if there is one. */
void client_print_daemon_commands(const struct client *);

/* "flow watch". */
#define FLOW_WATCH_USAGE "[--pod=NS/POD] [--all] [--top=N] [--sort=KEY] " \
                         "[--interval=SECS] [--once]"
enum client_status flow_watch(const struct client *, int argc, char *argv[]);

/* "vdpa domain-xml". */
#define VDPA_DOMAIN_XML_USAGE "[--alias=ALIAS]... NAME..."
enum client_status vdpa_domain_xml(const struct client *, int argc,
                                   char *argv[]);

/* "vdpa env". */
#define VDPA_ENV_USAGE "--resource=PREFIX/NAME [NAME]..."
enum client_status vdpa_env(const struct client *, int argc, char *argv[]);

/* "policy apply". */
#define POLICY_APPLY_USAGE "[--dry-run] [--force] FILE"
enum client_status policy_apply(const struct client *, int argc,
                                char *argv[]);

#endif /* utilities/client/client.h */
