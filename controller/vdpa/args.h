/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_VDPA_ARGS_H
#define CONTROLLER_VDPA_ARGS_H 1

/* Arguments of the commands about vDPA devices.  Pure.
 *
 * Each function returns NULL, or a message that names the argument and its
 * value, which the caller frees. */

#include <stdint.h>

struct vdpa_spec;

/* Parses those of vdpa/add, 'n' strings: NAME mgmtdev=DEV [mac=MAC]
 * [mtu=BYTES] [max-vqp=N] [features=FEATURE,...]. */
char *vdpa_args_parse_add(const char *const *argv, int n,
                          struct vdpa_spec *spec);

/* Parses "mac=MAC". */
char *vdpa_args_parse_set(const char *arg, uint8_t mac[6]);

/* Checks the driver of vdpa/bind. */
char *vdpa_args_check_driver(const char *driver);

#endif /* controller/vdpa/args.h */
