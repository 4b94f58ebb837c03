/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_EXPLAIN_GATHER_H
#define CONTROLLER_EXPLAIN_GATHER_H 1

/* Collects the facts that explain() judges: from the tables, and, as long as
 * it takes but not longer than EXPLAIN_GATHER_MS, from the kernel and from
 * ovs-vswitchd.  Nothing blocks; who does not answer in time leaves its facts
 * unknown. */

#include <stddef.h>
#include <stdint.h>

#include "controller/explain/explain.h"

struct controller;
struct explain_gather;
struct json;
struct port;

#define EXPLAIN_GATHER_MS 2000

/* Starts to look at 'ports' (at least one), and calls 'done' from
 * explain_gather_run() with the objects of explain_to_json(), in an array that
 * becomes its, and the worst of the verdicts; or with NULL if none of the
 * ports is there any more.  After 'done' only explain_gather_destroy() may be
 * called. */
struct explain_gather *explain_gather_start(
    const struct controller *, const struct port *const *ports, size_t n,
    void (*done)(void *aux, struct json *, enum explain_verdict), void *aux);
void explain_gather_destroy(struct explain_gather *);
void explain_gather_run(struct explain_gather *);
void explain_gather_wait(struct explain_gather *);

#endif /* controller/explain/gather.h */
