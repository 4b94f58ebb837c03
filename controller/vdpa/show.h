/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_VDPA_SHOW_H
#define CONTROLLER_VDPA_SHOW_H 1

/* Collects all that is known of one vDPA device: from the tables, from the
 * kernel, and who has it open, for VDPA_SHOW_MS at most. */

#define VDPA_SHOW_MS 5000

struct controller;
struct json;
struct vdpa_info;
struct vdpa_show;

/* Calls 'done' from vdpa_show_run() with an object that becomes its; or with
 * NULL if the device is gone.  After that only vdpa_show_destroy() may be
 * called. */
struct vdpa_show *vdpa_show_start(const struct controller *,
                                  const struct vdpa_info *,
                                  void (*done)(void *aux, struct json *),
                                  void *aux);
void vdpa_show_destroy(struct vdpa_show *);
void vdpa_show_run(struct vdpa_show *);
void vdpa_show_wait(const struct vdpa_show *);

#endif /* controller/vdpa/show.h */
