/* SPDX-License-Identifier: Apache-2.0 */

/* "flow watch": rates, refreshed as by top.
 *
 * Every interval it asks for a report.  Counters in that are as old as the
 * daemon says, so that rates are of the time between two readings of the
 * counters, and stay as they are until there is another. */

#include <config.h>
#include "utilities/client/client.h"

#include <ctype.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/unixctl-call.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "openvswitch/poll-loop.h"
#include "timeval.h"
#include "util.h"
#include "utilities/client/terminal.h"
#include "utilities/client/watch-sample.h"
#include "utilities/client/watch-view.h"

/* Shortest interval; more than WATCH_SAME_READING_MS. */
#define MIN_INTERVAL_MS 200

struct watch {
    const struct client *client;

    /* Options. */
    const char *pod;            /* Just this one, or NULL. */
    bool all;                   /* Also interfaces that are no pod's. */
    bool once;                  /* Print rates once and end. */
    unsigned int top;           /* At most so many rows, 0 for all. */
    long long int interval;     /* Between reports, in ms. */
    enum watch_order order;     /* Of the rows. */

    /* The terminal. */
    bool screen;                /* Draw anew rather than print on. */
    bool keys;                  /* Is there anybody to hit keys? */

    /* What is known. */
    struct unixctl_call *call;  /* Request under way, or NULL. */
    long long int next;         /* time_msec() of the next one. */
    struct watch_sample old;    /* Sample before 'new'. */
    struct watch_sample new;    /* Last one with counters read anew. */
    size_t n_samples;           /* How many of the two there are. */
    bool waiting;               /* Did the last report bring no other? */
    char *message;              /* Why the last one failed, or NULL. */

    bool changed;               /* Is there something to show? */
    bool over;                  /* Leave, with 'status'. */
    enum client_status status;
};

/* Options. */

static bool
parse_number(const char *name, const char *s, unsigned int *n)
{
    if (!str_to_uint(s, 10, n)) {
        client_error("flow watch: %s needs a number, not \"%s\"", name, s);
        return false;
    }
    return true;
}

static bool
parse_interval(const char *s, long long int *interval)
{
    double secs;

    if (!str_to_double(s, &secs) || !(secs * 1000 >= MIN_INTERVAL_MS)
        || secs > INT_MAX / 1000) {
        client_error("flow watch: --interval needs a number of seconds, at "
                     "least %.1f, not \"%s\"", MIN_INTERVAL_MS / 1000.0, s);
        return false;
    }
    *interval = secs * 1000;
    return true;
}

static bool
parse_order(const char *s, enum watch_order *order)
{
    if (!watch_order_from_string(s, order)) {
        client_error("flow watch: --sort needs packets, bytes, software or "
                     "name, not \"%s\"", s);
        return false;
    }
    return true;
}

enum {
    OPT_POD = UCHAR_MAX + 1,
    OPT_ALL,
    OPT_TOP,
    OPT_SORT,
    OPT_INTERVAL,
    OPT_ONCE,
};

static bool
parse_option(struct watch *w, int option)
{
    switch (option) {
    case OPT_POD:
        w->pod = optarg;
        return true;

    case OPT_ALL:
        w->all = true;
        return true;

    case OPT_TOP:
        return parse_number("--top", optarg, &w->top);

    case OPT_SORT:
        return parse_order(optarg, &w->order);

    case OPT_INTERVAL:
        return parse_interval(optarg, &w->interval);

    case OPT_ONCE:
        w->once = true;
        return true;

    default:
        return false;           /* getopt has said why. */
    }
}

static bool
parse_options(struct watch *w, int argc, char *argv[])
{
    static const struct option options[] = {
        {"pod", required_argument, NULL, OPT_POD},
        {"all", no_argument, NULL, OPT_ALL},
        {"top", required_argument, NULL, OPT_TOP},
        {"sort", required_argument, NULL, OPT_SORT},
        {"interval", required_argument, NULL, OPT_INTERVAL},
        {"once", no_argument, NULL, OPT_ONCE},
        {NULL, 0, NULL, 0},
    };
    int c;

    /* Where the last word of the command was getopt looks for the name of the
     * program. */
    argv[-1] = CONST_CAST(char *, "ovs-offload: flow watch");
    optind = 0;
    while ((c = getopt_long(argc + 1, argv - 1, "+", options, NULL)) != -1) {
        if (!parse_option(w, c)) {
            return false;
        }
    }
    if (optind < argc + 1) {
        client_error("flow watch: unexpected argument \"%s\"",
                     argv[optind - 1]);
        return false;
    }
    if (w->client->format && strcmp(w->client->format, "table")) {
        client_error("flow watch: there is no format but table");
        return false;
    }
    return true;
}

/* Reports. */

/* Takes over 'sample'. */
static void
take_sample(struct watch *w, struct watch_sample *sample)
{
    w->changed = true;
    w->waiting = w->n_samples && watch_sample_is_same(&w->new, sample);
    if (w->waiting) {
        /* Keep the one that is older by its counters, as the others' time is
         * no better. */
        watch_sample_destroy(sample);
        return;
    }
    watch_sample_destroy(&w->old);
    w->old = w->new;
    w->new = *sample;
    w->n_samples = MIN(2, w->n_samples + 1);
}

/* Keeps 'message', which is taken over.  What cannot be had from the start is
 * not worth to wait for, nor is what will never be right. */
static void
take_error(struct watch *w, enum client_status status, char *message)
{
    free(w->message);
    w->message = message;
    w->changed = true;
    if (!w->n_samples || w->once) {
        w->status = status;
        w->over = true;
    }
}

