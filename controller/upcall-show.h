/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_UPCALL_SHOW_H
#define CONTROLLER_UPCALL_SHOW_H 1

/* What "ovs-appctl upcall/show" says of the kernel's datapath.
 *
 *     system@ovs-system:
 *       flows         : (current 3) (avg 3) (max 4) (limit 10000)
 *       offloaded flows : 3
 *
 * The last line is there if, and only if, some port of the datapath has the
 * flow API, which ovs-vswitchd gives to each as soon as hw-offload is in
 * effect. */

#include <stdbool.h>
#include <stdint.h>

struct upcall_show {
    bool offload;               /* Is hw-offload in effect? */
    uint64_t n_flows;           /* Datapath flows. */
    uint64_t limit;             /* At how many ovs-vswitchd stops. */
};

/* Returns false if 'text' has no datapath of type "system", or one of another
 * form. */
bool upcall_show_parse(const char *text, struct upcall_show *);

#endif /* controller/upcall-show.h */
