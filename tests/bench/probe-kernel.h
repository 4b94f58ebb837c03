/* SPDX-License-Identifier: Apache-2.0 */

#ifndef TESTS_BENCH_PROBE_KERNEL_H
#define TESTS_BENCH_PROBE_KERNEL_H 1

/* The kernel side of the probe: sees when netdevs and vDPA devices appear,
 * and makes vDPA devices.
 *
 * Nothing here depends on netlink/, which is what the bench measures. */

#include <stdint.h>

struct probe_kernel {
    struct mnl_socket *links;   /* rtnetlink, group RTNLGRP_LINK. */
    struct mnl_socket *uevents; /* The kernel's own uevents. */
    struct mnl_socket *genl;    /* For requests. */
    uint16_t vdpa;              /* Generic netlink family, 0 if unknown. */
    uint8_t *known;             /* Bit set of ifindexes that exist. */
    uint64_t link_at;           /* When the last netdev appeared, and */
    uint64_t vdpa_at;           /* the last vDPA device, in microseconds of
                                 * CLOCK_MONOTONIC; 0 if none did. */
    unsigned int n_links;       /* Netdevs that appeared. */
};

/* Microseconds of CLOCK_MONOTONIC. */
uint64_t probe_now(void);

void probe_kernel_open(struct probe_kernel *);

/* Takes what is there, without blocking. */
void probe_kernel_run(struct probe_kernel *);
void probe_kernel_wait(struct probe_kernel *);

/* Forgets the times. */
void probe_kernel_reset(struct probe_kernel *);

/* Adds vDPA device 'name' on 'mgmtdev' ("BUS/DEVICE"), or deletes it.  Each
 * returns 0 or a positive errno. */
int probe_vdpa_add(struct probe_kernel *, const char *name,
                   const char *mgmtdev);
int probe_vdpa_del(struct probe_kernel *, const char *name);

#endif /* tests/bench/probe-kernel.h */
