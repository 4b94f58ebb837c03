/* SPDX-License-Identifier: Apache-2.0 */

/* What flow-gen writes, read with Open vSwitch's own parsers:
 *
 *     flow-peer-ovs full FILE          parse_netlink_to_tc_flower()
 *     flow-peer-ovs text NAMES FILE    odp_flow_from_string() and
 *                                      odp_actions_from_string()
 *
 * The first takes what counts out of each 'struct tc_flower' into a table, the
 * second only adds up what each port sent. */

#include <config.h>

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "netlink.h"
#include "odp-util.h"
#include "openvswitch/ofpbuf.h"
#include "openvswitch/types.h"
#include "simap.h"
#include "packets.h"
#include "tc.h"
#include "tests/bench/flow-facts.h"
#include "tests/bench/flow-run.h"
#include "timeval.h"
#include "unaligned.h"
#include "util.h"

/* Netlink. */

/* What reads a piece. */
struct piece_reader {
    struct hmap table;          /* See flow-facts.h. */
    long long int now;          /* About now, as time_msec() says. */
};

static void
take_actions(const struct tc_flower *flower, struct flow_facts *facts)
{
    /* OVS's flows have another action, or drop. */
    facts->drop = !flower->action_count;
    for (int i = 0; i < flower->action_count; i++) {
        const struct tc_action *action = &flower->actions[i];

        if (action->type == TC_ACT_OUTPUT) {
            facts->outputs[facts->n_outputs++] = action->out.ifindex_out;
        } else if (action->type == TC_ACT_GOTO) {
            facts->jumps = true;
            facts->target = action->chain;
        } else if (action->type == TC_ACT_CT && !action->ct.clear
                   && !facts->has_zone) {
            facts->has_zone = true;
            facts->zone = action->ct.zone;
        }
    }
}

static void
put_flow(struct piece_reader *r, const struct nlmsghdr *nlh,
         const struct tcf_id *id, const struct tc_flower *flower)
{
    const struct tcmsg *tcm = ALIGNED_CAST(
        const struct tcmsg *, (const uint8_t *) nlh + NLMSG_HDRLEN);
    uint32_t outputs[FACTS_MAX_OUTPUTS];
    struct flow_facts facts;

    BUILD_ASSERT(FACTS_MAX_OUTPUTS >= TCA_ACT_MAX_NUM);
    facts_init(&facts, outputs);
    memcpy(facts.ufid, flower->act_cookie.data, sizeof facts.ufid);
    facts.dev = tcm->tcm_ifindex;
    facts.chain = id->chain;
    facts.handle = id->handle;
    facts.prio = id->prio;
    facts.in_hw = flower->offloaded_state == TC_OFFLOADED_STATE_IN_HW;
    facts.decap = flower->tunnel;
    if (eth_mask_is_exact(flower->mask.dst_mac)) {
        memcpy(facts.mac, flower->key.dst_mac.ea, sizeof facts.mac);
        facts.has_mac = true;
    }
    facts.hw_packets = get_32aligned_u64(&flower->stats_hw.n_packets);
    facts.hw_bytes = get_32aligned_u64(&flower->stats_hw.n_bytes);
    facts.packets = facts.hw_packets
                    + get_32aligned_u64(&flower->stats_sw.n_packets);
    facts.bytes = facts.hw_bytes
                  + get_32aligned_u64(&flower->stats_sw.n_bytes);
    if (flower->lastused) {
        facts.idle = MAX(r->now - (long long int) flower->lastused, 0);
    }
    take_actions(flower, &facts);
    facts_table_put(&r->table, &facts);
}

static void
read_piece(void *r_, const struct nlmsghdr *nlh, size_t size)
{
    struct piece_reader *r = r_;

    r->now = time_msec();
    while (size >= sizeof *nlh) {
        struct ofpbuf msg = ofpbuf_const_initializer(nlh, nlh->nlmsg_len);
        struct tcf_id id = { .chain = 0 };
        struct tc_flower flower;

        if (!parse_netlink_to_tc_flower(&msg, &id, &flower, false)
            && flower.act_cookie.len == FACTS_UFID_LEN) {
            put_flow(r, nlh, &id, &flower);
        }
        size -= NLMSG_ALIGN(nlh->nlmsg_len);
        nlh = ALIGNED_CAST(const struct nlmsghdr *,
                           (const uint8_t *) nlh
                           + NLMSG_ALIGN(nlh->nlmsg_len));
    }
}

