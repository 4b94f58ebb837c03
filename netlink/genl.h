/* SPDX-License-Identifier: Apache-2.0 */

#ifndef NETLINK_GENL_H
#define NETLINK_GENL_H 1

/* Which generic netlink families there are, live.
 *
 * The table of families is dumped, and dumped again whenever nlctrl notifies
 * a change.  A dump, unlike a question for one family, makes the kernel load
 * no module: watching a node must not change it. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct event_base;
struct genl;
struct genl_family;
struct kernel_helper;
struct nlmsghdr;

#define GENL_FAMILY_NAME_MAX 16 /* GENL_NAMSIZ. */

/* Called when the watched family is there ('family' is nonnull, and valid
 * only during the call), or is not: first when the table is known, then upon
 * changes.  A family that comes back is told as gone before. */
typedef void genl_family_cb(void *aux, const struct genl_family *family);

struct genl *genl_create(struct event_base *, struct kernel_helper *,
                         int rcvbuf);
void genl_destroy(struct genl *);
void genl_run(struct genl *);
void genl_wait(struct genl *);

/* To be called before the first genl_run(). */
void genl_watch(struct genl *, const char *name, genl_family_cb *,
                void *aux);

/* time_msec() of a dump under way, or 0. */
long long int genl_busy_since(const struct genl *);

uint16_t genl_family_id(const struct genl_family *);

/* Returns the number of multicast group 'group', or 0. */
uint32_t genl_family_group(const struct genl_family *, const char *group);

/* One family, as parsed.  Here for tests. */
#define GENL_MAX_GROUPS 8       /* That are looked at; others are skipped. */

struct genl_group {
    char name[GENL_FAMILY_NAME_MAX];
    uint32_t id;
};

struct genl_family {
    char name[GENL_FAMILY_NAME_MAX];
    uint16_t id;                /* nlmsg_type. */
    size_t n_groups;
    struct genl_group groups[GENL_MAX_GROUPS];
};

/* Parses a CTRL_CMD_NEWFAMILY or CTRL_CMD_DELFAMILY message. */
bool genl_family_parse(const struct nlmsghdr *, struct genl_family *);

/* A request for command 'cmd' of a family, to which attributes may be added
 * with libmnl.  Clears the 'size' bytes of 'buf', as libmnl leaves padding
 * alone, fills in the headers and returns them. */
struct nlmsghdr *genl_request_init(void *buf, size_t size, uint16_t family,
                                   uint8_t cmd, uint8_t version, bool dump);

#endif /* netlink/genl.h */
