/* SPDX-License-Identifier: Apache-2.0 */

/* Rows of others that were lost with their representor: what the tables say
 * of them, and how they are put back.
 *
 * Putting a row back is the one exception to "others' ports are none of our
 * business", and reviving one of a pod that is gone would block the next pod.
 * So it takes that the row went while its representor was absent, that libcni
 * still has that sandbox with that device, and that nobody has the iface-id.
 * The row gets what it had, and no mark of ours. */

#include <config.h>
#include "controller/reconcile.h"
#include "controller/reconcile-private.h"

#include <string.h>

#include "controller/cni-cache.h"
#include "controller/inventory.h"
#include "controller/journal.h"
#include "controller/output.h"
#include "controller/state/file.h"
#include "controller/state/text.h"
#include "controller/udev.h"
#include "openvswitch/json.h"
#include "openvswitch/vlog.h"
#include "ovsdb/ovs-view.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(journal);

const struct smap *
reconcile_port_ids(const struct reconcile *rec, const struct port *port)
{
    const struct journal_entry *lost;

    if (port->iface) {
        return port->iface->external_ids;
    }
    lost = journal_find_key(&rec->journal, port->key);
    return lost ? &lost->external_ids : port_wanted_ids(port);
}

/* Telling. */

static void
log_event(struct reconcile *rec, const struct journal_entry *e,
          const char *from, const char *to, const char *cause)
{
    event_log_add(rec->log, e->name, "row", from, to, "%s", cause);
}

static void
warn_returned(const struct journal_entry *e)
{
    const char *id = smap_get(&e->external_ids, "iface-id");
    char *name = output_printable(id ? id : e->name);

    VLOG_WARN("representor %s is back, but the row of %s on bridge %s was "
              "deleted while it was absent: that has no network",
              e->rep, name, e->bridge);
    free(name);
}

static void
tell(void *rec_, const struct journal_entry *e, enum journal_event event)
{
    struct reconcile *rec = rec_;

    switch (event) {
    case JOURNAL_EVENT_ABSENT:
        /* At a start many may be stale: none of them went just now. */
        if (e->key) {
            log_event(rec, e, "", "absent", "its representor went");
        }
        break;
    case JOURNAL_EVENT_LOST:
        log_event(rec, e, "absent", "lost",
                  "deleted by someone while its representor was absent");
        break;
    case JOURNAL_EVENT_RETURNED:
        log_event(rec, e, "lost", "returned",
                  "the representor is back, without its row");
        warn_returned(e);
        break;
    case JOURNAL_EVENT_SETTLED:
        if (e->state != JOURNAL_ABSENT) {
            log_event(rec, e, journal_state_to_string(e->state), "settled",
                      "it has a row again, or another interface has its "
                      "iface-id, or it is long ago");
        }
        break;
    case JOURNAL_EVENT_UNCERTAIN:
        log_event(rec, e, "absent", "gone",
                  "deleted by someone, before or after its representor "
                  "was back");
        break;
    }
}

/* Input. */

static bool
is_taken(void *rec_, const char *iface_id)
{
    struct reconcile *rec = rec_;

    return ovs_view_find_iface_id(rec->view, iface_id) != NULL;
}

/* Representors, and who has them. */
static size_t
collect_reps(struct reconcile *rec, struct journal_rep reps[])
{
    const struct port *port;
    size_t n = 0;

    HMAP_FOR_EACH (port, node, &rec->ports.ports) {
        if (port->pair && port->pair->rep) {
            const struct ovs_iface *iface = port->iface;
            const char *name = port->pair->rep->info.name;

            reps[n++] = (struct journal_rep) {
                .name = name, .key = port->key, .has_row = iface != NULL,
            };
            if (iface && iface->owner != OVS_OWNER_SELF) {
                journal_own(&rec->journal, name, port->key);
            }
        }
    }
    return n;
}

static size_t
collect_absent(const struct reconcile *rec, struct journal_row rows[])
{
    const struct ovs_iface *iface;
    size_t n = 0;

    OVS_VIEW_FOR_EACH_IFACE (iface, rec->view) {
        if (iface->owner != OVS_OWNER_SELF && iface->iface_id
            && !iface->type[0] && !iface->bonded
            && !inventory_find_link_by_name(rec->inv, iface->name)) {
            rows[n++] = (struct journal_row) {
                .name = iface->name, .port = iface->port,
                .bridge = iface->bridge,
                .external_ids = iface->external_ids,
                .port_ids = iface->port_ids,
                .port_config = iface->port_config,
            };
        }
    }
    return n;
}

void
reconcile_journal_update(struct reconcile *rec,
                         const struct port_context *ctx)
{
    struct journal_rep *reps;
    struct journal_row *rows;

    if (!ports_are_settled(ctx)) {
        return;
    }
    reps = xmalloc((hmap_count(&rec->ports.ports) + 1) * sizeof *reps);
    rows = xmalloc((hmap_count(ovs_view_ifaces(rec->view)) + 1)
                   * sizeof *rows);
    struct journal_input in = {
        .reps = reps, .n_reps = collect_reps(rec, reps),
        .absent = rows, .n_absent = collect_absent(rec, rows),
        .pending = rec->restoring,
        .is_taken = is_taken, .tell = tell, .aux = rec,
        .now = time_msec(),
    };
    journal_update(&rec->journal, &in);
    free(reps);
    free(rows);
}

