/* SPDX-License-Identifier: Apache-2.0 */

#ifndef UTILITIES_CLIENT_VDPA_DEVICE_H
#define UTILITIES_CLIENT_VDPA_DEVICE_H 1

/* vDPA devices as the daemon tells of them, and what their consumers want to
 * be told: the interface elements of libvirt's domains, and the environment
 * that device plugins give to pods.
 *
 * Pure. */

#include <stdbool.h>
#include <stddef.h>

struct ds;
struct json;

struct vdpa_device {
    char *name;
    char *vf_pci;               /* PCI address of the VF below it, or NULL. */
    char *class;                /* "net", "block", ... or NULL. */
    char *driver;               /* "vhost_vdpa", "virtio_vdpa" or NULL. */
    char *vhost_device;         /* "/dev/vhost-vdpa-N" or NULL. */
    unsigned int n_vqs;         /* Virtqueues, 0 if not known. */

    /* Of the device's configuration. */
    bool configured;            /* Is the rest known? */
    char *mac;                  /* Or NULL if it has none. */
    unsigned int n_pairs;       /* Pairs of queues that it offers, at least
                                 * 1. */
    char *holder;               /* Who has its character device open, for
                                 * people, or NULL. */
};

struct vdpa_devices {
    struct vdpa_device *devices;
    size_t n;                   /* Number of 'devices'. */
};

/* Makes '*devices' of the answer to "vdpa/list".  Returns NULL, or a message
 * that the caller frees if the answer is of another form; nothing is to be
 * destroyed then. */
char *vdpa_devices_init(struct vdpa_devices *devices,
                        const struct json *answer);
void vdpa_devices_destroy(struct vdpa_devices *);

/* Finds a device by its name, by the PCI address of its VF or by the path of
 * its character device, in this order.  Returns NULL and stores into '*error'
 * a message that the caller frees if there is none, or several are on one
 * VF. */
struct vdpa_device *vdpa_devices_find(const struct vdpa_devices *,
                                      const char *name, char **error);

/* Adds what the answer to "vdpa/show" tells of the device's configuration;
 * what has another form than it should is as not told. */
void vdpa_device_configure(struct vdpa_device *, const struct json *answer);

/* Pairs of queues that a driver can use: as configured, else what fits in the
 * virtqueues; at least 1. */
unsigned int vdpa_device_pairs(const struct vdpa_device *);

/* Appends an interface element for libvirt's domain XML, each line after
 * 'indent' blanks.  'alias', which may be NULL, has to be good for
 * vdpa_alias_is_good().  Returns NULL, or a message that the caller frees if
 * the device cannot be given to a VM; then nothing is appended. */
char *vdpa_device_put_xml(const struct vdpa_device *, const char *alias,
                          int indent, struct ds *);

/* Is 'alias', without the "ua-" that aliases of users begin with, one that
 * libvirt takes? */
bool vdpa_alias_is_good(const char *alias);

/* Appends the environment of a pod that has 'devices', of which there are 'n',
 * of 'resource' ("vendor.com/name"), as lines NAME=VALUE.  Returns NULL, or a
 * message as above. */
char *vdpa_devices_put_env(const struct vdpa_device *const devices[],
                           size_t n, const char *resource, struct ds *);

/* Is 'resource' the name of one, "PREFIX/NAME"? */
bool vdpa_resource_is_good(const char *resource);

#endif /* utilities/client/vdpa-device.h */
