/* SPDX-License-Identifier: Apache-2.0 */

#ifndef UTILITIES_CLIENT_YAML_PUT_H
#define UTILITIES_CLIENT_YAML_PUT_H 1

/* JSON as YAML.  Pure. */

struct ds;
struct json;

/* Appends 'json' as one YAML document, with members sorted.  Strings are in
 * double quotes, so that no reader takes one for a number or a truth value
 * ("65:00", "on", "1e3"). */
void yaml_put(const struct json *, struct ds *);

#endif /* utilities/client/yaml-put.h */
