/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_PORT_JSON_H
#define CONTROLLER_PORT_JSON_H 1

/* JSON of ports and vDPA devices, as the commands print it: a stable
 * interface, documented in ovs-offload-controller(8). */

struct inv_vdpa;
struct json;
struct port;
struct port_table;

/* One row of port/list. */
struct json *port_to_json(const struct port *);

/* All of them, in the order of PCI addresses, then names. */
struct json *ports_to_json(const struct port_table *);

/* All vDPA devices. */
struct json *vdpas_to_json(const struct port_table *);

/* The port in whose pair vDPA device 'name' is, or NULL. */
const struct port *vdpa_find_port(const struct port_table *,
                                  const char *name);

/* The object of vDPA device 'name', or NULL. */
struct json *vdpa_find_to_json(const struct port_table *, const char *name);

#endif /* controller/port-json.h */
