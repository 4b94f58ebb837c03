/* SPDX-License-Identifier: Apache-2.0 */

/* Device-info files, and the names of files.  What was parsed is written as a
 * file of ours, and has to say the same when it is read again. */

#include <config.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "controller/devinfo/parse.h"
#include "util.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
check_name(const char *name)
{
    char *container, *ifname;

    if (devinfo_parse_cni_name(name, &container, &ifname)) {
        ovs_assert(container[0] && ifname[0]);
        free(container);
        free(ifname);
    }
    ifname = devinfo_dp_file_name(name, name);
    ovs_assert(!strchr(ifname, '/'));
    free(ifname);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = xmemdup0((const char *) data, size);
    struct devinfo info, again;
    char *error = devinfo_parse(text, size, &info);

    check_name(text);
    if (error) {
        free(error);
    } else {
        char *first = devinfo_format(&info);

        error = devinfo_parse(first, strlen(first), &again);
        if (error) {
            ovs_abort(0, "%s: %s", first, error);
        }

        char *second = devinfo_format(&again);
        ovs_assert(again.ours && !strcmp(first, second));
        free(first);
        free(second);
        devinfo_destroy(&info);
        devinfo_destroy(&again);
    }
    free(text);
    return 0;
}
