/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_DEVINFO_PARSE_H
#define CONTROLLER_DEVINFO_PARSE_H 1

/* Device-info files: what device plugins and CNI plugins tell each other of a
 * device (device-info specification 1.1.0 of the Kubernetes network plumbing
 * working group).
 *
 * Pure: text in, structure out.  A file is one JSON object with "type",
 * "version" and an object by the name of the type.  Writers are less strict
 * than the specification, so this takes a file without version, and a vDPA
 * device without a path if its driver is not "vhost".  Members that are not
 * known are ignored, but none that is known may have another form than it
 * should. */

#include <stdbool.h>
#include <stddef.h>

#include "netlink/kernel-types.h"

/* Largest file that is looked at, in bytes. */
#define DEVINFO_MAX_SIZE 65536

/* Longest string in it that is taken, in bytes. */
#define DEVINFO_MAX_STRING 1023

/* Member by which our own files are known. */
#define DEVINFO_OWNER_MEMBER "offload-owner"

enum devinfo_type {
    DEVINFO_PCI,
    DEVINFO_VDPA,
    DEVINFO_VHOST_USER,
    DEVINFO_MEMIF,
};
const char *devinfo_type_to_string(enum devinfo_type);

/* Strings are owned, and NULL for what the file does not say. */
struct devinfo {
    enum devinfo_type type;
    char *version;              /* Of the specification. */
    bool ours;                  /* Is it a file of ours? */

    /* DEVINFO_PCI, DEVINFO_VDPA. */
    bool has_pci;               /* Is 'pci' valid? */
    struct pci_addr pci;        /* "pci-address": the VF. */
    bool has_pf_pci;            /* Is 'pf_pci' valid? */
    struct pci_addr pf_pci;     /* "pf-pci-address". */
    char *representor;          /* "representor-device". */
    char *rdma_device;          /* "rdma-device", of DEVINFO_PCI. */

    /* DEVINFO_VDPA. */
    char *parent_device;        /* "parent-device"; by the device plugin the
                                 * vDPA device's name. */
    char *driver;               /* "vhost" or "virtio". */

    /* All but DEVINFO_PCI. */
    char *path;                 /* "path": character device or socket. */
    char *mode;                 /* "mode", of DEVINFO_VHOST_USER and
                                 * DEVINFO_MEMIF. */
    char *role;                 /* "role", of DEVINFO_MEMIF. */
};

/* Parses 'size' bytes at 'data' into '*info', which devinfo_destroy() frees.
 * Returns NULL, or a message that the caller frees; then there is nothing to
 * destroy. */
char *devinfo_parse(const char *data, size_t size, struct devinfo *info);
void devinfo_destroy(struct devinfo *);

/* The text of a file of ours, with the members of 'info', whose 'ours' and
 * 'version' do not matter.  Caller frees it. */
char *devinfo_format(const struct devinfo *info);

/* Name of the file in directory "dp" for device 'id' of 'resource'
 * ("vendor.com/name"): consumers make it in the same way.  Caller frees. */
char *devinfo_dp_file_name(const char *resource, const char *id);

/* Takes apart the name of a file in directory "cni" as multus makes it,
 * "NETWORK-CONTAINER_IFNAME".  Returns true and stores copies that the caller
 * frees, or returns false for a name of another form. */
bool devinfo_parse_cni_name(const char *name, char **container,
                            char **ifname);

#endif /* controller/devinfo/parse.h */
