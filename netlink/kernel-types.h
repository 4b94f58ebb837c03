/* SPDX-License-Identifier: Apache-2.0 */

#ifndef NETLINK_KERNEL_TYPES_H
#define NETLINK_KERNEL_TYPES_H 1

/* Plain structures in which netlink/ hands out what the kernel said.
 *
 * No kernel, libnl or libmnl type appears here, so that controller/ and its
 * tests build without any of them.  All strings are NUL-terminated copies; a
 * value that the kernel did not give is the empty string, or the value that
 * the member's comment names. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* From linux/if.h, which clashes with net/if.h. */
#define KERNEL_IFNAMSIZ 16

/* MAX_PHYS_ITEM_ID_LEN in the kernel's linux/netdevice.h. */
#define SWITCH_ID_MAX 32

/* PCI address, "DDDD:BB:DD.F" in hexadecimal; a domain may have more than
 * four digits (Intel VMD uses 0x10000 and up). */
struct pci_addr {
    uint32_t domain;            /* PCI domain ("segment"). */
    uint8_t bus;                /* Bus number. */
    uint8_t dev;                /* Device ("slot"), 0 to 31. */
    uint8_t fn;                 /* Function, 0 to 7. */
};

#define PCI_ADDR_STRLEN 24      /* Enough for pci_addr_format(). */

/* Name of an eswitch, as in IFLA_PHYS_SWITCH_ID. */
struct switch_id {
    uint8_t len;                /* Bytes used in 'id', 0 if there is none. */
    uint8_t id[SWITCH_ID_MAX];
};

/* One network device of our network namespace. */
struct link_info {
    int ifindex;                        /* Key; greater than 0. */
    char name[KERNEL_IFNAMSIZ];         /* IFLA_IFNAME. */
    char phys_port_name[KERNEL_IFNAMSIZ]; /* IFLA_PHYS_PORT_NAME or "". */
    struct switch_id switch_id;         /* IFLA_PHYS_SWITCH_ID. */
    unsigned int flags;                 /* IFF_*. */
    unsigned int mtu;                   /* Bytes. */
    uint8_t mac[6];                     /* All zeros if there is none. */
    int master;                         /* ifindex of bond, bridge, ...; 0. */
    char kind[16];                      /* IFLA_INFO_KIND ("bond") or "". */
    bool has_parent_pci;                /* Is 'parent_pci' valid? */
    struct pci_addr parent_pci;         /* PCI function below the netdev. */
};

/* devlink instance, "BUS/DEVICE". */
struct devlink_handle {
    char bus[16];               /* "pci", "auxiliary", "netdevsim". */
    char dev[48];               /* "0000:65:00.0". */
};

enum devlink_flavour {          /* Subset of enum devlink_port_flavour. */
    FLAVOUR_OTHER,
    FLAVOUR_PHYSICAL,
    FLAVOUR_PCI_PF,
    FLAVOUR_PCI_VF,
    FLAVOUR_PCI_SF,
};

/* One devlink port. */
struct devlink_port_info {
    struct devlink_handle handle;   /* Key, with 'index'. */
    uint32_t index;                 /* DEVLINK_ATTR_PORT_INDEX. */
    enum devlink_flavour flavour;
    uint32_t controller;            /* 0 where the kernel gives none. */
    bool external;                  /* Function is on another host. */
    uint32_t pf;                    /* PF number, of PCI flavours. */
    uint32_t vf;                    /* VF number, of FLAVOUR_PCI_VF. */
    uint32_t phys_port;             /* Number, of FLAVOUR_PHYSICAL. */
    int ifindex;                    /* Its netdev, 0 while there is none. */
};

enum eswitch_mode {
    ESWITCH_UNKNOWN,            /* The driver does not say. */
    ESWITCH_LEGACY,
    ESWITCH_SWITCHDEV,
};

/* One devlink instance with its eswitch mode. */
struct eswitch_info {
    struct devlink_handle handle;   /* Key. */
    enum eswitch_mode mode;
};

