/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "controller/flow-ledger.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "controller/flow-store.h"
#include "hash.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/shash.h"
#include "packets.h"
#include "smap.h"
#include "util.h"

/* A row and how it is found. */
struct row {
    struct hmap_node node;      /* In ledger's 'by_ifindex', if it has one. */
    struct flow_row pub;        /* What is handed out. */
    uint64_t seen;              /* Serial number of the last flow that had it
                                 * among its receivers. */
};

/* Receiver of what has a certain ct zone or MAC. */
struct owner {
    struct hmap_node node;      /* In 'by_zone' or 'by_mac', by hash of key. */
    uint64_t key;               /* ct zone, or MAC as a number. */
    struct row *row;            /* NULL if several interfaces have the key. */
};

struct flow_ledger {
    struct row *rows;           /* One an interface, in the caller's order. */
    struct flow_row *results;   /* Copies of 'rows[i].pub'. */
    size_t n_rows;              /* Number of both. */
    struct row unattributed, stale; /* What is in no one's row. */
    struct flow_sums sums;      /* Results. */

    struct hmap by_ifindex;     /* 'struct row's by ifindex. */
    struct hmap by_zone;        /* 'struct owner's by ct zone. */
    struct hmap by_mac;         /* 'struct owner's by MAC. */
    struct flow_store store;    /* The flows. */
};

const char *
flow_kind_to_string(enum flow_kind kind)
{
    switch (kind) {
    case FLOW_KIND_POD: return "pod";
    case FLOW_KIND_PORT: return "port";
    case FLOW_KIND_MANAGEMENT: return "management";
    case FLOW_KIND_UPLINK: return "uplink";
    case FLOW_KIND_TUNNEL: return "tunnel";
    case FLOW_KIND_INTERNAL: return "internal";
    default: OVS_NOT_REACHED();
    }
}

/* Counting. */

static uint64_t
add_counters(uint64_t a, uint64_t b)
{
    b = MIN(b, FLOW_COUNTER_MAX);
    return a > FLOW_COUNTER_MAX - b ? FLOW_COUNTER_MAX : a + b;
}

static void
add_traffic(struct flow_traffic *sum, const struct flow_traffic *t)
{
    sum->packets = add_counters(sum->packets, t->packets);
    sum->bytes = add_counters(sum->bytes, t->bytes);
}

static void
add_counts(struct flow_counts *sum, const struct flow_counts *c)
{
    sum->flows += c->flows;
    sum->offloaded += c->offloaded;
    add_traffic(&sum->hw, &c->hw);
    add_traffic(&sum->sw, &c->sw);
}

static void
count_flow(struct flow_counts *sum, const struct flow *flow)
{
    sum->flows++;
    sum->offloaded += flow->offloaded;
}

static void
count_flow_and_traffic(struct flow_counts *sum, const struct flow *flow)
{
    count_flow(sum, flow);
    add_traffic(&sum->hw, &flow->hw);
    add_traffic(&sum->sw, &flow->sw);
}

static bool
counts_equal(const struct flow_counts *a, const struct flow_counts *b)
{
    return (a->flows == b->flows && a->offloaded == b->offloaded
            && a->hw.packets == b->hw.packets && a->hw.bytes == b->hw.bytes
            && a->sw.packets == b->sw.packets && a->sw.bytes == b->sw.bytes);
}

/* Interfaces. */

static void
iface_copy(struct flow_interface *dst, const struct flow_interface *src)
{
    *dst = (struct flow_interface) {
        .ifindex = src->ifindex,
        .kind = src->kind,
        .name = xstrdup(src->name),
        .iface_id = nullable_xstrdup(src->iface_id),
        .ns = nullable_xstrdup(src->ns),
        .pod = nullable_xstrdup(src->pod),
        .representor = nullable_xstrdup(src->representor),
        .attached_mac = nullable_xstrdup(src->attached_mac),
    };
}

