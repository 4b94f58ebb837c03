/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/json-member.h"

#include "openvswitch/shash.h"

const struct json *
json_member_any(const struct json *json, const char *name)
{
    return (json && json->type == JSON_OBJECT
            ? shash_find_data(json_object(json), name) : NULL);
}

const struct json *
json_member(const struct json *json, const char *name, enum json_type type)
{
    const struct json *value = json_member_any(json, name);

    return value && value->type == type ? value : NULL;
}

const char *
json_member_string(const struct json *json, const char *name)
{
    const struct json *value = json_member(json, name, JSON_STRING);

    return value ? json_string(value) : NULL;
}
