// SPDX-License-Identifier: GPL-2.0
/*
 * Flower rules.  TC adds, deletes and reads them with RTNL held; the packet
 * path looks at them under ns_rule_lock.
 */
#include <linux/hashtable.h>
#include <linux/tc_act/tc_ct.h>
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
	u32 chain;

	u8 dst[ETH_ALEN], dst_mask[ETH_ALEN];
	u8 src[ETH_ALEN], src_mask[ETH_ALEN];
	__be16 proto, proto_mask;
	bool frag, frag_mask;
	__be32 ip_src, ip_src_mask;
	__be32 ip_dst, ip_dst_mask;
	u8 ip_proto, ip_proto_mask;
	__be16 sport, sport_mask;
	__be16 dport, dport_mask;
	u16 ct_state, ct_state_mask;
	u32 ct_mark, ct_mark_mask;
	u32 ct_labels[4], ct_labels_mask[4];

	int n_ct;
	struct ns_rule_ct {
		struct nf_flowtable *table; /* NULL: forget the connection */
		struct ns_zone *zone;	/* of 'table', if the rule runs here */
	} ct[NS_MAX_CT];
	bool jumps;			/* on to chain 'jump' */
	u32 jump;
	int n_out;			/* 0 and !jumps: drop */
	struct ns_out out[NS_MAX_OUT];

	u64 packets, bytes;		/* since TC asked the last time */
	unsigned long used;		/* jiffies */
};

DEFINE_SPINLOCK(ns_rule_lock);
static DEFINE_HASHTABLE(ns_rules, 12);
static unsigned int ns_n_rules;		/* in ns_rules; RTNL */

/* What the model matches; rules on other keys are left to software. */
#define NS_EXEC_KEYS (BIT(FLOW_DISSECTOR_KEY_CONTROL) |		\
		      BIT(FLOW_DISSECTOR_KEY_BASIC) |		\
		      BIT(FLOW_DISSECTOR_KEY_META) |		\
		      BIT(FLOW_DISSECTOR_KEY_ETH_ADDRS))

/* With ct_hw also these.  Addresses of IPv4 and of IPv6 are in one place, and
 * a rule on one of them has both bits.
 */
#define NS_EXEC_KEYS_CT (NS_EXEC_KEYS |				\
			 BIT(FLOW_DISSECTOR_KEY_IPV4_ADDRS) |	\
			 BIT(FLOW_DISSECTOR_KEY_IPV6_ADDRS) |	\
			 BIT(FLOW_DISSECTOR_KEY_PORTS) |	\
			 BIT(FLOW_DISSECTOR_KEY_CT))

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

static bool ns_ip_matches(const struct ns_rule *rule,
			  const struct ns_packet *packet)
{
	if (!rule->ip_src_mask && !rule->ip_dst_mask && !rule->ip_proto_mask &&
	    !rule->sport_mask && !rule->dport_mask)
		return true;
	if (!packet->has_ip ||
	    (packet->src ^ rule->ip_src) & rule->ip_src_mask ||
	    (packet->dst ^ rule->ip_dst) & rule->ip_dst_mask ||
	    (packet->ip_proto ^ rule->ip_proto) & rule->ip_proto_mask)
		return false;
	return (!rule->sport_mask && !rule->dport_mask) ||
	       (packet->has_ports &&
		!((packet->sport ^ rule->sport) & rule->sport_mask) &&
		!((packet->dport ^ rule->dport) & rule->dport_mask));
}

static bool ns_ct_matches(const struct ns_rule *rule,
			  const struct ns_packet *packet)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(rule->ct_labels); i++)
		if ((packet->ct_labels[i] ^ rule->ct_labels[i]) &
		    rule->ct_labels_mask[i])
			return false;
	return !((packet->ct_state ^ rule->ct_state) & rule->ct_state_mask) &&
	       !((packet->ct_mark ^ rule->ct_mark) & rule->ct_mark_mask);
}

static bool ns_rule_matches(const struct ns_rule *rule,
			    const struct ns_packet *packet)
{
	const struct ethhdr *eth = packet->eth;

	return !((eth->h_proto ^ rule->proto) & rule->proto_mask) &&
	       ns_mac_matches(eth->h_dest, rule->dst, rule->dst_mask) &&
	       ns_mac_matches(eth->h_source, rule->src, rule->src_mask) &&
	       (!rule->frag_mask || packet->frag == rule->frag) &&
	       ns_ip_matches(rule, packet) && ns_ct_matches(rule, packet);
}

/* The way of a frame through the rules. */
struct ns_path {
	int n_rules, n_conns, n_out;
	struct ns_rule *rules[NS_MAX_PATH];
	struct ns_conn *conns[NS_MAX_PATH * NS_MAX_CT];
	struct ns_out *out;
};

