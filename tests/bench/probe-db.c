/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "tests/bench/probe-db.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "jsonrpc.h"
#include "openvswitch/json.h"
#include "stream.h"
#include "tests/bench/probe-kernel.h"
#include "util.h"

struct probe_row {
    bool has_ofport;
};

/* The value of 'key' in the OVSDB map 'map', or NULL. */
static const char *
map_get(const struct json *map, const char *key)
{
    if (!map || map->type != JSON_ARRAY || map->array.n != 2
        || map->array.elems[1]->type != JSON_ARRAY) {
        return NULL;
    }

    const struct json_array *pairs = &map->array.elems[1]->array;
    for (size_t i = 0; i < pairs->n; i++) {
        const struct json_array *pair = &pairs->elems[i]->array;

        if (!strcmp(json_string(pair->elems[0]), key)) {
            return json_string(pair->elems[1]);
        }
    }
    return NULL;
}

static bool
is_watched(const struct shash *row)
{
    const char *id = map_get(shash_find_data(row, "external_ids"),
                             "iface-id");

    return id && !strncmp(id, "bench", 5);
}

static bool
has_ofport(const struct shash *row)
{
    const struct json *ofport = shash_find_data(row, "ofport");

    return ofport && ofport->type == JSON_INTEGER && ofport->integer > 0;
}

static void
handle_row(struct probe_db *db, const char *uuid, const struct shash *change,
           uint64_t now)
{
    const struct json *new = shash_find_data(change, "new");
    struct probe_row *row = shash_find_data(&db->rows, uuid);
    bool watched = new && is_watched(json_object(new));

    if (!watched) {
        if (row) {
            db->n_ofports -= row->has_ofport;
            shash_find_and_delete(&db->rows, uuid);
            free(row);
        }
        return;
    }
    if (!row) {
        row = xzalloc(sizeof *row);
        shash_add(&db->rows, uuid, row);
        db->row_at = db->row_at ? db->row_at : now;
        db->last_row_at = now;
    }

    bool had_ofport = row->has_ofport;
    row->has_ofport = has_ofport(json_object(new));
    db->n_ofports += row->has_ofport - had_ofport;
    if (row->has_ofport && !had_ofport) {
        db->ofport_at = now;
    }
}

/* 'updates' is a <table-updates>. */
static void
handle_updates(struct probe_db *db, const struct json *updates, uint64_t now)
{
    const struct json *table = shash_find_data(json_object(updates),
                                               "Interface");
    struct shash_node *node;

    if (table) {
        SHASH_FOR_EACH (node, json_object(table)) {
            const struct json *change = node->data;

            handle_row(db, node->name, json_object(change), now);
        }
    }
}

void
probe_db_open(struct probe_db *db, const char *remote)
{
    struct jsonrpc_msg *reply;
    struct stream *stream;

    memset(db, 0, sizeof *db);
    shash_init(&db->rows);

    int error = stream_open_block(stream_open(remote, &stream, DSCP_DEFAULT),
                                  -1, &stream);
    if (error) {
        ovs_fatal(error, "%s", remote);
    }
    db->rpc = jsonrpc_open(stream);

    struct json *params = json_from_string(
        "[\"Open_vSwitch\", null,"
        " {\"Interface\": {\"columns\": [\"ofport\", \"external_ids\"]}}]");
    error = jsonrpc_transact_block(db->rpc, jsonrpc_create_request(
                                       "monitor", params, NULL), &reply);
    if (error || reply->type != JSONRPC_REPLY) {
        ovs_fatal(error, "%s: monitor", remote);
    }
    handle_updates(db, reply->result, probe_now());
    jsonrpc_msg_destroy(reply);
    probe_db_reset(db);
}

void
probe_db_run(struct probe_db *db)
{
    struct jsonrpc_msg *msg;

    jsonrpc_run(db->rpc);

    int error = jsonrpc_recv(db->rpc, &msg);
    for (; !error; error = jsonrpc_recv(db->rpc, &msg)) {
        if (msg->type == JSONRPC_NOTIFY && !strcmp(msg->method, "update")) {
            handle_updates(db, json_array(msg->params)->elems[1],
                           probe_now());
        } else if (msg->type == JSONRPC_REQUEST
                   && !strcmp(msg->method, "echo")) {
            jsonrpc_send(db->rpc, jsonrpc_create_reply(
                             json_clone(msg->params), msg->id));
        }
        jsonrpc_msg_destroy(msg);
    }
    if (error != EAGAIN) {
        ovs_fatal(error, "the database closed the connection");
    }
}

void
probe_db_wait(struct probe_db *db)
{
    jsonrpc_wait(db->rpc);
    jsonrpc_recv_wait(db->rpc);
}

void
probe_db_reset(struct probe_db *db)
{
    db->row_at = db->last_row_at = db->ofport_at = 0;
}
