/* SPDX-License-Identifier: Apache-2.0 */

/* Drives ovsdb/ovs-view.h by commands on standard input, one a line, of words
 * separated by blanks, and answers each with one line or, for "list", several
 * and "end".  Between commands the view does not run, so that it can be made
 * to decide on what is no longer true.
 *
 *     sync                  until there is a copy of the database
 *     lost                  until there is none
 *     run                   until something changed
 *     settle                until nothing has changed for 100 ms
 *     list                  all Interfaces, sorted by name
 *     same-id ID            names of the Interfaces with that iface-id
 *     bridge NAME           its datapath type and external_ids
 *     global                external_ids and other_config of Open_vSwitch
 *     version               ovs_version
 *     evidence              of others who plug ports
 *     state                 connected, synced, number of commits
 *     begin COMMENT         creates a transaction
 *     add BRIDGE NAME K=V...
 *     del NAME
 *     move NAME BRIDGE
 *     update NAME [+K=V|-K]...
 *     disown NAME
 *     set-id K [V]          in external_ids of Open_vSwitch
 *     set-config K [V]      in other_config of Open_vSwitch
 *     abort
 *     send                  commits
 *     poll                  until there is a result, which it prints
 *     commit                send and poll
 *     quit
 */

#include <config.h>

#include "ovsdb/ovs-view.h"

#include <stdio.h>
#include <stdlib.h>

#include "fatal-signal.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "sset.h"
#include "svec.h"
#include "timeval.h"
#include "util.h"

/* No command needs longer than this. */
#define TIMEOUT_SECS 30

struct driver {
    struct ovs_view *view;
    struct ovs_txn *txn;        /* Between "begin" and its result. */
};

static void
run_once(struct driver *d)
{
    ovs_view_wait(d->view);
    if (d->txn) {
        ovs_txn_wait(d->txn);
    }
    poll_block();
    ovs_view_run(d->view);
}

static void
sync_to(struct driver *d, bool synced)
{
    ovs_view_run(d->view);
    while (ovs_view_is_synced(d->view) != synced) {
        run_once(d);
    }
    puts(synced ? "synced" : "lost");
}

static void
run_until_change(struct driver *d)
{
    while (!ovs_view_run(d->view)) {
        ovs_view_wait(d->view);
        poll_block();
    }
    puts("changed");
}

static void
settle(struct driver *d)
{
    long long int quiet = time_msec() + 100;

    while (time_msec() < quiet) {
        if (ovs_view_run(d->view)) {
            quiet = time_msec() + 100;
        }
        ovs_view_wait(d->view);
        poll_timer_wait_until(quiet);
        poll_block();
    }
    puts("settled");
}

static const char *
owner_to_string(enum ovs_owner owner)
{
    return (owner == OVS_OWNER_SELF ? "self"
            : owner == OVS_OWNER_ADOPTED ? "adopted"
            : "foreign");
}

static void
put_smap(struct ds *s, const struct smap *smap)
{
    const struct smap_node **nodes = smap_sort(smap);

    for (size_t i = 0; i < smap_count(smap); i++) {
        ds_put_format(s, " %s=%s", nodes[i]->key, nodes[i]->value);
    }
    free(nodes);
}

static void
list(const struct driver *d)
{
    const struct ovs_iface *iface;
    struct svec lines = SVEC_EMPTY_INITIALIZER;
    const char *line;
    size_t i;

    OVS_VIEW_FOR_EACH_IFACE (iface, d->view) {
        struct ds s = DS_EMPTY_INITIALIZER;

        ds_put_format(&s, "%s port=%s bridge=%s owner=%s mark=%s keys=%s "
                      "ofport=%"PRId64"%s;", iface->name, iface->port,
                      iface->bridge, owner_to_string(iface->owner),
                      iface->foreign_mark ? iface->foreign_mark : "-",
                      iface->our_keys ? iface->our_keys : "-",
                      iface->ofport, iface->bonded ? " bonded" : "");
        put_smap(&s, iface->external_ids);
        svec_add_nocopy(&lines, ds_steal_cstr(&s));
        ovs_assert(ovs_view_find_iface(d->view, iface->name) == iface);
    }
    svec_sort(&lines);
    SVEC_FOR_EACH (i, line, &lines) {
        puts(line);
    }
    puts("end");
    svec_destroy(&lines);
}

