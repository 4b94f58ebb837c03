// SPDX-License-Identifier: GPL-2.0
/* What rules match on, from a frame. */
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/tcp.h>
#include <net/ip.h>

#include "nicsim.h"

static void ns_packet_parse_ports(struct ns_packet *packet,
				  const struct sk_buff *skb, int offset)
{
	const struct tcphdr *tcp;
	const __be16 *ports;
	struct tcphdr buf;

	if (packet->ip_proto == IPPROTO_TCP) {
		tcp = skb_header_pointer(skb, offset, sizeof(buf), &buf);
		if (!tcp)
			return;
		ports = &tcp->source;
		packet->tcp_end = tcp->fin || tcp->rst;
	} else if (packet->ip_proto == IPPROTO_UDP) {
		ports = skb_header_pointer(skb, offset, 2 * sizeof(*ports),
					   &buf);
		if (!ports)
			return;
	} else {
		return;
	}
	packet->sport = ports[0];
	packet->dport = ports[1];
	packet->has_ports = true;
}

/* The frame has an Ethernet header. */
void ns_packet_parse(struct ns_packet *packet, const struct sk_buff *skb)
{
	const struct iphdr *ip;
	struct iphdr buf;

	memset(packet, 0, sizeof(*packet));
	packet->eth = (const struct ethhdr *)skb->data;
	packet->len = skb->len;
	if (packet->eth->h_proto != htons(ETH_P_IP))
		return;
	ip = skb_header_pointer(skb, ETH_HLEN, sizeof(buf), &buf);
	if (!ip || ip->ihl < 5)
		return;
	packet->frag = ip_is_fragment(ip);
	packet->src = ip->saddr;
	packet->dst = ip->daddr;
	packet->ip_proto = ip->protocol;
	packet->has_ip = true;
	if (!packet->frag)
		ns_packet_parse_ports(packet, skb, ETH_HLEN + ip->ihl * 4);
}
