// SPDX-License-Identifier: GPL-2.0
/*
 * Flower rules.  TC adds, deletes and reads them with RTNL held; the packet
 * path looks at them under ns_rule_lock.
 */
#include <linux/hashtable.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <net/geneve.h>
#include <net/gre.h>
#include <net/pkt_cls.h>
#include <net/vxlan.h>

#include "nicsim.h"

struct ns_rule {
	struct hlist_node node;		/* in ns_rules, by cookie */
	struct list_head exec_node;	/* in table->exec, if it runs here */
	struct ns_table *table;
	unsigned long cookie;
	bool exec;			/* the model can run it */

	u8 dst[ETH_ALEN], dst_mask[ETH_ALEN];
	u8 src[ETH_ALEN], src_mask[ETH_ALEN];
	__be16 proto, proto_mask;
	bool frag, frag_mask;

	int n_out;			/* 0: drop */
	struct ns_out out[NS_MAX_OUT];

	u64 packets, bytes;		/* since TC asked the last time */
	unsigned long used;		/* jiffies */
};

static DEFINE_SPINLOCK(ns_rule_lock);
static DEFINE_HASHTABLE(ns_rules, 12);

/* What the model matches; rules on other keys are left to software. */
#define NS_EXEC_KEYS (BIT(FLOW_DISSECTOR_KEY_CONTROL) |		\
		      BIT(FLOW_DISSECTOR_KEY_BASIC) |		\
		      BIT(FLOW_DISSECTOR_KEY_META) |		\
		      BIT(FLOW_DISSECTOR_KEY_ETH_ADDRS))

void ns_table_init(struct ns_table *table, struct net_device *dev,
		   struct ns_nic *nic)
{
	table->dev = dev;
	table->nic = nic;
	INIT_LIST_HEAD(&table->exec);
}

/* ---- running --------------------------------------------------------- */

static bool ns_mac_matches(const u8 *addr, const u8 *key, const u8 *mask)
{
	int i;

	for (i = 0; i < ETH_ALEN; i++)
		if ((addr[i] ^ key[i]) & mask[i])
			return false;
	return true;
}

static bool ns_is_fragment(const struct sk_buff *skb, __be16 proto)
{
	const struct iphdr *ip;
	struct iphdr buf;

	if (proto != htons(ETH_P_IP))
		return false;
	ip = skb_header_pointer(skb, ETH_HLEN, sizeof(buf), &buf);
	return ip && ip_is_fragment(ip);
}

static bool ns_rule_matches(const struct ns_rule *rule,
			    const struct sk_buff *skb)
{
	const struct ethhdr *eth = (const struct ethhdr *)skb->data;

	return !((eth->h_proto ^ rule->proto) & rule->proto_mask) &&
	       ns_mac_matches(eth->h_dest, rule->dst, rule->dst_mask) &&
	       ns_mac_matches(eth->h_source, rule->src, rule->src_mask) &&
	       (!rule->frag_mask ||
		ns_is_fragment(skb, eth->h_proto) == rule->frag);
}

/*
 * Runs the first rule that matches: counts the frame and copies the outputs to
 * 'out', which has room for NS_MAX_OUT.  Returns their number, or -1 for a
 * miss.
 */
int ns_table_run(struct ns_table *table, const struct sk_buff *skb,
		 struct ns_out *out)
{
	struct ns_rule *rule;
	int n = -1;

	if (skb_headlen(skb) < ETH_HLEN)
		return -1;
	spin_lock_bh(&ns_rule_lock);
	list_for_each_entry(rule, &table->exec, exec_node) {
		if (!ns_rule_matches(rule, skb))
			continue;
		rule->packets++;
		rule->bytes += skb->len;
		rule->used = jiffies;
		n = rule->n_out;
		memcpy(out, rule->out, n * sizeof(*out));
		break;
	}
	spin_unlock_bh(&ns_rule_lock);
	return n;
}

/* ---- parsing --------------------------------------------------------- */

static void ns_parse_match(struct ns_rule *rule, const struct flow_rule *fr)
{
	if (fr->match.dissector->used_keys & ~NS_EXEC_KEYS)
		rule->exec = false;
	if (flow_rule_match_key(fr, FLOW_DISSECTOR_KEY_META)) {
		struct flow_match_meta m;

		flow_rule_match_meta(fr, &m);
		if (m.mask->ingress_ifindex &&
		    m.key->ingress_ifindex != rule->table->dev->ifindex)
			rule->exec = false;
	}
	if (flow_rule_match_key(fr, FLOW_DISSECTOR_KEY_ETH_ADDRS)) {
		struct flow_match_eth_addrs m;

		flow_rule_match_eth_addrs(fr, &m);
		ether_addr_copy(rule->dst, m.key->dst);
		ether_addr_copy(rule->dst_mask, m.mask->dst);
		ether_addr_copy(rule->src, m.key->src);
		ether_addr_copy(rule->src_mask, m.mask->src);
	}
	if (flow_rule_match_key(fr, FLOW_DISSECTOR_KEY_BASIC)) {
		struct flow_match_basic m;

		flow_rule_match_basic(fr, &m);
		rule->proto = m.key->n_proto;
		rule->proto_mask = m.mask->n_proto;
		if (m.mask->ip_proto)
			rule->exec = false;
	}
	if (flow_rule_match_key(fr, FLOW_DISSECTOR_KEY_CONTROL)) {
		struct flow_match_control m;

		flow_rule_match_control(fr, &m);
		rule->frag_mask = m.mask->flags & FLOW_DIS_IS_FRAGMENT;
		rule->frag = m.key->flags & FLOW_DIS_IS_FRAGMENT;
		if (m.mask->flags & ~FLOW_DIS_IS_FRAGMENT)
			rule->exec = false;
	}
}

