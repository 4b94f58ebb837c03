/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_EXPLAIN_PRIVATE_H
#define CONTROLLER_EXPLAIN_PRIVATE_H 1

/* The making of a checklist. */

#include "controller/explain.h"
#include "openvswitch/compiler.h"

/* Adds an item without a fix.  'name' is a constant. */
void explain_add(struct explain_list *, const char *name,
                 enum explain_verdict, const char *format, ...)
    OVS_PRINTF_FORMAT(4, 5);

/* Gives the last item a fix, in which names of others must be words of a
 * shell. */
void explain_set_fix(struct explain_list *, const char *format, ...)
    OVS_PRINTF_FORMAT(2, 3);

#endif /* controller/explain-private.h */
