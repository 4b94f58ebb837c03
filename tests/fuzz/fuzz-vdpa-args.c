/* SPDX-License-Identifier: Apache-2.0 */

/* Arguments of vdpa/add, in the input separated by NULs. */

#include <config.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "controller/vdpa/args.h"
#include "netlink/vdpa-control.h"
#include "util.h"

#define MAX_ARGS 16

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
check_spec(const struct vdpa_spec *spec)
{
    char *error = vdpa_spec_check(spec);

    ovs_assert(!error);
    ovs_assert(spec->name[0] && strlen(spec->name) < sizeof spec->name);
    ovs_assert(spec->mgmtdev[0]
               && strlen(spec->mgmtdev) < sizeof spec->mgmtdev);
    ovs_assert(!spec->mtu || spec->mtu >= VDPA_MTU_MIN);
    ovs_assert(spec->max_vqp <= VDPA_VQP_MAX);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *copy = xmemdup0((const char *) data, size);
    const char *argv[MAX_ARGS];
    struct vdpa_spec spec;
    const char *p = copy;
    uint8_t mac[6];
    char *error;
    int n = 0;

    do {
        argv[n++] = p;
        p += strlen(p) + 1;
    } while (n < MAX_ARGS && p < copy + size);

    error = vdpa_args_parse_add(argv, n, &spec);
    if (!error) {
        check_spec(&spec);
    }
    free(error);
    free(vdpa_args_parse_set(argv[0], mac));
    free(vdpa_args_check_driver(argv[0]));
    free(copy);
    return 0;
}