static void
full(const char *file)
{
    static struct facts_sums sums;
    struct piece_reader r = { .table = HMAP_INITIALIZER(&r.table) };
    double seconds = run_messages(file, read_piece, &r);

    facts_sums_add_table(&sums, &r.table);
    run_print_facts(&sums, true, seconds);
    facts_table_destroy(&r.table);
}

/* Text. */

#define MAX_PORTS 4096

struct text_parser {
    struct simap ports;         /* Numbers by name. */
    struct ofpbuf key, mask, actions; /* Of the line. */
    uint64_t packets[MAX_PORTS]; /* By sender. */
    uint64_t bytes[MAX_PORTS];  /* Likewise. */
};

static void
read_names(const char *file, struct simap *ports)
{
    FILE *stream = fopen(file, "r");
    unsigned int number;
    char name[64];

    if (!stream) {
        ovs_fatal(errno, "cannot open %s", file);
    }
    while (fscanf(stream, "%63s %u", name, &number) == 2) {
        simap_put(ports, name, number);
    }
    fclose(stream);
}

/* Takes one line.  Returns false if that is no flow. */
static bool
read_line(struct text_parser *p, char *line)
{
    char *stats = strstr(line, ", packets:");
    char *actions = strstr(line, ", actions:");
    unsigned long long int packets, bytes;
    char *error = NULL;
    ovs_u128 ufid;

    if (!stats || !actions
        || sscanf(stats, ", packets:%llu, bytes:%llu",
                  &packets, &bytes) != 2) {
        return false;
    }
    *stats = '\0';

    int n = odp_ufid_from_string(line, &ufid);
    char *match = line + MAX(n, 0);
    match += strspn(match, ", ");

    ofpbuf_clear(&p->key);
    ofpbuf_clear(&p->mask);
    ofpbuf_clear(&p->actions);
    if (odp_flow_from_string(match, &p->ports, &p->key, &p->mask, &error)) {
        ovs_fatal(0, "libopenvswitch: %s: %s", error, match);
    }
    actions += strlen(", actions:");
    if (odp_actions_from_string(actions, &p->ports, &p->actions)) {
        ovs_fatal(0, "libopenvswitch: %s", actions);
    }

    const struct nlattr *in_port = nl_attr_find__(p->key.data, p->key.size,
                                                  OVS_KEY_ATTR_IN_PORT);
    uint32_t port = in_port ? nl_attr_get_u32(in_port) % MAX_PORTS : 0;
    p->packets[port] += packets;
    p->bytes[port] += bytes;
    return true;
}

static void
text(const char *names, const char *file, struct run_result *result)
{
    static struct text_parser p;
    FILE *stream = fopen(file, "r");
    size_t allocated = 0;
    char *line = NULL;
    double start;
    ssize_t n;

    if (!stream) {
        ovs_fatal(errno, "cannot open %s", file);
    }
    simap_init(&p.ports);
    read_names(names, &p.ports);
    ofpbuf_init(&p.key, 0);
    ofpbuf_init(&p.mask, 0);
    ofpbuf_init(&p.actions, 0);

    start = run_cpu_time();
    while ((n = getline(&line, &allocated, stream)) > 0) {
        if (line[n - 1] == '\n') {
            line[n - 1] = '\0';
        }
        result->flows += read_line(&p, line);
    }
    result->seconds = run_cpu_time() - start;

    for (size_t i = 0; i < MAX_PORTS; i++) {
        result->packets += p.packets[i];
        result->bytes += p.bytes[i];
    }
    ofpbuf_uninit(&p.key);
    ofpbuf_uninit(&p.mask);
    ofpbuf_uninit(&p.actions);
    simap_destroy(&p.ports);
    free(line);
    fclose(stream);
}

int
main(int argc, char *argv[])
{
    struct run_result result = { .flows = 0 };

    set_program_name(argv[0]);
    if (argc == 3 && !strcmp(argv[1], "full")) {
        full(argv[2]);
    } else if (argc == 4 && !strcmp(argv[1], "text")) {
        text(argv[2], argv[3], &result);
        run_print(&result);
    } else {
        ovs_fatal(0, "usage: %s full FILE | text NAMES FILE", argv[0]);
    }
    return EXIT_SUCCESS;
}