static void
iface_destroy(struct flow_interface *iface)
{
    free(CONST_CAST(char *, iface->name));
    free(CONST_CAST(char *, iface->iface_id));
    free(CONST_CAST(char *, iface->ns));
    free(CONST_CAST(char *, iface->pod));
    free(CONST_CAST(char *, iface->representor));
    free(CONST_CAST(char *, iface->attached_mac));
}

static struct row *
find_row(const struct flow_ledger *ledger, int ifindex)
{
    struct row *row;

    HMAP_FOR_EACH_WITH_HASH (row, node, hash_int(ifindex, 0),
                             &ledger->by_ifindex) {
        if (row->pub.iface.ifindex == ifindex) {
            return row;
        }
    }
    return NULL;
}

static struct owner *
find_owner(const struct hmap *owners, uint64_t key)
{
    struct owner *owner;

    HMAP_FOR_EACH_WITH_HASH (owner, node, hash_uint64(key), owners) {
        if (owner->key == key) {
            return owner;
        }
    }
    return NULL;
}

static void
add_owner(struct hmap *owners, uint64_t key, struct row *row)
{
    struct owner *owner = find_owner(owners, key);

    if (owner) {
        owner->row = owner->row == row ? row : NULL;
        return;
    }
    owner = xmalloc(sizeof *owner);
    owner->key = key;
    owner->row = row;
    hmap_insert(owners, &owner->node, hash_uint64(key));
}

static void
destroy_owners(struct hmap *owners)
{
    struct owner *owner;

    HMAP_FOR_EACH_POP (owner, node, owners) {
        free(owner);
    }
    hmap_destroy(owners);
}

/* Fills 'by_zone' from the keys ct-zone-<iface-id>.  Zones of what is no
 * interface here, as of routers, are none's. */
static void
index_zones(struct flow_ledger *ledger, const struct smap *bridge_ids)
{
    static const char prefix[] = "ct-zone-";
    struct shash by_id = SHASH_INITIALIZER(&by_id);
    const struct smap_node *node;

    for (size_t i = 0; i < ledger->n_rows; i++) {
        struct row *row = &ledger->rows[i];

        if (row->pub.iface.iface_id) {
            struct shash_node *old = shash_find(&by_id,
                                                row->pub.iface.iface_id);
            if (old) {
                old->data = NULL;
            } else {
                shash_add(&by_id, row->pub.iface.iface_id, row);
            }
        }
    }
    SMAP_FOR_EACH (node, bridge_ids) {
        unsigned int zone;

        if (!strncmp(node->key, prefix, strlen(prefix))
            && str_to_uint(node->value, 10, &zone) && zone <= UINT16_MAX) {
            struct row *row = shash_find_data(&by_id,
                                              node->key + strlen(prefix));
            if (row) {
                add_owner(&ledger->by_zone, zone, row);
            }
        }
    }
    shash_destroy(&by_id);
}

struct flow_ledger *
flow_ledger_create(const struct flow_interface *ifaces, size_t n,
                   const struct smap *bridge_ids)
{
    struct flow_ledger *ledger = xzalloc(sizeof *ledger);

    ledger->rows = xcalloc(n, sizeof *ledger->rows);
    ledger->results = xcalloc(n, sizeof *ledger->results);
    ledger->n_rows = n;
    hmap_init(&ledger->by_ifindex);
    hmap_init(&ledger->by_zone);
    hmap_init(&ledger->by_mac);
    flow_store_init(&ledger->store);

    for (size_t i = 0; i < n; i++) {
        struct row *row = &ledger->rows[i];
        struct eth_addr mac;

        iface_copy(&row->pub.iface, &ifaces[i]);
        if (ifaces[i].ifindex > 0 && !find_row(ledger, ifaces[i].ifindex)) {
            hmap_insert(&ledger->by_ifindex, &row->node,
                        hash_int(ifaces[i].ifindex, 0));
        }
        if (ifaces[i].attached_mac
            && eth_addr_from_string(ifaces[i].attached_mac, &mac)) {
            add_owner(&ledger->by_mac, eth_addr_to_uint64(mac), row);
        }
        ledger->results[i] = row->pub;
    }
    if (bridge_ids) {
        index_zones(ledger, bridge_ids);
    }
    return ledger;
}

