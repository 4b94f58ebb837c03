/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/vdpa/args.h"

#include <stdlib.h>
#include <string.h>

#include "netlink/vdpa-control.h"
#include "netlink/virtio-name.h"
#include "packets.h"
#include "util.h"

static char *
parse_mgmtdev(const char *value, struct vdpa_spec *spec)
{
    if (strlen(value) >= sizeof spec->mgmtdev) {
        return xasprintf("mgmtdev \"%s\" is too long", value);
    }
    ovs_strlcpy(spec->mgmtdev, value, sizeof spec->mgmtdev);
    return NULL;
}

static char *
parse_mac(const char *value, uint8_t mac[6])
{
    struct eth_addr ea;

    if (!eth_addr_from_string(value, &ea)) {
        return xasprintf("mac \"%s\" is no MAC address", value);
    } else if (eth_addr_is_zero(ea)) {
        return xasprintf("mac \"%s\" is all zeros", value);
    } else if (eth_addr_is_multicast(ea)) {
        return xasprintf("mac \"%s\" is a multicast address", value);
    }
    memcpy(mac, ea.ea, sizeof ea.ea);
    return NULL;
}

static char *
parse_spec_mac(const char *value, struct vdpa_spec *spec)
{
    spec->has_mac = true;
    return parse_mac(value, spec->mac);
}

/* A decimal number in 'min'..'max', of digits only. */
static char *
parse_number(const char *name, const char *value, unsigned int min,
             unsigned int max, uint16_t *result)
{
    unsigned int number;

    if (!value[0] || value[strspn(value, "0123456789")]
        || !str_to_uint(value, 10, &number)
        || number < min || number > max) {
        return xasprintf("%s \"%s\" is no number in %u..%u", name, value,
                         min, max);
    }
    *result = number;
    return NULL;
}

static char *
parse_mtu(const char *value, struct vdpa_spec *spec)
{
    return parse_number("mtu", value, VDPA_MTU_MIN, UINT16_MAX,
                        &spec->mtu);
}

static char *
parse_max_vqp(const char *value, struct vdpa_spec *spec)
{
    return parse_number("max-vqp", value, 1, VDPA_VQP_MAX,
                        &spec->max_vqp);
}

static char *
parse_features(const char *value, struct vdpa_spec *spec)
{
    char *error = virtio_features_parse(value, &spec->features);

    if (error) {
        char *message = xasprintf("features: %s", error);

        free(error);
        return message;
    }
    spec->has_features = true;
    return NULL;
}

static const struct {
    const char *key;
    char *(*parse)(const char *value, struct vdpa_spec *);
} keys[] = {
    { "mgmtdev", parse_mgmtdev },
    { "mac", parse_spec_mac },
    { "mtu", parse_mtu },
    { "max-vqp", parse_max_vqp },
    { "features", parse_features },
};

/* Parses "KEY=VALUE".  'seen' has a bit for each of 'keys' that was there
 * before. */
static char *
parse_pair(const char *arg, struct vdpa_spec *spec, unsigned int *seen)
{
    size_t len = strcspn(arg, "=");

    if (!arg[len]) {
        return xasprintf("\"%s\" is not of the form key=value", arg);
    }
    for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
        if (strlen(keys[i].key) == len && !memcmp(keys[i].key, arg, len)) {
            if (*seen & 1u << i) {
                return xasprintf("%s is given twice", keys[i].key);
            }
            *seen |= 1u << i;
            return keys[i].parse(arg + len + 1, spec);
        }
    }
    return xasprintf("\"%s\": mgmtdev, mac, mtu, max-vqp and features are "
                     "known", arg);
}

char *
vdpa_args_parse_add(const char *const *argv, int n, struct vdpa_spec *spec)
{
    unsigned int seen = 0;
    char *error = vdpa_name_check(argv[0]);

    memset(spec, 0, sizeof *spec);
    for (int i = 1; !error && i < n; i++) {
        error = parse_pair(argv[i], spec, &seen);
    }
    if (!error && !(seen & 1)) {
        error = xstrdup("mgmtdev is missing, see vdpa/mgmtdev-list");
    }
    if (!error) {
        ovs_strlcpy(spec->name, argv[0], sizeof spec->name);
        error = vdpa_spec_check(spec);
    }
    return error;
}

char *
vdpa_args_parse_set(const char *arg, uint8_t mac[6])
{
    return (strncmp(arg, "mac=", 4)
            ? xasprintf("\"%s\": only mac=MAC can be set", arg)
            : parse_mac(arg + 4, mac));
}

char *
vdpa_args_check_driver(const char *driver)
{
    return (!strcmp(driver, "virtio_vdpa") || !strcmp(driver, "vhost_vdpa")
            ? NULL
            : xasprintf("driver \"%s\": virtio_vdpa and vhost_vdpa are "
                        "known", driver));
}
