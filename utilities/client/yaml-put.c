/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "utilities/client/yaml-put.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "controller/output.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "openvswitch/shash.h"
#include "util.h"

/* A yaml_write_handler_t. */
static int
append(void *out, unsigned char *buffer, size_t size)
{
    ds_put_buffer(out, (const char *) buffer, size);
    return 1;
}

/* The library fails for want of memory only: there is no text that cannot be
 * written, as all is valid UTF-8. */
static void
emit(yaml_emitter_t *emitter, yaml_event_t *event, int initialized)
{
    if (!initialized || !yaml_emitter_emit(emitter, event)) {
        out_of_memory();
    }
}

static void
put_scalar(yaml_emitter_t *emitter, const char *s, bool quoted)
{
    yaml_event_t event;

    emit(emitter, &event,
         yaml_scalar_event_initialize(&event, NULL, NULL,
                                      (const yaml_char_t *) s, strlen(s),
                                      !quoted, quoted,
                                      quoted ? YAML_DOUBLE_QUOTED_SCALAR_STYLE
                                      : YAML_PLAIN_SCALAR_STYLE));
}

/* A string from anywhere; a daemon sends no invalid UTF-8, a snapshot may. */
static void
put_string(yaml_emitter_t *emitter, const char *s)
{
    char *valid = output_utf8(s);

    put_scalar(emitter, valid, true);
    free(valid);
}

/* May 's' be a key without quotes?  Readers of YAML 1.1 take some words for
 * something else. */
static bool
is_plain_key(const char *s)
{
    static const char *const taken[] = {
        "n", "no", "null", "off", "on", "true", "false", "y", "yes",
    };

    for (size_t i = 0; i < ARRAY_SIZE(taken); i++) {
        if (!strcmp(s, taken[i])) {
            return false;
        }
    }
    return (s[0] >= 'a' && s[0] <= 'z'
            && !s[strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789_")]);
}

static void put_json(yaml_emitter_t *, const struct json *);

static void
put_object(yaml_emitter_t *emitter, const struct shash *object)
{
    const struct shash_node **nodes = shash_sort(object);
    yaml_event_t event;

    emit(emitter, &event,
         yaml_mapping_start_event_initialize(&event, NULL, NULL, 1,
                                             YAML_BLOCK_MAPPING_STYLE));
    for (size_t i = 0; i < shash_count(object); i++) {
        if (is_plain_key(nodes[i]->name)) {
            put_scalar(emitter, nodes[i]->name, false);
        } else {
            put_string(emitter, nodes[i]->name);
        }
        put_json(emitter, nodes[i]->data);
    }
    emit(emitter, &event, yaml_mapping_end_event_initialize(&event));
    free(nodes);
}

static void
put_array(yaml_emitter_t *emitter, const struct json_array *array)
{
    yaml_event_t event;

    emit(emitter, &event,
         yaml_sequence_start_event_initialize(&event, NULL, NULL, 1,
                                              YAML_BLOCK_SEQUENCE_STYLE));
    for (size_t i = 0; i < array->n; i++) {
        put_json(emitter, array->elems[i]);
    }
    emit(emitter, &event, yaml_sequence_end_event_initialize(&event));
}

static void
put_json(yaml_emitter_t *emitter, const struct json *json)
{
    if (json->type == JSON_OBJECT) {
        put_object(emitter, json_object(json));
    } else if (json->type == JSON_ARRAY) {
        put_array(emitter, json_array(json));
    } else if (json->type == JSON_STRING) {
        put_string(emitter, json_string(json));
    } else {
        char *text = json_to_string(json, 0);

        put_scalar(emitter, text, false);
        free(text);
    }
}

void
yaml_put(const struct json *json, struct ds *out)
{
    yaml_emitter_t emitter;
    yaml_event_t event;

    if (!yaml_emitter_initialize(&emitter)) {
        out_of_memory();
    }
    yaml_emitter_set_output(&emitter, append, out);
    yaml_emitter_set_unicode(&emitter, 1);
    yaml_emitter_set_width(&emitter, -1);
    emit(&emitter, &event,
         yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING));
    emit(&emitter, &event,
         yaml_document_start_event_initialize(&event, NULL, NULL, NULL, 1));
    put_json(&emitter, json);
    emit(&emitter, &event, yaml_document_end_event_initialize(&event, 1));
    emit(&emitter, &event, yaml_stream_end_event_initialize(&event));
    yaml_emitter_delete(&emitter);
}
