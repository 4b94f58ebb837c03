/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_FLOW_DETAIL_PRIVATE_H
#define CONTROLLER_FLOW_DETAIL_PRIVATE_H 1

/* What the files of flow-detail share. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compiler.h"
#include "openvswitch/hmap.h"
#include "openvswitch/types.h"

struct flow_detail_names;
struct match;
struct nlattr;
struct ofpbuf;

/* A conversion under way. */
struct flow_detail {
    const struct flow_detail_names *names; /* Where names come from. */
    struct hmap ports;          /* Names so far, "odp_portno_names". */
    char *error;                /* The first thing that was wrong, or NULL. */
};

/* Notes an error, if it is the first one.  Returns false. */
bool flow_detail_fail(struct flow_detail *, const char *format, ...)
    OVS_PRINTF_FORMAT(2, 3);

/* Has the datapath port of that number printed by its name.  */
void flow_detail_add_port(struct flow_detail *, uint32_t number);

/* The same for netdev 'ifindex', which takes the place of a port. */
odp_port_t flow_detail_add_netdev(struct flow_detail *, uint32_t ifindex);

/* Types of the attributes of a flower filter that are looked at.  (Older
 * headers of the kernel do not have all.) */
enum {
    FLOWER_KEY_ENC_FLAGS = 110, /* TCA_FLOWER_KEY_ENC_FLAGS. */
    FLOWER_KEY_ENC_FLAGS_MASK,  /* TCA_FLOWER_KEY_ENC_FLAGS_MASK. */
    FLOWER_N_ATTRS,
};

/* A filter, taken apart. */
struct flow_detail_filter {
    uint16_t eth_type;          /* Its protocol, in host order. */
    uint32_t dev;               /* Ifindex, or number of a shared block. */
    uint32_t chain;             /* recirc_id. */
    const struct nlattr *key[FLOWER_N_ATTRS]; /* TCA_FLOWER_*. */
};

/* Reads the attribute 'type' of the filter, 'size' bytes.  Returns whether it
 * is there and as long; if not, '*dst' stays. */
bool flow_detail_get(struct flow_detail *, const struct flow_detail_filter *,
                     uint16_t type, void *dst, size_t size);

/* Reads a key and its mask.  Returns whether there is a mask. */
bool flow_detail_get_masked(struct flow_detail *,
                            const struct flow_detail_filter *,
                            uint16_t key_type, uint16_t mask_type, void *key,
                            void *mask, size_t size);

/* The same for types TCA_FLOWER_KEY_NAME and TCA_FLOWER_KEY_NAME_MASK and
 * variables 'key' and 'mask' of one type. */
#define GET_MASKED(NAME)                                                \
    flow_detail_get_masked(fd, f, TCA_FLOWER_KEY_##NAME,                \
                           TCA_FLOWER_KEY_##NAME##_MASK, &key, &mask,   \
                           sizeof key)

/* Initializes 'match' with what 'filter' matches. */
bool flow_detail_tc_match(struct flow_detail *,
                          const struct flow_detail_filter *, struct match *);

/* Adds to 'match' what it says about a tunnel. */
void flow_detail_tc_tunnel(struct flow_detail *,
                           const struct flow_detail_filter *,
                           struct match *);

/* Options of Geneve, from TCA_FLOWER_KEY_ENC_OPTS_GENEVE or what is the same
 * for actions, TCA_TUNNEL_KEY_ENC_OPTS_GENEVE, into 'opts', at most 'size'
 * bytes.  Returns the number of bytes in '*lenp'. */
bool flow_detail_geneve(struct flow_detail *, const struct nlattr *nest,
                        void *opts, size_t size, size_t *lenp);

/* Appends the datapath actions of the filter to 'odp'. */
bool flow_detail_tc_actions(struct flow_detail *,
                            const struct flow_detail_filter *,
                            struct ofpbuf *odp);

/* The action "pedit": appends OVS_ACTION_ATTR_SET_MASKED. */
bool flow_detail_tc_pedit(struct flow_detail *, const struct nlattr *parms,
                          const struct nlattr *keys_ex, struct ofpbuf *odp);

/* Checks what libopenvswitch takes for granted of 'len' bytes at 'attrs', keys
 * (or masks) or actions of the datapath, before it prints them. */
bool flow_detail_check_keys(struct flow_detail *, const void *attrs,
                            size_t len);
bool flow_detail_check_actions(struct flow_detail *, const void *attrs,
                               size_t len);

#endif /* controller/flow-detail/private.h */
