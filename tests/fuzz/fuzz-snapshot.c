/* SPDX-License-Identifier: Apache-2.0 */

/* A file given to --snapshot, and all that is made of the answers in it. */

#include <config.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "util.h"
#include "utilities/client/answer.h"
#include "utilities/client/catalog.h"
#include "utilities/client/grid.h"
#include "utilities/client/snapshot.h"
#include "utilities/client/topology.h"
#include "utilities/client/yaml-put.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* Prints 'json' in way number 'way'. */
static void
print(const struct catalog_command *command, const struct json *json,
      unsigned int way)
{
    struct ds s = DS_EMPTY_INITIALIZER;
    struct topology topology;
    struct grid grid;
    char *error;

    if (way == 0) {
        yaml_put(json, &s);
    } else if (way == 1) {
        topology_init(&topology, json, json, json);
        topology_put_tree(&topology,
                          &(struct topology_style) { .utf8 = true }, &s);
        topology_put_dot(&topology, &s);
        topology_destroy(&topology);
    } else {
        error = answer_to_grid(command->shape, command->columns,
                               command->n_columns, json, &grid);
        if (!error) {
            struct grid_style style = { .width = 30, .wrap = way == 2 };

            free(grid_put_table(&grid, &style, &s));
            grid_put_csv(&grid, false, &s);
            free(answer_remark(command->shape, json));
            grid_destroy(&grid);
        }
        free(error);
    }
    ds_destroy(&s);
}

/* Answers 'command', with 'args' in a string where blanks divide them. */
static void
ask(const struct snapshot *snapshot, const struct catalog_command *command,
    const char *args, unsigned int way)
{
    char *copy = xstrdup(args), *argv[4], *text;
    size_t n = 0;

    for (char *p = copy; *args && p; ) {
        argv[n++] = strsep(&p, " ");
    }
    if (snapshot_answer(snapshot, command->name, n, argv, &text)
        && command->shape != ANSWER_TEXT) {
        struct json *json = json_from_string(text);

        print(command, json, way);
        json_destroy(json);
    }
    free(text);
    free(copy);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const args[] = {
        "", "a/b", "--pod=a/b", "--pod a/b --top=1", "--not-offloaded",
        "--limit=1 --ufid=u", "--format=csv",
    };
    char *text = xmemdup0((const char *) data, size);
    struct snapshot *snapshot;
    char *error = snapshot_parse(text, size, &snapshot);

    ovs_assert((error != NULL) != (snapshot != NULL));
    for (size_t i = 0; i < catalog_n && snapshot; i++) {
        if (catalog[i].reads && !catalog[i].run) {
            /* One of these for each input, as all would take long. */
            ask(snapshot, &catalog[i], args[size % ARRAY_SIZE(args)],
                size % 4);
        }
    }
    snapshot_destroy(snapshot);
    free(error);
    free(text);
    return 0;
}
