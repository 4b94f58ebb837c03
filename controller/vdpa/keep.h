/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_VDPA_KEEP_H
#define CONTROLLER_VDPA_KEEP_H 1

/* Deletions of vDPA devices that wait for these to be closed are kept in a
 * file below the state directory, and the next daemon goes on with them. */

struct event_base;
struct kernel;
struct state_file;
struct vdpa_keep;

/* Goes on with what is in the file.  'dir' is absolute. */
struct vdpa_keep *vdpa_keep_create(struct event_base *, struct kernel *,
                                   const char *dir);
void vdpa_keep_destroy(struct vdpa_keep *);

void vdpa_keep_run(struct vdpa_keep *);
void vdpa_keep_wait(const struct vdpa_keep *);

const struct state_file *vdpa_keep_file(const struct vdpa_keep *);

#endif /* controller/vdpa/keep.h */
