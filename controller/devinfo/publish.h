/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_DEVINFO_PUBLISH_H
#define CONTROLLER_DEVINFO_PUBLISH_H 1

/* Our own device-info files.
 *
 * For each VF with one vDPA device that is bound to a driver, and for which no
 * device plugin has written a file, there is one of ours in directory "dp",
 * under the name that consumers make of the resource and of the VF's PCI
 * address.  It goes when the device goes, when someone else writes one for the
 * device, or when none are wanted any more.
 *
 * What CNI plugins write does not count: their files are made of those of
 * device plugins, so that ours would be gone as soon as it was used. */

#include <stdbool.h>
#include <stdint.h>

struct devinfo_publish;
struct devinfo_watch;
struct json;
struct port_table;
struct shash;

/* Default of the name of the resource. */
#define DEVINFO_DEFAULT_RESOURCE "ovs-offload-controller/vdpa"

struct devinfo_publish *devinfo_publish_create(struct devinfo_watch *);
void devinfo_publish_destroy(struct devinfo_publish *);

/* Brings the files to what 'ports' say, with 'resource' NULL to none.  To be
 * called when anything may have changed, but only while all is known. */
void devinfo_publish_run(struct devinfo_publish *,
                         const struct port_table *ports,
                         const char *resource);

/* Arranges for poll_block() to return when something that failed is to be
 * tried again. */
void devinfo_publish_wait(const struct devinfo_publish *);

/* Has anything changed since the last run, or is it time to try again what
 * failed?  'rounds' is how often the ports were decided. */
bool devinfo_publish_is_due(struct devinfo_publish *, uint64_t rounds);

/* What went wrong at the last run, or NULL. */
const char *devinfo_publish_error(const struct devinfo_publish *);

/* Adds to 'files' what is to be written for 'ports': the text, which is the
 * caller's, by the name of the file.  Here for tests. */
void devinfo_publish_wanted(const struct devinfo_watch *,
                            const struct port_table *ports,
                            const char *resource, struct shash *files);

#endif /* controller/devinfo/publish.h */
