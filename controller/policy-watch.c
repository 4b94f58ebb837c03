/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/policy-watch.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "dirs.h"
#include "smap.h"
#include "util.h"

void
policy_watch_destroy(struct policy_watch *w)
{
    free(w->key);
    free(w->policy);
}

static void
set_string(char **s, const char *value)
{
    char *copy = nullable_xstrdup(value);

    free(*s);
    *s = copy;
}

/* ovs-vswitchd takes 'policy' now, or did before we looked. */
static void
take(struct policy_watch *w, const char *policy)
{
    w->taken = true;
    set_string(&w->policy, policy);
}

void
policy_watch_update(struct policy_watch *w, bool offload, const char *key,
                    long long int start)
{
    if (w->known && start != w->start) {
        /* It was started after the last update, so with those keys. */
        w->seen_start = true;
        w->taken = false;
        w->offloaded = w->offload;
        if (w->offload) {
            take(w, w->key);
        }
    }
    /* Without having seen its start, what is first seen is the best there
     * is. */
    if (!w->taken && (offload || !w->known)) {
        take(w, key);
    }
    w->offloaded |= offload;
    w->known = true;
    w->start = start;
    w->offload = offload;
    set_string(&w->key, key);
}

void
policy_watch_keys(struct policy_watch *w, const struct smap *config, bool now)
{
    const char *key = smap_get(config, "tc-policy");
    bool offload = smap_get_bool(config, "hw-offload", false);

    if (now || !w->known || offload != w->offload
        || !nullable_string_is_equal(key, w->key)) {
        policy_watch_update(w, offload, key, policy_watch_vswitchd_start());
    }
}

bool
policy_watch_is_certain(const struct policy_watch *w)
{
    return w->seen_start && w->taken;
}

enum flow_tri
policy_watch_hw_offload(const struct policy_watch *w)
{
    return (w->offloaded ? FLOW_YES
            : w->seen_start ? FLOW_NO : FLOW_UNKNOWN);
}

long long int
policy_watch_vswitchd_start(void)
{
    char *pidfile = xasprintf("%s/ovs-vswitchd.pid", ovs_rundir());
    long long int start = 0;
    struct stat s;

    if (!stat(pidfile, &s)) {
        start = s.st_mtim.tv_sec * 1000000000LL + s.st_mtim.tv_nsec;
    }
    free(pidfile);
    return start;
}
