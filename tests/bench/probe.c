/* SPDX-License-Identifier: Apache-2.0 */

/* Clock of the benchmarks: one process that sees what the kernel announces and
 * what is committed to the database, and stamps both by the same clock.
 *
 *     probe DATABASE
 *
 * Commands on standard input, each answered by one line that begins with "ok",
 * "timeout" or "error":
 *
 *     reset               forgets the times seen so far
 *     now                 "ok TIME"
 *     wait rows N SECS    until exactly N Interfaces are there
 *     wait ofports N SECS until exactly N of them have an OpenFlow port
 *     add NAME MGMTDEV    makes a vDPA device
 *     del NAME            deletes it
 *     cycle N NAME MGMTDEV SECS
 *                         N times: makes it, waits for one more row, deletes
 *                         it, waits until that row is gone; SECS for each wait
 *
 * "wait" answers with "rows=N ofports=N links=N link=TIME vdpa=TIME row=TIME
 * last_row=TIME ofport=TIME": when the last netdev and the last vDPA device
 * appeared, the first and the last row, and when the last ofport was set.
 * Times are microseconds of CLOCK_MONOTONIC, 0 if there is none.
 *
 * Only Interfaces count whose external_ids:iface-id begins with "bench".
 * Nothing is printed but answers, so that measuring does not disturb. */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "tests/bench/probe-db.h"
#include "tests/bench/probe-kernel.h"
#include "util.h"

struct probe {
    struct probe_kernel kernel;
    struct probe_db db;
    int commands;               /* Standard input, under a number that
                                 * poll_fd_wait() accepts. */
};

static void
probe_run(struct probe *p)
{
    /* The kernel first: its events precede what follows from them. */
    probe_kernel_run(&p->kernel);
    probe_db_run(&p->db);
}

static void
probe_wait(struct probe *p)
{
    probe_kernel_wait(&p->kernel);
    probe_db_wait(&p->db);
}

static size_t
count(const struct probe *p, bool ofports)
{
    return ofports ? p->db.n_ofports : shash_count(&p->db.rows);
}

/* Returns false if that takes more than 'seconds'. */
static bool
wait_until(struct probe *p, bool ofports, size_t n, int seconds)
{
    uint64_t end = probe_now() + seconds * UINT64_C(1000000);

    for (;;) {
        probe_run(p);
        if (count(p, ofports) == n) {
            return true;
        }

        uint64_t now = probe_now();
        if (now >= end) {
            return false;
        }
        poll_timer_wait((end - now) / 1000 + 1);
        probe_wait(p);
        poll_block();
    }
}

static void
answer_times(const struct probe *p, bool ok)
{
    printf("%s rows=%"PRIuSIZE" ofports=%"PRIuSIZE" links=%u "
           "link=%"PRIu64" vdpa=%"PRIu64" row=%"PRIu64" "
           "last_row=%"PRIu64" ofport=%"PRIu64"\n", ok ? "ok" : "timeout",
           count(p, false), count(p, true), p->kernel.n_links,
           p->kernel.link_at, p->kernel.vdpa_at, p->db.row_at,
           p->db.last_row_at, p->db.ofport_at);
}

static void
answer_error(const char *what, int error)
{
    if (error) {
        printf("error %s: %s\n", what, ovs_strerror(error));
    } else {
        printf("ok\n");
    }
}

static void
cycle(struct probe *p, int n, const char *name, const char *mgmtdev,
      int seconds)
{
    size_t rows = count(p, false);

    for (int i = 0; i < n; i++) {
        int error = probe_vdpa_add(&p->kernel, name, mgmtdev);

        if (error) {
            answer_error("add", error);
            return;
        }
        if (!wait_until(p, false, rows + 1, seconds)) {
            printf("timeout no row after %d cycles\n", i);
            return;
        }
        error = probe_vdpa_del(&p->kernel, name);
        if (error) {
            answer_error("del", error);
            return;
        }
        if (!wait_until(p, false, rows, seconds)) {
            printf("timeout row stays after %d cycles\n", i);
            return;
        }
    }
    printf("ok\n");
}

static void
execute(struct probe *p, char *line)
{
    char *argv[5] = { NULL };
    size_t argc = 0;
    char *save = NULL;

    for (char *word = strtok_r(line, " \n", &save);
         word && argc < ARRAY_SIZE(argv);
         word = strtok_r(NULL, " \n", &save)) {
        argv[argc++] = word;
    }

    if (argc == 1 && !strcmp(argv[0], "reset")) {
        probe_run(p);
        probe_kernel_reset(&p->kernel);
        probe_db_reset(&p->db);
        printf("ok\n");
    } else if (argc == 1 && !strcmp(argv[0], "now")) {
        printf("ok %"PRIu64"\n", probe_now());
    } else if (argc == 4 && !strcmp(argv[0], "wait")) {
        answer_times(p, wait_until(p, !strcmp(argv[1], "ofports"),
                                   atoi(argv[2]), atoi(argv[3])));
    } else if (argc == 3 && !strcmp(argv[0], "add")) {
        answer_error("add", probe_vdpa_add(&p->kernel, argv[1], argv[2]));
    } else if (argc == 2 && !strcmp(argv[0], "del")) {
        answer_error("del", probe_vdpa_del(&p->kernel, argv[1]));
    } else if (argc == 5 && !strcmp(argv[0], "cycle")) {
        cycle(p, atoi(argv[1]), argv[2], argv[3], atoi(argv[4]));
    } else {
        printf("error no such command\n");
    }
    fflush(stdout);
}

/* Reads what is there of the next command.  Returns true when 'line' has one
 * (of one writer, who waits for the answer). */
static bool
read_command(struct probe *p, char *line, size_t size, size_t *used)
{
    ssize_t n = read(p->commands, line + *used, size - *used - 1);

    if (n <= 0) {
        exit(n ? EXIT_FAILURE : EXIT_SUCCESS);
    }
    *used += n;
    line[*used] = '\0';
    if (!strchr(line, '\n')) {
        if (*used == size - 1) {
            ovs_fatal(0, "too long a command");
        }
        return false;
    }
    *used = 0;
    return true;
}

int
main(int argc, char *argv[])
{
    struct probe p;
    char line[1024];
    size_t used = 0;

    ovs_set_program_name(argv[0], VERSION);
    if (argc != 2) {
        ovs_fatal(0, "usage: %s DATABASE", argv[0]);
    }
    vlog_set_levels(NULL, VLF_ANY_DESTINATION, VLL_WARN);
    p.commands = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    if (p.commands < 0) {
        ovs_fatal(errno, "standard input");
    }
    probe_kernel_open(&p.kernel);
    probe_db_open(&p.db, argv[1]);

    for (;;) {
        struct pollfd pfd = { .fd = p.commands, .events = POLLIN };

        probe_run(&p);
        if (poll(&pfd, 1, 0) == 1) {
            if (read_command(&p, line, sizeof line, &used)) {
                execute(&p, line);
            }
            continue;
        }
        poll_fd_wait(p.commands, POLLIN);
        probe_wait(&p);
        poll_block();
    }
}
