/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_DIR_WATCH_H
#define CONTROLLER_DIR_WATCH_H 1

/* Tells of changes in one directory, by inotify. */

#include <stdbool.h>

struct dir_watch;
struct event_base;

/* Called from the event base: file 'name' was created, renamed, deleted, given
 * other permissions, or written and closed.  'created' tells the first of
 * these: who created it may be writing it.  If 'name' is NULL the directory
 * itself is gone or has another name, or events were lost: files may have
 * changed without a call.  May destroy the watch. */
typedef void dir_watch_func(const char *name, bool created, void *aux);

/* Watches 'dir'.  Returns 0 and stores the watch, or a positive errno value
 * and NULL. */
int dir_watch_create(struct event_base *base, const char *dir,
                     dir_watch_func *changed, void *aux,
                     struct dir_watch **watchp);
void dir_watch_destroy(struct dir_watch *);

#endif /* controller/dir-watch.h */