bool ns_is_tunnel(const struct net_device *nd)
{
	return netif_is_vxlan(nd) || netif_is_geneve(nd) ||
	       netif_is_gretap(nd);
}

/* Whether a rule of 'table' may send to a port of that NIC. */
static bool ns_may_send_to(const struct ns_table *table,
			   const struct ns_nic *nic)
{
	return !table->nic || table->nic == nic || ns_params.shared_esw;
}

static int ns_parse_output(struct ns_rule *rule, struct net_device *nd)
{
	struct ns_out out = {};

	if (ns_is_port(nd)) {
		struct ns_port *port = ns_port_of(nd);

		if (!ns_may_send_to(rule->table, port->nic))
			return -EOPNOTSUPP;
		out.pf = port->nic->idx;
		out.vf = port->vf;
	} else if (ns_bond_is_ours(nd)) {
		out.bond = nd->ifindex;
	} else if (ns_is_tunnel(nd)) {
		rule->exec = false;
		return 0;
	} else {
		return -EOPNOTSUPP;
	}
	if (rule->n_out == NS_MAX_OUT)
		return -EOPNOTSUPP;
	rule->out[rule->n_out++] = out;
	return 0;
}

static int ns_parse_actions(struct ns_rule *rule, const struct flow_rule *fr,
			    struct netlink_ext_ack *extack)
{
	const struct flow_action_entry *act;
	int i;

	flow_action_for_each(i, act, &fr->action) {
		switch (act->id) {
		case FLOW_ACTION_REDIRECT:
		case FLOW_ACTION_MIRRED:
			if (ns_parse_output(rule, act->dev)) {
				NL_SET_ERR_MSG_MOD(extack, "output is not on this eswitch");
				return -EOPNOTSUPP;
			}
			break;
		case FLOW_ACTION_DROP:
			break;
		case FLOW_ACTION_GOTO:
		case FLOW_ACTION_CT:
		case FLOW_ACTION_CT_METADATA:
		case FLOW_ACTION_VLAN_PUSH:
		case FLOW_ACTION_VLAN_POP:
		case FLOW_ACTION_TUNNEL_ENCAP:
		case FLOW_ACTION_TUNNEL_DECAP:
		case FLOW_ACTION_MANGLE:
		case FLOW_ACTION_CSUM:
			rule->exec = false;
			break;
		default:
			NL_SET_ERR_MSG_MOD(extack, "action cannot be offloaded");
			return -EOPNOTSUPP;
		}
	}
	return 0;
}

/* ---- what TC asks for ------------------------------------------------ */

static struct ns_rule *ns_rule_find(const struct ns_table *table,
				    unsigned long cookie)
{
	struct ns_rule *rule;

	hash_for_each_possible(ns_rules, rule, node, cookie)
		if (rule->cookie == cookie && rule->table == table)
			return rule;
	return NULL;
}

static int ns_rule_add(struct ns_table *table, struct flow_cls_offload *f)
{
	struct flow_rule *fr = flow_cls_offload_flow_rule(f);
	int fail_proto = READ_ONCE(ns_params.fail_proto);
	struct ns_rule *rule;
	int err;

	if (fail_proto && f->common.protocol == htons(fail_proto)) {
		NL_SET_ERR_MSG_MOD(f->common.extack, "refused by fail_proto");
		return -EOPNOTSUPP;
	}
	if (ns_rule_find(table, f->cookie))
		return -EEXIST;
	rule = kzalloc(sizeof(*rule), GFP_KERNEL);
	if (!rule)
		return -ENOMEM;
	rule->table = table;
	rule->cookie = f->cookie;
	rule->exec = !f->common.chain_index;
	ns_parse_match(rule, fr);
	err = ns_parse_actions(rule, fr, f->common.extack);
	if (err) {
		kfree(rule);
		return err;
	}
	spin_lock_bh(&ns_rule_lock);
	hash_add(ns_rules, &rule->node, rule->cookie);
	if (rule->exec)
		list_add_tail(&rule->exec_node, &table->exec);
	spin_unlock_bh(&ns_rule_lock);
	return 0;
}

static void ns_rule_del(struct ns_rule *rule)
{
	spin_lock_bh(&ns_rule_lock);
	hash_del(&rule->node);
	if (rule->exec)
		list_del(&rule->exec_node);
	spin_unlock_bh(&ns_rule_lock);
	kfree(rule);
}

static void ns_rule_stats(struct ns_rule *rule, struct flow_cls_offload *f)
{
	spin_lock_bh(&ns_rule_lock);
	flow_stats_update(&f->stats, rule->bytes, rule->packets, 0, rule->used,
			  FLOW_ACTION_HW_STATS_DELAYED);
	rule->bytes = 0;
	rule->packets = 0;
	spin_unlock_bh(&ns_rule_lock);
}

int ns_flower(struct ns_table *table, struct flow_cls_offload *f)
{
	struct ns_rule *rule;

	ASSERT_RTNL();
	if (f->command == FLOW_CLS_REPLACE)
		return ns_rule_add(table, f);
	rule = ns_rule_find(table, f->cookie);
	if (!rule)
		return -ENOENT;
	switch (f->command) {
	case FLOW_CLS_DESTROY:
		ns_rule_del(rule);
		return 0;
	case FLOW_CLS_STATS:
		ns_rule_stats(rule, f);
		return 0;
	default:
		return -EOPNOTSUPP;
	}
}
