/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_JSON_MEMBER_H
#define CONTROLLER_JSON_MEMBER_H 1

/* Members of JSON that others wrote, of which nothing is known.
 *
 * 'json' may be NULL or anything else than an object; then it has no members.
 * What is returned belongs to 'json'. */

#include "openvswitch/json.h"

/* The member 'name' of 'json', or NULL. */
const struct json *json_member_any(const struct json *json, const char *name);

/* The same if it is of 'type', else NULL. */
const struct json *json_member(const struct json *json, const char *name,
                               enum json_type type);

/* Its string if it is one, else NULL. */
const char *json_member_string(const struct json *json, const char *name);

#endif /* controller/json-member.h */
