/* SPDX-License-Identifier: Apache-2.0 */

#ifndef UTILITIES_CLIENT_CLIENT_H
#define UTILITIES_CLIENT_CLIENT_H 1

/* What the commands of ovs-offload have in common.
 *
 * Most commands are the daemon's: their words are looked up among those that
 * the daemon has, so that a client needs no change for a new one
 * (client/daemon-command.c).  What the client knows of commands is in
 * client/catalog.c; those that are its own have a function there, each in a
 * file of its own. */

#include <stdbool.h>
#include <stddef.h>

#include "openvswitch/compiler.h"

/* Exit status, which ovs-offload(1) documents. */
enum client_status {
    CLIENT_OK,                  /* Done. */
    CLIENT_REFUSED,             /* The daemon said no, or a check failed. */
    CLIENT_USAGE,               /* The command line is wrong. */
    CLIENT_NO_DAEMON,           /* There is no daemon, or no answer. */
    CLIENT_FILE,                /* A file cannot be read or written, or is not
                                 * what it should be. */
};

enum client_output {
    CLIENT_OUTPUT_DEFAULT,      /* None was asked for. */
    CLIENT_OUTPUT_TABLE,        /* That fits the terminal. */
    CLIENT_OUTPUT_WIDE,         /* With all columns, nothing cut. */
    CLIENT_OUTPUT_JSON,
    CLIENT_OUTPUT_CSV,
    CLIENT_OUTPUT_YAML,
};

/* Options that precede the command, or follow its words. */
struct client {
    const char *target;         /* Name of the daemon or path of a socket. */
    const char *format;         /* In which the daemon is to answer, rather
                                 * than that the client formats it; or
                                 * NULL. */
    enum client_output output;  /* How to print answers. */
    int timeout;                /* How long to wait for an answer, in ms, or
                                 * -1 for as long as it takes. */
    bool watch;                 /* Again whenever something changes. */
    bool continued;             /* Are rows below others already there? */
    bool stream;                /* Is it one of several answers?  Then JSON is
                                 * a line, and YAML a document. */
    bool help;                  /* Tell of the command, do not run it. */
    /* Called before each wait for an answer, unless NULL: for what else there
     * is to do, and to have poll_block() wake up for that. */
    void (*meanwhile)(void *aux);
    void *aux;                  /* For 'meanwhile'. */
    const struct snapshot *snapshot; /* Answers in place of the daemon, or
                                      * NULL. */
};

/* Gives 'command' to the daemon, or looks into the snapshot that is in its
 * place, and waits for the answer.  '*text' is what it
 * printed (CLIENT_OK), its message (CLIENT_REFUSED) or why there is no answer
 * (CLIENT_NO_DAEMON), and is the caller's to free. */
enum client_status client_transact(const struct client *, const char *command,
                                   size_t n, char *const args[],
                                   char **text);

/* Gives 'command' to the daemon, whose answer is JSON.  Returns CLIENT_OK and
 * '*json', which the caller destroys, or how it failed, after a message. */
struct json;
enum client_status client_ask(const struct client *, const char *command,
                              size_t n, const char *const args[],
                              struct json **json);

/* Reads a snapshot.  Returns NULL, after a message unless 'silent', if that
 * fails. */
struct snapshot *client_open_snapshot(const char *file, bool silent);

/* Prints a message on standard error.  Control characters in it, and in what
 * client_print() prints, are told rather than printed. */
void client_error(const char *format, ...) OVS_PRINTF_FORMAT(1, 2);

/* Prints 'text' on standard output, with a newline at its end. */
void client_print(const char *text);

/* Prints 'text', in which there is nothing to escape, on standard output. */
void client_put(const char *text);

/* Has all be written that was printed.  Returns 0, or the positive errno value
 * of what failed first, now or before. */
int client_flush(void);

/* Runs the command of the daemon that 'words', at least one, begin with; what
 * is no part of its name are its arguments. */
enum client_status client_daemon_command(const struct client *, int argc,
                                         char *argv[]);

/* Fetches the list of the daemon's commands.  '*list' is valid if the result
 * is CLIENT_OK, otherwise '*error' is why not, and the caller's to free. */
struct command_list;
enum client_status client_fetch_list(const struct client *,
                                     struct command_list *list, char **error);

/* Says that no command begins with the words in 'argv', and what there is. */
void client_print_unknown(const struct command_list *, int argc,
                          char *argv[]);

/* Prints what the client does, and all commands. */
void client_print_help(struct client *);

/* Prints what is known of the command that 'words', of which there are
 * 'argc', begin with. */
enum client_status client_print_command_help(struct client *, int argc,
                                             char *argv[]);

/* Prints 'text', JSON that a command answered with, as the options have it.
 * Returns false, after a message, if it is none. */
struct catalog_command;
bool client_print_answer(const struct client *,
                         const struct catalog_command *, const char *text);

/* Ends the process, as SIGPIPE would if there were something to write, if
 * standard output is a pipe that nobody reads any more.  Has poll_block() wake
 * up when it becomes one. */
void client_wait_output(void);

/* Waits until the daemon, which is gone, answers again.  Returns false if it
 * cannot be waited for. */
bool client_await_daemon(const struct client *);

/* Runs 'command', whose name is 'n_name' of the 'argc' words, now and whenever
 * the daemon says that something changed. */
enum client_status client_watch(const struct client *,
                                const struct catalog_command *command,
                                size_t n_name, int argc, char *argv[]);

/* "__complete", for the completion functions of shells: prints what the last
 * of the words may become. */
enum client_status client_complete(struct client *, int argc, char *argv[]);

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

/* "topology". */
#define TOPOLOGY_USAGE "[--dot|--svg]"
enum client_status topology_command(const struct client *, int argc,
                                    char *argv[]);

/* "snapshot". */
#define SNAPSHOT_USAGE "FILE"
enum client_status snapshot_command(const struct client *, int argc,
                                    char *argv[]);

#endif /* utilities/client/client.h */
