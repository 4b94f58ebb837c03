/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/state/text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "netlink/kernel-types.h"
#include "openvswitch/json.h"
#include "openvswitch/shash.h"
#include "util.h"

/* Far more than any node has devices. */
#define MAX_DELETIONS 65536

struct json *
vdpa_deletions_to_state(const struct shash *deletions)
{
    struct json *content = json_object_create();
    const struct shash_node *node;

    SHASH_FOR_EACH (node, deletions) {
        const uint64_t *inode = node->data;

        /* As a string: it may have more bits than an integer of JSON. */
        json_object_put_format(content, node->name, "%"PRIu64, *inode);
    }
    return content;
}

static bool
parse_inode(const struct json *json, uint64_t *inode)
{
    const char *s = json->type == JSON_STRING ? json_string(json) : "";
    char *end;

    if (s[0] < '1' || s[0] > '9') {
        return false;
    }
    errno = 0;
    *inode = strtoull(s, &end, 10);
    return !*end && !errno;
}

char *
vdpa_deletions_from_state(const struct json *content,
                          struct shash *deletions)
{
    const struct shash_node *node;

    if (content->type != JSON_OBJECT) {
        return xstrdup("the content is no JSON object");
    } else if (shash_count(json_object(content)) > MAX_DELETIONS) {
        return xasprintf("it has more than %d devices", MAX_DELETIONS);
    }
    SHASH_FOR_EACH (node, json_object(content)) {
        uint64_t inode;

        if (!node->name[0] || strlen(node->name) >= VDPA_NAME_MAX
            || !parse_inode(node->data, &inode)) {
            shash_clear_free_data(deletions);
            return xstrdup("it has something else than names of vDPA devices "
                           "and inodes");
        }
        shash_add(deletions, node->name, xmemdup(&inode, sizeof inode));
    }
    return NULL;
}
