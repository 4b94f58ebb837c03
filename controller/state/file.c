/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/state/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "controller/state/text.h"
#include "netlink/node-writer.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(state_file);

/* A kernel without it has no files that could be out of date. */
#define BOOT_ID_FILE "/proc/sys/kernel/random/boot_id"

struct state_file {
    char *dir;                  /* Absolute. */
    char *name;                 /* In it. */
    char *boot_id;              /* The kernel's. */
    struct node_writer *writer;
    char *wanted;               /* Text that is to be saved, or NULL. */
    char *saving;               /* Text that is being saved, or NULL. */
    char *saved;                /* Text that is on the disk as far as we know,
                                 * or NULL. */
    char *error;                /* See state_file_error(). */
    long long int retry_at;     /* time_msec() before which 'wanted' is not
                                 * tried again. */
};

char *
state_read_text(int dir, const char *name, size_t max, char **errorp)
{
    int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW
                    | O_NONBLOCK);
    struct ds text = DS_EMPTY_INITIALIZER;
    ssize_t n = -1;

    *errorp = NULL;
    if (fd >= 0) {
        char buf[4096];

        while ((n = read(fd, buf, sizeof buf)) > 0 && text.length < max) {
            ds_put_buffer(&text, buf, n);
        }
    }
    if (n < 0) {
        *errorp = xstrdup(ovs_strerror(errno));
    } else if (n > 0) {
        *errorp = xasprintf("it has more than %"PRIuSIZE" bytes", max);
    } else if (strlen(ds_cstr(&text)) != text.length) {
        *errorp = xstrdup("it has a byte 0");
    }
    if (fd >= 0) {
        close(fd);
    }
    if (*errorp) {
        ds_destroy(&text);
        return NULL;
    }
    return ds_steal_cstr(&text);
}

char *
state_read_boot_id(void)
{
    FILE *stream = fopen(BOOT_ID_FILE, "r");
    char buf[64] = "";

    if (stream) {
        if (!fgets(buf, sizeof buf, stream)) {
            buf[0] = '\0';
        }
        fclose(stream);
    }
    buf[strcspn(buf, "\n")] = '\0';
    return xstrdup(buf);
}

struct state_file *
state_file_create(struct event_base *base, const char *dir, const char *name)
{
    struct state_file *file = xzalloc(sizeof *file);

    file->dir = xstrdup(dir);
    file->name = xstrdup(name);
    file->boot_id = state_read_boot_id();
    file->writer = node_writer_create(base);
    return file;
}

void
state_file_destroy(struct state_file *file)
{
    if (file) {
        node_writer_destroy(file->writer);
        free(file->dir);
        free(file->name);
        free(file->boot_id);
        free(file->wanted);
        free(file->saving);
        free(file->saved);
        free(file->error);
        free(file);
    }
}

static void
set_error(struct state_file *file, char *error)
{
    if (error && !nullable_string_is_equal(error, file->error)) {
        VLOG_WARN("%s", error);
    }
    free(file->error);
    file->error = error;
}

void
state_file_reject(struct state_file *file, const char *why)
{
    set_error(file, xasprintf("%s/%s: %s; what it had is lost", file->dir,
                              file->name, why));
}

struct json *
state_file_load(struct state_file *file)
{
    int dir = open(file->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct json *content = NULL;
    char *text, *error = NULL;

    if (dir < 0 && errno == ENOENT) {
        return NULL;
    } else if (dir < 0) {
        state_file_reject(file, ovs_strerror(errno));
        return NULL;
    }
    if (faccessat(dir, file->name, F_OK, AT_SYMLINK_NOFOLLOW)
        && errno == ENOENT) {
        close(dir);
        return NULL;
    }
    text = state_read_text(dir, file->name, NODE_WRITER_SAVE_MAX, &error);
    if (text) {
        error = state_text_parse(text, file->boot_id, &content);
        if (!error && content) {
            file->saved = text;
            text = NULL;
        }
        free(text);
    }
    if (error) {
        state_file_reject(file, error);
        free(error);
    }
    close(dir);
    return content;
}

void
state_file_save(struct state_file *file, struct json *content)
{
    free(file->wanted);
    file->wanted = state_text_format(file->boot_id, content);
    file->retry_at = 0;
}

static void
save_done(void *file_, int error)
{
    struct state_file *file = file_;

    if (error) {
        set_error(file, xasprintf("%s/%s: cannot be written (%s); a restart "
                                  "would forget what it is for", file->dir,
                                  file->name, ovs_strerror(error)));
        file->retry_at = time_msec() + STATE_RETRY_MS;
        if (!file->wanted) {
            file->wanted = file->saving;
            file->saving = NULL;
        }
        free(file->saving);
    } else {
        set_error(file, NULL);
        free(file->saved);
        file->saved = file->saving;
    }
    file->saving = NULL;
}

/* Can the next be written? */
static bool
is_due(const struct state_file *file)
{
    return (file->wanted && !file->saving && time_msec() >= file->retry_at);
}

void
state_file_run(struct state_file *file)
{
    int error;

    if (!is_due(file)) {
        return;
    }
    file->saving = file->wanted;
    file->wanted = NULL;
    if (nullable_string_is_equal(file->saving, file->saved)) {
        free(file->saving);
        file->saving = NULL;
        return;
    }
    error = node_writer_save(file->writer, file->dir, file->name,
                             file->saving, save_done, file);
    if (error) {
        save_done(file, error);
    }
}

void
state_file_wait(const struct state_file *file)
{
    if (is_due(file) && !file->retry_at) {
        poll_immediate_wake();
    }
}

bool
state_file_is_saved(const struct state_file *file)
{
    return !file->wanted && !file->saving;
}

const char *
state_file_error(const struct state_file *file)
{
    return file->error;
}
