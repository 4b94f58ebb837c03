/* SPDX-License-Identifier: Apache-2.0 */

/* The part of netlink/vdpa-control.h that needs no kernel. */

#include "config.h"

#include "netlink/vdpa-control.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "netlink/vdpa-msg.h"
#include "util.h"

#define NEW_NAME_MAX 128        /* Bytes in the name of a new device. */

char *
vdpa_name_check(const char *name)
{
    size_t len = strlen(name);

    if (!len) {
        return xstrdup("the name is empty");
    } else if (len > NEW_NAME_MAX) {
        return xasprintf("the name has %"PRIuSIZE" bytes, of at most %d", len,
                         NEW_NAME_MAX);
    } else if (name[0] == '-' || !strcmp(name, ".") || !strcmp(name, "..")) {
        return xasprintf("a name cannot be \"%s\"", name);
    }
    for (const char *p = name; *p; p++) {
        if (!isalnum((unsigned char) *p) && !strchr("_.:@+-", *p)) {
            return xasprintf("the name \"%s\" has a character that is not "
                             "possible: letters, digits and _.:@+- are",
                             name);
        }
    }
    return NULL;
}

char *
vdpa_spec_check(const struct vdpa_spec *spec)
{
    char *error = vdpa_name_check(spec->name);
    char bus[16], dev[64];

    if (error) {
        return error;
    } else if (!vdpa_mgmtdev_from_string(spec->mgmtdev, bus, dev)) {
        return xasprintf("mgmtdev \"%s\" is not of the form BUS/DEVICE or "
                         "DEVICE", spec->mgmtdev);
    } else if (spec->mtu && spec->mtu < VDPA_MTU_MIN) {
        return xasprintf("mtu %u is not in %d..65535", spec->mtu,
                         VDPA_MTU_MIN);
    } else if (spec->max_vqp > VDPA_VQP_MAX) {
        return xasprintf("max-vqp %u is not in 1..%d", spec->max_vqp,
                         VDPA_VQP_MAX);
    }
    return NULL;
}
