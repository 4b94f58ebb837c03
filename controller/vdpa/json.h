/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_VDPA_JSON_H
#define CONTROLLER_VDPA_JSON_H 1

/* vDPA devices and management devices as JSON, as documented in
 * ovs-offload-controller(8). */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct inventory;
struct json;
struct kernel;
struct vdpa_config;
struct vdpa_holder;
struct vdpa_info;
struct vdpa_mgmtdev;
struct vdpa_vstats;

/* What a device is and who consumes it: the answer of commands that change
 * one. */
struct json *vdpa_info_to_json(const struct vdpa_info *);

/* Names of the bits in 'features', or null unless 'valid'. */
struct json *vdpa_features_to_json(bool valid, uint64_t features);

struct json *vdpa_config_to_json(const struct vdpa_config *);
struct json *vdpa_vstats_to_json(const struct vdpa_vstats *);
struct json *vdpa_holders_to_json(const struct vdpa_holder *, size_t n);

/* An array of the 'n' management devices, sorted, each with the names of its
 * devices in 'inv'. */
struct json *vdpa_mgmtdevs_to_json(const struct vdpa_mgmtdev *, size_t n,
                                   const struct inventory *inv);

/* An array of the requests that are under way. */
struct json *vdpa_pending_to_json(const struct kernel *);

/* The one for device 'name', or null. */
struct json *vdpa_pending_of_to_json(const struct kernel *, const char *name);

#endif /* controller/vdpa/json.h */
