/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/command.h"

#include <stdlib.h>
#include <string.h>

#include "controller/command-args.h"
#include "controller/controller.h"
#include "controller/flow/engine.h"
#include "controller/flow/facts.h"
#include "controller/flow/list.h"
#include "controller/flow/parse.h"
#include "controller/flow/report.h"
#include "controller/flow-table/table.h"
#include "controller/flow/userspace.h"
#include "controller/output.h"
#include "controller/ports.h"
#include "controller/reconcile.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "openvswitch/list.h"
#include "openvswitch/poll-loop.h"
#include "table.h"
#include "timeval.h"
#include "unixctl.h"
#include "util.h"

/* Commands that may be under way at a time. */
#define MAX_JOBS 16

/* How long an answer waits for flows that are being read in full, in ms: then
 * it says so and tells what is known. */
#define MAX_WAIT_MS 10000

/* Flows that flow/list shows unless told otherwise. */
#define DEFAULT_LIMIT 1000

enum job_type {
    JOB_REPORT,
    JOB_LIST,
    JOB_PARSE,
};

/* A command that is under way: what the kernel is asked first takes a
 * while. */
struct job {
    struct ovs_list node;       /* In 'jobs'. */
    enum job_type type;
    struct unixctl_conn *conn;  /* Who waits for it. */
    enum output_format format;  /* Of the answer. */
    long long int deadline;     /* time_msec() at which to stop waiting. */
    char *ns, *pod;             /* Report on this pod, or both NULL. */
    size_t top;                 /* Report on so many, or 0. */
    struct flow_list_args list_args; /* For 'list'. */
    struct flow_list *list;     /* JOB_LIST, once flows are up to date. */
    struct flow_parse *parse;   /* JOB_PARSE. */
};

static struct ovs_list jobs = OVS_LIST_INITIALIZER(&jobs);

static void
job_destroy(struct job *job)
{
    ovs_list_remove(&job->node);
    flow_list_destroy(job->list);
    flow_parse_destroy(job->parse);
    free(job->list_args.ns);
    free(job->list_args.pod);
    free(job->ns);
    free(job->pod);
    free(job);
}

/* Arguments. */

/* Takes option "--NAME VALUE" or "--NAME=VALUE" out of the arguments.
 * Returns NULL, with the value in '*value' if it was there, or a message. */
static char *
take_option(int *argc, const char **argv, const char *name,
            const char **value)
{
    size_t len = strlen(name);

    for (int i = 1; i < *argc; i++) {
        const char *arg = argv[i];
        int n = 0;

        if (!strncmp(arg, name, len) && arg[len] == '=') {
            *value = arg + len + 1;
            n = 1;
        } else if (!strcmp(arg, name)) {
            if (i + 1 >= *argc) {
                return xasprintf("%s needs a value", name);
            }
            *value = argv[i + 1];
            n = 2;
        }
        if (n) {
            command_take_args(argc, argv, i, n);
            return NULL;
        }
    }
    return NULL;
}

/* Takes --pod NS/POD.  '*ns' and '*pod' are the caller's to free, or NULL. */
static char *
take_pod(int *argc, const char **argv, char **ns, char **pod)
{
    const char *value = NULL;
    char *error = take_option(argc, argv, "--pod", &value);

    *ns = *pod = NULL;
    if (error || !value) {
        return error;
    }

    const char *slash = strchr(value, '/');
    if (!slash || slash == value || !slash[1] || strchr(slash + 1, '/')) {
        return xasprintf("--pod needs NS/POD, not \"%s\"", value);
    }
    *ns = xmemdup0(value, slash - value);
    *pod = xstrdup(slash + 1);
    return NULL;
}

static char *
take_number(int *argc, const char **argv, const char *name, size_t *number)
{
    const char *value = NULL;
    char *error = take_option(argc, argv, name, &value);
    unsigned int n;

    if (error || !value) {
        return error;
    }
    if (!str_to_uint(value, 10, &n)) {
        return xasprintf("%s needs a number, not \"%s\"", name, value);
    }
    *number = n;
    return NULL;
}

static char *
take_ufid(int *argc, const char **argv, struct flow_list_args *args)
{
    const char *value = NULL;
    char *error = take_option(argc, argv, "--ufid", &value);

    if (error || !value) {
        return error;
    }
    args->has_ufid = true;
    return (flow_ufid_from_string(value, args->ufid) ? NULL
            : xasprintf("--ufid needs a ufid, not \"%s\"", value));
}

/* Are there 'n' arguments at most, besides the options that were taken? */
static char *
check_no_more(int argc, const char *argv[], int n, const char *usage)
{
    return (argc <= 1 + n ? NULL
            : xasprintf("unexpected argument \"%s\"\nusage: %s %s",
                        argv[1 + n], argv[0], usage));
}

