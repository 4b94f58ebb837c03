/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_FLOW_EXPLAIN_H
#define CONTROLLER_FLOW_EXPLAIN_H 1

/* The flows of one port, for "explain". */

struct controller;
struct explain_flows;
struct flow_reason_env;
struct port;

/* Fills '*flows', which is all zeros, with the flows from and to the
 * representor of 'port', and why those that are not in hardware are not, under
 * 'env'.  Leaves it alone while flows are being read. */
void flow_explain(const struct controller *, const struct port *port,
                  const struct flow_reason_env *env,
                  struct explain_flows *flows);

#endif /* controller/flow/explain.h */
