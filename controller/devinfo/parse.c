/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/devinfo/parse.h"

#include <ctype.h>
#include <string.h>

#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "openvswitch/shash.h"
#include "ovsdb/ovs-view.h"
#include "util.h"

/* Version that our own files are of. */
#define OUR_VERSION "1.1.0"

/* So much of a bad value is shown in a message. */
#define MAX_SHOWN 64

static const char *const type_names[] = {
    [DEVINFO_PCI] = "pci",
    [DEVINFO_VDPA] = "vdpa",
    [DEVINFO_VHOST_USER] = "vhost-user",
    [DEVINFO_MEMIF] = "memif",
};

const char *
devinfo_type_to_string(enum devinfo_type type)
{
    return type_names[type];
}

/* A file that is being read. */
struct reader {
    const struct json *object;  /* Whose members are read. */
    const char *where;          /* Name of 'object', or "" for the file. */
    char *error;                /* The first, or NULL. */
};

static void OVS_PRINTF_FORMAT(2, 3)
read_error(struct reader *r, const char *format, ...)
{
    if (!r->error) {
        va_list args;

        va_start(args, format);
        r->error = xvasprintf(format, args);
        va_end(args);
    }
}

/* Name of 'member' for people, in 'buf'. */
static const char *
member_title(const struct reader *r, const char *member, char *buf,
             size_t size)
{
    snprintf(buf, size, "%s%s%s", r->where, r->where[0] ? "." : "", member);
    return buf;
}

/* 'value' is not 'expected'. */
static void
read_bad_value(struct reader *r, const char *member, const char *value,
               const char *expected)
{
    struct ds shown = DS_EMPTY_INITIALIZER;
    char title[64];

    ds_put_printable(&shown, value, strnlen(value, MAX_SHOWN));
    read_error(r, "%s is \"%s\"%s, not %s",
               member_title(r, member, title, sizeof title), ds_cstr(&shown),
               strlen(value) > MAX_SHOWN ? "..." : "", expected);
    ds_destroy(&shown);
}

/* The string 'member', or NULL if it is not there (which is an error if it is
 * 'required'), empty, or no string of a sane length. */
static const char *
read_string(struct reader *r, const char *member, bool required)
{
    const struct json *json = shash_find_data(json_object(r->object), member);
    char title[64];

    member_title(r, member, title, sizeof title);
    if (json && json->type != JSON_STRING && json->type != JSON_NULL) {
        read_error(r, "%s is no string", title);
        return NULL;
    }

    const char *value = (json && json->type == JSON_STRING
                         && json_string(json)[0] ? json_string(json) : NULL);
    if (!value && required) {
        read_error(r, "%s is missing", title);
    } else if (value && strlen(value) > DEVINFO_MAX_STRING) {
        read_error(r, "%s has more than %d bytes", title, DEVINFO_MAX_STRING);
        value = NULL;
    }
    return value;
}

static char *
dup_string(struct reader *r, const char *member, bool required)
{
    return nullable_xstrdup(read_string(r, member, required));
}

/* A string that is one of the 'n' 'choices'. */
static char *
dup_choice(struct reader *r, const char *member, const char *const choices[],
           size_t n, const char *expected)
{
    const char *value = read_string(r, member, true);

    for (size_t i = 0; value && i < n; i++) {
        if (!strcmp(value, choices[i])) {
            return xstrdup(value);
        }
    }
    if (value) {
        read_bad_value(r, member, value, expected);
    }
    return NULL;
}

static bool
read_pci(struct reader *r, const char *member, bool required,
         struct pci_addr *addr)
{
    const char *value = read_string(r, member, required);

    if (!value) {
        return false;
    }
    if (!pci_addr_parse(value, addr)) {
        read_bad_value(r, member, value, "a PCI address");
        return false;
    }
    return true;
}

static void
read_pci_device(struct reader *r, bool required, struct devinfo *info)
{
    info->has_pci = read_pci(r, "pci-address", required, &info->pci);
    info->has_pf_pci = read_pci(r, "pf-pci-address", false, &info->pf_pci);
    info->representor = dup_string(r, "representor-device", false);
}

static void
read_device(struct reader *r, struct devinfo *info)
{
    static const char *const drivers[] = { "vhost", "virtio" };
    static const char *const user_modes[] = { "client", "server" };
    static const char *const memif_modes[] = { "ethernet", "ip", "punt" };
    static const char *const roles[] = { "master", "slave" };

    switch (info->type) {
    case DEVINFO_PCI:
        read_pci_device(r, true, info);
        info->rdma_device = dup_string(r, "rdma-device", false);
        break;

    case DEVINFO_VDPA:
        read_pci_device(r, false, info);
        info->parent_device = dup_string(r, "parent-device", true);
        info->driver = dup_choice(r, "driver", drivers, ARRAY_SIZE(drivers),
                                  "\"vhost\" or \"virtio\"");
        info->path = dup_string(r, "path", info->driver
                                && !strcmp(info->driver, "vhost"));
        break;

    case DEVINFO_VHOST_USER:
        info->mode = dup_choice(r, "mode", user_modes, ARRAY_SIZE(user_modes),
                                "\"client\" or \"server\"");
        info->path = dup_string(r, "path", true);
        break;

    case DEVINFO_MEMIF:
        info->role = dup_choice(r, "role", roles, ARRAY_SIZE(roles),
                                "\"master\" or \"slave\"");
        info->mode = dup_choice(r, "mode", memif_modes,
                                ARRAY_SIZE(memif_modes),
                                "\"ethernet\", \"ip\" or \"punt\"");
        info->path = dup_string(r, "path", true);
        break;
    }
}

