/* SPDX-License-Identifier: Apache-2.0 */

#include "config.h"

#include "netlink/devlink-source.h"

#include <errno.h>
#include <linux/devlink.h>
#include <linux/netlink.h>
#include <string.h>

#include "coverage.h"
#include "netlink/devlink-msg.h"
#include "netlink/genl-helper.h"
#include "netlink/nl-conn.h"
#include "netlink/retry.h"
#include "netlink/source.h"
#include "util.h"

COVERAGE_DEFINE(devlink_read);
COVERAGE_DEFINE(devlink_stale);

/* What a full read has found so far. */
struct devlink_read {
    struct eswitch_info *eswitches;
    size_t n_eswitches, allocated_eswitches;
    size_t n_asked;             /* How many of them were asked for. */
    struct devlink_port_info *ports;
    size_t n_ports, allocated_ports;
};

struct devlink_source {
    struct source source;
    struct event_base *base;
    struct kernel_helper *helper;
    struct genl *genl;
    int rcvbuf;                 /* Bytes. */

    uint16_t family;            /* 0 while there is none. */
    struct nl_conn *requests;   /* Lane; NULL while there is no family. */
    struct nl_conn *events;     /* Socket in group "config"; likewise. */
    struct devlink_read read;   /* Read under way. */
    bool reading;               /* Is one? */
    bool dirty;                 /* Is another one needed? */
    bool lost;                  /* Is the one under way too old to bring us
                                 * to SOURCE_SYNCED? */
    struct retry retry;         /* Until a read that failed is repeated. */
};

static void devlink_ask_eswitch(struct devlink_source *);

static void
devlink_read_clear(struct devlink_read *read)
{
    free(read->eswitches);
    free(read->ports);
    memset(read, 0, sizeof *read);
}

/* A step of the read ended with 'result'.  Returns false, and arranges for a
 * new read, if it failed. */
static bool
devlink_check(struct devlink_source *ds, const struct nl_result *result,
              const char *what)
{
    if (!result->error && !result->interrupted) {
        return true;
    }
    if (result->error) {
        source_error(&ds->source, "reading %s failed: %s%s%s", what,
                     ovs_strerror(result->error),
                     result->extack[0] ? ": " : "", result->extack);
    } else {
        ds->source.status.n_interrupted++;
    }
    ds->reading = false;
    devlink_read_clear(&ds->read);
    ds->dirty = true;
    retry_schedule(&ds->retry);
    return false;
}

static void
devlink_port_message(void *ds_, const struct nlmsghdr *nlh)
{
    struct devlink_source *ds = ds_;
    struct devlink_read *read = &ds->read;
    struct devlink_port_info port;

    if (nlh->nlmsg_type != ds->family || !devlink_port_parse(nlh, &port)) {
        source_malformed(&ds->source, "devlink port");
        return;
    }
    if (read->n_ports >= read->allocated_ports) {
        read->ports = x2nrealloc(read->ports, &read->allocated_ports,
                                 sizeof *read->ports);
    }
    read->ports[read->n_ports++] = port;
}

/* The read is complete. */
static void
devlink_ports_done(void *ds_, const struct nl_result *result)
{
    struct devlink_source *ds = ds_;
    struct devlink_read *read = &ds->read;

    if (!devlink_check(ds, result, "ports")) {
        return;
    }
    retry_reset(&ds->retry);
    ds->reading = false;
    if (ds->dirty) {
        COVERAGE_INC(devlink_stale);
    }
    source_begin(&ds->source);
    for (size_t i = 0; i < read->n_eswitches; i++) {
        ds->source.sink->eswitch(ds->source.aux, &read->eswitches[i]);
    }
    for (size_t i = 0; i < read->n_ports; i++) {
        ds->source.sink->devlink_port(ds->source.aux, &read->ports[i]);
    }
    ds->source.status.n_resyncs++;
    ds->source.sink->end(ds->source.aux, SOURCE_DEVLINK);
    devlink_read_clear(read);
    if (!ds->lost) {
        source_set_state(&ds->source, SOURCE_SYNCED);
    }
}

static void
devlink_eswitch_message(void *ds_, const struct nlmsghdr *nlh)
{
    struct devlink_source *ds = ds_;
    struct eswitch_info *asked = &ds->read.eswitches[ds->read.n_asked - 1];
    struct eswitch_info info;

    if (nlh->nlmsg_type != ds->family || !devlink_eswitch_parse(nlh, &info)
        || !devlink_handle_equals(&info.handle, &asked->handle)) {
        source_malformed(&ds->source, "eswitch");
    } else {
        asked->mode = info.mode;
    }
}

static void
devlink_eswitch_done(void *ds_, const struct nl_result *result)
{
    struct devlink_source *ds = ds_;
    struct devlink_read *read = &ds->read;

    if (result->error == EOPNOTSUPP) {
        /* Not every device has an eswitch: its mode stays unknown. */
    } else if (result->error == ENODEV) {
        /* It went meanwhile, and an event says so. */
        read->n_asked--;
        read->eswitches[read->n_asked]
            = read->eswitches[--read->n_eswitches];
    } else if (!devlink_check(ds, result, "eswitch mode")) {
        return;
    }
    devlink_ask_eswitch(ds);
}

/* Asks for the next eswitch, or goes on with the ports. */
static void
devlink_ask_eswitch(struct devlink_source *ds)
{
    struct devlink_read *read = &ds->read;
    char buf[DEVLINK_REQUEST_SIZE];

    if (read->n_asked < read->n_eswitches) {
        const struct devlink_handle *handle
            = &read->eswitches[read->n_asked++].handle;

        nl_conn_request(ds->requests,
                        devlink_request_eswitch(buf, ds->family, handle),
                        devlink_eswitch_message, devlink_eswitch_done, ds);
    } else {
        nl_conn_request(ds->requests, devlink_request_ports(buf, ds->family),
                        devlink_port_message, devlink_ports_done, ds);
    }
}

