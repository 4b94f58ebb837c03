/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_DEVINFO_CONTROL_H
#define CONTROLLER_DEVINFO_CONTROL_H 1

/* Device-info files in the main loop: watches the directory that the database
 * configures, and has our own files written while it wants them.
 *
 * Nothing is written or removed in mode "observe", nor before everything was
 * known once, nor while the kernel is being read again: a device that is
 * missing then may be there. */

struct controller;

void devinfo_control_run(const struct controller *);
void devinfo_control_wait(const struct controller *);

/* Removes our files, for "exit --cleanup". */
void devinfo_control_cleanup(const struct controller *);

#endif /* controller/devinfo/control.h */
