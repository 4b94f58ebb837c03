/* SPDX-License-Identifier: Apache-2.0 */

#ifndef NETLINK_VDPA_CONTROL_H
#define NETLINK_VDPA_CONTROL_H 1

/* Changing vDPA devices: creating and deleting them, setting their address,
 * and binding them to the drivers of their bus.
 *
 *   - A request is accepted at once and its callback is called once, from
 *     kernel_run() or from the libevent base, within VDPA_OP_MS: when the
 *     kernel has answered and its events have shown that it is so, or with
 *     what went wrong.  A request that is wrong in itself changes nothing.
 *
 *   - Nothing blocks.  What may sleep in the kernel is done by processes of
 *     the helper (netlink/genl-helper.h); when the kernel does not answer in
 *     time the callback gets ETIMEDOUT, and what was asked goes on.
 *
 *   - There is one request at a time for a device: others for the same name
 *     are refused with EALREADY.
 *
 *   - The kernel would let a deletion, and with it all of vDPA, wait for as
 *     long as somebody has /dev/vhost-vdpa-N open.  Such a deletion is not
 *     handed to it: the callback gets EBUSY and a message that names the
 *     process, and the deletion is pending.  It is carried out as soon as the
 *     device is closed, unless it is cancelled.  It ends, too, when somebody
 *     else deletes the device, also if that is made again.  A driver that is
 *     to be unbound from a device that is open is just refused with EBUSY. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "netlink/kernel-types.h"

struct kernel;
struct vdpa_holder;

/* Callbacks are called after so many milliseconds at the latest. */
#define VDPA_OP_MS 10000

/* A device to be created. */
struct vdpa_spec {
    char name[VDPA_NAME_MAX];   /* Of the device. */
    char mgmtdev[80];           /* "pci/0000:65:00.2", "vdpasim_net". */
    bool has_mac;               /* Is 'mac' to be set? */
    uint8_t mac[6];
    uint16_t mtu;               /* Bytes, 0 for the device's own. */
    uint16_t max_vqp;           /* Pairs of queues, 0 for the device's own. */
    bool has_features;          /* Is 'features' to be set? */
    uint64_t features;          /* Bits, 1 << VIRTIO_NET_F_*, that the device
                                 * shall offer. */
};

/* How a request ended. */
struct vdpa_result {
    int error;                  /* 0 or a positive errno. */
    const char *message;        /* What went wrong, "" if nothing.  Has the
                                 * kernel's own text where it gave one. */
    const struct vdpa_info *info; /* The device as it is now, or NULL. */
};

/* Arguments are valid only during the call. */
typedef void vdpa_done_cb(void *aux, const struct vdpa_result *);

/* A request whose callback was not called yet. */
struct vdpa_op;

/* Creates 'spec'.  Done when the device is there, and, with a driver that was
 * there before, its netdev or its /dev/vhost-vdpa-N, too. */
struct vdpa_op *kernel_vdpa_create(struct kernel *, const struct vdpa_spec *,
                                   vdpa_done_cb *, void *aux);

/* Deletes device 'name'.  Done when it is gone. */
struct vdpa_op *kernel_vdpa_delete(struct kernel *, const char *name,
                                   vdpa_done_cb *, void *aux);

/* Goes on with a deletion that was pending, and not carried out, when an
 * earlier process ended; 'inode' is that of struct vdpa_pending.  Nothing
 * happens to another device that has the name now. */
void kernel_vdpa_resume_delete(struct kernel *, const char *name,
                               uint64_t inode);

/* Gives device 'name' another MAC address, which Linux has since 6.12, and
 * not for all devices. */
struct vdpa_op *kernel_vdpa_set_mac(struct kernel *, const char *name,
                                    const uint8_t mac[6], vdpa_done_cb *,
                                    void *aux);

/* Binds device 'name' to 'driver' ("virtio_vdpa", "vhost_vdpa"), instead of
 * the one that it has, if any, and keeps others away with driver_override.
 * Done when its netdev or /dev/vhost-vdpa-N is there, at once if it is.  If
 * the driver refuses it is bound to the one before again. */
struct vdpa_op *kernel_vdpa_bind(struct kernel *, const char *name,
                                 const char *driver, vdpa_done_cb *,
                                 void *aux);

/* Unbinds device 'name' from its driver, if it has one, and takes back its
 * driver_override. */
struct vdpa_op *kernel_vdpa_unbind(struct kernel *, const char *name,
                                   vdpa_done_cb *, void *aux);

/* The callback will not be called any more; the request goes on.  'op' may be
 * NULL, and is of no more use after this, as it is after its callback. */
void vdpa_op_forget(struct vdpa_op *op);

/* A request that is under way, for people. */
struct vdpa_pending {
    const char *name;           /* Device. */
    const char *what;           /* "create", "delete", "set-mac", "bind",
                                 * "unbind". */
    const char *state;          /* "queued", "looking-for-holders", "busy",
                                 * "kernel" (it has not answered yet),
                                 * "event" (it has, but its events have not
                                 * come yet). */
    long long int since;        /* time_msec() of the request. */
    const struct vdpa_holder *holders; /* netlink/vdpa-holder.h: who has the
                                        * device open, if "busy". */
    size_t n_holders;           /* Number of them; 0 if nobody can be seen to
                                 * have it. */
    bool late;                  /* Was whoever asked told that it is pending?
                                 * Then it goes on by itself. */
    uint64_t inode;             /* Of the device in sysfs, 0 if not known: no
                                 * other device has it until the next boot. */
};

/* Calls 'cb' for each request that is under way. */
void kernel_vdpa_for_each_pending(
    const struct kernel *, void (*cb)(void *aux, const struct vdpa_pending *),
    void *aux);

/* Cancels the pending deletion of 'name'.  Returns NULL, or a message that
 * the caller frees: there is none, or the kernel has it already. */
char *kernel_vdpa_cancel_delete(struct kernel *, const char *name);

#define VDPA_MTU_MIN 68         /* Bytes; the kernel's own limit. */
#define VDPA_VQP_MAX 0x8000     /* Pairs of queues that virtio-net can have. */

/* Checks what can be checked without the kernel.  Returns NULL, or a message
 * that names field and value, which the caller frees.  Names of new devices
 * are of letters, digits and "_.:@+-", so that no program stumbles over them;
 * a device that somebody else made may have any name. */
char *vdpa_spec_check(const struct vdpa_spec *);
char *vdpa_name_check(const char *name);

#endif /* netlink/vdpa-control.h */
