/* SPDX-License-Identifier: Apache-2.0 */

/* dp-flow-watch [--rcvbuf=BYTES]
 *
 * Prints what netlink/dp-flow-source.h tells, a line for each flow or call,
 * with the milliseconds since the start, and keeps the flows as a reader does.
 * Takes commands from standard input, one a line, and ends with that:
 *
 *   refresh      resync      status      get UFID      mark TEXT      quiet
 *   flows        prints the flows that it has
 */

#include <config.h>

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "hash.h"
#include "netlink/dp-flow-source.h"
#include "netlink/dp-flow.h"
#include "netlink/genl.h"
#include "netlink/nl-socket.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/hmap.h"
#include "tests/lab/watcher.h"
#include "util.h"

/* A flow as it was told. */
struct entry {
    struct hmap_node node;      /* In 'entries'. */
    uint8_t ufid[FLOW_UFID_LEN];
    bool doubtful;              /* Not seen since the last mark(). */
    char *text;                 /* Input, outputs and so on. */
    uint64_t packets;
};

static struct hmap entries = HMAP_INITIALIZER(&entries);
static bool quiet;              /* No line for each flow. */

static const char *
format_ufid(const uint8_t ufid[FLOW_UFID_LEN])
{
    static char buf[37];

    snprintf(buf, sizeof buf, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-"
             "%02x%02x%02x%02x%02x%02x", ufid[0], ufid[1], ufid[2], ufid[3],
             ufid[4], ufid[5], ufid[6], ufid[7], ufid[8], ufid[9], ufid[10],
             ufid[11], ufid[12], ufid[13], ufid[14], ufid[15]);
    return buf;
}

static struct entry *
entry_find(const uint8_t ufid[FLOW_UFID_LEN])
{
    struct entry *e;

    HMAP_FOR_EACH_WITH_HASH (e, node, hash_bytes(ufid, FLOW_UFID_LEN, 0),
                             &entries) {
        if (!memcmp(e->ufid, ufid, FLOW_UFID_LEN)) {
            return e;
        }
    }
    return NULL;
}

static void
entry_destroy(struct entry *e)
{
    hmap_remove(&entries, &e->node);
    free(e->text);
    free(e);
}

static void
watch_state(void *aux OVS_UNUSED, enum source_state state)
{
    say("state %s", source_state_to_string(state));
}

static void
watch_mark(void *aux OVS_UNUSED)
{
    struct entry *e;

    HMAP_FOR_EACH (e, node, &entries) {
        e->doubtful = true;
    }
}

static void
watch_sweep(void *aux OVS_UNUSED)
{
    struct entry *e;
    size_t n = 0;

    HMAP_FOR_EACH_SAFE (e, node, &entries) {
        if (e->doubtful) {
            entry_destroy(e);
            n++;
        }
    }
    say("sweep %"PRIuSIZE" of %"PRIuSIZE, n, n + hmap_count(&entries));
}

static char *
format_record(const struct flow_record *r)
{
    struct ds ds = DS_EMPTY_INITIALIZER;

    ds_put_format(&ds, "dev=%u recirc=%#x out=", r->dev, r->recirc_id);
    for (size_t i = 0; i < r->n_outputs; i++) {
        ds_put_format(&ds, "%s%u", i ? "," : "", r->outputs[i]);
    }
    for (size_t i = 0; i < r->n_targets; i++) {
        ds_put_format(&ds, " target=%#x", r->targets[i]);
    }
    if (r->flags & FLOW_HAS_ZONE) {
        ds_put_format(&ds, " zone=%u", r->zone);
    }
    if (r->flags & FLOW_DROP) {
        ds_put_cstr(&ds, " drop");
    }
    if (r->flags & FLOW_DECAP) {
        ds_put_cstr(&ds, " decap");
    }
    if (r->miss) {
        ds_put_format(&ds, " miss=\"%s\"", flow_miss_to_string(r->miss));
    }
    return ds_steal_cstr(&ds);
}

static void
watch_flows(void *aux OVS_UNUSED, const struct flow_record *const *records,
            size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct flow_record *r = records[i];
        struct entry *e = entry_find(r->ufid);
        const char *what = e ? "same" : "new";

        if (!e) {
            e = xzalloc(sizeof *e);
            memcpy(e->ufid, r->ufid, sizeof e->ufid);
            hmap_insert(&entries, &e->node,
                        hash_bytes(r->ufid, FLOW_UFID_LEN, 0));
        } else {
            free(e->text);
        }
        e->text = format_record(r);
        e->packets = r->packets;
        e->doubtful = false;
        if (!quiet) {
            say("flow %s %s %s packets=%"PRIu64" used=%d", what,
                format_ufid(r->ufid), e->text, r->packets,
                (int) r->last_used);
        }
    }
}

static size_t
watch_refresh(void *aux OVS_UNUSED,
              const struct flow_record *const *records, size_t n)
{
    size_t n_unknown = 0;

    for (size_t i = 0; i < n; i++) {
        const struct flow_record *r = records[i];
        struct entry *e = entry_find(r->ufid);

        if (e) {
            e->packets = r->packets;
            e->doubtful = false;
        } else {
            n_unknown++;
        }
    }
    return n_unknown;
}