static void
devlink_handle_message(void *ds_, const struct nlmsghdr *nlh)
{
    struct devlink_source *ds = ds_;
    struct devlink_read *read = &ds->read;
    struct devlink_handle handle;
    struct eswitch_info *info;

    if (nlh->nlmsg_type != ds->family
        || !devlink_handle_parse(nlh, &handle)) {
        source_malformed(&ds->source, "devlink instance");
        return;
    }
    if (read->n_eswitches >= read->allocated_eswitches) {
        read->eswitches = x2nrealloc(read->eswitches,
                                     &read->allocated_eswitches,
                                     sizeof *read->eswitches);
    }
    info = &read->eswitches[read->n_eswitches++];
    memset(info, 0, sizeof *info);
    info->handle = handle;
    info->mode = ESWITCH_UNKNOWN;
}

static void
devlink_handles_done(void *ds_, const struct nl_result *result)
{
    struct devlink_source *ds = ds_;

    if (devlink_check(ds, result, "devlink instances")) {
        devlink_ask_eswitch(ds);
    }
}

static void
devlink_start_read(struct devlink_source *ds)
{
    char buf[DEVLINK_REQUEST_SIZE];

    COVERAGE_INC(devlink_read);
    if (ds->lost) {
        source_set_state(&ds->source, SOURCE_SYNCING);
    }
    ds->dirty = ds->lost = false;
    ds->reading = true;
    nl_conn_request(ds->requests, devlink_request_handles(buf, ds->family),
                    devlink_handle_message, devlink_handles_done, ds);
}

static void
devlink_event(void *ds_, const struct nlmsghdr *nlh OVS_UNUSED)
{
    struct devlink_source *ds = ds_;

    ds->source.status.n_messages++;
    ds->dirty = true;
}

static void
devlink_lost(void *ds_, int error)
{
    struct devlink_source *ds = ds_;

    source_note_lost(&ds->source, error);
    ds->dirty = ds->lost = true;
}

static void
devlink_set_family(void *ds_, const struct genl_family *family)
{
    static const struct nl_conn_class request_class = { .event = NULL };
    static const struct nl_conn_class event_class = {
        .event = devlink_event, .lost = devlink_lost,
    };
    struct devlink_source *ds = ds_;

    if (family) {
        uint32_t group = genl_family_group(family,
                                           DEVLINK_GENL_MCGRP_CONFIG_NAME);

        ds->family = genl_family_id(family);
        ds->events = nl_conn_create(ds->base, NETLINK_GENERIC, ds->rcvbuf,
                                    &event_class, ds);
        if (group) {
            (void) nl_conn_join(ds->events, group); /* Once it is open. */
        }
        ds->requests = kernel_helper_connect(ds->helper, ds->base,
                                             LANE_DEVLINK, &request_class,
                                             ds);
        ds->dirty = true;
        source_set_state(&ds->source, SOURCE_SYNCING);
        return;
    }
    nl_conn_destroy(ds->events);
    nl_conn_destroy(ds->requests);
    ds->events = ds->requests = NULL;
    ds->family = 0;
    ds->reading = ds->dirty = ds->lost = false;
    retry_reset(&ds->retry);
    devlink_read_clear(&ds->read);
    source_set_absent(&ds->source);
}

struct devlink_source *
devlink_source_create(struct event_base *base, struct kernel_helper *helper,
                      struct genl *genl, int rcvbuf,
                      const struct kernel_sink *sink, void *aux)
{
    struct devlink_source *ds = xzalloc(sizeof *ds);

    source_init(&ds->source, SOURCE_DEVLINK, sink, aux);
    ds->base = base;
    ds->helper = helper;
    ds->genl = genl;
    ds->rcvbuf = rcvbuf;
    genl_watch(genl, DEVLINK_GENL_NAME, devlink_set_family, ds);
    return ds;
}

void
devlink_source_destroy(struct devlink_source *ds)
{
    if (ds) {
        nl_conn_destroy(ds->events);
        nl_conn_destroy(ds->requests);
        devlink_read_clear(&ds->read);
        source_uninit(&ds->source);
        free(ds);
    }
}

static bool
devlink_is_due(const struct devlink_source *ds)
{
    return ds->family && ds->dirty && !ds->reading && !ds->retry.at;
}

void
devlink_source_run(struct devlink_source *ds)
{
    (void) retry_take(&ds->retry);
    if (ds->events) {
        /* Before a read: it has to be in its group by then. */
        nl_conn_run(ds->events);
    }
    if (devlink_is_due(ds)) {
        devlink_start_read(ds);
    }
    if (ds->requests) {
        nl_conn_run(ds->requests);
    }
}

void
devlink_source_wait(struct devlink_source *ds)
{
    if (ds->requests) {
        nl_conn_wait(ds->events);
        nl_conn_wait(ds->requests);
    }
    retry_wait(&ds->retry);
    if (devlink_is_due(ds)) {
        poll_immediate_wake();
    }
}

void
devlink_source_resync(struct devlink_source *ds)
{
    if (ds->family) {
        ds->dirty = ds->lost = true;
    }
}

void
devlink_source_mark(struct devlink_source *ds)
{
    if (ds->family) {
        ds->dirty = true;
    }
}

struct source *
devlink_source_base(struct devlink_source *ds)
{
    long long int busy = ds->requests ? nl_conn_busy_since(ds->requests) : 0;

    ds->source.status.busy_since = busy ? busy : genl_busy_since(ds->genl);
    return &ds->source;
}
