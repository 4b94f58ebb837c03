// SPDX-License-Identifier: GPL-2.0
/*
 * A vDPA network device on a VF: two virtqueues, no control queue.  Frames are
 * moved by a work item, one per device.
 */
#include <linux/vhost_iotlb.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_net.h>
#include <linux/vringh.h>
#include <net/netlink.h>
#include <uapi/linux/vdpa.h>
#include <uapi/linux/virtio_config.h>

#include "nicsim.h"

#define NS_VQ_MAX	256		/* descriptors of a queue */
#define NS_IOTLB_MAX	2048		/* mappings */
#define NS_RXQ_MAX	512		/* frames that wait for buffers */
#define NS_BUDGET	64		/* frames in one run of the work */
#define NS_FRAME_MAX	65536

#define NS_FEATURES (BIT_ULL(VIRTIO_NET_F_MAC) | BIT_ULL(VIRTIO_NET_F_MTU) | \
		     BIT_ULL(VIRTIO_NET_F_STATUS) | \
		     BIT_ULL(VIRTIO_F_VERSION_1) | \
		     BIT_ULL(VIRTIO_F_ACCESS_PLATFORM))

enum { NS_VQ_RX, NS_VQ_TX, NS_N_VQS };	/* as the driver sees them */

struct ns_vq {
	struct vringh vring;
	struct vringh_kiov iov;
	u64 desc, driver, device;	/* addresses of the three parts */
	u32 num;
	u16 last;			/* next available, while not ready */
	u64 received, completed;	/* descriptors since the last reset */
	bool ready;
	struct vdpa_callback cb;
};

struct ns_vdpa {
	struct vdpa_device vdpa;
	struct ns_vf *vf;
	struct vhost_iotlb *iotlb;
	spinlock_t iotlb_lock;		/* iotlb */
	struct mutex lock;		/* queues and status */
	struct ns_vq vq[NS_N_VQS];
	struct virtio_net_config config;
	u64 driver_features;
	u8 status;
	struct work_struct work;
	struct sk_buff_head rxq;	/* frames for the driver */
};

static struct ns_vdpa *to_ns_vdpa(struct vdpa_device *vdpa)
{
	return container_of(vdpa, struct ns_vdpa, vdpa);
}

static struct ns_vq *to_ns_vq(struct vdpa_device *vdpa, u16 idx)
{
	return &to_ns_vdpa(vdpa)->vq[idx];
}

bool ns_vdpa_is_up(struct ns_vdpa *vd)
{
	return READ_ONCE(vd->status) & VIRTIO_CONFIG_S_DRIVER_OK;
}

/* ---- frames ---------------------------------------------------------- */

void ns_vdpa_rx(struct ns_vdpa *vd, struct sk_buff *skb)
{
	if (skb_queue_len(&vd->rxq) >= NS_RXQ_MAX) {
		kfree_skb(skb);
		return;
	}
	skb_orphan(skb);
	skb_queue_tail(&vd->rxq, skb);
	schedule_work(&vd->work);
}

static void ns_vq_complete(struct ns_vq *vq, u16 head, u32 len)
{
	vringh_complete_iotlb(&vq->vring, head, len);
	vq->completed++;
	if (vringh_need_notify_iotlb(&vq->vring) > 0 && vq->cb.callback) {
		local_bh_disable();
		vq->cb.callback(vq->cb.private);
		local_bh_enable();
	}
}

/* The frame in the descriptors that 'vq->iov' stands for, or NULL. */
static struct sk_buff *ns_vdpa_pull(struct ns_vq *vq)
{
	struct virtio_net_hdr_v1 hdr;
	struct sk_buff *skb;
	ssize_t len;

	len = (ssize_t)vringh_kiov_length(&vq->iov) - (ssize_t)sizeof(hdr);
	if (len < ETH_HLEN || len > NS_FRAME_MAX)
		return NULL;
	if (vringh_iov_pull_iotlb(&vq->vring, &vq->iov, &hdr, sizeof(hdr)) !=
	    sizeof(hdr))
		return NULL;
	skb = alloc_skb(NET_SKB_PAD + len, GFP_KERNEL);
	if (!skb)
		return NULL;
	skb_reserve(skb, NET_SKB_PAD);
	if (vringh_iov_pull_iotlb(&vq->vring, &vq->iov, skb_put(skb, len),
				  len) != len) {
		kfree_skb(skb);
		return NULL;
	}
	return skb;
}