/* Runs the actions of a rule, but for counting.  Fails if software has to. */
static bool ns_rule_run(struct ns_rule *rule, struct ns_packet *packet,
			struct ns_path *path)
{
	struct ns_conn *conn;
	int i;

	for (i = 0; i < rule->n_ct; i++) {
		packet->ct_state = 0;
		packet->ct_mark = 0;
		memset(packet->ct_labels, 0, sizeof(packet->ct_labels));
		if (!rule->ct[i].zone)
			continue;
		conn = ns_zone_lookup(rule->ct[i].zone, packet);
		if (!conn)
			return false;
		path->conns[path->n_conns++] = conn;
	}
	if (path->n_out + rule->n_out > NS_MAX_OUT)
		return false;
	memcpy(path->out + path->n_out, rule->out,
	       rule->n_out * sizeof(*rule->out));
	path->n_out += rule->n_out;
	path->rules[path->n_rules++] = rule;
	return true;
}

/* From chain 0 to the end.  Fails if software has to. */
static bool ns_path_run(struct ns_table *table, struct ns_packet *packet,
			struct ns_path *path)
{
	struct ns_rule *rule;
	u32 chain = 0;
	bool found;

	while (path->n_rules < NS_MAX_PATH) {
		found = false;
		list_for_each_entry(rule, &table->exec, exec_node) {
			found = rule->chain == chain &&
				ns_rule_matches(rule, packet);
			if (found)
				break;
		}
		if (!found || !ns_rule_run(rule, packet, path))
			return false;
		if (!rule->jumps)
			return true;
		chain = rule->jump;
	}
	return false;
}

static void ns_path_count(struct ns_path *path, unsigned int len)
{
	int i;

	for (i = 0; i < path->n_rules; i++) {
		path->rules[i]->packets++;
		path->rules[i]->bytes += len;
		path->rules[i]->used = jiffies;
	}
	for (i = 0; i < path->n_conns; i++)
		ns_conn_count(path->conns[i], len);
}

/*
 * Runs the first rule that matches, and those of the chains that it leads to:
 * counts the frame and copies the outputs to 'out', which has room for
 * NS_MAX_OUT.  Returns their number, or -1 for a miss.
 */
int ns_table_run(struct ns_table *table, const struct sk_buff *skb,
		 struct ns_out *out)
{
	struct ns_path path;
	struct ns_packet packet;
	int n = -1;

	if (skb_headlen(skb) < ETH_HLEN)
		return -1;
	path.n_rules = 0;
	path.n_conns = 0;
	path.n_out = 0;
	path.out = out;
	ns_packet_parse(&packet, skb);
	spin_lock_bh(&ns_rule_lock);
	if (ns_path_run(table, &packet, &path)) {
		ns_path_count(&path, packet.len);
		n = path.n_out;
	}
	spin_unlock_bh(&ns_rule_lock);
	return n;
}

/* ---- parsing --------------------------------------------------------- */

