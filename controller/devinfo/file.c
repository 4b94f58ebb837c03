/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/devinfo/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "controller/devinfo/parse.h"
#include "util.h"

/* Where a file is made, and where one is put that is to go.  The leading '.'
 * keeps others from reading it.  One that a crash leaves is replaced by the
 * next. */
#define TEMPORARY ".ovs-offload-controller.tmp"

/* Reads up to 'size' bytes of 'path', a regular file, into 'buf'.  Returns how
 * many there are, or a negative errno. */
static ssize_t
read_regular_file(const char *path, char *buf, size_t size)
{
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    struct stat st;
    size_t n = 0;

    if (fd < 0) {
        return -errno;
    }
    if (fstat(fd, &st) || !S_ISREG(st.st_mode)) {
        close(fd);
        return -EINVAL;
    }
    while (n < size) {
        ssize_t retval = read(fd, buf + n, size - n);

        if (retval < 0 && errno == EINTR) {
            continue;
        } else if (retval < 0) {
            int error = errno;

            close(fd);
            return -error;
        } else if (!retval) {
            break;
        }
        n += retval;
    }
    close(fd);
    return n;
}

char *
devinfo_file_read(const char *path, struct devinfo *info, bool *exists)
{
    /* One byte more than is allowed tells what is too large. */
    char *buf = xmalloc(DEVINFO_MAX_SIZE + 1);
    ssize_t n = read_regular_file(path, buf, DEVINFO_MAX_SIZE + 1);
    char *error;

    *exists = n != -ENOENT;
    if (n == -EINVAL) {
        error = xstrdup("it is no regular file");
    } else if (n < 0) {
        error = xasprintf("it cannot be read (%s)", ovs_strerror(-n));
    } else {
        error = devinfo_parse(buf, n, info);
    }
    free(buf);
    return error;
}

static bool
is_ours(const char *path)
{
    struct devinfo info = { .ours = false };
    bool exists, ours;
    char *error = devinfo_file_read(path, &info, &exists);

    if (error) {
        free(error);
        return false;
    }
    ours = info.ours;
    devinfo_destroy(&info);
    return ours;
}

/* Makes 'directory' and what is missing of its parents. */
static int
make_directory(const char *directory)
{
    char *path = xstrdup(directory);
    int error = 0;

    for (char *p = path; !error && *p; ) {
        char saved;

        p += strspn(p, "/");
        p += strcspn(p, "/");
        saved = *p;
        *p = '\0';
        error = mkdir(path, 0755) && errno != EEXIST ? errno : 0;
        *p = saved;
    }
    free(path);
    return error;
}

/* Creates 'path', in place of what is left of an earlier one. */
static int
create_file(const char *path, const char *text)
{
    size_t size = strlen(text);
    int fd, error = 0;

    if (unlink(path) && errno != ENOENT) {
        return errno;
    }
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
              0600);
    if (fd < 0) {
        return errno;
    }
    while (size && !error) {
        ssize_t n = write(fd, text, size);

        if (n >= 0) {
            text += n;
            size -= n;
        } else if (errno != EINTR) {
            error = errno;
        }
    }
    if (!error && fchmod(fd, 0644)) {
        error = errno;
    }
    if (close(fd) && !error) {
        error = errno;
    }
    return error;
}

static int
rename_path(const char *from, const char *to, unsigned int flags)
{
    return renameat2(AT_FDCWD, from, AT_FDCWD, to, flags) ? errno : 0;
}

/* Puts 'temporary' into the place of 'path', which exists. */
static int
replace(const char *temporary, const char *path)
{
    int error;

    if (!is_ours(path)) {
        return EEXIST;
    }
    error = rename_path(temporary, path, RENAME_EXCHANGE);
    if (!error && !is_ours(temporary)) {
        /* Another one was put there in this moment. */
        error = rename_path(temporary, path, RENAME_EXCHANGE);
        return error ? error : EEXIST;
    }
    return error;
}

int
devinfo_file_write(const char *directory, const char *name, const char *text)
{
    char *temporary = xasprintf("%s/%s", directory, TEMPORARY);
    char *path = xasprintf("%s/%s", directory, name);
    int error = make_directory(directory);

    if (!error) {
        error = create_file(temporary, text);
    }
    if (!error) {
        error = rename_path(temporary, path, RENAME_NOREPLACE);
        if (error == EEXIST) {
            error = replace(temporary, path);
        }
        unlink(temporary);
    }
    free(temporary);
    free(path);
    return error;
}

int
devinfo_file_remove(const char *directory, const char *name)
{
    char *temporary = xasprintf("%s/%s", directory, TEMPORARY);
    char *path = xasprintf("%s/%s", directory, name);
    int error = 0;

    if (!is_ours(path)) {
        error = access(path, F_OK) && errno == ENOENT ? 0 : EEXIST;
    } else {
        error = rename_path(path, temporary, 0);
        if (!error && !is_ours(temporary)) {
            /* Another one was put there in this moment.  If there is a newer
             * one by now, that is the one to stay. */
            error = rename_path(temporary, path, RENAME_NOREPLACE);
            error = error && error != EEXIST ? error : EEXIST;
        }
        unlink(temporary);
    }
    free(temporary);
    free(path);
    return error == ENOENT ? 0 : error;
}