void
flow_ledger_add(struct flow_ledger *ledger, const struct flow_record *flow)
{
    flow_store_add(&ledger->store, flow);
}

void
flow_ledger_purge(struct flow_ledger *ledger, const struct tc_part *part)
{
    flow_store_purge(&ledger->store, part);
}

size_t
flow_ledger_n_flows(const struct flow_ledger *ledger)
{
    return hmap_count(&ledger->store.flows);
}

void
flow_ledger_destroy(struct flow_ledger *ledger)
{
    if (!ledger) {
        return;
    }
    flow_store_destroy(&ledger->store);
    destroy_owners(&ledger->by_zone);
    destroy_owners(&ledger->by_mac);
    hmap_destroy(&ledger->by_ifindex);
    for (size_t i = 0; i < ledger->n_rows; i++) {
        iface_destroy(&ledger->rows[i].pub.iface);
    }
    free(ledger->rows);
    free(ledger->results);
    free(ledger);
}

/* Attribution. */

/* Who sends and receives, as far as it depends on the world outside. */
struct computation {
    struct flow_ledger *ledger;
    bool (*netdev_exists)(void *aux, int ifindex); /* The caller's. */
    void *aux;                  /* For 'netdev_exists'. */
    uint64_t serial;            /* Number of flows so far, for 'seen'. */
};

/* The row of 'ifindex', or the one for those that have none.  The kernel
 * gives 0 for an output whose netdev is gone. */
static struct row *
resolve(struct computation *c, int ifindex)
{
    struct row *row = find_row(c->ledger, ifindex);

    if (row) {
        return row;
    }
    return (ifindex > 0 && c->netdev_exists(c->aux, ifindex)
            ? &c->ledger->unattributed : &c->ledger->stale);
}

static struct row *
find_sender(struct computation *c, const struct flow *flow)
{
    const struct tc_part *part = &flow->chain->part;

    /* ovs-vswitchd numbers the block of a bond by the bond's ifindex. */
    return resolve(c, part->block ? part->block : part->ifindex);
}

/* The receiver of packets whose way is not in tc to its end. */
static struct row *
guess_receiver(struct computation *c, const struct flow *flow)
{
    const struct owner *owner = NULL;

    if (flow->has_zone) {
        owner = find_owner(&c->ledger->by_zone, flow->zone);
    }
    if ((!owner || !owner->row) && flow->has_mac) {
        owner = find_owner(&c->ledger->by_mac, flow->mac);
    }
    return owner && owner->row ? owner->row : &c->ledger->unattributed;
}

/* Counts a flow with outputs as ingress. */
static void
count_outputs(struct computation *c, struct flow *flow)
{
    struct row *rows[FLOW_INLINE_OUTPUTS];
    size_t n = 0;

    c->serial++;
    for (size_t i = 0; i < flow->n_outputs; i++) {
        struct row *row = resolve(c, flow->outputs[i]);

        if (row->seen != c->serial) {
            row->seen = c->serial;
            rows[n++] = row;
        }
    }
    if (n == 1) {
        count_flow_and_traffic(&rows[0]->pub.ingress, flow);
    } else {
        count_flow_and_traffic(&c->ledger->sums.multi, flow);
        for (size_t i = 0; i < n; i++) {
            count_flow_and_traffic(&rows[i]->pub.multi, flow);
        }
    }
}

static void
count(struct computation *c, struct flow *flow)
{
    struct row *sender = find_sender(c, flow);
    bool first = flow->chain->id == 0;

    if (first) {
        count_flow_and_traffic(&sender->pub.egress, flow);
    } else if (!flow->n_outputs) {
        count_flow(&sender->pub.egress, flow);
    }

    bool decap = flow->decap || (sender->pub.iface.name
                                 && sender->pub.iface.kind
                                    == FLOW_KIND_TUNNEL);
    flow->delivered = true;
    if (flow->n_outputs) {
        count_outputs(c, flow);
    } else if (first && decap && flow->target && !flow->target->leads_out) {
        count_flow_and_traffic(&guess_receiver(c, flow)->pub.ingress, flow);
    } else {
        flow->delivered = false;
    }
}

