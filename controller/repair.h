/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_REPAIR_H
#define CONTROLLER_REPAIR_H 1

/* Makes ovs-vswitchd install its flows again ("revalidator/purge").
 *
 * Filters that were there before a netdev's hw-tc-offload was on stay in
 * software.  This is the cure, and the only change that the controller makes
 * in ovs-vswitchd: only with offload-repair=true, and at most once a minute.
 * Nothing blocks. */

#include <stdbool.h>

struct repair;

struct repair *repair_create(void);
void repair_destroy(struct repair *);

/* Runs the command if 'needed' and the last one is a minute ago.  Returns true
 * when one has succeeded since the last call. */
bool repair_run(struct repair *, bool needed);
void repair_wait(struct repair *, bool needed);

#endif /* controller/repair.h */