static void
watch_gone(void *aux OVS_UNUSED, const uint8_t ufid[FLOW_UFID_LEN],
           const struct flow_record *last)
{
    struct entry *e = entry_find(ufid);

    if (!quiet) {
        say("gone %s packets=%"PRIu64"%s", format_ufid(ufid), last->packets,
            e ? "" : " unknown");
    }
    if (e) {
        entry_destroy(e);
    }
}

static void
watch_refreshed(void *aux OVS_UNUSED, uint64_t elapsed_us,
                uint64_t kernel_us)
{
    say("refreshed flows=%"PRIuSIZE" elapsed_us=%"PRIu64
        " kernel_us=%"PRIu64, hmap_count(&entries), elapsed_us, kernel_us);
}

static const struct dp_flow_callbacks callbacks = {
    .state = watch_state,
    .mark = watch_mark,
    .flows = watch_flows,
    .refresh = watch_refresh,
    .gone = watch_gone,
    .sweep = watch_sweep,
    .refreshed = watch_refreshed,
};

static void
got(void *aux OVS_UNUSED, int error, const struct nlmsghdr *nlh)
{
    struct dp_flow_raw raw;

    if (error) {
        say("got %s", ovs_strerror(error));
    } else if (dp_flow_raw_parse(nlh, &raw)) {
        say("got key=%"PRIuSIZE" mask=%"PRIuSIZE" actions=%"PRIuSIZE
            " packets=%"PRIu64, raw.attrs.key_len, raw.attrs.mask_len,
            raw.attrs.actions_len, raw.packets);
    }
}

static void
get(struct dp_flow_source *source, const char *s)
{
    uint8_t ufid[FLOW_UFID_LEN];
    size_t n = 0;

    for (; n < sizeof ufid && *s; s += 2) {
        unsigned int byte;

        s += *s == '-';
        if (sscanf(s, "%2x", &byte) != 1) {
            break;
        }
        ufid[n++] = byte;
    }
    if (n == sizeof ufid) {
        dp_flow_source_get(source, ufid, got, NULL);
    } else {
        say("bad ufid");
    }
}

static void
print_flows(void)
{
    const struct entry *e;

    say("begin flows");
    HMAP_FOR_EACH (e, node, &entries) {
        say("have %s %s packets=%"PRIu64, format_ufid(e->ufid), e->text,
            e->packets);
    }
    say("end flows %"PRIuSIZE, hmap_count(&entries));
}

static void
command(void *source_, const char *line)
{
    struct dp_flow_source *source = source_;
    const struct source_status *s = dp_flow_source_status(source);

    if (!strcmp(line, "refresh")) {
        if (!dp_flow_source_refresh(source)) {
            say("refresh refused");
        }
    } else if (!strcmp(line, "resync")) {
        dp_flow_source_resync(source);
    } else if (!strcmp(line, "flows")) {
        print_flows();
    } else if (!strcmp(line, "quiet")) {
        quiet = true;
    } else if (!strncmp(line, "get ", 4)) {
        get(source, line + 4);
    } else if (!strncmp(line, "mark ", 5)) {
        say("mark %s", line + 5);
    } else if (!strcmp(line, "status")) {
        say("status %s messages=%"PRIu64" resyncs=%"PRIu64
            " overflows=%"PRIu64" interrupted=%"PRIu64" malformed=%"PRIu64
            " error=%s", source_state_to_string(s->state), s->n_messages,
            s->n_resyncs, s->n_overflows, s->n_interrupted, s->n_malformed,
            s->last_error ? s->last_error : "");
    } else {
        say("bad command: %s", line);
    }
}

int
main(int argc, char *argv[])
{
    static const struct option options[] = {
        { "rcvbuf", required_argument, NULL, 'r' },
        { NULL, 0, NULL, 0 },
    };
    struct dp_flow_source *source;
    int rcvbuf = NL_SOCKET_RCVBUF;
    struct genl *genl;
    struct watcher w;
    int c;

    set_program_name(argv[0]);
    while ((c = getopt_long(argc, argv, "", options, NULL)) >= 0) {
        if (c != 'r') {
            return 2;
        }
        rcvbuf = atoi(optarg);
    }
    watcher_start(&w);
    genl = genl_create(w.base, w.helper, NL_SOCKET_RCVBUF);
    source = dp_flow_source_create(w.base, w.helper, genl, rcvbuf,
                                   &callbacks, NULL);
    while (watcher_commands(&w, command, source)) {
        genl_run(genl);
        dp_flow_source_run(source);
        watcher_run(&w);

        genl_wait(genl);
        dp_flow_source_wait(source);
        watcher_block(&w);
    }
    watcher_end(&w);
    dp_flow_source_destroy(source);
    genl_destroy(genl);
    watcher_stop(&w);
    watch_mark(NULL);
    watch_sweep(NULL);
    hmap_destroy(&entries);
    return 0;
}