static bool
read_type(struct reader *r, enum devinfo_type *type)
{
    const char *value = read_string(r, "type", true);

    for (size_t i = 0; value && i < ARRAY_SIZE(type_names); i++) {
        if (!strcmp(value, type_names[i])) {
            *type = i;
            return true;
        }
    }
    if (value) {
        read_bad_value(r, "type", value,
                       "\"pci\", \"vdpa\", \"vhost-user\" or \"memif\"");
    }
    return false;
}

/* Another major version may mean something else by the same names. */
static void
read_version(struct reader *r, struct devinfo *info)
{
    const char *value = read_string(r, "version", false);

    if (value && strncmp(value, "1.", 2)) {
        read_bad_value(r, "version", value, "1 and something");
    }
    info->version = nullable_xstrdup(value);
}

static void
read_file(struct reader *r, struct devinfo *info)
{
    const struct json *file = r->object;

    if (file->type != JSON_OBJECT) {
        read_error(r, "it is no JSON object");
        return;
    }

    const char *owner = read_string(r, DEVINFO_OWNER_MEMBER, false);
    info->ours = owner && !strcmp(owner, OFFLOAD_OWNER);
    read_version(r, info);
    if (r->error || !read_type(r, &info->type)) {
        return;
    }

    const char *type = devinfo_type_to_string(info->type);
    r->object = shash_find_data(json_object(file), type);
    if (!r->object || r->object->type != JSON_OBJECT) {
        read_error(r, "type is \"%s\", but %s is %s", type, type,
                   r->object ? "no object" : "missing");
        return;
    }
    r->where = type;
    read_device(r, info);
}

char *
devinfo_parse(const char *data, size_t size, struct devinfo *info)
{
    if (!size) {
        return xstrdup("it is empty");
    } else if (size > DEVINFO_MAX_SIZE) {
        return xasprintf("it has more than %d bytes", DEVINFO_MAX_SIZE);
    }

    struct json_parser *parser = json_parser_create(JSPF_TRAILER);
    json_parser_feed(parser, data, size);

    struct json *json = json_parser_finish(parser);
    if (json->type == JSON_STRING) {
        /* The parser's word on what is wrong: a file may not be a string. */
        char *error = xasprintf("it is no JSON object: %s",
                                json_string(json));

        json_destroy(json);
        return error;
    }

    struct reader r = { .object = json, .where = "" };
    memset(info, 0, sizeof *info);
    read_file(&r, info);
    if (r.error) {
        devinfo_destroy(info);
    }
    json_destroy(json);
    return r.error;
}

void
devinfo_destroy(struct devinfo *info)
{
    if (info) {
        free(info->version);
        free(info->representor);
        free(info->rdma_device);
        free(info->parent_device);
        free(info->driver);
        free(info->path);
        free(info->mode);
        free(info->role);
    }
}

static void
put_string(struct json *json, const char *member, const char *value)
{
    if (value) {
        json_object_put_string(json, member, value);
    }
}

static void
put_pci(struct json *json, const char *member, bool valid,
        const struct pci_addr *addr)
{
    char buf[PCI_ADDR_STRLEN];

    if (valid) {
        json_object_put_string(json, member, pci_addr_format(addr, buf));
    }
}

char *
devinfo_format(const struct devinfo *info)
{
    struct json *device = json_object_create();
    struct json *file = json_object_create();
    const char *type = devinfo_type_to_string(info->type);

    put_string(device, "parent-device", info->parent_device);
    put_string(device, "driver", info->driver);
    put_string(device, "role", info->role);
    put_string(device, "mode", info->mode);
    put_string(device, "path", info->path);
    put_pci(device, "pci-address", info->has_pci, &info->pci);
    put_pci(device, "pf-pci-address", info->has_pf_pci, &info->pf_pci);
    put_string(device, "representor-device", info->representor);
    put_string(device, "rdma-device", info->rdma_device);

    json_object_put_string(file, "type", type);
    json_object_put_string(file, "version", OUR_VERSION);
    json_object_put_string(file, DEVINFO_OWNER_MEMBER, OFFLOAD_OWNER);
    json_object_put(file, type, device);

    char *text = json_to_string(file, JSSF_SORT);
    json_destroy(file);
    return text;
}

static void
put_without_slashes(struct ds *ds, const char *s)
{
    for (; *s; s++) {
        ds_put_char(ds, *s == '/' ? '-' : *s);
    }
}

char *
devinfo_dp_file_name(const char *resource, const char *id)
{
    struct ds name = DS_EMPTY_INITIALIZER;

    put_without_slashes(&name, resource);
    ds_put_char(&name, '-');
    put_without_slashes(&name, id);
    ds_put_cstr(&name, "-device.json");
    return ds_steal_cstr(&name);
}

bool
devinfo_parse_cni_name(const char *name, char **container, char **ifname)
{
    /* Neither a container's ID nor an interface's usual name has a '_', and
     * the ID, unlike the network, has no '-'. */
    const char *underscore = strrchr(name, '_');
    const char *id = underscore;

    while (id && id > name && isalnum((unsigned char) id[-1])) {
        id--;
    }
    if (!underscore || !underscore[1] || id == underscore || id == name
        || id[-1] != '-') {
        return false;
    }
    *container = xmemdup0(id, underscore - id);
    *ifname = xstrdup(underscore + 1);
    return true;
}
