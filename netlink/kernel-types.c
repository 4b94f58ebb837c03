/* SPDX-License-Identifier: Apache-2.0 */

#include "config.h"

#include "netlink/kernel-types.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "hash.h"
#include "util.h"

/* Takes hexadecimal digits from '*sp', at least 'min' and at most 'max' of
 * them, and advances '*sp'. */
static bool
take_hex(const char **sp, int min, int max, uint32_t *value)
{
    uint32_t v = 0;
    int n;

    for (n = 0; n < max; n++) {
        int digit = hexit_value((*sp)[n]);

        if (digit < 0) {
            break;
        }
        v = v << 4 | digit;
    }
    if (n < min) {
        return false;
    }
    *sp += n;
    *value = v;
    return true;
}

/* Takes a decimal number as printf's "%u" writes it: digits only, no leading
 * zero, and it fits. */
static bool
take_decimal(const char **sp, uint32_t *value)
{
    const char *s = *sp;
    uint64_t v = 0;

    if (s[0] < '0' || s[0] > '9' || (s[0] == '0' && s[1] >= '0'
                                     && s[1] <= '9')) {
        return false;
    }
    for (; *s >= '0' && *s <= '9'; s++) {
        v = v * 10 + (*s - '0');
        if (v > UINT32_MAX) {
            return false;
        }
    }
    *sp = s;
    *value = v;
    return true;
}

static bool
take_char(const char **sp, char c)
{
    if (**sp != c) {
        return false;
    }
    (*sp)++;
    return true;
}

bool
pci_addr_parse(const char *s, struct pci_addr *addr)
{
    const char *start = s;
    uint32_t domain, bus, dev, fn;

    /* The kernel prints the domain with "%04x": zeros only up to four
     * digits, so that each function has one spelling. */
    if (!take_hex(&s, 4, 8, &domain)
        || (s - start > 4 && start[0] == '0')
        || !take_char(&s, ':') || !take_hex(&s, 2, 2, &bus)
        || !take_char(&s, ':') || !take_hex(&s, 2, 2, &dev) || dev > 31
        || !take_char(&s, '.') || !take_hex(&s, 1, 1, &fn) || fn > 7
        || *s) {
        return false;
    }
    *addr = (struct pci_addr) {
        .domain = domain, .bus = bus, .dev = dev, .fn = fn,
    };
    return true;
}

static const char hex_digits[] = "0123456789abcdef";

const char *
pci_addr_format(const struct pci_addr *addr, char *buf)
{
    int shift = 12;             /* Four digits at least. */
    char *p = buf;

    /* Not snprintf(): this is done for every VF again and again. */
    while (shift < 28 && addr->domain >> (shift + 4)) {
        shift += 4;
    }
    for (; shift >= 0; shift -= 4) {
        *p++ = hex_digits[addr->domain >> shift & 0xf];
    }
    *p++ = ':';
    *p++ = hex_digits[addr->bus >> 4];
    *p++ = hex_digits[addr->bus & 0xf];
    *p++ = ':';
    *p++ = hex_digits[addr->dev >> 4];
    *p++ = hex_digits[addr->dev & 0xf];
    *p++ = '.';
    *p++ = hex_digits[addr->fn & 0xf];
    *p = '\0';
    return buf;
}

static uint64_t
pci_addr_to_u64(const struct pci_addr *addr)
{
    return (uint64_t) addr->domain << 24 | (uint64_t) addr->bus << 16
           | (uint64_t) addr->dev << 8 | addr->fn;
}

int
pci_addr_compare(const struct pci_addr *a_, const struct pci_addr *b_)
{
    uint64_t a = pci_addr_to_u64(a_);
    uint64_t b = pci_addr_to_u64(b_);

    return a < b ? -1 : a > b;
}

uint32_t
pci_addr_hash(const struct pci_addr *addr, uint32_t basis)
{
    return hash_uint64_basis(pci_addr_to_u64(addr), basis);
}

bool
switch_id_equals(const struct switch_id *a, const struct switch_id *b)
{
    return a->len == b->len && !memcmp(a->id, b->id, a->len);
}

bool
devlink_handle_equals(const struct devlink_handle *a,
                      const struct devlink_handle *b)
{
    return !strcmp(a->bus, b->bus) && !strcmp(a->dev, b->dev);
}

void
devlink_handle_from_pci(const struct pci_addr *addr,
                        struct devlink_handle *handle)
{
    char buf[PCI_ADDR_STRLEN];

    ovs_strlcpy(handle->bus, "pci", sizeof handle->bus);
    ovs_strlcpy(handle->dev, pci_addr_format(addr, buf), sizeof handle->dev);
}

bool
port_name_parse_vf(const char *name, struct port_name *pn)
{
    struct port_name p = { .has_controller = false };

    if (take_char(&name, 'c')) {
        p.has_controller = true;
        if (!take_decimal(&name, &p.controller)) {
            return false;
        }
    }
    if (!take_char(&name, 'p') || !take_char(&name, 'f')
        || !take_decimal(&name, &p.pf)
        || !take_char(&name, 'v') || !take_char(&name, 'f')
        || !take_decimal(&name, &p.vf)
        || *name) {
        return false;
    }
    *pn = p;
    return true;
}

int
port_name_parse_uplink(const char *name)
{
    uint32_t port, split;

    if (!take_char(&name, 'p') || !take_decimal(&name, &port)
        || port > INT_MAX
        || (take_char(&name, 's') && !take_decimal(&name, &split))
        || *name) {
        return -1;
    }
    return port;
}

const char *
eswitch_mode_to_string(enum eswitch_mode mode)
{
    switch (mode) {
    case ESWITCH_UNKNOWN:
        return "unknown";
    case ESWITCH_LEGACY:
        return "legacy";
    case ESWITCH_SWITCHDEV:
        return "switchdev";
    }
    OVS_NOT_REACHED();
}

const char *
tc_offload_to_string(enum tc_offload value)
{
    switch (value) {
    case TC_OFFLOAD_UNKNOWN:
        return "unknown";
    case TC_OFFLOAD_OFF:
        return "off";
    case TC_OFFLOAD_ON:
        return "on";
    case TC_OFFLOAD_UNSUPPORTED:
        return "unsupported";
    }
    OVS_NOT_REACHED();
}
