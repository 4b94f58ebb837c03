/* SPDX-License-Identifier: Apache-2.0 */

/* Writes flows for benchmarks:
 *
 *     flow-gen N FORMAT
 *
 * FORMAT is "text", "text-safe" (which libopenvswitch reads), "full", "terse"
 * (messages of the kernel), "dense" (full, see flow-gen.h), or "names" (ports
 * of "text-safe" and their numbers). */

#include <config.h>

#include "tests/bench/flow-gen.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"

/* What a group has, see flow-gen.h. */
struct layout {
    unsigned int n_pairs;       /* Of two flows each, at the start. */
    unsigned int n_send_pairs;  /* Of these the first. */
    unsigned int n_send_chains; /* Chains of these. */
    unsigned int drop_pos;      /* After GEN_PLAIN. */
};
static const struct layout usual = { 12, 8, 6, 27 };
static const struct layout dense = { 15, 10, 10, 30 };

/* Flows of a group of the usual layout that are on the tunnel's device: from
 * which position on, and how many. */
#define TUNNEL_POS 16
#define N_TUNNEL 8

/* Number of the first chain. */
#define FIRST_CHAIN 0x440

/* A mix of all bits of 'x', in both directions. */
static uint64_t
mix(uint64_t x)
{
    x ^= x >> 32;
    x *= UINT64_C(0xd6e8feb86659fd93);
    x ^= x >> 32;
    x *= UINT64_C(0xd6e8feb86659fd93);
    x ^= x >> 32;
    return x;
}

/* The next number of the sequence '*state'. */
static uint64_t
next(uint64_t *state)
{
    return mix(*state += UINT64_C(0x9e3779b97f4a7c15));
}

void
gen_name(uint32_t pod, bool safe, char name[GEN_NAME_SIZE])
{
    uint64_t state = 42 + pod;

    snprintf(name, GEN_NAME_SIZE, "%015"PRIx64, next(&state) >> 4);
    if (safe && name[0] <= '9') {
        name[0] += 'g' - '0';
    }
}

/* Fills in where flow 'pos' of group 'group' comes from, and goes to.  Both
 * flows of a pair agree in that: 'state' depends on the pair only. */
static void
set_path(struct gen_flow *f, const struct layout *l, uint64_t group,
         unsigned int pos, uint64_t *state)
{
    unsigned int pair = pos / 2;

    if (pair < l->n_pairs) {
        bool send = pair < l->n_send_pairs;
        bool second = pos % 2;
        unsigned int chain = (send ? pair % l->n_send_chains
                              : pair - l->n_send_pairs + l->n_send_chains);
        uint32_t id = FIRST_CHAIN + group * GEN_GROUP / 2 + chain;

        f->kind = (send ? GEN_SEND : GEN_DECAP) + second;
        *(second ? &f->chain : &f->target) = id;
    } else if (pos < l->drop_pos) {
        f->kind = GEN_PLAIN;
    } else if (pos == l->drop_pos) {
        f->kind = GEN_DROP;
    } else {
        f->kind = GEN_FLOOD;
    }

    f->peer = next(state) % GEN_PODS;
    f->local = next(state) & 1;
    f->port = 1024 + next(state) % 60000;
    f->tunnel = 1 + next(state) % 4000;
    f->zone = 10 + f->pod;
    f->src = 0x0a800002 + f->pod;
    f->dst = 0x0a800002 + f->peer;
    for (int i = 0; i < GEN_OUTPUTS; i++) {
        f->outs[i] = (f->peer + i * 31) % GEN_PODS;
    }
}

/* Finds the group, and the position in it, of the 'i'th flow of a dump of
 * 'n_groups': the tunnel's device comes last. */
static void
locate(uint64_t i, uint64_t n_groups, uint64_t *group, unsigned int *pos)
{
    uint64_t n_pods = n_groups * (GEN_GROUP - N_TUNNEL);

    if (i < n_pods) {
        *group = i / (GEN_GROUP - N_TUNNEL);
        *pos = i % (GEN_GROUP - N_TUNNEL);
        if (*pos >= TUNNEL_POS) {
            *pos += N_TUNNEL;
        }
    } else {
        *group = (i - n_pods) / N_TUNNEL;
        *pos = TUNNEL_POS + (i - n_pods) % N_TUNNEL;
    }
}

void
gen_flow(struct gen_flow *f, uint64_t i, uint64_t n, bool is_dense)
{
    uint64_t n_groups = DIV_ROUND_UP(n, GEN_GROUP);
    uint64_t group = i / GEN_GROUP;
    unsigned int pos = i % GEN_GROUP;

    if (!is_dense) {
        locate(i, n_groups, &group, &pos);
    }
    uint64_t pair_state = mix(group * GEN_GROUP + pos / 2 + 1);
    uint64_t state = mix(i + (UINT64_C(1) << 40));

    memset(f, 0, sizeof *f);
    f->pod = group * GEN_PODS / n_groups;
    set_path(f, is_dense ? &dense : &usual, group, pos, &pair_state);

    for (int j = 0; j < 4; j++) {
        f->ufid[j] = next(&state);
    }
    /* Many count little, a few a lot. */
    f->packets = next(&state) % (UINT64_C(1) << (1 + next(&state) % 28));
    f->bytes = f->packets * (64 + next(&state) % 1400);
    f->idle = next(&state) % 10000 / 10 * 10;
}

static void
write_messages(uint64_t n, bool terse, bool is_dense)
{
    static uint64_t buf[GEN_MESSAGE_SIZE / sizeof(uint64_t)];
    struct gen_flow f;

    for (uint64_t i = 0; i < n; i++) {
        gen_flow(&f, i, n, is_dense);
        size_t size = gen_message(&f, i, terse, buf);
        fwrite(buf, ROUND_UP(size, 4), 1, stdout);
    }
}

static void
write_text(uint64_t n, bool safe)
{
    struct gen_flow f;

    for (uint64_t i = 0; i < n; i++) {
        gen_flow(&f, i, n, false);
        gen_write_text(&f, safe, stdout);
    }
}

static void
write_names(void)
{
    char name[GEN_NAME_SIZE];

    printf("%s %d\n", GEN_TUNNEL, GEN_TUNNEL_IFINDEX);
    for (uint32_t pod = 0; pod < GEN_PODS; pod++) {
        gen_name(pod, true, name);
        printf("%s %u\n", name, GEN_POD_IFINDEX + pod);
    }
}

int
main(int argc, char *argv[])
{
    static char out[1 << 20];
    unsigned long long int n;

    set_program_name(argv[0]);
    if (argc != 3 || !str_to_ullong(argv[1], 10, &n)) {
        ovs_fatal(0, "usage: %s N FORMAT", argv[0]);
    }
    setvbuf(stdout, out, _IOFBF, sizeof out);
    if (!strcmp(argv[2], "text")) {
        write_text(n, false);
    } else if (!strcmp(argv[2], "text-safe")) {
        write_text(n, true);
    } else if (!strcmp(argv[2], "full")) {
        write_messages(n, false, false);
    } else if (!strcmp(argv[2], "terse")) {
        write_messages(n, true, false);
    } else if (!strcmp(argv[2], "dense")) {
        write_messages(n, false, true);
    } else if (!strcmp(argv[2], "names")) {
        write_names();
    } else {
        ovs_fatal(0, "no format \"%s\"", argv[2]);
    }
    if (fflush(stdout) || ferror(stdout)) {
        ovs_fatal(0, "cannot write");
    }
    return EXIT_SUCCESS;
}
