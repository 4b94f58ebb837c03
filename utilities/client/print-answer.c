/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "utilities/client/client.h"

#include <stdio.h>
#include <stdlib.h>

#include "controller/output.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "util.h"
#include "utilities/client/answer.h"
#include "utilities/client/catalog.h"
#include "utilities/client/grid.h"
#include "utilities/client/terminal.h"
#include "utilities/client/yaml-put.h"

/* Appends the table, and what there is to be said about it. */
static void
put_table(const struct client *client, const struct catalog_command *command,
          const struct json *json, const struct grid *grid, struct ds *s)
{
    const struct grid_style style = {
        .width = (client->output == CLIENT_OUTPUT_WIDE ? 0
                  : terminal_table_width()),
        .color = terminal_wants_color(),
        .continued = client->continued,
        /* Text to be read, not rows to be looked through. */
        .wrap = (command->shape == ANSWER_OBJECT
                 || command->shape == ANSWER_EXPLAIN),
    };
    char *dropped = grid_put_table(grid, &style, s);
    char *remark = answer_remark(command->shape, json);

    if (remark) {
        ds_put_format(s, "%s\n", remark);
    }
    if (dropped && !client->continued) {
        ds_put_format(s, "(no room for %s; -o wide shows all)\n", dropped);
    }
    free(dropped);
    free(remark);
}

static char *
put_answer(const struct client *client,
           const struct catalog_command *command,
           const struct json *json, struct ds *s)
{
    struct grid grid;
    char *error;

    if (client->output == CLIENT_OUTPUT_JSON) {
        char *line = output_json(json, JSSF_SORT);

        ds_put_cstr(s, line);
        free(line);
        return NULL;
    }
    if (client->output == CLIENT_OUTPUT_YAML) {
        ds_put_cstr(s, client->stream ? "---\n" : "");
        yaml_put(json, s);
        return NULL;
    }
    error = answer_to_grid(command->shape, command->columns,
                           command->n_columns, json, &grid);
    if (error) {
        return error;
    }
    if (client->output == CLIENT_OUTPUT_CSV) {
        grid_put_csv(&grid, client->continued, s);
    } else {
        put_table(client, command, json, &grid, s);
    }
    grid_destroy(&grid);
    return NULL;
}

bool
client_print_answer(const struct client *client,
                    const struct catalog_command *command, const char *text)
{
    struct ds s = DS_EMPTY_INITIALIZER;
    struct json *json;
    char *error;
    bool ok;

    if (client->output == CLIENT_OUTPUT_JSON && !client->stream) {
        client_print(text);
        return true;
    }
    json = json_from_string(text);
    error = (json->type == JSON_STRING ? xstrdup(json_string(json))
             : put_answer(client, command, json, &s));
    ok = !error;
    if (!ok) {
        client_error("%s: the answer is malformed: %s", command->name, error);
    } else {
        client_put(ds_cstr(&s));
    }
    json_destroy(json);
    ds_destroy(&s);
    free(error);
    return ok;
}
