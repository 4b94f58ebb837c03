/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_METRICS_NEGOTIATE_H
#define CONTROLLER_METRICS_NEGOTIATE_H 1

/* Which of its formats a client gets. */

#include <stdbool.h>

/* Does header field "Accept" of value 'accept', or NULL if there is none, ask
 * for OpenMetrics 1.0, and for nothing else that we have rather than for
 * that?  What is malformed asks for nothing. */
bool metrics_wants_openmetrics(const char *accept);

#endif /* controller/metrics/negotiate.h */
