/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_METRICS_HEALTH_H
#define CONTROLLER_METRICS_HEALTH_H 1

/* Whether the daemon can do its work, and why not. */

#include <stddef.h>

struct controller;
struct ds;

/* Appends to 'reasons' a line for each that keeps it from that.  Returns how
 * many there are. */
size_t metrics_not_ready(const struct controller *, struct ds *reasons);

#endif /* controller/metrics/health.h */
