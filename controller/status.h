/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_STATUS_H
#define CONTROLLER_STATUS_H 1

/* The answer of the command "status". */

struct controller;
struct json;

struct json *status_to_json(const struct controller *);

#endif /* controller/status.h */
