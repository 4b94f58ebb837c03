/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/state/text.h"

#include <stdlib.h>
#include <string.h>

#include "controller/json-member.h"
#include "crc32c.h"
#include "openvswitch/json.h"
#include "util.h"

/* Of the format.  Another one is not guessed at. */
#define VERSION_NUMBER 1

/* Of the content, in the one way to write it that JSSF_SORT has. */
static long long int
checksum(const struct json *content)
{
    char *text = json_to_string(content, JSSF_SORT);
    uint32_t crc = ntohl(crc32c((const uint8_t *) text, strlen(text)));

    free(text);
    return crc;
}

char *
state_text_format(const char *boot_id, struct json *content)
{
    struct json *json = json_object_create();

    json_object_put(json, "version", json_integer_create(VERSION_NUMBER));
    json_object_put_string(json, "boot_id", boot_id);
    json_object_put(json, "checksum", json_integer_create(checksum(content)));
    json_object_put(json, "content", content);

    char *text = json_to_string(json, JSSF_SORT);
    char *line = xasprintf("%s\n", text);
    free(text);
    json_destroy(json);
    return line;
}

static const char *
check_envelope(const struct json *json)
{
    const struct json *version = json_member(json, "version", JSON_INTEGER);
    const struct json *sum = json_member(json, "checksum", JSON_INTEGER);
    const struct json *content = json_member_any(json, "content");

    if (!version || json_integer(version) != VERSION_NUMBER) {
        return "member \"version\" is not one that is known";
    } else if (!json_member(json, "boot_id", JSON_STRING)) {
        return "member \"boot_id\" is missing or of the wrong type";
    } else if (!content) {
        return "member \"content\" is missing";
    } else if (!sum || json_integer(sum) != checksum(content)) {
        return "member \"checksum\" is not that of the content";
    }
    return NULL;
}

char *
state_text_parse(const char *text, const char *boot_id,
                 struct json **contentp)
{
    struct json *json = json_from_string(text);
    const char *wrong;
    char *error = NULL;

    *contentp = NULL;
    if (json->type == JSON_STRING) {
        /* That is how the parser tells errors; no file is a string. */
        error = xasprintf("it is no JSON: %s", json_string(json));
    } else if (json->type != JSON_OBJECT) {
        error = xstrdup("it is no JSON object");
    } else if ((wrong = check_envelope(json))) {
        error = xstrdup(wrong);
    } else if (!strcmp(json_member_string(json, "boot_id"), boot_id)) {
        *contentp = json_clone(json_member_any(json, "content"));
    }
    json_destroy(json);
    return error;
}
