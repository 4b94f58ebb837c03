/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "utilities/client/vdpa-ask.h"

#include <stdlib.h>

#include "openvswitch/json.h"
#include "util.h"
#include "utilities/client/vdpa-device.h"

static char json_option[] = "--format=json";

/* Makes '*devices' of 'text', the daemon's answer. */
static char *
take_list(const char *text, struct vdpa_devices *devices)
{
    struct json *json = json_from_string(text);
    char *error = vdpa_devices_init(devices, json);

    json_destroy(json);
    return error;
}

/* Finds what is named.  Returns NULL, or a message that the caller frees. */
static char *
select_devices(const struct vdpa_devices *devices, size_t n,
               char *const names[], struct vdpa_device *selected[])
{
    for (size_t i = 0; i < n; i++) {
        char *error;

        selected[i] = vdpa_devices_find(devices, names[i], &error);
        if (error) {
            return error;
        }
        for (size_t j = 0; j < i; j++) {
            if (selected[i] == selected[j]) {
                return xasprintf("%s is given twice", selected[i]->name);
            }
        }
    }
    return NULL;
}

enum client_status
vdpa_ask_list(const struct client *client, size_t n, char *const names[],
              struct vdpa_devices *devices, struct vdpa_device *selected[])
{
    char *const args[] = { json_option };
    enum client_status status;
    char *text, *error;

    status = client_transact(client, "vdpa/list", 1, args, &text);
    if (status != CLIENT_OK) {
        client_error("%s", text);
        free(text);
        return status;
    }

    error = take_list(text, devices);
    free(text);
    if (!error) {
        error = select_devices(devices, n, names, selected);
        if (error) {
            vdpa_devices_destroy(devices);
        }
    }
    if (error) {
        client_error("%s", error);
        free(error);
        return CLIENT_REFUSED;
    }
    return CLIENT_OK;
}

void
vdpa_ask_config(const struct client *client, struct vdpa_device *device)
{
    char *const args[] = { device->name, json_option };
    char *text;

    if (client_transact(client, "vdpa/show", 2, args, &text) == CLIENT_OK) {
        struct json *json = json_from_string(text);

        vdpa_device_configure(device, json);
        json_destroy(json);
    }
    free(text);
}
