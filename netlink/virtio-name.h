/* SPDX-License-Identifier: Apache-2.0 */

#ifndef NETLINK_VIRTIO_NAME_H
#define NETLINK_VIRTIO_NAME_H 1

/* Names of virtio's classes of devices and of their features. */

#include <stdbool.h>
#include <stdint.h>

#define VIRTIO_NAME_MAX 32      /* Bytes of a name, with its NUL. */

/* The class with number 'id', VIRTIO_ID_*: "net", or "class-30" where it has
 * no name here.  'buf' has VIRTIO_NAME_MAX bytes; returns 'buf'. */
const char *virtio_class_to_string(uint32_t id, char *buf);

/* Feature 'bit' of a network device: "MAC", "VERSION_1", or "BIT_40" where it
 * has no name here.  'buf' has VIRTIO_NAME_MAX bytes; returns 'buf'. */
const char *virtio_feature_to_string(unsigned int bit, char *buf);

/* Parses features of a network device, in the above words, of any case, with
 * commas between, or as a hexadecimal number "0x300000020".  Returns NULL and
 * stores the bits, or returns a message that the caller frees. */
char *virtio_features_parse(const char *s, uint64_t *features);

#endif /* netlink/virtio-name.h */