static void
take_report(struct watch *w, const char *text)
{
    struct json *report = json_from_string(text);
    struct watch_sample sample;
    char *error = watch_sample_init(&sample, report, time_msec());

    json_destroy(report);
    if (error) {
        take_error(w, CLIENT_NO_DAEMON, error);
    } else {
        free(w->message);
        w->message = NULL;
        take_sample(w, &sample);
    }
}

static void
call_done(void *w_, enum unixctl_call_end end, const char *text)
{
    struct watch *w = w_;

    if (end == UNIXCTL_CALL_OK) {
        take_report(w, text);
    } else if (end == UNIXCTL_CALL_REFUSED) {
        take_error(w, CLIENT_REFUSED, xstrdup(text));
    } else {
        take_error(w, CLIENT_NO_DAEMON, xasprintf("no answer from %s: %s",
                                                  w->client->target, text));
    }
}

static void
start_call(struct watch *w)
{
    char *args[2] = { "--format=json" };
    char *path, *error;
    size_t n = 1;

    w->next = time_msec() + w->interval;
    error = unixctl_target_find(w->client->target, &path);
    if (error) {
        call_done(w, UNIXCTL_CALL_NO_ANSWER, error);
        free(error);
        return;
    }
    if (w->pod) {
        args[n++] = xasprintf("--pod=%s", w->pod);
    }
    w->call = unixctl_call_start(path, "flow/report", n, args,
                                 w->client->timeout, call_done, w);
    if (w->pod) {
        free(args[1]);
    }
    free(path);
}

/* Showing. */

/* Leaves rows of pods only, unless others are wanted, too.  Returns how many
 * are left. */
static size_t
select_rates(const struct watch *w, struct watch_rate *rates, size_t n)
{
    size_t n_left = 0;

    for (size_t i = 0; i < n; i++) {
        if (w->all || rates[i].counts->is_pod) {
            rates[n_left++] = rates[i];
        }
    }
    return n_left;
}

static void
show(struct watch *w)
{
    const struct watch_sample *old = w->n_samples > 1 ? &w->old : NULL;
    struct watch_rate *rates = watch_rates_create(old, &w->new);
    size_t n = select_rates(w, rates, w->new.n);
    struct ds s = DS_EMPTY_INITIALIZER;
    size_t width = 0, height = 0;

    watch_rates_sort(rates, n, w->order);
    if (w->screen) {
        terminal_size(&width, &height);
    }
    watch_view_put(&(struct watch_view) {
        .rates = rates,
        .n = w->top ? MIN(n, w->top) : n,
        .state = w->new.state,
        .order = w->order,
        .secs = old ? (w->new.read - w->old.read) / 1000.0 : 0,
        .waiting = w->waiting,
        .message = w->message,
    }, width, height, w->screen && terminal_wants_color(), &s);
    if (w->screen) {
        terminal_draw(ds_cstr(&s));
    } else {
        /* An empty line ends a block. */
        printf("%s%s", ds_cstr(&s), w->once ? "" : "\n");
        fflush(stdout);
    }
    ds_destroy(&s);
    free(rates);
    w->changed = false;
}

static void
run_keys(struct watch *w)
{
    int key;

    while (w->keys && (key = terminal_read_key())) {
        if (key < 0 || tolower(key) == 'q') {
            w->over = true;
            w->keys = key > 0;
        } else if (tolower(key) == 's') {
            w->order = (w->order + 1) % WATCH_N_ORDERS;
            w->changed = w->n_samples > 0;
        }
    }
}

static void
run(struct watch *w)
{
    if (w->call) {
        unixctl_call_run(w->call);
        if (unixctl_call_is_done(w->call)) {
            unixctl_call_destroy(w->call);
            w->call = NULL;
        }
    } else if (time_msec() >= w->next) {
        start_call(w);
    }
    if (w->keys) {
        run_keys(w);
    }
    if (terminal_resized()) {
        w->changed = w->n_samples > 0;
    }
    if (w->once) {
        w->over = w->over || (w->n_samples > 1 && w->changed);
    } else if (w->changed && w->n_samples) {
        show(w);
        w->over = w->over || ferror(stdout);
    }
}

static void
wait(const struct watch *w)
{
    if (w->call) {
        unixctl_call_wait(w->call);
    } else {
        poll_timer_wait_until(w->next);
    }
    if (w->keys) {
        terminal_wait();
    }
    terminal_wait_resized();
}

enum client_status
flow_watch(const struct client *client, int argc, char *argv[])
{
    struct watch w = {
        .client = client,
        .interval = 2000,
        .order = WATCH_BY_PACKETS,
        .next = LLONG_MIN,
    };

    if (!parse_options(&w, argc, argv)) {
        fprintf(stderr, "usage: %s flow watch %s\n", program_name,
                FLOW_WATCH_USAGE);
        return CLIENT_USAGE;
    }
    w.screen = !w.once && terminal_is_screen();
    w.keys = terminal_open_keys();
    if (w.screen) {
        terminal_watch_size();
    }
    for (;;) {
        run(&w);
        if (w.over) {
            break;
        }
        wait(&w);
        poll_block();
    }
    if (w.status != CLIENT_OK) {
        client_error("%s", w.message);
    } else if (w.once && w.n_samples > 1) {
        show(&w);
    } else if (w.screen) {
        putchar('\n');
    }
    unixctl_call_destroy(w.call);
    watch_sample_destroy(&w.old);
    watch_sample_destroy(&w.new);
    free(w.message);
    return w.status;
}
