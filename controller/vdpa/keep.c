/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/vdpa/keep.h"

#include <stdlib.h>
#include <string.h>

#include "controller/output.h"
#include "controller/state/file.h"
#include "controller/state/text.h"
#include "netlink/vdpa-control.h"
#include "openvswitch/json.h"
#include "openvswitch/shash.h"
#include "openvswitch/vlog.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(vdpa_keep);

#define FILE_NAME "vdpa-deletions.json"

struct vdpa_keep {
    struct kernel *kernel;
    struct state_file *file;
    struct shash deletions;     /* In 'file': vdpa_deletions_to_state(). */
};

static void
resume(struct vdpa_keep *keep)
{
    const struct shash_node *node;

    SHASH_FOR_EACH (node, &keep->deletions) {
        const uint64_t *inode = node->data;
        char *name = output_printable(node->name);

        VLOG_INFO("the deletion of %s, which was pending before the start, "
                  "goes on", name);
        kernel_vdpa_resume_delete(keep->kernel, node->name, *inode);
        free(name);
    }
}

struct vdpa_keep *
vdpa_keep_create(struct event_base *base, struct kernel *kernel,
                 const char *dir)
{
    struct vdpa_keep *keep = xzalloc(sizeof *keep);
    struct json *content;

    keep->kernel = kernel;
    keep->file = state_file_create(base, dir, FILE_NAME);
    shash_init(&keep->deletions);
    content = state_file_load(keep->file);
    if (content) {
        char *error = vdpa_deletions_from_state(content,
                                                &keep->deletions);

        if (error) {
            state_file_reject(keep->file, error);
            free(error);
        }
        json_destroy(content);
        resume(keep);
    }
    return keep;
}

void
vdpa_keep_destroy(struct vdpa_keep *keep)
{
    if (keep) {
        state_file_destroy(keep->file);
        shash_destroy_free_data(&keep->deletions);
        free(keep);
    }
}

static void
collect(void *deletions, const struct vdpa_pending *pending)
{
    if (!strcmp(pending->what, "delete") && pending->late
        && pending->inode) {
        free(shash_replace(deletions, pending->name,
                           xmemdup(&pending->inode, sizeof pending->inode)));
    }
}

static bool
are_equal(const struct shash *a, const struct shash *b)
{
    const struct shash_node *node;

    if (shash_count(a) != shash_count(b)) {
        return false;
    }
    SHASH_FOR_EACH (node, a) {
        const uint64_t *x = node->data, *y = shash_find_data(b, node->name);

        if (!y || *x != *y) {
            return false;
        }
    }
    return true;
}

void
vdpa_keep_run(struct vdpa_keep *keep)
{
    struct shash deletions = SHASH_INITIALIZER(&deletions);

    kernel_vdpa_for_each_pending(keep->kernel, collect, &deletions);
    if (!are_equal(&deletions, &keep->deletions)) {
        shash_swap(&deletions, &keep->deletions);
        state_file_save(keep->file,
                        vdpa_deletions_to_state(&keep->deletions));
    }
    shash_destroy_free_data(&deletions);
    state_file_run(keep->file);
}

void
vdpa_keep_wait(const struct vdpa_keep *keep)
{
    state_file_wait(keep->file);
}

const struct state_file *
vdpa_keep_file(const struct vdpa_keep *keep)
{
    return keep->file;
}