static void
reset_row(struct row *row)
{
    memset(&row->pub.egress, 0, sizeof row->pub.egress);
    memset(&row->pub.ingress, 0, sizeof row->pub.ingress);
    memset(&row->pub.multi, 0, sizeof row->pub.multi);
    row->seen = 0;
}

/* Adds a row to the totals. */
static void
sum_row(struct flow_sums *sums, const struct flow_row *row)
{
    add_counts(&sums->egress, &row->egress);
    add_counts(&sums->ingress, &row->ingress);
}

void
flow_ledger_compute(struct flow_ledger *ledger,
                    bool (*netdev_exists)(void *aux, int ifindex), void *aux)
{
    struct computation c = {
        .ledger = ledger, .netdev_exists = netdev_exists, .aux = aux,
    };
    struct flow_sums *sums = &ledger->sums;
    struct flow *flow;

    memset(sums, 0, sizeof *sums);
    reset_row(&ledger->unattributed);
    reset_row(&ledger->stale);
    for (size_t i = 0; i < ledger->n_rows; i++) {
        reset_row(&ledger->rows[i]);
    }

    flow_store_find_ways_out(&ledger->store);
    HMAP_FOR_EACH (flow, node, &ledger->store.flows) {
        count(&c, flow);
    }

    for (size_t i = 0; i < ledger->n_rows; i++) {
        ledger->results[i] = ledger->rows[i].pub;
        sum_row(sums, &ledger->results[i]);
    }
    sums->unattributed = ledger->unattributed.pub;
    sums->stale = ledger->stale.pub;
    sum_row(sums, &sums->unattributed);
    sum_row(sums, &sums->stale);
    add_counts(&sums->ingress, &sums->multi);
}

/* Results. */

const struct flow_row *
flow_ledger_rows(const struct flow_ledger *ledger, size_t *n)
{
    *n = ledger->n_rows;
    return ledger->results;
}

const struct flow_sums *
flow_ledger_sums(const struct flow_ledger *ledger)
{
    return &ledger->sums;
}

static bool
check_counts(const char *what, const struct flow_counts *want,
             const struct flow_counts *have, struct ds *errors)
{
    if (counts_equal(want, have)) {
        return true;
    }
    ds_put_format(errors, "%s: flows make %"PRIu64" (%"PRIu64" offloaded), "
                  "hw %"PRIu64"/%"PRIu64", sw %"PRIu64"/%"PRIu64"; "
                  "rows make %"PRIu64" (%"PRIu64" offloaded), "
                  "hw %"PRIu64"/%"PRIu64", sw %"PRIu64"/%"PRIu64"\n", what,
                  want->flows, want->offloaded, want->hw.packets,
                  want->hw.bytes, want->sw.packets, want->sw.bytes,
                  have->flows, have->offloaded, have->hw.packets,
                  have->hw.bytes, have->sw.packets, have->sw.bytes);
    return false;
}

bool
flow_ledger_check(const struct flow_ledger *ledger, struct ds *errors)
{
    struct flow_counts egress, ingress;
    const struct flow *flow;
    bool ok = true;

    memset(&egress, 0, sizeof egress);
    memset(&ingress, 0, sizeof ingress);
    HMAP_FOR_EACH (flow, node, &ledger->store.flows) {
        if (!flow->chain->id) {
            count_flow_and_traffic(&egress, flow);
        } else if (!flow->n_outputs) {
            count_flow(&egress, flow);
        }
        if (flow->delivered) {
            count_flow_and_traffic(&ingress, flow);
        }
        if (flow->n_outputs && !flow->delivered) {
            ds_put_cstr(errors, "a flow with outputs has no receiver\n");
            ok = false;
        }
    }
    ok &= check_counts("egress", &egress, &ledger->sums.egress, errors);
    ok &= check_counts("ingress", &ingress, &ledger->sums.ingress, errors);
    return ok;
}
