/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/devinfo/control.h"

#include <string.h>

#include "controller/controller.h"
#include "controller/devinfo/publish.h"
#include "controller/devinfo/watch.h"
#include "controller/inventory.h"
#include "controller/reconcile.h"

static void
set_directory(const struct controller *c, const struct config *config)
{
    const char *old = devinfo_watch_directory(c->devinfo);
    const char *new = (config->devinfo_dir ? config->devinfo_dir
                       : DEVINFO_DEFAULT_DIRECTORY);

    if (old && strcmp(old, new) && config->mode != MODE_OBSERVE) {
        /* What is ours there nobody would know any more. */
        devinfo_publish_run(c->devinfo_publish, NULL, NULL);
    }
    devinfo_watch_set_directory(c->devinfo, new);
}

/* May files of ours be written and removed now? */
static bool
may_publish(const struct controller *c)
{
    if (reconcile_config(c->rec)->mode == MODE_OBSERVE) {
        return false;
    }
    for (int i = 0; i < N_KERNEL_SOURCES; i++) {
        if (c->inv->state[i] == SOURCE_SYNCING) {
            return false;
        }
    }
    return reconcile_ever_settled(c->rec);
}

void
devinfo_control_run(const struct controller *c)
{
    const struct config *config = reconcile_config(c->rec);
    uint64_t rounds = reconcile_status(c->rec)->n_rounds;

    set_directory(c, config);
    if (may_publish(c)
        && devinfo_publish_is_due(c->devinfo_publish, rounds)) {
        devinfo_publish_run(c->devinfo_publish, reconcile_ports(c->rec),
                            !config->devinfo ? NULL
                            : config->devinfo_resource
                            ? config->devinfo_resource
                            : DEVINFO_DEFAULT_RESOURCE);
    }
}

void
devinfo_control_wait(const struct controller *c)
{
    if (may_publish(c)) {
        devinfo_publish_wait(c->devinfo_publish);
    }
}

void
devinfo_control_cleanup(const struct controller *c)
{
    if (reconcile_config(c->rec)->mode != MODE_OBSERVE) {
        devinfo_publish_run(c->devinfo_publish, NULL, NULL);
    }
}
