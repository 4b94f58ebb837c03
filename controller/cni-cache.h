/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_CNI_CACHE_H
#define CONTROLLER_CNI_CACHE_H 1

/* What libcni keeps of the interfaces that it added: a file for each, named
 * NETWORK-SANDBOX-INTERFACE, which is there from CNI ADD to CNI DEL.  So a
 * sandbox that has one with a device is one that still runs, with that.
 *
 * The device is told, in the order in which they are believed, by
 *
 *   - capabilityArgs.deviceID, what the caller of libcni (Multus) passed to
 *     plugins that take it this way;
 *   - deviceID, pciBusID or runtimeConfig.deviceID in the configuration, or in
 *     that of one of its plugins: what Multus writes into the configuration of
 *     those that do not.  The file has it as base64 of JSON;
 *   - pciID of an interface of the result (CNI 1.1).
 *
 * "netns" is the network namespace, whose file goes with the sandbox: a cache
 * that nobody cleaned up after a crash tells of one that is gone. */

#include <stdbool.h>
#include <stddef.h>

/* A larger file is none of libcni's. */
#define CNI_CACHE_FILE_MAX (1 << 20)

/* Do the 'size' bytes at 'text', of such a file, say that 'sandbox' has one
 * of the 'n' 'devices' (PCI addresses, names of vDPA devices)?  If they do,
 * '*netns' is set to the path of its network namespace, or NULL.  If not,
 * '*why' is set to what is the matter.  The caller frees both. */
bool cni_cache_parse(const char *text, size_t size, const char *sandbox,
                     const char *const devices[], size_t n, char **netns,
                     char **why);

/* Is there a file in one of 'dirs', separated by ':', that does?  Reads those
 * whose name has 'sandbox' in it.  '*why' as above. */
bool cni_cache_has(const char *dirs, const char *sandbox,
                   const char *const devices[], size_t n, char **why);

#endif /* controller/cni-cache.h */
