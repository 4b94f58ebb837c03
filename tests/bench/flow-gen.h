/* SPDX-License-Identifier: Apache-2.0 */

#ifndef BENCH_FLOW_GEN_H
#define BENCH_FLOW_GEN_H 1

/* The flows that the benchmarks of the flow engine read: a node of pods, as a
 * model from which the same flows are made in each format.  The same number
 * of flows is the same flows.
 *
 * Flows come in groups of GEN_GROUP, each of one pod:
 *
 *   8 times   packets of the pod go through ct in its zone (GEN_SEND), and,
 *             when established, to another pod or into the tunnel (GEN_SENT)
 *   4 times   packets out of the tunnel go through ct in the zone of a pod
 *             (GEN_DECAP), and, when established, to it (GEN_DELIVER)
 *   3 flows   from pod to pod without ct (GEN_PLAIN)
 *   1 flow    drops IPv6 (GEN_DROP)
 *   2 flows   copy ARP requests to four pods (GEN_FLOOD)
 *
 * Thus each direction of a connection has two flows.  The second is in a chain
 * of its own, except that of the 8 the last two are in chains of others: there
 * are ten chains to 30 flows.  Flows come as a dump tells them, one device
 * after the other, the tunnel's last. */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define GEN_PODS 128
#define GEN_GROUP 30
#define GEN_OUTPUTS 4           /* Of GEN_FLOOD. */

#define GEN_TUNNEL "genev_sys_6081"
#define GEN_TUNNEL_IFINDEX 10
#define GEN_POD_IFINDEX 100     /* Of the first pod. */

enum gen_kind {
    GEN_SEND,
    GEN_SENT,
    GEN_DECAP,
    GEN_DELIVER,
    GEN_PLAIN,
    GEN_DROP,
    GEN_FLOOD,
};

struct gen_flow {
    enum gen_kind kind;
    uint32_t ufid[4];           /* As in tc's cookie. */
    uint32_t pod;               /* Sender; of GEN_DECAP, GEN_DELIVER the
                                 * receiver. */
    uint32_t peer;              /* Pod at the other end. */
    bool local;                 /* GEN_SENT: is that on this node? */
    uint32_t outs[GEN_OUTPUTS]; /* GEN_FLOOD: receivers. */
    uint32_t chain;             /* That it is in. */
    uint32_t target;            /* GEN_SEND, GEN_DECAP: that it leads to. */
    uint16_t zone;              /* ct zone. */
    uint32_t src, dst;          /* IPv4. */
    uint16_t port;              /* TCP. */
    uint32_t tunnel;            /* VNI. */
    uint32_t packets;
    uint64_t bytes;
    uint32_t idle;              /* Milliseconds since its last packet. */
};

/* Makes flow 'i' of 'n'.  'dense' makes all of them pairs, ten from and five
 * to the pod, of which each has a chain of its own: the most chains that there
 * can be; and they come as connections were opened, those through the tunnel
 * among the others. */
void gen_flow(struct gen_flow *, uint64_t i, uint64_t n, bool dense);

/* Is it one that came out of the tunnel; of an established connection? */
static inline bool
gen_is_decap(const struct gen_flow *f)
{
    return f->kind == GEN_DECAP || f->kind == GEN_DELIVER;
}

static inline bool
gen_is_established(const struct gen_flow *f)
{
    return f->kind == GEN_SENT || f->kind == GEN_DELIVER;
}

/* Name of pod 'pod's netdev, as those are that are made from a container's
 * hash.  'safe': it does not start with a digit. */
#define GEN_NAME_SIZE 16
void gen_name(uint32_t pod, bool safe, char name[GEN_NAME_SIZE]);

/* Writes flow 'f' as "dpctl/dump-flows -m" does.  'safe': such that
 * libopenvswitch, which takes numbers of recirculations for decimal and no
 * name that starts with a digit, reads it back. */
void gen_write_text(const struct gen_flow *f, bool safe, FILE *);

/* Makes the RTM_NEWTFILTER message that a full, or terse, dump has for flow
 * 'f', the 'i'th, in 'buf' of GEN_MESSAGE_SIZE bytes.  Returns its size. */
#define GEN_MESSAGE_SIZE 8192
size_t gen_message(const struct gen_flow *f, uint32_t i, bool terse,
                   void *buf);

#endif /* flow-gen.h */