static void ns_parse_match_l2(struct ns_rule *rule, const struct flow_rule *fr)
{
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
		rule->ip_proto = m.key->ip_proto;
		rule->ip_proto_mask = m.mask->ip_proto;
		if (m.mask->ip_proto && !ns_params.ct_hw)
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

static u16 ns_addr_type(const struct flow_rule *fr)
{
	struct flow_match_control m;

	if (!flow_rule_match_key(fr, FLOW_DISSECTOR_KEY_CONTROL))
		return 0;
	flow_rule_match_control(fr, &m);
	return m.key->addr_type;
}

static void ns_parse_match_ct(struct ns_rule *rule, const struct flow_rule *fr)
{
	u16 addr_type = ns_addr_type(fr);

	if (addr_type == FLOW_DISSECTOR_KEY_IPV6_ADDRS &&
	    flow_rule_match_key(fr, FLOW_DISSECTOR_KEY_IPV6_ADDRS))
		rule->exec = false;
	if (addr_type == FLOW_DISSECTOR_KEY_IPV4_ADDRS &&
	    flow_rule_match_key(fr, FLOW_DISSECTOR_KEY_IPV4_ADDRS)) {
		struct flow_match_ipv4_addrs m;

		flow_rule_match_ipv4_addrs(fr, &m);
		rule->ip_src = m.key->src;
		rule->ip_src_mask = m.mask->src;
		rule->ip_dst = m.key->dst;
		rule->ip_dst_mask = m.mask->dst;
	}
	if (flow_rule_match_key(fr, FLOW_DISSECTOR_KEY_PORTS)) {
		struct flow_match_ports m;

		flow_rule_match_ports(fr, &m);
		rule->sport = m.key->src;
		rule->sport_mask = m.mask->src;
		rule->dport = m.key->dst;
		rule->dport_mask = m.mask->dst;
	}
	if (flow_rule_match_key(fr, FLOW_DISSECTOR_KEY_CT)) {
		struct flow_match_ct m;

		flow_rule_match_ct(fr, &m);
		rule->ct_state = m.key->ct_state;
		rule->ct_state_mask = m.mask->ct_state;
		rule->ct_mark = m.key->ct_mark;
		rule->ct_mark_mask = m.mask->ct_mark;
		memcpy(rule->ct_labels, m.key->ct_labels,
		       sizeof(rule->ct_labels));
		memcpy(rule->ct_labels_mask, m.mask->ct_labels,
		       sizeof(rule->ct_labels_mask));
		if (m.mask->ct_zone)
			rule->exec = false;
	}
}

static void ns_parse_match(struct ns_rule *rule, const struct flow_rule *fr)
{
	if (fr->match.dissector->used_keys &
	    ~(ns_params.ct_hw ? NS_EXEC_KEYS_CT : NS_EXEC_KEYS))
		rule->exec = false;
	ns_parse_match_l2(rule, fr);
	ns_parse_match_ct(rule, fr);
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

/* Looking a connection up, and forgetting it, is done here; making one, which
 * only the first packets need, is not.
 */
static void ns_parse_ct(struct ns_rule *rule,
			const struct flow_action_entry *act)
{
	bool clear = act->ct.action & TCA_CT_ACT_CLEAR;

	if (!ns_params.ct_hw || rule->n_ct == NS_MAX_CT ||
	    (!clear && act->ct.action & ~TCA_CT_ACT_NAT)) {
		rule->exec = false;
		return;
	}
	rule->ct[rule->n_ct++].table = clear ? NULL : act->ct.flow_table;
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
			rule->jumps = true;
			rule->jump = act->chain_index;
			if (!ns_params.ct_hw)
				rule->exec = false;
			break;
		case FLOW_ACTION_CT:
			ns_parse_ct(rule, act);
			break;
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

static void ns_rule_put_zones(struct ns_rule *rule)
{
	int i;

	for (i = 0; i < rule->n_ct; i++)
		if (rule->ct[i].zone)
			ns_zone_put(rule->ct[i].zone);
}

static int ns_rule_get_zones(struct ns_rule *rule)
{
	struct ns_zone *zone;
	int i;

	for (i = 0; i < rule->n_ct; i++) {
		if (!rule->exec || !rule->ct[i].table)
			continue;
		zone = ns_zone_get(rule->ct[i].table);
		if (IS_ERR(zone)) {
			ns_rule_put_zones(rule);
			return PTR_ERR(zone);
		}
		rule->ct[i].zone = zone;
	}
	return 0;
}

/* What the parameters say of a rule that TC adds.  (TC hands the message on to
 * those only who asked for it, or for skip_sw.)
 */
static int ns_may_add(const struct flow_cls_offload *f)
{
	int fail_proto = READ_ONCE(ns_params.fail_proto);
	unsigned int max_rules = READ_ONCE(ns_params.max_rules);

	if (fail_proto && f->common.protocol == htons(fail_proto)) {
		NL_SET_ERR_MSG_MOD(f->common.extack, "refused by fail_proto");
		return -EOPNOTSUPP;
	}
	if (f->common.chain_index && READ_ONCE(ns_params.fail_chains)) {
		NL_SET_ERR_MSG_MOD(f->common.extack, "refused by fail_chains");
		return -EOPNOTSUPP;
	}
	if (max_rules && ns_n_rules >= max_rules) {
		NL_SET_ERR_MSG_MOD(f->common.extack, "the table is full");
		return -ENOSPC;
	}
	return 0;
}

static int ns_rule_add(struct ns_table *table, struct flow_cls_offload *f)
{
	struct flow_rule *fr = flow_cls_offload_flow_rule(f);
	struct ns_rule *rule;
	int err;

	if (ns_rule_find(table, f->cookie))
		return -EEXIST;
	err = ns_may_add(f);
	if (err)
		return err;
	rule = kzalloc(sizeof(*rule), GFP_KERNEL);
	if (!rule)
		return -ENOMEM;
	rule->table = table;
	rule->cookie = f->cookie;
	rule->chain = f->common.chain_index;
	rule->exec = !rule->chain || ns_params.ct_hw;
	ns_parse_match(rule, fr);
	err = ns_parse_actions(rule, fr, f->common.extack);
	if (!err)
		err = ns_rule_get_zones(rule);
	if (err) {
		kfree(rule);
		return err;
	}
	ns_n_rules++;
	spin_lock_bh(&ns_rule_lock);
	hash_add(ns_rules, &rule->node, rule->cookie);
	if (rule->exec)
		list_add_tail(&rule->exec_node, &table->exec);
	spin_unlock_bh(&ns_rule_lock);
	return 0;
}

static void ns_rule_del(struct ns_rule *rule)
{
	ns_n_rules--;
	spin_lock_bh(&ns_rule_lock);
	hash_del(&rule->node);
	if (rule->exec)
		list_del(&rule->exec_node);
	spin_unlock_bh(&ns_rule_lock);
	ns_rule_put_zones(rule);
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
