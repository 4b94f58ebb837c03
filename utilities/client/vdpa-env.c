/* SPDX-License-Identifier: Apache-2.0 */

/* "vdpa env": the environment by which a pod that has vDPA devices, as
 * KubeVirt's, finds them. */

#include <config.h>
#include "utilities/client/client.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "openvswitch/dynamic-string.h"
#include "util.h"
#include "utilities/client/vdpa-ask.h"
#include "utilities/client/vdpa-device.h"

/* Returns false, having said why, if the command line is wrong.  The names
 * that are left of it begin at argv[optind - 1]. */
static bool
parse_arguments(int argc, char *argv[], const char **resource)
{
    static const struct option options[] = {
        {"resource", required_argument, NULL, 'r'},
        {NULL, 0, NULL, 0},
    };
    int c;

    *resource = NULL;
    argv[-1] = CONST_CAST(char *, "ovs-offload: vdpa env");
    optind = 0;
    while ((c = getopt_long(argc + 1, argv - 1, "", options, NULL)) != -1) {
        if (c != 'r') {
            return false;
        }
        *resource = optarg;
    }
    if (!*resource) {
        client_error("vdpa env: missing --resource");
    } else if (!vdpa_resource_is_good(*resource)) {
        client_error("vdpa env: --resource needs PREFIX/NAME, as in "
                     "example.com/vdpa, not \"%s\"", *resource);
        *resource = NULL;
    }
    return *resource != NULL;
}

/* Selects those that a device plugin would offer as vhost devices.  Returns
 * how many. */
static size_t
select_vhost(const struct vdpa_devices *devices,
             struct vdpa_device *selected[])
{
    size_t n = 0;

    for (size_t i = 0; i < devices->n; i++) {
        struct vdpa_device *device = &devices->devices[i];

        if (device->vf_pci && device->vhost_device) {
            selected[n++] = device;
        }
    }
    return n;
}

static enum client_status
print_env(struct vdpa_device *const selected[], size_t n,
          const char *resource)
{
    const struct vdpa_device **devices = xcalloc(n, sizeof *devices);
    enum client_status status = CLIENT_OK;
    struct ds s = DS_EMPTY_INITIALIZER;
    char *error;

    for (size_t i = 0; i < n; i++) {
        devices[i] = selected[i];
    }
    error = vdpa_devices_put_env(devices, n, resource, &s);
    if (error) {
        client_error("%s", error);
        free(error);
        status = CLIENT_REFUSED;
    } else {
        client_print(ds_cstr(&s));
    }
    ds_destroy(&s);
    free(devices);
    return status;
}

enum client_status
vdpa_env(const struct client *client, int argc, char *argv[])
{
    const char *resource;

    if (client->format) {
        client_error("vdpa env: there is no other format");
        return CLIENT_USAGE;
    } else if (!parse_arguments(argc, argv, &resource)) {
        fprintf(stderr, "usage: %s vdpa env %s\n", program_name,
                VDPA_ENV_USAGE);
        return CLIENT_USAGE;
    }

    size_t n = argc + 1 - optind;
    struct vdpa_device **selected = xcalloc(n, sizeof *selected);
    struct vdpa_devices devices;
    enum client_status status = vdpa_ask_list(client, n, argv - 1 + optind,
                                              &devices, selected);
    if (status == CLIENT_OK) {
        if (!n) {
            free(selected);
            selected = xcalloc(devices.n, sizeof *selected);
            n = select_vhost(&devices, selected);
        }
        if (n) {
            status = print_env(selected, n, resource);
        } else {
            client_error("no vDPA device is on a VF and bound to vhost_vdpa; "
                         "see vdpa list");
            status = CLIENT_REFUSED;
        }
        vdpa_devices_destroy(&devices);
    }
    free(selected);
    return status;
}
