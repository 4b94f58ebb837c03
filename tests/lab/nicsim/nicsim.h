/* SPDX-License-Identifier: GPL-2.0 */
/*
 * nicsim - a made-up SR-IOV switchdev NIC with vDPA VFs, for tests only.
 *
 * A software PCI root bus carries up to four physical functions whose config
 * space has an SR-IOV capability, so physfn, virtfnN and sriov_numvfs are the
 * PCI core's own.  The PF driver has a devlink instance, an uplink netdev and,
 * in switchdev mode, a representor for each VF; uplink and representors take
 * flower offload.  The VF driver has a netdev and a vDPA management device.
 * Everything above the PCI bus is the kernel's.
 *
 * What the "hardware" does
 *
 *   - A frame that leaves a VF, or that comes from the wire to an uplink, is
 *     given to the offloaded rules of that port, then, on a miss, to the
 *     port's netdev, as on real NICs.  A frame that the stack sends on a
 *     representor or on an uplink goes to the VF or to the wire.
 *   - It runs rules of chain 0 that match on ethertype, MAC addresses and
 *     fragment or not, and that redirect, mirror or drop, and counts their
 *     packets with the Ethernet header.
 *   - Other rules that it accepts (ct, goto, VLAN, tunnel, ...) are marked
 *     in_hw and left to TC's software path, which counts their packets.
 *   - With ct_hw it also runs rules of other chains, that match on IPv4
 *     addresses, ports and the state of a connection, and ct actions that do
 *     not commit, for connections that the kernel has offloaded: of TCP and
 *     UDP, established, without NAT.  A frame for which some rule on its way
 *     is missing takes all of its way in software.
 *   - It refuses rules that send to a netdev which is neither a port of the
 *     same eswitch, nor a bond of its uplinks, nor a tunnel device.
 *   - In legacy mode the VFs are connected to nothing.
 *   - The wire behind an uplink is a sink, or, with wire_peer, the netdev
 *     wireN, which may be moved to any network namespace.
 *
 * PCI addresses
 *
 *   PF i is device 8 * i of bus 'bus_nr': 65:00.0, 65:08.0, 65:10.0, 65:18.0.
 *   With total_vfs <= 63 VF k of it is on the same bus, k + 1 functions after
 *   it: 65:00.1 is VF 0 of PF 0, 65:08.1 VF 0 of PF 1.  With more VFs, those of
 *   PF i are on a bus of their own, bus_nr + 1 + i, from function 0 on: 66:00.0
 *   is VF 0 of PF 0.
 *
 * Locks, outermost first: the PCI core's, the devlink instance's (ports, mode,
 * number of VFs), RTNL (netdevs, rules), ns_rule_lock (rules as the packet path
 * sees them).  The packet path holds rcu_read_lock(): NICs, ports, VF netdevs
 * and vDPA devices are unpublished, then waited for, before they are freed.
 */
#ifndef NICSIM_H
#define NICSIM_H

#include <linux/etherdevice.h>
#include <linux/netdevice.h>
#include <linux/pci.h>
#include <linux/vdpa.h>
#include <linux/version.h>
#include <net/devlink.h>
#include <net/flow_offload.h>

#define NS_VENDOR	0x1b36
#define NS_PF_ID	0x0fe0
#define NS_VF_ID	0x0fe1
#define NS_MAX_PF	4
#define NS_MAX_VF	128
#define NS_MAX_OUT	8		/* outputs of a rule */
#define NS_MAX_CT	2		/* ct actions of a rule */
#define NS_MAX_PATH	8		/* rules on the way of a frame */
#define NS_MAX_MTU	9978

#define NS_WIRE		(-1)		/* "VF" number of the uplink */

/* Values of the parameter hw_tc: the feature hw-tc-offload of new ports. */
enum ns_hw_tc {
	NS_HW_TC_OFF = 0,		/* off, may be turned on */
	NS_HW_TC_ON = 1,		/* on, may be turned off */
	NS_HW_TC_ABSENT = 2,		/* "off [fixed]" */
	NS_HW_TC_REFUSED = 3,		/* off, turning it on fails */
};

/* Module parameters, described in main.c. */
struct ns_params {
	int domain;
	int bus_nr;
	int num_pfs;
	int total_vfs;
	bool shared_esw;
	bool no_devlink_ports;
	bool controller_names;
	bool own_numbers;
	bool wire_peer;
	bool vf_netdev;
	bool vf_vdpa;
	uint netdev_delay_ms;
	int hw_tc;			/* enum ns_hw_tc */
	int fail_proto;
	bool fail_chains;
	uint max_rules;			/* 0: no limit */
	bool ct_hw;
};

extern struct ns_params ns_params;

struct ns_nic;
struct ns_vdpa;

/* The rules of one binding of a TC block: of a port, or of a netdev above. */
struct ns_table {
	struct net_device *dev;		/* where the block is bound */
	struct ns_nic *nic;		/* NULL if it is no port */
	struct list_head exec;		/* rules that run here; ns_rule_lock */
};

/* An uplink or a VF's representor. */
struct ns_port {
	struct ns_nic *nic;
	int vf;				/* number of the VF, or NS_WIRE */
	struct net_device *nd;		/* NULL until it is registered */
	struct ns_table table;
	struct devlink_port dlp;	/* unused with no_devlink_ports */
	struct delayed_work nd_work;	/* registers the netdev */
	struct list_head node;		/* while that, or a deletion, waits */
};