/* One SR-IOV virtual function that is visible on this host's PCI bus. */
struct pci_vf_info {
    struct pci_addr addr;       /* Key: the VF. */
    struct pci_addr pf;         /* Target of "physfn". */
    int index;                  /* N of the PF's "virtfnN" link that points
                                 * back, or -1 if none does. */
    char driver[32];            /* Bound driver or "". */
    char netdev[KERNEL_IFNAMSIZ]; /* VF's own netdev in our namespace or "". */
};

enum vdpa_parent {
    VDPA_PARENT_UNKNOWN,        /* sysfs and netlink disagree, or are gone. */
    VDPA_PARENT_PCI,            /* 'parent_pci' is valid. */
    VDPA_PARENT_OTHER,          /* vdpasim, auxiliary (SF), vduse, ... */
};

#define VDPA_NAME_MAX 256       /* NAME_MAX, as the name is one in sysfs. */

/* One vDPA device. */
struct vdpa_info {
    char name[VDPA_NAME_MAX];   /* Key.  Any bytes but NUL and '/'. */
    char mgmtdev[80];           /* "pci/0000:65:00.2", "vdpasim_net" or "". */
    enum vdpa_parent parent_kind;
    struct pci_addr parent_pci; /* PCI function that sysfs says it is on. */
    char parent_name[80];       /* sysfs name of the parent, for reports. */
    char driver[32];            /* "virtio_vdpa", "vhost_vdpa" or "". */
    char netdev[KERNEL_IFNAMSIZ]; /* virtio netdev in our namespace or "". */
    char vhost_device[32];      /* "/dev/vhost-vdpa-0" or "". */
    uint32_t device_id;         /* VIRTIO_ID_*, 1 is net. */
    bool netdev_ambiguous;      /* Cannot be told which of the netdevs on the
                                 * parent is this device's. */
    uint32_t vendor_id;         /* Of the virtio device, 0 if not given. */
    uint32_t max_vqs;           /* VDPA_ATTR_DEV_MAX_VQS, 0 if not given. */
    uint16_t max_vq_size;       /* Descriptors of a queue, 0 if not given. */
    uint16_t min_vq_size;       /* Likewise. */
};

/* Feature hw-tc-offload of a netdev. */
enum tc_offload {
    TC_OFFLOAD_UNKNOWN,         /* Not asked yet, or the netdev is gone. */
    TC_OFFLOAD_OFF,
    TC_OFFLOAD_ON,
    TC_OFFLOAD_UNSUPPORTED,     /* Fixed off: no such hardware feature. */
};

/* Parses 's', which must be an address and nothing else, into '*addr'.
 * Returns false, and leaves '*addr' alone, if it is none. */
bool pci_addr_parse(const char *s, struct pci_addr *addr);

/* Writes 'addr' in the kernel's own form (pci_name()) into 'buf', of
 * PCI_ADDR_STRLEN bytes, and returns 'buf'. */
const char *pci_addr_format(const struct pci_addr *addr, char *buf);

/* Total order; 0 if equal. */
int pci_addr_compare(const struct pci_addr *, const struct pci_addr *);
uint32_t pci_addr_hash(const struct pci_addr *, uint32_t basis);

bool switch_id_equals(const struct switch_id *, const struct switch_id *);

bool devlink_handle_equals(const struct devlink_handle *,
                           const struct devlink_handle *);

/* The handle of PCI function 'addr': "pci/DDDD:BB:DD.F". */
void devlink_handle_from_pci(const struct pci_addr *addr,
                             struct devlink_handle *handle);

/* Numbers in a representor's phys_port_name. */
struct port_name {
    bool has_controller;        /* "cZ" was there. */
    uint32_t controller;        /* Z, else 0. */
    uint32_t pf;                /* X. */
    uint32_t vf;                /* Y. */
};

/* Parses "pfXvfY" or "cZpfXvfY" (net/core/devlink.c,
 * __devlink_port_phys_port_name_get()), and nothing more, less or around it.
 * Returns false, and leaves '*pn' alone, for any other name. */
bool port_name_parse_vf(const char *name, struct port_name *pn);

/* Parses an uplink's "pN"; the split form "pNsM" is one too.  Returns N or
 * -1. */
int port_name_parse_uplink(const char *name);

const char *eswitch_mode_to_string(enum eswitch_mode);
const char *tc_offload_to_string(enum tc_offload);

#endif /* netlink/kernel-types.h */
