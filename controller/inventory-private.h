/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_INVENTORY_PRIVATE_H
#define CONTROLLER_INVENTORY_PRIVATE_H 1

/* What the parts of the inventory have in common. */

#include "controller/inventory.h"
#include "hash.h"

static inline uint32_t
inv_hash_ifindex(int ifindex)
{
    return hash_int(ifindex, 0);
}

/* Removes and frees the link. */
void inv_link_remove(struct inventory *, struct inv_link *);

/* Netdev 'name' was deleted.  A device that has, or had, 'netdev' does not
 * have it in another namespace, as 'away' may say. */
void inv_netdev_ended(struct inventory *, const char *name,
                      const char *netdev, char away[KERNEL_IFNAMSIZ]);

#endif /* controller/inventory-private.h */