struct ns_vf {
	struct ns_nic *nic;
	int id;
	struct pci_dev *pdev;
	struct net_device __rcu *nd;	/* the VF driver's netdev */
	struct ns_vdpa __rcu *vd;	/* at most one vDPA device */
	struct vdpa_mgmt_dev mgmt;
	bool mgmt_on;			/* 'mgmt' is registered */
	u8 mac[ETH_ALEN];		/* set by the PF, or 0; ns_mac_lock */
};

/* A PF. */
struct ns_nic {
	int idx;			/* which PF, from 0 */
	int number;			/* of the PF in the ports' names */
	struct pci_dev *pdev;
	struct devlink *dl;
	u16 mode;			/* DEVLINK_ESWITCH_MODE_* */
	int nvf;			/* VFs that are enabled */
	struct netdev_phys_item_id swid;
	struct ns_port __rcu *uplink;
	struct ns_port __rcu *rep[NS_MAX_VF];
	struct net_device __rcu *wire;	/* netdev at the other end, or NULL */
	struct ns_vf vf[NS_MAX_VF];
};

/* A place that frames go to, named so that it may disappear meanwhile. */
struct ns_out {
	int bond;			/* ifindex of a bond, else 0 ... */
	int pf;				/* ... and the port: which PF, */
	int vf;				/* VF number or NS_WIRE */
};

/* What rules match on, of one frame. */
struct ns_packet {
	const struct ethhdr *eth;
	unsigned int len;		/* with the Ethernet header */
	bool frag;			/* of IPv4 */
	bool has_ip;			/* IPv4: these are valid ... */
	__be32 src, dst;
	u8 ip_proto;
	bool has_ports;			/* ... and these */
	__be16 sport, dport;
	bool tcp_end;			/* FIN or RST */
	u16 ct_state;			/* TCA_FLOWER_KEY_CT_FLAGS_* */
	u32 ct_mark;
	u32 ct_labels[4];
};

/* pci.c: the bus with its functions */
int ns_pci_check_params(void);
int ns_pci_add_bus(void);
void ns_pci_remove_bus(void);
int ns_pci_pf_index(const struct pci_dev *pdev);

/* pf.c: the PF driver */
extern struct pci_driver ns_pf_driver;
struct ns_nic *ns_nic_get_rcu(int pf);

/* devlink.c: eswitch mode, function addresses */
extern const struct devlink_ops ns_devlink_ops;
int ns_devlink_port_register(struct ns_port *port, unsigned int index);
void ns_vf_get_mac(struct ns_vf *vf, u8 *mac);
void ns_vf_set_mac(struct ns_vf *vf, const u8 *mac);

/* rep.c: uplinks and representors; the devlink instance lock is held */
int ns_uplink_add(struct ns_nic *nic);
void ns_uplink_del(struct ns_nic *nic);
int ns_reps_add(struct ns_nic *nic);
void ns_reps_del(struct ns_nic *nic);
void ns_reps_reschedule(void);
bool ns_is_port(const struct net_device *nd);
struct ns_port *ns_port_of(const struct net_device *nd);

/* netdevs of all kinds */
struct net_device *ns_netdev_alloc(size_t priv, struct device *parent);
void ns_netdev_free(struct net_device *nd);
int ns_netdev_open(struct net_device *nd);
int ns_netdev_stop(struct net_device *nd);

/* wire.c: what is behind an uplink */
int ns_wire_add(struct ns_nic *nic);
void ns_wire_del(struct ns_nic *nic);

/* vf.c: the VF driver */
extern struct pci_driver ns_vf_driver;

/* vdpa.c: vDPA devices on a VF */
int ns_vdpa_mgmt_add(struct ns_vf *vf);
void ns_vdpa_mgmt_del(struct ns_vf *vf);
bool ns_vdpa_is_up(struct ns_vdpa *vd);
void ns_vdpa_rx(struct ns_vdpa *vd, struct sk_buff *skb);

/*
 * forward.c: the packet path.  Takes over 'skb', whose data begins at the MAC
 * header.  Called with bottom halves disabled.
 */
void ns_from_vf(struct ns_vf *vf, struct sk_buff *skb);
void ns_from_wire(struct ns_nic *nic, struct sk_buff *skb);
void ns_to_port(struct ns_nic *nic, int vf, struct sk_buff *skb);

/* packet.c */
void ns_packet_parse(struct ns_packet *packet, const struct sk_buff *skb);

/* flower.c: the rules */
void ns_table_init(struct ns_table *table, struct net_device *dev,
		   struct ns_nic *nic);
int ns_table_run(struct ns_table *table, const struct sk_buff *skb,
		 struct ns_out *out);
int ns_flower(struct ns_table *table, struct flow_cls_offload *f);
bool ns_is_tunnel(const struct net_device *nd);
extern spinlock_t ns_rule_lock;

/* ct.c: connections */
struct nf_flowtable;
struct ns_conn;
struct ns_zone;
struct ns_zone *ns_zone_get(struct nf_flowtable *table);
void ns_zone_put(struct ns_zone *zone);
struct ns_conn *ns_zone_lookup(const struct ns_zone *zone,
			       struct ns_packet *packet);
void ns_conn_count(struct ns_conn *conn, unsigned int len);

/* indr.c: blocks of netdevs above the ports: tunnels, bonds */
int ns_indr_init(void);
void ns_indr_exit(void);
bool ns_bond_is_ours(struct net_device *bond);
struct ns_table *ns_bond_table_rcu(const struct net_device *bond);

#endif /* NICSIM_H */
