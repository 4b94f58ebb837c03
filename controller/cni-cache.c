/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/cni-cache.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "controller/base64.h"
#include "controller/json-member.h"
#include "openvswitch/json.h"
#include "util.h"

/* Looks for a device. */
struct search {
    const char *const *devices; /* That are wanted, */
    size_t n;                   /* so many. */
    bool told;                  /* Was any device seen? */
    bool found;                 /* One of 'devices'? */
};

static void
see_device(struct search *search, const char *device)
{
    if (device && device[0]) {
        search->told = true;
        for (size_t i = 0; i < search->n; i++) {
            search->found |= !strcmp(device, search->devices[i]);
        }
    }
}

/* What the configuration of a network or of one plugin tells. */
static void
see_config(struct search *search, const struct json *config)
{
    see_device(search, json_member_string(config, "deviceID"));
    see_device(search, json_member_string(config, "pciBusID"));
    see_device(search,
               json_member_string(json_member_any(config, "runtimeConfig"),
                                  "deviceID"));
}

static void
search_config(struct search *search, const char *base64)
{
    size_t n = 0;
    char *text = base64 ? base64_decode(base64, &n) : NULL;

    if (text && !memchr(text, '\0', n)) {
        struct json *config = json_from_string(text);
        const struct json *plugins = json_member_any(config, "plugins");

        see_config(search, config);
        if (plugins && plugins->type == JSON_ARRAY) {
            for (size_t i = 0; i < json_array(plugins)->n; i++) {
                see_config(search, json_array(plugins)->elems[i]);
            }
        }
        json_destroy(config);
    }
    free(text);
}

static void
search_result(struct search *search, const struct json *result)
{
    const struct json *interfaces = json_member_any(result, "interfaces");

    if (interfaces && interfaces->type == JSON_ARRAY) {
        for (size_t i = 0; i < json_array(interfaces)->n; i++) {
            see_device(search,
                       json_member_string(json_array(interfaces)->elems[i],
                                          "pciID"));
        }
    }
}

static bool
check_file(const struct json *json, const char *sandbox,
           const char *const devices[], size_t n, char **why)
{
    const char *id = json_member_string(json, "containerId");
    struct search search = { .devices = devices, .n = n };

    if (!id || strcmp(id, sandbox)) {
        *why = xstrdup("it is of another sandbox");
        return false;
    }
    see_device(&search,
               json_member_string(json_member_any(json, "capabilityArgs"),
                                  "deviceID"));
    if (!search.told) {
        search_config(&search, json_member_string(json, "config"));
    }
    if (!search.told) {
        search_result(&search, json_member_any(json, "result"));
    }
    if (!search.found) {
        *why = xstrdup(search.told ? "the sandbox has another device"
                       : "it names no device");
    }
    return search.found;
}

bool
cni_cache_parse(const char *text, size_t size, const char *sandbox,
                const char *const devices[], size_t n, char **netns,
                char **why)
{
    char *copy = xmemdup0(text, size);
    struct json *json = json_from_string(copy);
    bool ok = false;

    *netns = *why = NULL;
    if (json->type != JSON_OBJECT) {
        *why = xasprintf("it is no JSON object%s%s",
                         json->type == JSON_STRING ? ": " : "",
                         json->type == JSON_STRING ? json_string(json) : "");
    } else {
        ok = check_file(json, sandbox, devices, n, why);
        if (ok) {
            *netns = nullable_xstrdup(json_member_string(json, "netns"));
        }
    }
    json_destroy(json);
    free(copy);
    return ok;
}

/* Is the file of the namespace gone?  Where we do not see what it would be in
 * (/proc of a process that ended, a directory of another mount namespace) that
 * tells nothing. */
static bool
is_gone(const char *netns)
{
    struct stat st;
    bool gone = false;

    if (netns && netns[0] == '/' && stat(netns, &st) && errno == ENOENT) {
        char *dir = dir_name(netns);

        gone = !stat(dir, &st);
        free(dir);
    }
    return gone;
}

/* Reads the regular file 'name' in the directory 'dir'.  Returns its contents,
 * which the caller frees, or NULL and an errno value in '*error'. */
static char *
read_file(int dir, const char *name, size_t *size, int *error)
{
    /* Not to wait for a FIFO's writer. */
    int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat st;
    char *text = NULL;
    ssize_t n = -1;

    *error = fd < 0 ? errno : 0;
    if (fd < 0) {
        return NULL;
    }
    if (fstat(fd, &st)) {
        *error = errno;
    } else if (!S_ISREG(st.st_mode)) {
        *error = EINVAL;
    } else if (st.st_size > CNI_CACHE_FILE_MAX) {
        *error = EFBIG;
    } else {
        text = xmalloc(st.st_size + 1);
        n = read(fd, text, st.st_size);
        *error = n < 0 ? errno : 0;
    }
    close(fd);
    if (*error) {
        free(text);
        return NULL;
    }
    *size = n;
    return text;
}

static bool
file_has(int dir, const char *name, const char *sandbox,
         const char *const devices[], size_t n, char **why)
{
    char *reason = NULL;
    size_t size = 0;
    bool ok = false;
    int error;
    char *text = read_file(dir, name, &size, &error);

    if (text) {
        char *netns;

        ok = cni_cache_parse(text, size, sandbox, devices, n, &netns,
                             &reason);
        if (ok && is_gone(netns)) {
            ok = false;
            reason = xasprintf("the sandbox does not run any more: %s is "
                               "gone", netns);
        }
        free(netns);
        free(text);
    } else {
        reason = xstrdup(ovs_strerror(error));
    }
    if (!ok) {
        free(*why);
        *why = xasprintf("%s: %s", name, reason);
    }
    free(reason);
    return ok;
}

static bool
dir_has(const char *path, const char *sandbox, const char *const devices[],
        size_t n, char **why)
{
    DIR *stream = opendir(path);
    struct dirent *de;
    bool ok = false;

    if (!stream) {
        return false;
    }
    while (!ok && (de = readdir(stream))) {
        if (strstr(de->d_name, sandbox)) {
            ok = file_has(dirfd(stream), de->d_name, sandbox, devices, n,
                          why);
        }
    }
    closedir(stream);
    return ok;
}

bool
cni_cache_has(const char *dirs_, const char *sandbox,
              const char *const devices[], size_t n, char **why)
{
    char *dirs = xstrdup(dirs_);
    char *save = NULL;
    bool ok = false;

    *why = NULL;
    if (sandbox[0]) {
        for (char *dir = strtok_r(dirs, ":", &save); dir && !ok;
             dir = strtok_r(NULL, ":", &save)) {
            ok = dir_has(dir, sandbox, devices, n, why);
        }
    }
    free(dirs);
    if (ok) {
        free(*why);
        *why = NULL;
    } else if (!*why) {
        *why = xasprintf("libcni has no file of sandbox %s: it does not run "
                         "any more", sandbox);
    }
    return ok;
}