static void
same_id(const struct driver *d, const char *id)
{
    struct sset names = SSET_INITIALIZER(&names);

    for (const struct ovs_iface *iface = ovs_view_find_iface_id(d->view, id);
         iface; iface = ovs_iface_next_same_id(iface)) {
        ovs_assert(sset_add(&names, iface->name));
    }

    const char **sorted = sset_sort(&names);
    for (size_t i = 0; i < sset_count(&names); i++) {
        printf("%s%s", i ? " " : "", sorted[i]);
    }
    putchar('\n');
    free(sorted);
    sset_destroy(&names);
}

static void
show_bridge(const struct driver *d, const char *name)
{
    const struct smap *ids = ovs_view_bridge_external_ids(d->view, name);
    const char *datapath = ovs_view_bridge_datapath(d->view, name);
    struct ds s = DS_EMPTY_INITIALIZER;

    ovs_assert(ovs_view_has_bridge(d->view, name) == (ids != NULL));
    ovs_assert(!ids == !datapath);
    if (ids) {
        ds_put_format(&s, "datapath=%s;", datapath);
        put_smap(&s, ids);
    } else {
        ds_put_cstr(&s, "none");
    }
    puts(ds_cstr(&s));
    ds_destroy(&s);
}

static void
show_global(const struct driver *d)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    ds_put_cstr(&s, "external_ids:");
    put_smap(&s, ovs_view_external_ids(d->view));
    ds_put_cstr(&s, " other_config:");
    put_smap(&s, ovs_view_other_config(d->view));
    puts(ds_cstr(&s));
    ds_destroy(&s);
}

static void
show_evidence(const struct driver *d)
{
    struct config_evidence e;

    ovs_view_evidence(d->view, &e);
    ovs_assert(e.foreign_plugger == (e.what != NULL));
    puts(e.what ? e.what : "none");
}

static void
poll_result(struct driver *d)
{
    static const char *const names[] = {
        [OVS_TXN_UNCHANGED] = "unchanged",
        [OVS_TXN_SUCCESS] = "success",
        [OVS_TXN_TRY_AGAIN] = "try-again",
        [OVS_TXN_ERROR] = "error",
    };
    enum ovs_txn_result result;
    char *error;

    while ((result = ovs_txn_poll(d->txn, &error)) == OVS_TXN_INCOMPLETE) {
        run_once(d);
    }
    d->txn = NULL;
    ovs_assert((result == OVS_TXN_ERROR) == (error != NULL));
    printf("%s%s%s\n", names[result], error ? ": " : "", error ? error : "");
    free(error);
}

static const struct ovs_iface *
must_find(const struct driver *d, const char *name)
{
    const struct ovs_iface *iface = ovs_view_find_iface(d->view, name);

    if (!iface) {
        ovs_fatal(0, "no Interface %s", name);
    }
    return iface;
}

/* Splits 'word', "K=V", and adds it to 'smap'. */
static void
add_pair(struct smap *smap, const char *word)
{
    const char *eq = strchr(word, '=');

    ovs_assert(eq);
    smap_add_nocopy(smap, xmemdup0(word, eq - word), xstrdup(eq + 1));
}

static void
add_port(struct driver *d, const struct svec *words)
{
    struct smap ids = SMAP_INITIALIZER(&ids);

    for (size_t i = 3; i < words->n; i++) {
        add_pair(&ids, words->names[i]);
    }
    ovs_txn_add_port(d->txn, words->names[1], words->names[2], &ids);
    smap_destroy(&ids);
}

static void
update_iface(struct driver *d, const struct svec *words)
{
    struct smap set = SMAP_INITIALIZER(&set);
    struct sset del = SSET_INITIALIZER(&del);

    for (size_t i = 2; i < words->n; i++) {
        const char *word = words->names[i];

        if (*word == '+') {
            add_pair(&set, word + 1);
        } else {
            sset_add(&del, word + 1);
        }
    }
    ovs_txn_update_iface(d->txn, must_find(d, words->names[1]), &set, &del);
    smap_destroy(&set);
    sset_destroy(&del);
}

