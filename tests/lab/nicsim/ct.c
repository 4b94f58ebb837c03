// SPDX-License-Identifier: GPL-2.0
/*
 * Connections in hardware, with the parameter ct_hw.  act_ct has a flow table
 * for each zone, and offers the connections in it, once they are established,
 * to those who registered with it: as flower rules that match on addresses and
 * ports, tell the state of the connection, and rewrite what NAT changes.
 *
 * A zone is known here as long as a rule refers to it.  Connections of IPv6,
 * and with NAT, are left to software.  Zones come and go with RTNL held,
 * connections at any time; the packet path looks at them under ns_rule_lock.
 */
#include <linux/if_ether.h>
#include <linux/tcp.h>
#include <net/netfilter/nf_flow_table.h>
#include <net/pkt_cls.h>

#include "nicsim.h"

struct ns_zone {
	struct list_head node;		/* in ns_zones */
	struct nf_flowtable *table;	/* of act_ct */
	int refs;			/* rules that refer to it */
	struct list_head conns;		/* ns_rule_lock */
};

/* One direction of a connection. */
struct ns_conn {
	struct list_head node;		/* in zone->conns */
	unsigned long cookie;
	__be32 src, dst;
	__be16 sport, dport;
	u8 proto;
	bool reply;
	u32 mark;
	u32 labels[4];
	u64 packets, bytes;		/* since the last time they were read */
	unsigned long used;		/* jiffies */
};

static LIST_HEAD(ns_zones);

/* ---- packets --------------------------------------------------------- */

static bool ns_conn_matches(const struct ns_conn *conn,
			    const struct ns_packet *packet)
{
	return packet->has_ports && !packet->tcp_end &&
	       conn->proto == packet->ip_proto &&
	       conn->src == packet->src && conn->dst == packet->dst &&
	       conn->sport == packet->sport && conn->dport == packet->dport;
}

/*
 * Looks a packet up in a zone and takes over the state of its connection.
 * NULL if it has none in hardware.
 */
struct ns_conn *ns_zone_lookup(const struct ns_zone *zone,
			       struct ns_packet *packet)
{
	struct ns_conn *conn;

	lockdep_assert_held(&ns_rule_lock);
	list_for_each_entry(conn, &zone->conns, node) {
		if (!ns_conn_matches(conn, packet))
			continue;
		packet->ct_state = TCA_FLOWER_KEY_CT_FLAGS_TRACKED |
				   TCA_FLOWER_KEY_CT_FLAGS_ESTABLISHED |
				   (conn->reply ?
				    TCA_FLOWER_KEY_CT_FLAGS_REPLY : 0);
		packet->ct_mark = conn->mark;
		memcpy(packet->ct_labels, conn->labels,
		       sizeof(packet->ct_labels));
		return conn;
	}
	return NULL;
}

void ns_conn_count(struct ns_conn *conn, unsigned int len)
{
	lockdep_assert_held(&ns_rule_lock);
	conn->packets++;
	conn->bytes += len;
	conn->used = jiffies;
}

/* ---- what the flow table asks for ------------------------------------ */

static struct ns_conn *ns_conn_find(const struct ns_zone *zone,
				    unsigned long cookie)
{
	struct ns_conn *conn;

	list_for_each_entry(conn, &zone->conns, node)
		if (conn->cookie == cookie)
			return conn;
	return NULL;
}

static int ns_conn_parse(struct ns_conn *conn, const struct flow_rule *fr)
{
	const struct flow_action_entry *act;
	struct flow_match_ipv4_addrs addrs;
	struct flow_match_basic basic;
	struct flow_match_ports ports;
	bool has_state = false;
	int i;

	if (!flow_rule_match_key(fr, FLOW_DISSECTOR_KEY_BASIC) ||
	    !flow_rule_match_key(fr, FLOW_DISSECTOR_KEY_IPV4_ADDRS) ||
	    !flow_rule_match_key(fr, FLOW_DISSECTOR_KEY_PORTS))
		return -EOPNOTSUPP;
	flow_rule_match_basic(fr, &basic);
	flow_rule_match_ipv4_addrs(fr, &addrs);
	flow_rule_match_ports(fr, &ports);
	conn->proto = basic.key->ip_proto;
	conn->src = addrs.key->src;
	conn->dst = addrs.key->dst;
	conn->sport = ports.key->src;
	conn->dport = ports.key->dst;
	flow_action_for_each(i, act, &fr->action) {
		if (act->id != FLOW_ACTION_CT_METADATA)
			return -EOPNOTSUPP;
		conn->reply = !act->ct_metadata.orig_dir;
		conn->mark = act->ct_metadata.mark;
		memcpy(conn->labels, act->ct_metadata.labels,
		       sizeof(conn->labels));
		has_state = true;
	}
	return has_state ? 0 : -EOPNOTSUPP;
}