static int ns_vdpa_tx_work(struct ns_vdpa *vd, int budget)
{
	struct ns_vq *vq = &vd->vq[NS_VQ_TX];
	struct sk_buff *skb;
	u16 head;

	while (vq->ready && budget > 0 &&
	       vringh_getdesc_iotlb(&vq->vring, &vq->iov, NULL, &head,
				    GFP_KERNEL) > 0) {
		budget--;
		vq->received++;
		skb = ns_vdpa_pull(vq);
		ns_vq_complete(vq, head, 0);
		if (skb) {
			local_bh_disable();
			ns_from_vf(vd->vf, skb);
			local_bh_enable();
		}
	}
	return budget;
}

static void ns_vdpa_push(struct ns_vdpa *vd, struct sk_buff *skb)
{
	struct virtio_net_hdr_v1 hdr = { .num_buffers = cpu_to_le16(1) };
	struct ns_vq *vq = &vd->vq[NS_VQ_RX];
	ssize_t n, total = 0;
	u16 head;

	if (skb_linearize(skb) ||
	    vringh_getdesc_iotlb(&vq->vring, NULL, &vq->iov, &head,
				 GFP_KERNEL) <= 0) {
		kfree_skb(skb);		/* no buffer */
		return;
	}
	vq->received++;
	n = vringh_iov_push_iotlb(&vq->vring, &vq->iov, &hdr, sizeof(hdr));
	if (n == sizeof(hdr)) {
		total = n;
		n = vringh_iov_push_iotlb(&vq->vring, &vq->iov, skb->data,
					  skb->len);
		if (n > 0)
			total += n;
	}
	consume_skb(skb);
	ns_vq_complete(vq, head, total);
}

static int ns_vdpa_rx_work(struct ns_vdpa *vd, int budget)
{
	struct sk_buff *skb;

	while (vd->vq[NS_VQ_RX].ready && budget > 0 &&
	       (skb = skb_dequeue(&vd->rxq))) {
		budget--;
		ns_vdpa_push(vd, skb);
	}
	return budget;
}

static void ns_vdpa_work(struct work_struct *work)
{
	struct ns_vdpa *vd = container_of(work, struct ns_vdpa, work);

	mutex_lock(&vd->lock);
	if (ns_vdpa_is_up(vd)) {
		int tx = ns_vdpa_tx_work(vd, NS_BUDGET);
		int rx = ns_vdpa_rx_work(vd, NS_BUDGET);

		if (!tx || !rx)
			schedule_work(&vd->work);
	}
	mutex_unlock(&vd->lock);
}

/* ---- configuration operations: virtqueues ---------------------------- */

static int ns_set_vq_address(struct vdpa_device *vdpa, u16 idx, u64 desc,
			     u64 driver, u64 device)
{
	struct ns_vq *vq = to_ns_vq(vdpa, idx);

	vq->desc = desc;
	vq->driver = driver;
	vq->device = device;
	return 0;
}

static void ns_set_vq_num(struct vdpa_device *vdpa, u16 idx, u32 num)
{
	to_ns_vq(vdpa, idx)->num = num;
}

static void ns_kick_vq(struct vdpa_device *vdpa, u16 idx)
{
	if (READ_ONCE(to_ns_vq(vdpa, idx)->ready))
		schedule_work(&to_ns_vdpa(vdpa)->work);
}

static void ns_set_vq_cb(struct vdpa_device *vdpa, u16 idx,
			 struct vdpa_callback *cb)
{
	struct ns_vdpa *vd = to_ns_vdpa(vdpa);

	mutex_lock(&vd->lock);
	vd->vq[idx].cb = *cb;
	mutex_unlock(&vd->lock);
}

static void ns_set_vq_ready(struct vdpa_device *vdpa, u16 idx, bool ready)
{
	struct ns_vdpa *vd = to_ns_vdpa(vdpa);
	struct ns_vq *vq = &vd->vq[idx];

	mutex_lock(&vd->lock);
	if (ready && !vq->ready) {
		vringh_init_iotlb(&vq->vring, vd->driver_features, vq->num,
				  false, (void *)(uintptr_t)vq->desc,
				  (void *)(uintptr_t)vq->driver,
				  (void *)(uintptr_t)vq->device);
		vq->vring.last_avail_idx = vq->last;
		vq->vring.last_used_idx = vq->last;
		vringh_set_iotlb(&vq->vring, vd->iotlb, &vd->iotlb_lock);
	} else if (!ready && vq->ready) {
		vq->last = vq->vring.last_avail_idx;
	}
	WRITE_ONCE(vq->ready, ready);
	mutex_unlock(&vd->lock);
}

