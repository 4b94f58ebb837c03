/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_RPC_LIST_FILE_H
#define CONTROLLER_RPC_LIST_FILE_H 1

/* A file with a list of sockets (socket-list.h), as it was when it was last
 * good.  Whoever knows that the file changed has it read again. */

#include <stdbool.h>

struct json;
struct socket_list;

/* Longest file that is read, in bytes: some 10,000 entries. */
#define LIST_FILE_MAX (1024 * 1024)

struct list_file {
    char *name;                 /* Of the file, with its directory. */
    struct socket_list *list;   /* Last good content, or NULL if there was
                                 * none, or the file is gone. */
    char *error;                /* Why what is there now is not in 'list', or
                                 * NULL. */
    bool warned;                /* 'error' was logged. */
};

void list_file_init(struct list_file *, const char *dir, const char *name);
void list_file_destroy(struct list_file *);

/* Reads it.  What it has, and what is wrong with it, is logged, if that was
 * not known before; not the latter if it 'may_be_half', as someone may be
 * writing it. */
void list_file_read(struct list_file *, bool may_be_half);

struct json *list_file_to_json(const struct list_file *);

#endif /* controller/rpc/list-file.h */