/* One that is there already is offered again when more is known of it. */
static int ns_conn_add(struct ns_zone *zone, const struct flow_cls_offload *f)
{
	struct ns_conn *conn, *old;
	int err;

	conn = kzalloc(sizeof(*conn), GFP_KERNEL);
	if (!conn)
		return -ENOMEM;
	conn->cookie = f->cookie;
	conn->used = jiffies;
	err = ns_conn_parse(conn, f->rule);
	if (err) {
		kfree(conn);
		return err;
	}
	spin_lock_bh(&ns_rule_lock);
	old = ns_conn_find(zone, f->cookie);
	if (old) {
		conn->packets = old->packets;
		conn->bytes = old->bytes;
		list_replace(&old->node, &conn->node);
	} else {
		list_add_tail(&conn->node, &zone->conns);
	}
	spin_unlock_bh(&ns_rule_lock);
	kfree(old);
	return 0;
}

static int ns_conn_del(struct ns_zone *zone, unsigned long cookie)
{
	struct ns_conn *conn;

	spin_lock_bh(&ns_rule_lock);
	conn = ns_conn_find(zone, cookie);
	if (conn)
		list_del(&conn->node);
	spin_unlock_bh(&ns_rule_lock);
	kfree(conn);
	return conn ? 0 : -ENOENT;
}

static int ns_conn_stats(struct ns_zone *zone, struct flow_cls_offload *f)
{
	struct ns_conn *conn;

	spin_lock_bh(&ns_rule_lock);
	conn = ns_conn_find(zone, f->cookie);
	if (conn) {
		flow_stats_update(&f->stats, conn->bytes, conn->packets, 0,
				  conn->used, FLOW_ACTION_HW_STATS_DELAYED);
		conn->bytes = 0;
		conn->packets = 0;
	}
	spin_unlock_bh(&ns_rule_lock);
	return conn ? 0 : -ENOENT;
}

static int ns_zone_cb(enum tc_setup_type type, void *data, void *priv)
{
	struct flow_cls_offload *f = data;
	struct ns_zone *zone = priv;

	if (type != TC_SETUP_CLSFLOWER)
		return -EOPNOTSUPP;
	switch (f->command) {
	case FLOW_CLS_REPLACE:
		return ns_conn_add(zone, f);
	case FLOW_CLS_DESTROY:
		return ns_conn_del(zone, f->cookie);
	case FLOW_CLS_STATS:
		return ns_conn_stats(zone, f);
	default:
		return -EOPNOTSUPP;
	}
}

/* ---- zones ----------------------------------------------------------- */

struct ns_zone *ns_zone_get(struct nf_flowtable *table)
{
	struct ns_zone *zone;
	int err;

	ASSERT_RTNL();
	list_for_each_entry(zone, &ns_zones, node) {
		if (zone->table == table) {
			zone->refs++;
			return zone;
		}
	}
	zone = kzalloc(sizeof(*zone), GFP_KERNEL);
	if (!zone)
		return ERR_PTR(-ENOMEM);
	zone->table = table;
	zone->refs = 1;
	INIT_LIST_HEAD(&zone->conns);
	err = nf_flow_table_offload_add_cb(table, ns_zone_cb, zone);
	if (err) {
		kfree(zone);
		return ERR_PTR(err);
	}
	list_add(&zone->node, &ns_zones);
	return zone;
}

void ns_zone_put(struct ns_zone *zone)
{
	struct ns_conn *conn, *next;

	ASSERT_RTNL();
	if (--zone->refs)
		return;
	list_del(&zone->node);
	/* No callback comes after this, and no rule leads here any more. */
	nf_flow_table_offload_del_cb(zone->table, ns_zone_cb, zone);
	list_for_each_entry_safe(conn, next, &zone->conns, node)
		kfree(conn);
	kfree(zone);
}
