/* SPDX-License-Identifier: Apache-2.0 */

#include "config.h"

#include "netlink/sysfs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sset.h"
#include "util.h"

int
sysfs_open_root(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    return fd < 0 ? -errno : fd;
}

char *
sysfs_readlink(int root, const char *path)
{
    char buf[PATH_MAX];
    const char *p = buf;
    ssize_t n = readlinkat(root, path, buf, sizeof buf);

    if (n < 0) {
        return NULL;
    } else if (n >= sizeof buf) {
        errno = ENAMETOOLONG;
        return NULL;
    }
    buf[n] = '\0';
    while (!strncmp(p, "../", 3)) {
        p += 3;
    }
    return xstrdup(p);
}

bool
sysfs_link_name(int root, const char *path, char *buf, size_t size)
{
    char *target = sysfs_readlink(root, path);
    bool ok = target && strlen(sysfs_basename(target)) < size;

    ovs_strlcpy(buf, ok ? sysfs_basename(target) : "", size);
    free(target);
    return ok;
}

/* Reads the first line of a small file. */
static bool
read_line(int root, const char *path, char *buf, size_t size)
{
    ssize_t n;
    int fd;

    fd = openat(root, path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    n = read(fd, buf, size - 1);
    close(fd);
    if (n <= 0) {
        return false;
    }
    buf[n] = '\0';
    buf[strcspn(buf, "\n")] = '\0';
    return true;
}

int
sysfs_read_int(int root, const char *path)
{
    char buf[32];
    int value;

    return (read_line(root, path, buf, sizeof buf)
            && str_to_int(buf, 10, &value) && value >= 0 ? value : -1);
}

bool
sysfs_read_dev(int root, const char *path, unsigned int *major,
               unsigned int *minor)
{
    char buf[32];
    char *colon;

    if (!read_line(root, path, buf, sizeof buf)) {
        return false;
    }
    colon = strchr(buf, ':');
    if (!colon) {
        return false;
    }
    *colon = '\0';
    return str_to_uint(buf, 10, major) && str_to_uint(colon + 1, 10, minor);
}

bool
sysfs_exists(int root, const char *path)
{
    return !faccessat(root, path, F_OK, 0);
}

int
sysfs_list(int root, const char *path, struct sset *names)
{
    struct dirent *de;
    DIR *dir;
    int fd;

    fd = openat(root, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return errno;
    }
    dir = fdopendir(fd);
    if (!dir) {
        int error = errno;

        close(fd);
        return error;
    }
    while ((de = readdir(dir))) {
        if (strcmp(de->d_name, ".") && strcmp(de->d_name, "..")) {
            sset_add(names, de->d_name);
        }
    }
    closedir(dir);
    return 0;
}

const char *
sysfs_basename(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

char *
sysfs_dirname(const char *path)
{
    const char *slash = strrchr(path, '/');

    return xmemdup0(path, slash ? slash - path : 0);
}