/* Commands about the transaction.  Returns false if 'words' is none. */
static bool
do_txn_command(struct driver *d, const struct svec *words)
{
    const char *command = words->names[0];
    const char *arg1 = words->n > 1 ? words->names[1] : NULL;
    const char *arg2 = words->n > 2 ? words->names[2] : NULL;

    if (!strcmp(command, "begin")) {
        struct ovs_txn *txn = ovs_txn_create(d->view, arg1);

        puts(txn ? "begun" : "refused");
        d->txn = txn ? txn : d->txn;
        return true;
    } else if (!d->txn) {
        return false;
    }

    if (!strcmp(command, "poll")) {
        poll_result(d);
        return true;
    } else if (!strcmp(command, "commit")) {
        ovs_txn_commit(d->txn);
        poll_result(d);
        return true;
    }

    if (!strcmp(command, "add")) {
        add_port(d, words);
    } else if (!strcmp(command, "del")) {
        ovs_txn_del_port(d->txn, must_find(d, arg1));
    } else if (!strcmp(command, "move")) {
        ovs_txn_move_port(d->txn, must_find(d, arg1), arg2);
    } else if (!strcmp(command, "update")) {
        update_iface(d, words);
    } else if (!strcmp(command, "disown")) {
        ovs_txn_disown_port(d->txn, must_find(d, arg1));
    } else if (!strcmp(command, "set-id")) {
        ovs_txn_set_external_id(d->txn, arg1, arg2);
    } else if (!strcmp(command, "set-config")) {
        ovs_txn_set_other_config(d->txn, arg1, arg2);
    } else if (!strcmp(command, "abort")) {
        ovs_txn_abort(d->txn);
        d->txn = NULL;
    } else if (!strcmp(command, "send")) {
        ovs_txn_commit(d->txn);
    } else {
        return false;
    }
    puts("ok");
    return true;
}

/* Commands that only look.  Returns false if 'words' is none. */
static bool
do_view_command(struct driver *d, const struct svec *words)
{
    const char *command = words->names[0];
    const char *arg1 = words->n > 1 ? words->names[1] : NULL;

    if (!strcmp(command, "sync")) {
        sync_to(d, true);
    } else if (!strcmp(command, "lost")) {
        sync_to(d, false);
    } else if (!strcmp(command, "run")) {
        run_until_change(d);
    } else if (!strcmp(command, "settle")) {
        settle(d);
    } else if (!strcmp(command, "list")) {
        list(d);
    } else if (!strcmp(command, "same-id")) {
        same_id(d, arg1);
    } else if (!strcmp(command, "bridge")) {
        show_bridge(d, arg1);
    } else if (!strcmp(command, "global")) {
        show_global(d);
    } else if (!strcmp(command, "version")) {
        puts(ovs_view_ovs_version(d->view));
    } else if (!strcmp(command, "evidence")) {
        show_evidence(d);
    } else if (!strcmp(command, "state")) {
        printf("connected=%d synced=%d commits=%"PRIu64"\n",
               ovs_view_is_connected(d->view), ovs_view_is_synced(d->view),
               ovs_view_n_commits(d->view));
    } else {
        return false;
    }
    return true;
}

int
main(int argc, char *argv[])
{
    struct driver d = { .view = NULL };
    char *line = NULL;
    size_t allocated = 0;

    set_program_name(argv[0]);
    if (argc != 2) {
        ovs_fatal(0, "usage: %s DATABASE <COMMANDS", program_name);
    }
    vlog_set_levels(NULL, VLF_ANY_DESTINATION, VLL_WARN);
    fatal_ignore_sigpipe();
    setvbuf(stdout, NULL, _IOLBF, 0);

    d.view = ovs_view_create(argv[1]);
    while (getline(&line, &allocated, stdin) > 0) {
        struct svec words = SVEC_EMPTY_INITIALIZER;

        time_alarm(TIMEOUT_SECS);
        svec_parse_words(&words, line);
        bool quit = words.n && !strcmp(words.names[0], "quit");
        if (words.n && !quit && !do_view_command(&d, &words)
            && !do_txn_command(&d, &words)) {
            ovs_fatal(0, "what is \"%s\"?", words.names[0]);
        }
        svec_destroy(&words);
        time_alarm(0);
        if (quit) {
            break;
        }
    }
    free(line);
    ovs_view_destroy(d.view);
    return 0;
}
