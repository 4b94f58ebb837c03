/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_POLICY_WATCH_H
#define CONTROLLER_POLICY_WATCH_H 1

/* Which hw-offload and tc-policy are in effect in ovs-vswitchd.
 *
 * It takes other_config:hw-offload=true at any time, and keeps to it as long
 * as it lives.  It takes other_config:tc-policy once in its life: when
 * hw-offload is first true.  It does not tell later which it took, so one has
 * to have watched the keys since before it was started; else what was seen
 * first is the best guess, and said to be one.  Pure. */

#include <stdbool.h>

#include "controller/flow/reason.h"

struct smap;

struct policy_watch {
    bool known;                 /* Was there an update? */
    bool offloaded;             /* Was key hw-offload true, so far as we know,
                                 * at a time since ovs-vswitchd was started? */
    bool offload;               /* Key hw-offload, and */
    char *key;                  /* key tc-policy as of the last update; NULL
                                 * if not set.  Owned. */
    long long int start;        /* Which ovs-vswitchd it was. */
    bool seen_start;            /* Were the keys known when it started? */
    bool taken;                 /* Has it taken a policy, so far as we know? */
    char *policy;               /* The one, like 'key'.  Owned. */
};

/* All zeros is the initial state. */
void policy_watch_destroy(struct policy_watch *);

/* Notes what is now.  To be called whenever a key has changed, and before
 * 'policy' is looked at.  'start' is another for each ovs-vswitchd. */
void policy_watch_update(struct policy_watch *, bool offload,
                         const char *key, long long int start);

/* The same with the keys in other_config 'config', and of the ovs-vswitchd
 * that is there; only if they changed, or 'now' that something is to be looked
 * at: a restart of ovs-vswitchd alone tells nothing. */
void policy_watch_keys(struct policy_watch *, const struct smap *config,
                       bool now);

/* Is 'policy' known to be in effect, once hw-offload is? */
bool policy_watch_is_certain(const struct policy_watch *);

/* Is hw-offload in effect? */
enum flow_tri policy_watch_hw_offload(const struct policy_watch *);

/* For 'start': when the ovs-vswitchd that has the pidfile in the run directory
 * wrote it, in ns, or 0 if there is none. */
long long int policy_watch_vswitchd_start(void);

#endif /* controller/policy-watch.h */
