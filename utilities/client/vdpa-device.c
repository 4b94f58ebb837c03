/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "utilities/client/vdpa-device.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "controller/json-member.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "util.h"

/* A string, NULL if it is empty or something else. */
static const char *
get_string(const struct json *object, const char *name)
{
    const struct json *json = json_member_any(object, name);

    return (json && json->type == JSON_STRING && json_string(json)[0]
            ? json_string(json) : NULL);
}

static char *
dup_string(const struct json *object, const char *name)
{
    return nullable_xstrdup(get_string(object, name));
}

/* A number that is not negative, 0 if it is something else. */
static unsigned int
get_number(const struct json *object, const char *name)
{
    const struct json *json = json_member_any(object, name);

    return (json && json->type == JSON_INTEGER && json_integer(json) > 0
            && json_integer(json) <= INT_MAX ? json_integer(json) : 0);
}

char *
vdpa_devices_init(struct vdpa_devices *devices, const struct json *answer)
{
    if (answer->type != JSON_ARRAY) {
        return xstrdup("vdpa/list: the answer is no list");
    }

    devices->n = json_array(answer)->n;
    devices->devices = xcalloc(devices->n, sizeof *devices->devices);
    for (size_t i = 0; i < devices->n; i++) {
        const struct json *json = json_array(answer)->elems[i];
        struct vdpa_device *device = &devices->devices[i];

        device->name = dup_string(json, "vdpa");
        if (!device->name) {
            vdpa_devices_destroy(devices);
            return xstrdup("vdpa/list: a device has no name");
        }
        device->vf_pci = dup_string(json, "vf_pci");
        device->class = dup_string(json, "class");
        device->driver = dup_string(json, "vdpa_driver");
        device->vhost_device = dup_string(json, "vhost_device");
        device->n_vqs = get_number(json, "max_vqs");
    }
    return NULL;
}

void
vdpa_devices_destroy(struct vdpa_devices *devices)
{
    for (size_t i = 0; i < devices->n; i++) {
        struct vdpa_device *device = &devices->devices[i];

        free(device->name);
        free(device->vf_pci);
        free(device->class);
        free(device->driver);
        free(device->vhost_device);
        free(device->mac);
        free(device->holder);
    }
    free(devices->devices);
    devices->devices = NULL;
    devices->n = 0;
}

struct vdpa_device *
vdpa_devices_find(const struct vdpa_devices *devices, const char *name,
                  char **error)
{
    struct vdpa_device *found = NULL;

    *error = NULL;
    for (size_t i = 0; i < devices->n; i++) {
        if (!strcmp(devices->devices[i].name, name)) {
            return &devices->devices[i];
        }
    }
    for (size_t i = 0; i < devices->n; i++) {
        struct vdpa_device *device = &devices->devices[i];

        if (nullable_string_is_equal(device->vf_pci, name)
            || nullable_string_is_equal(device->vhost_device, name)) {
            if (found) {
                *error = xasprintf("%s and %s are both on %s: give the name "
                                   "of one", found->name, device->name, name);
                return NULL;
            }
            found = device;
        }
    }
    if (!found) {
        *error = xasprintf("no vDPA device is named \"%s\" or is on that VF; "
                           "see vdpa list", name);
    }
    return found;
}

/* Processes that have the device open, as "qemu (pid 7, uid 107), ...". */
static char *
format_holders(const struct json *holders)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    if (!holders || holders->type != JSON_ARRAY) {
        return NULL;
    }
    for (size_t i = 0; i < json_array(holders)->n; i++) {
        const struct json *holder = json_array(holders)->elems[i];
        const struct json *uid = json_member_any(holder, "uid");
        const char *command = get_string(holder, "command");

        ds_put_format(&s, "%s%s (pid %u", i ? ", " : "",
                      command ? command : "a process",
                      get_number(holder, "pid"));
        if (uid && uid->type == JSON_INTEGER) {
            ds_put_format(&s, ", uid %lld", (long long) json_integer(uid));
        }
        ds_put_char(&s, ')');
    }
    return s.length ? ds_steal_cstr(&s) : NULL;
}

void
vdpa_device_configure(struct vdpa_device *device, const struct json *answer)
{
    const struct json *config = json_member_any(answer, "config");

    free(device->holder);
    device->holder = format_holders(json_member_any(answer, "holders"));
    if (config && config->type == JSON_OBJECT) {
        unsigned int n_pairs = get_number(config, "max_vqp");
        const char *mac = get_string(config, "mac");

        free(device->mac);
        device->mac = (mac && strcmp(mac, "00:00:00:00:00:00") ? xstrdup(mac)
                       : NULL);
        device->n_pairs = MAX(1, n_pairs);
        device->configured = true;
    }
}

unsigned int
vdpa_device_pairs(const struct vdpa_device *device)
{
    /* An odd one is the control queue. */
    return MAX(1, (device->configured ? device->n_pairs
                   : device->n_vqs / 2));
}

/* Can a VM have the device?  If not returns a message
 * that the caller frees. */
static char *
check_vhost(const struct vdpa_device *device)
{
    if (device->class && strcmp(device->class, "net")) {
        return xasprintf("%s is no network device, but of class %s",
                         device->name, device->class);
    }
    if (!device->driver || strcmp(device->driver, "vhost_vdpa")) {
        return xasprintf("%s is bound to %s, a VM needs vhost_vdpa",
                         device->name,
                         device->driver ? device->driver : "no driver");
    }
    if (!device->vhost_device) {
        return xasprintf("%s has no character device", device->name);
    }
    return NULL;
}

