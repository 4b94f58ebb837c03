/* SPDX-License-Identifier: Apache-2.0 */

/* Does everybody mean the same address? */

#include <config.h>
#include "controller/explain/private.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "openvswitch/dynamic-string.h"
#include "packets.h"
#include "util.h"

static bool
mac_is_set(const struct explain_mac *mac)
{
    static const uint8_t none[sizeof mac->mac];

    return mac->known && memcmp(mac->mac, none, sizeof none);
}

/* One of the three addresses that must be one. */
struct mac_place {
    const char *what;           /* Where it is. */
    bool set;                   /* Is 'mac' valid? */
    struct eth_addr mac;
};

/* How place 'which' gets 'mac'. */
static void
set_mac_fix(const struct explain_facts *f, int which, struct eth_addr mac,
            struct explain_list *list)
{
    const char *name = (which == 1 ? f->uplink.name
                        : f->vdpa ? f->vdpa : f->netdev);
    char *word = shell_word(name ? name : "");

    if (which == 1 && name && f->has_vf) {
        set_fix(list, "ip link set %s vf %"PRIu32" mac "ETH_ADDR_FMT, word,
                f->vf, ETH_ADDR_ARGS(mac));
    } else if (which == 2 && f->vdpa) {
        set_fix(list, "vdpa dev del %s, and add it again with mac "
                ETH_ADDR_FMT, word, ETH_ADDR_ARGS(mac));
    } else if (which == 2 && name) {
        set_fix(list, "ip link set %s address "ETH_ADDR_FMT, word,
                ETH_ADDR_ARGS(mac));
    }
    free(word);
}

void
explain_mac(const struct explain_facts *f, struct explain_list *list)
{
    const struct explain_mac *end = f->vdpa ? &f->vdpa_mac : &f->netdev_mac;
    struct mac_place places[] = {
        { .what = "attached_mac" },
        { .what = "the VF's own", .set = mac_is_set(&f->vf_mac) },
        { .what = f->vdpa ? f->vdpa : f->netdev ? f->netdev : "its netdev",
          .set = mac_is_set(end) },
    };
    struct ds s = DS_EMPTY_INITIALIZER;
    int first = -1, wrong = -1, n = 0;

    places[0].set = (f->attached_mac
                     && eth_addr_from_string(f->attached_mac,
                                             &places[0].mac));
    memcpy(&places[1].mac, f->vf_mac.mac, sizeof places[1].mac);
    memcpy(&places[2].mac, end->mac, sizeof places[2].mac);

    for (int i = 0; i < ARRAY_SIZE(places); i++) {
        ds_put_format(&s, "%s%s ", i ? ", " : "", places[i].what);
        if (!places[i].set) {
            ds_put_cstr(&s, "not known or not set");
            continue;
        }
        ds_put_format(&s, ETH_ADDR_FMT, ETH_ADDR_ARGS(places[i].mac));
        n++;
        if (first < 0) {
            first = i;
        } else if (!eth_addr_equals(places[i].mac, places[first].mac)) {
            /* The last, which is what the pod uses. */
            wrong = i;
        }
    }
    add(list, "mac", (wrong >= 0 ? EXPLAIN_FAIL : n > 1 ? EXPLAIN_PASS
                      : EXPLAIN_UNKNOWN), "%s", ds_cstr(&s));
    if (wrong >= 0) {
        set_mac_fix(f, wrong, places[first].mac, list);
    }
    ds_destroy(&s);
}
