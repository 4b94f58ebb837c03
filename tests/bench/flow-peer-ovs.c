/* SPDX-License-Identifier: Apache-2.0 */

/* What flow-gen writes, read with Open vSwitch's own parsers:
 *
 *     flow-peer-ovs full FILE          parse_netlink_to_tc_flower()
 *     flow-peer-ovs text NAMES FILE    odp_flow_from_string() and
 *                                      odp_actions_from_string()
 *
 * The first puts flows into an hmap by ufid, the second only adds up what each
 * port sent. */

#include <config.h>

#include <errno.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "netlink.h"
#include "odp-util.h"
#include "openvswitch/hmap.h"
#include "openvswitch/ofpbuf.h"
#include "openvswitch/types.h"
#include "simap.h"
#include "tc.h"
#include "tests/bench/flow-run.h"
#include "unaligned.h"
#include "util.h"

/* Netlink. */

struct entry {
    struct hmap_node node;      /* By 'ufid'. */
    ovs_u128 ufid;
    struct tcf_id id;           /* Chain, prio, handle. */
    uint64_t packets, bytes;
};

static void
put_flow(struct hmap *map, const struct tcf_id *id,
         const struct tc_flower *flower)
{
    struct entry *e = xmalloc(sizeof *e);

    memcpy(&e->ufid, flower->act_cookie.data, sizeof e->ufid);
    e->id = *id;
    e->packets = get_32aligned_u64(&flower->stats_hw.n_packets)
                 + get_32aligned_u64(&flower->stats_sw.n_packets);
    e->bytes = get_32aligned_u64(&flower->stats_hw.n_bytes)
               + get_32aligned_u64(&flower->stats_sw.n_bytes);
    hmap_insert(map, &e->node, hash_bytes(&e->ufid, sizeof e->ufid, 0));
}

static void
read_piece(void *map, const struct nlmsghdr *nlh, size_t size)
{
    while (size >= sizeof *nlh) {
        struct ofpbuf msg = ofpbuf_const_initializer(nlh, nlh->nlmsg_len);
        struct tcf_id id = { .chain = 0 };
        struct tc_flower flower;

        if (!parse_netlink_to_tc_flower(&msg, &id, &flower, false)
            && flower.act_cookie.len == sizeof(ovs_u128)) {
            put_flow(map, &id, &flower);
        }
        size -= NLMSG_ALIGN(nlh->nlmsg_len);
        nlh = ALIGNED_CAST(const struct nlmsghdr *,
                           (const uint8_t *) nlh
                           + NLMSG_ALIGN(nlh->nlmsg_len));
    }
}

static void
full(const char *file, struct run_result *result)
{
    struct hmap map = HMAP_INITIALIZER(&map);
    struct entry *e;

    result->seconds = run_messages(file, read_piece, &map);
    result->flows = hmap_count(&map);
    HMAP_FOR_EACH_POP (e, node, &map) {
        result->packets += e->packets;
        result->bytes += e->bytes;
        free(e);
    }
    hmap_destroy(&map);
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
        full(argv[2], &result);
    } else if (argc == 4 && !strcmp(argv[1], "text")) {
        text(argv[2], argv[3], &result);
    } else {
        ovs_fatal(0, "usage: %s full FILE | text NAMES FILE", argv[0]);
    }
    run_print(&result);
    return EXIT_SUCCESS;
}