static bool ns_get_vq_ready(struct vdpa_device *vdpa, u16 idx)
{
	return to_ns_vq(vdpa, idx)->ready;
}

static int ns_set_vq_state(struct vdpa_device *vdpa, u16 idx,
			   const struct vdpa_vq_state *state)
{
	to_ns_vq(vdpa, idx)->last = state->split.avail_index;
	return 0;
}

static int ns_get_vq_state(struct vdpa_device *vdpa, u16 idx,
			   struct vdpa_vq_state *state)
{
	struct ns_vdpa *vd = to_ns_vdpa(vdpa);
	struct ns_vq *vq = &vd->vq[idx];

	mutex_lock(&vd->lock);
	state->split.avail_index = vq->ready ? vq->vring.last_avail_idx :
					       vq->last;
	mutex_unlock(&vd->lock);
	return 0;
}

static int ns_get_vendor_vq_stats(struct vdpa_device *vdpa, u16 idx,
				  struct sk_buff *msg,
				  struct netlink_ext_ack *extack)
{
	struct ns_vdpa *vd = to_ns_vdpa(vdpa);
	u64 received, completed;

	if (idx >= NS_N_VQS) {
		NL_SET_ERR_MSG_MOD(extack, "no such queue");
		return -EINVAL;
	}
	mutex_lock(&vd->lock);
	received = vd->vq[idx].received;
	completed = vd->vq[idx].completed;
	mutex_unlock(&vd->lock);
	if (nla_put_string(msg, VDPA_ATTR_DEV_VENDOR_ATTR_NAME,
			   "received_desc") ||
	    nla_put_u64_64bit(msg, VDPA_ATTR_DEV_VENDOR_ATTR_VALUE, received,
			      VDPA_ATTR_PAD) ||
	    nla_put_string(msg, VDPA_ATTR_DEV_VENDOR_ATTR_NAME,
			   "completed_desc") ||
	    nla_put_u64_64bit(msg, VDPA_ATTR_DEV_VENDOR_ATTR_VALUE, completed,
			      VDPA_ATTR_PAD))
		return -EMSGSIZE;
	return 0;
}

static u32 ns_get_vq_align(struct vdpa_device *vdpa)
{
	return PAGE_SIZE;
}

static u16 ns_get_vq_num_max(struct vdpa_device *vdpa)
{
	return NS_VQ_MAX;
}

/* ---- configuration operations: device -------------------------------- */

static u64 ns_get_device_features(struct vdpa_device *vdpa)
{
	return NS_FEATURES;
}

static int ns_set_driver_features(struct vdpa_device *vdpa, u64 features)
{
	if (!(features & BIT_ULL(VIRTIO_F_ACCESS_PLATFORM)))
		return -EINVAL;
	to_ns_vdpa(vdpa)->driver_features = features & NS_FEATURES;
	return 0;
}

static u64 ns_get_driver_features(struct vdpa_device *vdpa)
{
	return to_ns_vdpa(vdpa)->driver_features;
}

static void ns_set_config_cb(struct vdpa_device *vdpa, struct vdpa_callback *cb)
{
	/* The configuration never changes. */
}

static u32 ns_get_device_id(struct vdpa_device *vdpa)
{
	return VIRTIO_ID_NET;
}

static u32 ns_get_vendor_id(struct vdpa_device *vdpa)
{
	return NS_VENDOR;
}

static u8 ns_get_status(struct vdpa_device *vdpa)
{
	return READ_ONCE(to_ns_vdpa(vdpa)->status);
}

static void ns_set_status(struct vdpa_device *vdpa, u8 status)
{
	struct ns_vdpa *vd = to_ns_vdpa(vdpa);

	mutex_lock(&vd->lock);
	WRITE_ONCE(vd->status, status);
	mutex_unlock(&vd->lock);
	if (status & VIRTIO_CONFIG_S_DRIVER_OK)
		schedule_work(&vd->work);
}

