/* SPDX-License-Identifier: Apache-2.0 */

/* Open_vSwitch external_ids, written key by key.
 *
 * The input is a sequence of lines "key=value" (the key is set) and "key" (it
 * is deleted), in which a leading '!' says that somebody else's plugger is
 * seen just then.  After each line all that configuration and requests
 * promise has to hold. */

#include <config.h>

#include <stdint.h>

#include "ovsdb/config.h"
#include "ovsdb/request.h"
#include "util.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
check(const struct config *cfg)
{
    ovs_assert(cfg->mode != MODE_AUTO);
    ovs_assert(cfg->configured == MODE_AUTO || cfg->mode == cfg->configured);
    ovs_assert(cfg->configured != MODE_AUTO
               || cfg->mode == (cfg->assist_latched ? MODE_ASSIST
                                                    : MODE_OWN));
    ovs_assert(cfg->explicit_own == (cfg->configured == MODE_OWN));
    ovs_assert(cfg->bridge[0] && strlen(cfg->bridge) <= 15);
    ovs_assert(!strchr(cfg->bridge, '/'));
    ovs_assert(cfg->flow_poll_ms >= 1000);
    ovs_assert(!cfg->manage_ovs_explicit || cfg->manage_ovs);
}

static void
check_requests(const struct request_table *requests, const struct smap *ids)
{
    const struct request *request;

    HMAP_FOR_EACH (request, node, &requests->requests) {
        char *key = xasprintf(REQUEST_KEY_PREFIX"%s", request->name);

        ovs_assert(!strcmp(smap_get(ids, key), request->value));
        ovs_assert(!request->error == !!request->iface_id);
        free(key);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct smap ids = SMAP_INITIALIZER(&ids);
    struct request_table requests;
    struct config cfg;
    char *input = xmemdup0((const char *) data, size);
    char *save_ptr = NULL;

    config_init(&cfg);
    request_table_init(&requests);
    for (char *line = strtok_r(input, "\n", &save_ptr); line;
         line = strtok_r(NULL, "\n", &save_ptr)) {
        struct config_evidence evidence = {
            .foreign_plugger = line[0] == '!',
            .what = line,
        };
        char *key = line + evidence.foreign_plugger;
        char *value = strchr(key, '=');

        if (value) {
            *value++ = '\0';
            smap_replace(&ids, key, value);
        } else {
            smap_remove(&ids, key);
        }
        config_update(&cfg, &ids, &evidence);
        check(&cfg);
        ovs_assert(!config_update(&cfg, &ids, &evidence));

        request_table_update(&requests, &ids);
        check_requests(&requests, &ids);
        ovs_assert(!request_table_update(&requests, &ids));
    }
    request_table_destroy(&requests);
    config_destroy(&cfg);
    smap_destroy(&ids);
    free(input);
    return 0;
}
