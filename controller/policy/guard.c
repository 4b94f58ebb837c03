/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/policy/guard.h"

#include <stdlib.h>
#include <string.h>

#include "controller/output.h"
#include "util.h"

void
policy_users_add(struct policy_users *users, enum policy_user_type type,
                 const char *on, const char *what, const char *detail)
{
    if (users->n >= users->allocated) {
        users->users = x2nrealloc(users->users, &users->allocated,
                                  sizeof *users->users);
    }
    users->users[users->n++] = (struct policy_user) {
        .type = type,
        .on = xstrdup(on),
        .what = xstrdup(what),
        .detail = xstrdup(detail ? detail : ""),
    };
}

void
policy_users_destroy(struct policy_users *users)
{
    for (size_t i = 0; i < users->n; i++) {
        free(users->users[i].on);
        free(users->users[i].what);
        free(users->users[i].detail);
    }
    free(users->users);
    memset(users, 0, sizeof *users);
}

static char *
describe(const struct policy_user *user)
{
    const char *on = user->on, *what = user->what, *detail = user->detail;

    switch (user->type) {
    case POLICY_USER_OPERATOR:
        return xasprintf("the SR-IOV operator configures this node (%s); "
                         "force=true in the policy overrides this", what);
    case POLICY_USER_TUNNEL:
        return xasprintf("%s has address %s, the local one of tunnel %s", on,
                         detail, what);
    case POLICY_USER_ADDRESS:
        return xasprintf("%s has IP address %s", on, what);
    case POLICY_USER_ROUTE:
        return xasprintf("%s has a route to %s", on, what);
    case POLICY_USER_UPPER:
        return xasprintf("%s is below %s", on, what);
    case POLICY_USER_ROW:
        return xasprintf("%s is on bridge %s, in a row that is not ours",
                         what, detail);
    case POLICY_USER_NETNS:
        return xasprintf("%s has a netdev in another network namespace", on);
    case POLICY_USER_PROCESS:
        return xasprintf("%s has %s of %s open", what, detail, on);
    case POLICY_USER_UNKNOWN:
        return xasprintf("%s cannot be found out for %s", what, on);
    }
    OVS_NOT_REACHED();
}

char *
policy_guard(const struct policy_users *users, bool force)
{
    const struct policy_user *first = NULL;

    for (size_t i = 0; i < users->n; i++) {
        const struct policy_user *user = &users->users[i];

        if (!(force && user->type == POLICY_USER_OPERATOR)
            && (!first || user->type < first->type)) {
            first = user;
        }
    }
    if (!first) {
        return NULL;
    }

    /* Names of netdevs, bridges and processes may be anything. */
    char *message = describe(first);
    char *printable = output_printable(message);

    free(message);
    return printable;
}
