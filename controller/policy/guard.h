/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_POLICY_GUARD_H
#define CONTROLLER_POLICY_GUARD_H 1

/* Who would be cut off by a step that a policy takes.
 *
 * A change of the eswitch mode may make the uplink anew, without its
 * addresses, and a change of the number of VFs removes all of them first.  So
 * before each such step, whether a policy was applied, changed or deleted, all
 * users of the PF are looked for.  The first that is found is named, and the
 * step is not taken.
 *
 * Pure. */

#include <stdbool.h>
#include <stddef.h>

/* Who may use a PF, in the order in which they are named. */
enum policy_user_type {
    POLICY_USER_OPERATOR,       /* The SR-IOV operator: file 'what'.  The only
                                 * one that "force" overrides. */
    POLICY_USER_TUNNEL,         /* Tunnel 'what' has address 'detail' of the
                                 * netdev as its local one. */
    POLICY_USER_ADDRESS,        /* IP address 'what'. */
    POLICY_USER_ROUTE,          /* Route to 'what'. */
    POLICY_USER_UPPER,          /* Upper device 'what': bond, bridge, VLAN. */
    POLICY_USER_ROW,            /* Interface 'what' on bridge 'detail', which
                                 * is not ours. */
    POLICY_USER_NETNS,          /* A netdev of 'on' is in another network
                                 * namespace. */
    POLICY_USER_PROCESS,        /* Process 'what' has 'detail' open. */
    POLICY_USER_UNKNOWN,        /* 'what' could not be found out. */
};

struct policy_user {
    enum policy_user_type type;
    char *on;                   /* Netdev, VF or device that is used. */
    char *what;
    char *detail;
};

struct policy_users {
    struct policy_user *users;
    size_t n, allocated;
};

#define POLICY_USERS_EMPTY_INITIALIZER { .users = NULL }
void policy_users_destroy(struct policy_users *);

/* Adds a user; the strings are copied, 'detail' may be NULL. */
void policy_users_add(struct policy_users *, enum policy_user_type,
                      const char *on, const char *what, const char *detail);

/* Returns NULL if nobody is in the way of a step, else a message that names
 * who (caller frees). */
char *policy_guard(const struct policy_users *, bool force);

#endif /* controller/policy/guard.h */