/* Is there a pod of that name, if one was given? */
static char *
check_pod(const struct controller *c, const char *ns, const char *pod)
{
    struct flow_facts facts;
    bool found;

    if (!pod) {
        return NULL;
    }
    flow_facts_init(&facts, c);
    found = flow_facts_has_pod(&facts, ns, pod);
    flow_facts_destroy(&facts);
    return (found ? NULL
            : xasprintf("no interface on a bridge is of pod %s/%s", ns, pod));
}

/* Starts 'job', which is complete but for what it has in common with others,
 * or, if there is 'error', answers with that.  Takes both. */
static void
start_job(struct controller *c, struct unixctl_conn *conn,
          const char *command, struct job *job, char *error)
{
    if (!error && ovs_list_size(&jobs) >= MAX_JOBS) {
        error = xasprintf("%d commands are under way, try again later",
                          MAX_JOBS);
    }
    ovs_list_push_back(&jobs, &job->node);
    if (error) {
        char *message = xasprintf("%s: %s", command, error);

        unixctl_command_reply_error(conn, message);
        free(message);
        free(error);
        job_destroy(job);
        return;
    }
    job->conn = conn;
    job->deadline = time_msec() + MAX_WAIT_MS;
    if (job->type != JOB_PARSE) {
        command_watch_policy(c, true);
        flow_engine_refresh(c->flows);
        flow_userspace_refresh(c->userspace, c->view);
    }
}

/* flow/report */

static const char report_usage[] = "[--pod=NS/POD] [--top=N] "
                                   "[--format=table|json|csv]";

static void
cmd_flow_report(struct unixctl_conn *conn, int argc, const char *argv[],
                void *c)
{
    struct job *job = xzalloc(sizeof *job);
    char *error;

    job->type = JOB_REPORT;
    error = output_parse_format(&argc, argv, &job->format);
    error = error ? error : take_pod(&argc, argv, &job->ns, &job->pod);
    error = error ? error : take_number(&argc, argv, "--top", &job->top);
    error = error ? error : check_no_more(argc, argv, 0, report_usage);
    error = error ? error : check_pod(c, job->ns, job->pod);
    start_job(c, conn, argv[0], job, error);
}

static char *
format_report(const struct json *json, enum output_format format)
{
    struct table_style style = table_style_default;
    struct ds s = DS_EMPTY_INITIALIZER;
    struct table table;

    if (format == OUTPUT_JSON) {
        return output_object(json, format);
    }
    style.format = format == OUTPUT_CSV ? TF_CSV : TF_TABLE;
    flow_report_to_table(json, &table);
    table_format(&table, &style, &s);
    table_format_reset();
    table_destroy(&table);
    return ds_steal_cstr(&s);
}

/* Counters of all flows are at least as new as this. */
static long long int
last_read(const struct controller *c)
{
    long long int read = flow_engine_last_read(c->flows);

    return (!flow_table_count(flow_userspace_table(c->userspace)) ? read
            : !flow_table_count(flow_engine_table(c->flows))
            ? flow_userspace_last_read(c->userspace)
            : MIN(read, flow_userspace_last_read(c->userspace)));
}

static void
answer_report(const struct controller *c, struct job *job)
{
    const struct port_context ctx = { .inv = c->inv, .view = c->view };
    struct flow_rows_args rows_args[2];
    struct flow_userspace_devs devs;
    struct flow_facts facts;
    struct flow_rows rows;

    flow_facts_init(&facts, c);
    flow_facts_rows_args(&facts, flow_engine_table(c->flows), &rows_args[0]);
    flow_userspace_rows_args(c->userspace, &rows_args[0], &devs,
                             &rows_args[1]);
    flow_rows_init_many(&rows, rows_args, ARRAY_SIZE(rows_args));

    struct json *json = flow_report_to_json(&(struct flow_report_args) {
        .rows = &rows,
        .state = (!flow_engine_is_settled(c->flows)
                  || !ports_are_settled(&ctx) ? "resync"
                  : flow_engine_is_incomplete(c->flows)
                  || flow_userspace_is_incomplete(c->userspace) ? "incomplete"
                  : "complete"),
        .ns = job->ns, .pod = job->pod, .top = job->top,
        .now = time_msec(), .read = last_read(c),
    });
    flow_rows_destroy(&rows);
    flow_userspace_devs_destroy(&devs);
    flow_facts_destroy(&facts);
    output_reply(job->conn, format_report(json, job->format));
    json_destroy(json);
}

/* flow/list */

static const char list_usage[] = "[--pod=NS/POD] [--not-offloaded] "
    "[--ufid=UFID] [--limit=N] [--format=table|json|csv]";

static void
cmd_flow_list(struct unixctl_conn *conn, int argc, const char *argv[],
              void *c)
{
    struct job *job = xzalloc(sizeof *job);
    struct flow_list_args *args = &job->list_args;
    char *error;

    job->type = JOB_LIST;
    args->limit = DEFAULT_LIMIT;
    error = output_parse_format(&argc, argv, &job->format);
    args->not_offloaded = command_take_flag(&argc, argv,
                                            "--not-offloaded");
    error = error ? error : take_pod(&argc, argv, &args->ns, &args->pod);
    error = error ? error : take_number(&argc, argv, "--limit", &args->limit);
    error = error ? error : take_ufid(&argc, argv, args);
    error = error ? error : check_no_more(argc, argv, 0, list_usage);
    error = error ? error : check_pod(c, args->ns, args->pod);
    start_job(c, conn, argv[0], job, error);
}

