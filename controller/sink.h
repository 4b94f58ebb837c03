/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_SINK_H
#define CONTROLLER_SINK_H 1

/* Passes what the kernel said on to the inventory, and to the event log what
 * an operator wants to know of it. */

struct kernel_sink;

/* The sink; its 'aux' is a struct controller. */
extern const struct kernel_sink controller_sink;

#endif /* controller/sink.h */
