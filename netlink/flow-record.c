/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "netlink/flow-record.h"

#include <string.h>

#include "util.h"

const char *
flow_miss_to_string(enum flow_miss miss)
{
    static const char *const names[FLOW_N_MISSES] = {
        [FLOW_MISS_NONE] = NULL,
        [FLOW_MISS_ACTION_USERSPACE] = "action userspace",
        [FLOW_MISS_ACTION_SAMPLE] = "action sample",
        [FLOW_MISS_ACTION_CLONE] = "action clone",
        [FLOW_MISS_ACTION_HASH] = "action hash",
        [FLOW_MISS_ACTION_CHECK_PKT_LEN] = "action check_pkt_len",
        [FLOW_MISS_ACTION_METER] = "action meter",
        [FLOW_MISS_ACTION_TRUNC] = "action trunc",
        [FLOW_MISS_ACTION_LB_OUTPUT] = "action lb_output",
        [FLOW_MISS_ACTION_DEC_TTL] = "action dec_ttl",
        [FLOW_MISS_ACTION_NSH] = "action push_nsh or pop_nsh",
        [FLOW_MISS_ACTION_PUSH_ETH] = "action push_eth or pop_eth",
        [FLOW_MISS_ACTION_SET] = "action set of a field that tc does not "
                                 "rewrite",
        [FLOW_MISS_ACTION_CT] = "action ct with what tc cannot do",
        [FLOW_MISS_ACTION_OTHER] = "action that is not known here",
        [FLOW_MISS_MATCH_DP_HASH] = "match dp_hash",
        [FLOW_MISS_MATCH_PRIORITY] = "match skb_priority or skb_mark",
        [FLOW_MISS_MATCH_CT] = "match ct_state",
        [FLOW_MISS_MATCH_NSH] = "match nsh",
        [FLOW_MISS_MATCH_ND] = "match nd",
        [FLOW_MISS_MATCH_TUNNEL] = "match tunnel",
        [FLOW_MISS_MATCH_ICMP] = "match icmp",
        [FLOW_MISS_MATCH_OTHER] = "match that is not known here",
    };

    return miss < FLOW_N_MISSES ? names[miss] : "miss that is not known here";
}

char *
flow_ufid_to_string(const uint8_t ufid[FLOW_UFID_LEN], char *buf)
{
    static const char hex[] = "0123456789abcdef";
    char *p = buf;

    for (int i = 0; i < FLOW_UFID_LEN; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10) {
            *p++ = '-';
        }
        *p++ = hex[ufid[i] >> 4];
        *p++ = hex[ufid[i] & 15];
    }
    *p = '\0';
    return buf;
}

bool
flow_ufid_from_string(const char *s, uint8_t ufid[FLOW_UFID_LEN])
{
    uint8_t value[FLOW_UFID_LEN];

    if (!strncmp(s, "ufid:", 5)) {
        s += 5;
    }
    for (int i = 0; i < FLOW_UFID_LEN; i++) {
        bool ok;

        if ((i == 4 || i == 6 || i == 8 || i == 10) && *s++ != '-') {
            return false;
        }
        if (!s[0] || !s[1]) {
            return false;
        }
        value[i] = hexits_value(s, 2, &ok);
        if (!ok) {
            return false;
        }
        s += 2;
    }
    if (*s) {
        return false;
    }
    memcpy(ufid, value, sizeof value);
    return true;
}