/* flow/parse */

static const char parse_usage[] = "FILE [--top=N] [--format=table|json|csv]";

static void
cmd_flow_parse(struct unixctl_conn *conn, int argc, const char *argv[],
               void *c_)
{
    struct job *job = xzalloc(sizeof *job);
    struct controller *c = c_;
    char *error;

    job->type = JOB_PARSE;
    error = output_parse_format(&argc, argv, &job->format);
    error = error ? error : take_number(&argc, argv, "--top", &job->top);
    if (!error && argc < 2) {
        error = xasprintf("missing argument\nusage: %s %s", argv[0],
                          parse_usage);
    }
    error = error ? error : check_no_more(argc, argv, 1, parse_usage);
    if (!error) {
        job->parse = flow_parse_create(c, argv[1], &error);
    }
    start_job(c, conn, argv[0], job, error);
}

/* Returns whether the answer was given. */
static bool
run_parse(struct job *job)
{
    struct json *json;
    char *error = flow_parse_run(job->parse, job->top, &json);

    if (error) {
        char *message = xasprintf("flow/parse: %s", error);

        unixctl_command_reply_error(job->conn, message);
        free(message);
        free(error);
    } else if (json) {
        output_reply(job->conn, format_report(json, job->format));
        json_destroy(json);
    } else {
        return false;
    }
    return true;
}

/* flow/check */

static void
cmd_flow_check(struct unixctl_conn *conn, int argc, const char *argv[],
               void *c_)
{
    struct ds errors = DS_EMPTY_INITIALIZER;
    const struct controller *c = c_;
    char *error = check_no_more(argc, argv, 0, "");

    if (error) {
        unixctl_command_reply_error(conn, error);
        free(error);
        return;
    }

    bool ok = flow_engine_check(c->flows, &errors);
    ok = flow_table_check(flow_userspace_table(c->userspace), &errors) && ok;
    if (ok) {
        unixctl_command_reply(conn, "the ledgers add up\n");
    } else {
        unixctl_command_reply_error(conn, ds_cstr(&errors));
    }
    ds_destroy(&errors);
}

/* Main loop. */

/* Are the flows as new as 'job' needs them, or has it waited enough? */
static bool
is_ready(const struct controller *c, const struct job *job)
{
    return ((flow_engine_is_settled(c->flows)
             && !flow_engine_is_refreshing(c->flows)
             && !flow_userspace_is_busy(c->userspace))
            || time_msec() >= job->deadline);
}

/* Returns whether 'job' is over. */
static bool
run_job(const struct controller *c, struct job *job)
{
    bool ready = is_ready(c, job);

    if (job->type == JOB_PARSE) {
        return run_parse(job);
    } else if (job->type == JOB_REPORT) {
        if (ready) {
            answer_report(c, job);
        }
        return ready;
    } else {
        if (!job->list && ready) {
            job->list = flow_list_create(c, &job->list_args);
            memset(&job->list_args, 0, sizeof job->list_args);
        }

        struct json *json = job->list ? flow_list_run(job->list) : NULL;
        if (json) {
            output_reply(job->conn, flow_list_format(json, job->format));
            json_destroy(json);
        }
        return json != NULL;
    }
}

void
command_flow_run(const struct controller *c)
{
    struct job *job, *next;

    LIST_FOR_EACH_SAFE (job, next, node, &jobs) {
        if (run_job(c, job)) {
            job_destroy(job);
        }
    }
}

void
command_flow_wait(const struct controller *c)
{
    const struct job *job;

    LIST_FOR_EACH (job, node, &jobs) {
        if (job->list) {
            flow_list_wait(job->list);
        } else if (job->parse) {
            flow_parse_wait(job->parse);
        } else if (is_ready(c, job)) {
            poll_immediate_wake();
        } else {
            poll_timer_wait_until(job->deadline);
        }
    }
}

void
command_flow_cancel_all(void)
{
    struct job *job, *next;

    LIST_FOR_EACH_SAFE (job, next, node, &jobs) {
        unixctl_command_reply_error(job->conn, "the controller is going away");
        job_destroy(job);
    }
}

void
command_flow_register(struct controller *c)
{
    unixctl_command_register("flow/report", report_usage, 0, INT_MAX,
                             cmd_flow_report, c);
    unixctl_command_register("flow/list", list_usage, 0, INT_MAX,
                             cmd_flow_list, c);
    unixctl_command_register("flow/parse", parse_usage, 0, INT_MAX,
                             cmd_flow_parse, c);
    unixctl_command_register("flow/check", "", 0, INT_MAX, cmd_flow_check, c);
}
