/* SPDX-License-Identifier: Apache-2.0 */

/* What happens between two returns to the main loop while a dump is read:
 *
 *     flow-step FILE
 *
 * A child plays the kernel and answers the request for a dump with FILE, as
 * "flow-gen N full" writes it.  bench_measured() is a round of the main loop,
 * so that
 *
 *     valgrind --tool=callgrind --toggle-collect=bench_measured \
 *         --dump-after=bench_measured flow-step ...
 *
 * tells the instructions of each.  Prints the number of rounds and the most
 * flows that were told in one. */

#include <config.h>

#include <errno.h>
#include <event2/event.h>
#include <inttypes.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "controller/flow-table/table.h"
#include "netlink/tc.h"
#include "util.h"

/* As in the daemon. */
#define BUDGET 4096
#define NOW 1000000

/* What the kernel puts into one chunk at most. */
#define CHUNK 32768

#define PORTID 4711

struct state {
    struct event_base *base;
    struct flow_table *table;
    uint64_t n_round;           /* Flows in this round. */
    bool done;
};

/* The child. */

/* Sends the complete messages among the first 'have' bytes of 'buf', as the
 * answer to request 'seq'.  Returns their size. */
static size_t
send_chunk(int fd, uint8_t *buf, size_t have, uint32_t seq)
{
    struct nlmsghdr nlh;
    size_t ofs = 0;

    while (have - ofs >= sizeof nlh) {
        memcpy(&nlh, buf + ofs, sizeof nlh);
        if (NLMSG_ALIGN(nlh.nlmsg_len) > have - ofs) {
            break;
        }
        nlh.nlmsg_seq = seq;
        nlh.nlmsg_pid = PORTID;
        memcpy(buf + ofs, &nlh, sizeof nlh);
        ofs += NLMSG_ALIGN(nlh.nlmsg_len);
    }
    if (!ofs || send(fd, buf, ofs, 0) < 0) {
        ovs_fatal(errno, "cannot send a chunk");
    }
    return ofs;
}

static void
play_kernel(int fd, const char *file)
{
    struct {
        struct nlmsghdr nlh;
        int error;
    } done = {
        .nlh = { .nlmsg_len = sizeof done, .nlmsg_type = NLMSG_DONE,
                 .nlmsg_flags = NLM_F_MULTI, .nlmsg_pid = PORTID },
    };
    static uint8_t buf[CHUNK];
    struct nlmsghdr request;
    int in = open(file, O_RDONLY);
    size_t have = 0;
    ssize_t n;

    if (in < 0) {
        ovs_fatal(errno, "cannot open %s", file);
    }
    if (recv(fd, &request, sizeof request, 0) < (ssize_t) sizeof request) {
        ovs_fatal(errno, "no request");
    }
    while ((n = read(in, buf + have, CHUNK - have)) > 0) {
        have += n;
        size_t size = send_chunk(fd, buf, have, request.nlmsg_seq);
        memmove(buf, buf + size, have - size);
        have -= size;
    }
    done.nlh.nlmsg_seq = request.nlmsg_seq;
    if (n < 0 || have || send(fd, &done, sizeof done, 0) < 0) {
        ovs_fatal(errno, "cannot send all of %s", file);
    }
}

/* The parent. */

static void
on_begin(void *state OVS_UNUSED, const struct tc_part *part OVS_UNUSED)
{
}

static void
on_flows(void *state_, const struct flow_record *const *records, size_t n)
{
    struct state *state = state_;

    flow_table_put(state->table, records, n, NOW);
    state->n_round += n;
}

static void
on_done(void *state_, const struct tc_dump_result *result)
{
    struct state *state = state_;

    if (result->error || result->n_malformed) {
        ovs_fatal(result->error, "the dump failed");
    }
    state->done = true;
}

/* External, for valgrind to find. */
bool bench_measured(struct state *);

bool __attribute__((noinline))
bench_measured(struct state *state)
{
    event_base_loop(state->base, EVLOOP_ONCE);
    return flow_table_run(state->table, BUDGET, NOW);
}

static void
read_dump(int fd)
{
    static const struct tc_dump_callbacks callbacks = {
        .begin = on_begin, .flows = on_flows, .done = on_done,
    };
    static const struct tc_part part = { .ifindex = 1, .parent = 0xfffffff2 };
    struct state state = {
        .base = event_base_new(), .table = flow_table_create(),
    };
    uint64_t n_rounds = 0, most = 0;
    int error;

    if (!tc_dump_start_parts_fd(state.base, fd, PORTID, &part, 1, 0,
                                &callbacks, &state, &error)) {
        ovs_fatal(error, "cannot start");
    }
    while (!state.done) {
        state.n_round = 0;
        bench_measured(&state);
        most = MAX(most, state.n_round);
        n_rounds++;
    }
    printf("{\"flows\":%"PRIuSIZE",\"rounds\":%"PRIu64",\"most\":%"PRIu64"}\n",
           flow_table_count(state.table), n_rounds, most);
    flow_table_destroy(state.table);
    event_base_free(state.base);
}

int
main(int argc, char *argv[])
{
    int fds[2];

    set_program_name(argv[0]);
    if (argc != 2) {
        ovs_fatal(0, "usage: %s FILE", argv[0]);
    }
    if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds)) {
        ovs_fatal(errno, "socketpair");
    }
    switch (fork()) {
    case -1:
        ovs_fatal(errno, "fork");

    case 0:
        close(fds[0]);
        play_kernel(fds[1], argv[1]);
        /* Without what the parent does at its end. */
        _exit(EXIT_SUCCESS);

    default:
        close(fds[1]);
        fcntl(fds[0], F_SETFL, O_NONBLOCK);
        read_dump(fds[0]);
        return EXIT_SUCCESS;
    }
}