/* Appends " NAME='VALUE'".  Returns false, with nothing appended, if there is
 * a character in 'value' that XML cannot have. */
static bool
put_attribute(struct ds *s, const char *name, const char *value)
{
    size_t start = s->length;

    ds_put_format(s, " %s='", name);
    for (const char *p = value; *p; p++) {
        unsigned char c = *p;

        switch (c) {
        case '&':
            ds_put_cstr(s, "&amp;");
            break;
        case '<':
            ds_put_cstr(s, "&lt;");
            break;
        case '>':
            ds_put_cstr(s, "&gt;");
            break;
        case '\'':
            ds_put_cstr(s, "&apos;");
            break;
        case '"':
            ds_put_cstr(s, "&quot;");
            break;
        case '\t': case '\n': case '\r':
            /* As they are they would be read as blanks. */
            ds_put_format(s, "&#%d;", c);
            break;
        default:
            if (c < 0x20 || c == 0x7f) {
                ds_truncate(s, start);
                return false;
            }
            ds_put_char(s, c);
            break;
        }
    }
    ds_put_char(s, '\'');
    return true;
}

char *
vdpa_device_put_xml(const struct vdpa_device *device, const char *alias,
                    int indent, struct ds *out)
{
    char *error = check_vhost(device);
    unsigned int n_pairs = vdpa_device_pairs(device);
    struct ds s = DS_EMPTY_INITIALIZER;
    bool ok = true;

    if (error) {
        return error;
    }
    ds_put_format(&s, "%*s<interface type='vdpa'>\n", indent, "");
    if (device->mac) {
        ds_put_format(&s, "%*s  <mac", indent, "");
        ok = put_attribute(&s, "address", device->mac) && ok;
        ds_put_cstr(&s, "/>\n");
    }
    ds_put_format(&s, "%*s  <source", indent, "");
    ok = put_attribute(&s, "dev", device->vhost_device) && ok;
    ds_put_format(&s, "/>\n%*s  <model type='virtio'/>\n", indent, "");
    if (n_pairs > 1) {
        ds_put_format(&s, "%*s  <driver name='vhost' queues='%u'/>\n", indent,
                      "", n_pairs);
    }
    if (alias) {
        ds_put_format(&s, "%*s  <alias name='ua-%s'/>\n", indent, "", alias);
    }
    ds_put_format(&s, "%*s</interface>\n", indent, "");

    if (ok) {
        ds_put_buffer(out, s.string, s.length);
    } else {
        error = xasprintf("%s has a control character in its properties",
                          device->name);
    }
    ds_destroy(&s);
    return error;
}

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

bool
vdpa_alias_is_good(const char *alias)
{
    return alias[0] && !alias[strspn(alias, LETTERS DIGITS "-_")];
}

bool
vdpa_resource_is_good(const char *resource)
{
    size_t prefix = strspn(resource, LETTERS DIGITS "-.");
    const char *name = resource + prefix + 1;

    return (prefix && resource[prefix] == '/' && name[0]
            && !name[strspn(name, LETTERS DIGITS "-_.")]);
}

/* Appends the name of a variable.  Dots and slashes become underscores; other
 * characters that a shell does not take in a name are left alone, as those
 * that look for the variable leave them. */
static void
put_variable(const char *resource, const char *suffix, struct ds *s)
{
    ds_put_cstr(s, "PCIDEVICE_");
    for (const char *p = resource; *p; p++) {
        ds_put_char(s, (*p == '/' || *p == '.' ? '_'
                        : *p >= 'a' && *p <= 'z' ? *p - 'a' + 'A' : *p));
    }
    ds_put_cstr(s, suffix);
}

static struct json *
device_to_info(const struct vdpa_device *device)
{
    struct json *generic = json_object_create();
    struct json *vdpa = json_object_create();
    struct json *info = json_object_create();

    json_object_put_string(generic, "deviceID", device->vf_pci);
    if (device->vhost_device) {
        json_object_put_string(vdpa, "mount", device->vhost_device);
    }
    json_object_put(info, "generic", generic);
    json_object_put(info, "vdpa", vdpa);
    return info;
}

/* Can a device plugin offer all of them? */
static char *
check_resource(const struct vdpa_device *const devices[], size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!devices[i]->vf_pci) {
            return xasprintf("%s is on no VF, by whose PCI address it would "
                             "be known", devices[i]->name);
        } else if (!devices[i]->driver) {
            return xasprintf("%s is bound to no driver", devices[i]->name);
        }
        for (size_t j = 0; j < i; j++) {
            if (!strcmp(devices[i]->vf_pci, devices[j]->vf_pci)) {
                return xasprintf("%s and %s are both %s", devices[j]->name,
                                 devices[i]->name, devices[i]->vf_pci);
            }
        }
    }
    return NULL;
}

char *
vdpa_devices_put_env(const struct vdpa_device *const devices[], size_t n,
                     const char *resource, struct ds *s)
{
    char *error = check_resource(devices, n);

    if (error) {
        return error;
    }

    struct json *infos = json_object_create();
    for (size_t i = 0; i < n; i++) {
        json_object_put(infos, devices[i]->vf_pci,
                        device_to_info(devices[i]));
    }
    put_variable(resource, "_INFO=", s);
    json_to_ds(infos, JSSF_SORT, s);
    json_destroy(infos);

    ds_put_char(s, '\n');
    put_variable(resource, "=", s);
    for (size_t i = 0; i < n; i++) {
        ds_put_format(s, "%s%s", i ? "," : "", devices[i]->vf_pci);
    }
    ds_put_char(s, '\n');
    return NULL;
}
