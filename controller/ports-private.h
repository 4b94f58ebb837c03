/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_PORTS_PRIVATE_H
#define CONTROLLER_PORTS_PRIVATE_H 1

/* What the parts of the table of ports have in common. */

#include "controller/ports.h"

/* Decides about 'port' anew. */
void port_table_decide(struct port_table *, const struct port_context *,
                       struct port *port);

#endif /* controller/ports-private.h */
