/* SPDX-License-Identifier: Apache-2.0 */

#ifndef UTILITIES_CLIENT_VDPA_ASK_H
#define UTILITIES_CLIENT_VDPA_ASK_H 1

/* Asks the daemon about vDPA devices. */

#include <stddef.h>

#include "utilities/client/client.h"

struct vdpa_device;
struct vdpa_devices;

/* Stores into '*devices' all devices that the daemon knows, and into
 * the 'n' elements of 'selected' those that 'names' name, each of which has to
 * be another one.  If that fails prints why, and there is nothing to
 * destroy. */
enum client_status vdpa_ask_list(const struct client *, size_t n,
                                 char *const names[],
                                 struct vdpa_devices *devices,
                                 struct vdpa_device *selected[]);

/* Asks for the configuration of 'device'.  It stays unknown if the daemon does
 * not tell. */
void vdpa_ask_config(const struct client *, struct vdpa_device *device);

#endif /* utilities/client/vdpa-ask.h */