/* Until a user maps its memory, addresses are physical. */
static void ns_map_identity(struct ns_vdpa *vd)
{
	spin_lock(&vd->iotlb_lock);
	vhost_iotlb_reset(vd->iotlb);
	vhost_iotlb_add_range(vd->iotlb, 0, ULONG_MAX, 0, VHOST_MAP_RW);
	spin_unlock(&vd->iotlb_lock);
}

static int ns_reset(struct vdpa_device *vdpa)
{
	struct ns_vdpa *vd = to_ns_vdpa(vdpa);
	int i;

	mutex_lock(&vd->lock);
	for (i = 0; i < NS_N_VQS; i++) {
		WRITE_ONCE(vd->vq[i].ready, false);
		vd->vq[i].last = 0;
		vd->vq[i].received = 0;
		vd->vq[i].completed = 0;
		memset(&vd->vq[i].cb, 0, sizeof(vd->vq[i].cb));
	}
	WRITE_ONCE(vd->status, 0);
	vd->driver_features = 0;
	skb_queue_purge(&vd->rxq);
	ns_map_identity(vd);
	mutex_unlock(&vd->lock);
	return 0;
}

static size_t ns_get_config_size(struct vdpa_device *vdpa)
{
	return sizeof(struct virtio_net_config);
}

static void ns_get_config(struct vdpa_device *vdpa, unsigned int offset,
			  void *buf, unsigned int len)
{
	struct ns_vdpa *vd = to_ns_vdpa(vdpa);

	if (offset <= sizeof(vd->config) && len <= sizeof(vd->config) - offset)
		memcpy(buf, (u8 *)&vd->config + offset, len);
}

static void ns_set_config(struct vdpa_device *vdpa, unsigned int offset,
			  const void *buf, unsigned int len)
{
	/* Nothing in it is the driver's to write. */
}

static u32 ns_get_generation(struct vdpa_device *vdpa)
{
	return 0;
}

static struct vdpa_iova_range ns_get_iova_range(struct vdpa_device *vdpa)
{
	return (struct vdpa_iova_range){ .first = 0, .last = ULLONG_MAX };
}

static int ns_set_map(struct vdpa_device *vdpa, unsigned int asid,
		      struct vhost_iotlb *iotlb)
{
	struct ns_vdpa *vd = to_ns_vdpa(vdpa);
	struct vhost_iotlb_map *map;
	int err = 0;

	spin_lock(&vd->iotlb_lock);
	vhost_iotlb_reset(vd->iotlb);
	for (map = vhost_iotlb_itree_first(iotlb, 0, ULLONG_MAX); map && !err;
	     map = vhost_iotlb_itree_next(map, 0, ULLONG_MAX))
		err = vhost_iotlb_add_range(vd->iotlb, map->start, map->last,
					    map->addr, map->perm);
	spin_unlock(&vd->iotlb_lock);
	return err;
}

static void ns_free(struct vdpa_device *vdpa)
{
	struct ns_vdpa *vd = to_ns_vdpa(vdpa);
	int i;

	cancel_work_sync(&vd->work);
	for (i = 0; i < NS_N_VQS; i++)
		vringh_kiov_cleanup(&vd->vq[i].iov);
	skb_queue_purge(&vd->rxq);
	if (vd->iotlb)
		vhost_iotlb_free(vd->iotlb);
}

static const struct vdpa_config_ops ns_vdpa_config_ops = {
	.set_vq_address = ns_set_vq_address,
	.set_vq_num = ns_set_vq_num,
	.kick_vq = ns_kick_vq,
	.set_vq_cb = ns_set_vq_cb,
	.set_vq_ready = ns_set_vq_ready,
	.get_vq_ready = ns_get_vq_ready,
	.set_vq_state = ns_set_vq_state,
	.get_vq_state = ns_get_vq_state,
	.get_vendor_vq_stats = ns_get_vendor_vq_stats,
	.get_vq_align = ns_get_vq_align,
	.get_vq_num_max = ns_get_vq_num_max,
	.get_device_features = ns_get_device_features,
	.set_driver_features = ns_set_driver_features,
	.get_driver_features = ns_get_driver_features,
	.set_config_cb = ns_set_config_cb,
	.get_device_id = ns_get_device_id,
	.get_vendor_id = ns_get_vendor_id,
	.get_status = ns_get_status,
	.set_status = ns_set_status,
	.reset = ns_reset,
	.get_config_size = ns_get_config_size,
	.get_config = ns_get_config,
	.set_config = ns_set_config,
	.get_generation = ns_get_generation,
	.get_iova_range = ns_get_iova_range,
	.set_map = ns_set_map,
	.free = ns_free,
};

