/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/rpc/list-file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "controller/output.h"
#include "controller/rpc/socket-list.h"
#include "openvswitch/json.h"
#include "openvswitch/vlog.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(rpc_list);

void
list_file_init(struct list_file *file, const char *dir, const char *name)
{
    *file = (struct list_file) { .name = xasprintf("%s/%s", dir, name) };
}

void
list_file_destroy(struct list_file *file)
{
    free(file->name);
    socket_list_destroy(file->list);
    free(file->error);
    *file = (struct list_file) { .name = NULL };
}

/* Reads all of 'fd', in pieces, as it may be written meanwhile.  Returns 0 and
 * stores the content, to be freed, or a positive errno value. */
static int
read_all(int fd, char **text, size_t *n)
{
    size_t allocated = 4096;

    *text = xmalloc(allocated);
    *n = 0;
    for (;;) {
        ssize_t got = read(fd, *text + *n, allocated - *n);
        int error = got < 0 ? errno : 0;

        if (!got) {
            return 0;
        } else if (error && error != EINTR) {
            free(*text);
            return error;
        }
        *n += got > 0 ? got : 0;
        if (*n > LIST_FILE_MAX) {
            free(*text);
            return EFBIG;
        }
        if (*n == allocated) {
            allocated *= 2;
            *text = xrealloc(*text, allocated);
        }
    }
}

/* Likewise, of the file. */
static int
read_file(const char *name, char **text, size_t *n)
{
    /* Of a FIFO nobody waits for the other end. */
    int fd = open(name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    struct stat s;
    int error;

    if (fd < 0) {
        return errno;
    }
    if (fstat(fd, &s)) {
        error = errno;
    } else if (!S_ISREG(s.st_mode)) {
        error = S_ISDIR(s.st_mode) ? EISDIR : EINVAL;
    } else {
        error = read_all(fd, text, n);
    }
    close(fd);
    return error;
}

/* Takes 'error', which may be NULL. */
static void
set_error(struct list_file *file, char *error, bool quiet)
{
    if (!nullable_string_is_equal(error, file->error)) {
        free(file->error);
        file->error = error;
        file->warned = false;
    } else {
        free(error);
    }
    if (file->error && !file->warned && !quiet) {
        VLOG_WARN("%s: %s%s", file->name, file->error,
                  file->list ? "; what it had before stays in effect" : "");
        file->warned = true;
    }
}

static void
set_list(struct list_file *file, struct socket_list *list)
{
    if (list) {
        VLOG_INFO("%s: %"PRIuSIZE" PCI addresses, %"PRIuSIZE" with a socket",
                  file->name, hmap_count(&list->entries), list->n_paths);
    } else if (file->list) {
        VLOG_INFO("%s: is gone", file->name);
    }
    socket_list_destroy(file->list);
    file->list = list;
}

void
list_file_read(struct list_file *file, bool may_be_half)
{
    struct socket_list *list;
    char *text = NULL, *error;
    size_t n = 0;

    int failure = read_file(file->name, &text, &n);
    switch (failure) {
    case 0:
        list = socket_list_parse(text, n, &error);
        free(text);
        if (list) {
            set_list(file, list);
        }
        set_error(file, error, may_be_half);
        break;

    case ENOENT:
        set_list(file, NULL);
        set_error(file, NULL, may_be_half);
        break;

    case EINVAL:
        set_error(file, xstrdup("is no regular file"), may_be_half);
        break;

    case EFBIG:
        set_error(file, xasprintf("has more than %d bytes", LIST_FILE_MAX),
                  may_be_half);
        break;

    default:
        set_error(file, xasprintf("cannot be read (%s)",
                                  ovs_strerror(failure)), may_be_half);
        break;
    }
}

struct json *
list_file_to_json(const struct list_file *file)
{
    struct json *json = json_object_create();
    size_t n = file->list ? hmap_count(&file->list->entries) : 0;

    json_object_put_string(json, "file", file->name);
    json_object_put(json, "addresses", json_integer_create(n));
    json_object_put(json, "with_socket", json_integer_create(
                        file->list ? file->list->n_paths : 0));
    output_put_string(json, "error", file->error);
    return json;
}