/* Keeping. */

#define JOURNAL_FILE "journal.json"

void
reconcile_set_state_dir(struct reconcile *rec, struct event_base *base,
                        const char *dir)
{
    struct json *content;

    rec->journal_file = state_file_create(base, dir, JOURNAL_FILE);
    content = state_file_load(rec->journal_file);
    if (content) {
        char *error = journal_from_state(&rec->journal, content,
                                         time_msec());

        if (error) {
            state_file_reject(rec->journal_file, error);
            free(error);
        } else if (!hmap_is_empty(&rec->journal.entries)) {
            VLOG_INFO("%"PRIuSIZE" rows of others are remembered whose "
                      "representor was absent",
                      hmap_count(&rec->journal.entries));
        }
        json_destroy(content);
    }
    rec->journal_saved = rec->journal.seqno;
}

void
reconcile_journal_save(struct reconcile *rec)
{
    if (rec->journal_file) {
        if (rec->journal_saved != rec->journal.seqno) {
            rec->journal_saved = rec->journal.seqno;
            state_file_save(rec->journal_file,
                            journal_to_state(&rec->journal));
        }
        state_file_run(rec->journal_file);
    }
}

/* Putting back. */

static void
refuse(struct reconcile *rec, struct journal_entry *e, const char *why)
{
    e->tried = true;
    free(e->refusal);
    e->refusal = xstrdup(why);
    rec->journal.seqno++;
    log_event(rec, e, "returned", "not put back", why);
}

/* Does the pod that had the row still run, with that device? */
static bool
is_alive(const struct reconcile *rec, const struct journal_entry *e,
         const struct port *port, char **why)
{
    const char *sandbox = smap_get(&e->external_ids, "sandbox");
    const struct pair *pair = port->pair;
    const char **devices;
    char vf[PCI_ADDR_STRLEN];
    size_t n = 0;
    bool alive;

    if (!sandbox) {
        *why = xstrdup("it names no sandbox, so that nothing tells whether "
                       "its owner still runs");
        return false;
    }
    devices = xmalloc((pair->n_vdpas + 1) * sizeof *devices);
    if (pair->has_vf_addr) {
        devices[n++] = pci_addr_format(&pair->vf_addr, vf);
    }
    for (size_t i = 0; i < pair->n_vdpas; i++) {
        devices[n++] = pair->vdpas[i]->info.name;
    }
    alive = cni_cache_has(rec->config.cni_cache, sandbox, devices, n, why);
    free(devices);
    return alive;
}

/* May 'e' be put back now?  If it never may, that is noted in it. */
static bool
may_restore(struct reconcile *rec, struct journal_entry *e)
{
    const struct port *port = port_find_by_rep(&rec->ports, e->rep);
    char *why = NULL;

    if (!port || port->iface
        || !udev_is_done(rec->udev, port->pair->rep->info.ifindex)) {
        return false;           /* The next update of the journal sees it. */
    }
    if (!ovs_view_has_bridge(rec->view, e->bridge)) {
        why = xasprintf("bridge %s is gone", e->bridge);
    } else {
        is_alive(rec, e, port, &why);
    }
    if (why) {
        refuse(rec, e, why);
        free(why);
        return false;
    }
    return true;
}

bool
reconcile_journal_wants(const struct reconcile *rec)
{
    const struct journal_entry *e;

    if (rec->config.restore && rec->config.mode != MODE_OBSERVE) {
        HMAP_FOR_EACH (e, node, &rec->journal.entries) {
            if (e->state == JOURNAL_RETURNED && !e->tried) {
                return true;
            }
        }
    }
    return false;
}

bool
reconcile_journal_commit(struct reconcile *rec)
{
    struct journal_entry *e;

    HMAP_FOR_EACH (e, node, &rec->journal.entries) {
        if (e->state == JOURNAL_RETURNED && !e->tried
            && may_restore(rec, e)) {
            /* A row is for the netdev, which may have another name now. */
            bool renamed = strcmp(e->name, e->rep);

            rec->txn = ovs_txn_create(rec->view, "restore");
            if (!rec->txn) {
                return false;
            }
            ovs_txn_restore_port(rec->txn, e->bridge,
                                 renamed ? e->rep : e->port, e->rep,
                                 &e->external_ids, &e->port_ids,
                                 &e->port_config);
            free(rec->restoring);
            rec->restoring = xstrdup(e->name);
            return true;
        }
    }
    return false;
}

void
reconcile_journal_finish(struct reconcile *rec, enum ovs_txn_result result,
                         const char *error)
{
    struct journal_entry *e
        = rec->restoring ? journal_find(&rec->journal, rec->restoring) : NULL;

    free(rec->restoring);
    rec->restoring = NULL;
    if (!e || result == OVS_TXN_TRY_AGAIN) {
        return;
    }
    if (result == OVS_TXN_ERROR) {
        refuse(rec, e, error);
    } else {
        /* Otherwise its representor is gone again already. */
        e->tried = e->state == JOURNAL_RETURNED;
        rec->journal.seqno++;
        rec->journal.n_restored++;
        log_event(rec, e, "returned", "put back",
                  "its sandbox still runs with this device");
    }
}