/* ---- management device ----------------------------------------------- */

static void ns_vdpa_init(struct ns_vdpa *vd, struct ns_vf *vf,
			 const struct vdpa_dev_set_config *config)
{
	u16 mtu = ETH_DATA_LEN;
	int i;

	vd->vf = vf;
	vd->vdpa.dma_dev = &vf->pdev->dev;
	vd->vdpa.mdev = &vf->mgmt;
	spin_lock_init(&vd->iotlb_lock);
	mutex_init(&vd->lock);
	INIT_WORK(&vd->work, ns_vdpa_work);
	skb_queue_head_init(&vd->rxq);
	for (i = 0; i < NS_N_VQS; i++)
		vringh_kiov_init(&vd->vq[i].iov, NULL, 0);

	ns_vf_get_mac(vf, vd->config.mac);
	if (config->mask & BIT_ULL(VDPA_ATTR_DEV_NET_CFG_MACADDR))
		ether_addr_copy(vd->config.mac, config->net.mac);
	if (is_zero_ether_addr(vd->config.mac))
		eth_random_addr(vd->config.mac);
	if (config->mask & BIT_ULL(VDPA_ATTR_DEV_NET_CFG_MTU))
		mtu = config->net.mtu;
	vd->config.mtu = cpu_to_le16(mtu);
	vd->config.status = cpu_to_le16(VIRTIO_NET_S_LINK_UP);
}

static int ns_dev_add(struct vdpa_mgmt_dev *mgmt, const char *name,
		      const struct vdpa_dev_set_config *config)
{
	struct ns_vf *vf = container_of(mgmt, struct ns_vf, mgmt);
	struct ns_vdpa *vd;
	int err;

	if (rcu_access_pointer(vf->vd))
		return -ENOSPC;
	vd = vdpa_alloc_device(struct ns_vdpa, vdpa, &vf->pdev->dev,
			       &ns_vdpa_config_ops, 1, 1, name, false);
	if (IS_ERR(vd))
		return PTR_ERR(vd);
	ns_vdpa_init(vd, vf, config);
	vd->iotlb = vhost_iotlb_alloc(NS_IOTLB_MAX, 0);
	if (!vd->iotlb) {
		err = -ENOMEM;
		goto err_put;
	}
	ns_map_identity(vd);
	err = _vdpa_register_device(&vd->vdpa, NS_N_VQS);
	if (err)
		goto err_put;
	rcu_assign_pointer(vf->vd, vd);
	return 0;

err_put:
	put_device(&vd->vdpa.dev);	/* calls ns_free() */
	return err;
}

static void ns_dev_del(struct vdpa_mgmt_dev *mgmt, struct vdpa_device *vdpa)
{
	struct ns_vf *vf = container_of(mgmt, struct ns_vf, mgmt);

	RCU_INIT_POINTER(vf->vd, NULL);
	synchronize_net();
	_vdpa_unregister_device(vdpa);
}

static const struct vdpa_mgmtdev_ops ns_mgmt_ops = {
	.dev_add = ns_dev_add,
	.dev_del = ns_dev_del,
};

static struct virtio_device_id ns_virtio_ids[] = {
	{ VIRTIO_ID_NET, VIRTIO_DEV_ANY_ID },
	{},
};

int ns_vdpa_mgmt_add(struct ns_vf *vf)
{
	int err;

	vf->mgmt.device = &vf->pdev->dev;
	vf->mgmt.ops = &ns_mgmt_ops;
	vf->mgmt.id_table = ns_virtio_ids;
	vf->mgmt.config_attr_mask = BIT_ULL(VDPA_ATTR_DEV_NET_CFG_MACADDR) |
				    BIT_ULL(VDPA_ATTR_DEV_NET_CFG_MTU);
	vf->mgmt.max_supported_vqs = NS_N_VQS;
	vf->mgmt.supported_features = NS_FEATURES;
	err = vdpa_mgmtdev_register(&vf->mgmt);
	vf->mgmt_on = !err;
	return err;
}

/* Deletes the vDPA device, too; waits for whoever has it open. */
void ns_vdpa_mgmt_del(struct ns_vf *vf)
{
	if (vf->mgmt_on)
		vdpa_mgmtdev_unregister(&vf->mgmt);
	vf->mgmt_on = false;
}
