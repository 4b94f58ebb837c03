/* SPDX-License-Identifier: Apache-2.0 */

/* Fuzz target: files with lists of sockets. */

#include <config.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "controller/rpc/message.h"
#include "controller/rpc/socket-list.h"
#include "util.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct socket_entry *entry;
    struct socket_list *list;
    size_t n_paths = 0;
    char *error = NULL;

    list = socket_list_parse((const char *) data, size, &error);
    ovs_assert((list == NULL) == (error != NULL));
    if (list) {
        HMAP_FOR_EACH (entry, node, &list->entries) {
            ovs_assert(socket_list_find(list, &entry->addr) == entry);
            if (entry->path) {
                ovs_assert(entry->path[0] == '/');
                ovs_assert(strlen(entry->path) <= RPC_MAX_PATH);
                n_paths++;
            }
        }
        ovs_assert(list->n_paths == n_paths);
    }
    socket_list_destroy(list);
    free(error);
    return 0;
}
