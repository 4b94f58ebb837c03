/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "tests/bench/flow-gen.h"

#include <inttypes.h>

#include "util.h"

/* Arguments for "%u.%u.%u.%u". */
#define IP(X) (X) >> 24, (X) >> 16 & 255, (X) >> 8 & 255, (X) & 255
#define IP_FMT "%"PRIu32".%"PRIu32".%"PRIu32".%"PRIu32

/* Destination of an encapsulated packet, 192.168.x.y. */
static uint32_t
remote(const struct gen_flow *f)
{
    return 0xc0a80000 + f->tunnel;
}

static void
write_tunnel_match(const struct gen_flow *f, FILE *out)
{
    fprintf(out, "tunnel(tun_id=0x%"PRIx32",src="IP_FMT",dst=192.168.255.1,"
            "ttl=0/0,tp_src=0/0,tp_dst=6081,geneve({class=0x102,type=0x80,"
            "len=4,0x%"PRIx32"/0x7fffffff}),flags(+key)),",
            f->tunnel, IP(remote(f)), f->tunnel << 16 | f->zone);
}

static void
write_headers(const struct gen_flow *f, FILE *out)
{
    if (f->kind == GEN_FLOOD) {
        fprintf(out, "eth(src=0a:58:c0:a8:00:%02"PRIx32","
                "dst=ff:ff:ff:ff:ff:ff),eth_type(0x0806),"
                "arp(sip=0.0.0.0/0.0.0.0,tip="IP_FMT",op=1/0xff,"
                "sha=00:00:00:00:00:00/00:00:00:00:00:00,"
                "tha=00:00:00:00:00:00/00:00:00:00:00:00)",
                f->pod, IP(f->dst));
    } else if (f->kind == GEN_DROP) {
        fprintf(out, "eth(src=0a:58:c0:a8:00:%02"PRIx32","
                "dst=00:00:00:00:00:00/00:00:00:00:00:00),eth_type(0x86dd),"
                "ipv6(src=::/::,dst=::/::,label=0/0,proto=0/0,tclass=0/0,"
                "hlimit=0/0,frag=no)", f->pod);
    } else {
        bool in = gen_is_decap(f);

        fprintf(out, "eth(src=0a:58:c0:a8:00:%02"PRIx32","
                "dst=0a:58:c0:a8:00:%02"PRIx32"),eth_type(0x0800),"
                "ipv4(src="IP_FMT",dst="IP_FMT",proto=6,tos=0/0,ttl=0/0,"
                "frag=no),tcp(src=0/0,dst=%"PRIu16")",
                in ? f->peer : f->pod, in ? f->pod : f->peer,
                IP(in ? f->dst : f->src), IP(in ? f->src : f->dst), f->port);
    }
}

static void
write_match(const struct gen_flow *f, bool safe, FILE *out)
{
    char name[GEN_NAME_SIZE];

    fprintf(out, "ufid:%08"PRIx32"-%04"PRIx32"-%04"PRIx32"-%04"PRIx32"-"
            "%04"PRIx32"%08"PRIx32", skb_priority(0/0),",
            f->ufid[0], f->ufid[1] >> 16, f->ufid[1] & 0xffff,
            f->ufid[2] >> 16, f->ufid[2] & 0xffff, f->ufid[3]);
    if (gen_is_decap(f)) {
        write_tunnel_match(f, out);
    }
    fputs("skb_mark(0/0),", out);
    if (gen_is_established(f)) {
        fprintf(out, "ct_state(0x2a/0x3f),ct_zone(0x%"PRIx16"/0xffff),"
                "ct_mark(0/0x1),ct_label(0/0),recirc_id(0x%"PRIx32"),",
                f->zone, f->chain);
    } else {
        fputs("ct_state(0/0),ct_zone(0/0),ct_mark(0/0),ct_label(0/0),"
              "recirc_id(0),", out);
    }
    gen_name(f->pod, safe, name);
    fprintf(out, "dp_hash(0/0),in_port(%s),packet_type(ns=0/0,id=0/0),",
            gen_is_decap(f) ? GEN_TUNNEL : name);
    write_headers(f, out);
}

static void
write_output(uint32_t pod, bool safe, FILE *out)
{
    char name[GEN_NAME_SIZE];

    gen_name(pod, safe, name);
    fputs(name, out);
}

static void
write_actions(const struct gen_flow *f, bool safe, FILE *out)
{
    switch (f->kind) {
    case GEN_SEND:
    case GEN_DECAP:
        fprintf(out, safe ? "ct(zone=%"PRIu16",nat),recirc(%"PRIu32")"
                          : "ct(zone=%"PRIu16",nat),recirc(0x%"PRIx32")",
                f->zone, f->target);
        break;

    case GEN_SENT:
        if (f->local) {
            write_output(f->peer, safe, out);
        } else {
            fprintf(out, "set(tunnel(tun_id=0x%"PRIx32",dst="IP_FMT","
                    "ttl=64,tp_dst=6081,geneve({class=0x102,type=0x80,len=4,"
                    "0x%"PRIx32"}),flags(df|csum|key))),"GEN_TUNNEL,
                    f->tunnel, IP(remote(f)), f->tunnel << 16 | f->zone);
        }
        break;

    case GEN_DELIVER:
        write_output(f->pod, safe, out);
        break;

    case GEN_PLAIN:
        write_output(f->peer, safe, out);
        break;

    case GEN_DROP:
        fputs("drop", out);
        break;

    case GEN_FLOOD:
        for (int i = 0; i < GEN_OUTPUTS; i++) {
            if (i) {
                putc(',', out);
            }
            write_output(f->outs[i], safe, out);
        }
        break;
    }
}

void
gen_write_text(const struct gen_flow *f, bool safe, FILE *out)
{
    write_match(f, safe, out);
    fprintf(out, ", packets:%"PRIu32", bytes:%"PRIu64", ",
            f->packets, f->bytes);
    if (f->packets) {
        fprintf(out, "used:%"PRIu32".%03"PRIu32"s",
                f->idle / 1000, f->idle % 1000);
    } else {
        fputs("used:never", out);
    }
    fputs(", offloaded:yes, dp:tc, actions:", out);
    write_actions(f, safe, out);
    putc('\n', out);
}
