/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/policy/record.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/json-member.h"
#include "openvswitch/json.h"
#include "openvswitch/shash.h"
#include "util.h"

/* Of the format.  Another one is not guessed at. */
#define VERSION_NUMBER 1

#define FILE_PREFIX "pf-"
#define FILE_SUFFIX ".json"

struct policy_record *
policy_record_create(const struct policy_pf *pf, const char *policy)
{
    struct policy_record *record = xzalloc(sizeof *record);

    record->pf = pf->addr;
    record->policy = xstrdup(policy);
    record->step = xstrdup("");
    record->boot_id = xstrdup("");
    sset_init(&record->others);
    sset_init(&record->vdpas);
    record->num_vfs = pf->n_vfs;
    record->mode = pf->mode;
    if (pf->has_uplink) {
        ovs_strlcpy(record->pf_name, pf->netdevs[0].name,
                    sizeof record->pf_name);
    }
    record->drivers = xcalloc(pf->n_vfs, sizeof *record->drivers);
    for (size_t i = 0; i < pf->n_vfs; i++) {
        struct policy_vf_driver *driver
            = &record->drivers[record->n_drivers++];

        driver->addr = pf->vfs[i].addr;
        ovs_strlcpy(driver->driver, pf->vfs[i].driver,
                    sizeof driver->driver);
    }
    return record;
}

void
policy_record_destroy(struct policy_record *record)
{
    if (record) {
        free(record->policy);
        free(record->step);
        free(record->boot_id);
        free(record->drivers);
        sset_destroy(&record->others);
        sset_destroy(&record->vdpas);
        free(record);
    }
}

void
policy_record_set_boot_id(struct policy_record *record, const char *boot_id)
{
    if (strcmp(record->boot_id, boot_id)) {
        free(record->boot_id);
        record->boot_id = xstrdup(boot_id);
        sset_clear(&record->vdpas);
    }
}

void
policy_record_target(const struct policy_record *record,
                     struct policy_target *target)
{
    *target = (struct policy_target) {
        .num_vfs = record->num_vfs,
        .mode = record->mode,
        .mtu = record->mtu,
        .drivers = record->drivers,
        .n_drivers = record->n_drivers,
    };
}

const char *
policy_record_file(const struct pci_addr *pf, char *buf)
{
    char addr[PCI_ADDR_STRLEN];

    snprintf(buf, POLICY_RECORD_NAME_LEN, FILE_PREFIX"%s"FILE_SUFFIX,
             pci_addr_format(pf, addr));
    return buf;
}

bool
policy_record_parse_file(const char *name, struct pci_addr *pf)
{
    const size_t prefix = strlen(FILE_PREFIX), suffix = strlen(FILE_SUFFIX);
    size_t n = strlen(name);

    if (n <= prefix + suffix || strncmp(name, FILE_PREFIX, prefix)
        || strcmp(name + n - suffix, FILE_SUFFIX)) {
        return false;
    }

    char *addr = xmemdup0(name + prefix, n - prefix - suffix);
    bool ok = pci_addr_parse(addr, pf);
    free(addr);
    return ok;
}

/* Writing. */

static struct json *
before_to_json(const struct policy_record *record)
{
    struct json *json = json_object_create();
    struct json *drivers = json_object_create();

    json_object_put_string(json, "name", record->pf_name);
    json_object_put(json, "numVfs", json_integer_create(record->num_vfs));
    json_object_put_string(json, "eSwitchMode",
                           eswitch_mode_to_string(record->mode));
    json_object_put(json, "mtu", json_integer_create(record->mtu));
    for (size_t i = 0; i < record->n_drivers; i++) {
        char addr[PCI_ADDR_STRLEN];

        json_object_put_string(drivers,
                               pci_addr_format(&record->drivers[i].addr,
                                               addr),
                               record->drivers[i].driver);
    }
    json_object_put(json, "drivers", drivers);
    return json;
}

/* As members of an object, which cannot be there twice. */
static struct json *
names_to_json(const struct sset *names)
{
    struct json *json = json_object_create();
    const char *name;

    SSET_FOR_EACH (name, names) {
        json_object_put(json, name, json_boolean_create(true));
    }
    return json;
}

char *
policy_record_format(const struct policy_record *record)
{
    struct json *json = json_object_create();
    char addr[PCI_ADDR_STRLEN];

    json_object_put(json, "version", json_integer_create(VERSION_NUMBER));
    json_object_put_string(json, "pf", pci_addr_format(&record->pf, addr));
    json_object_put_string(json, "policy", record->policy);
    json_object_put(json, "others", names_to_json(&record->others));
    json_object_put(json, "force", json_boolean_create(record->force));
    json_object_put_string(json, "step", record->step);
    json_object_put_string(json, "boot_id", record->boot_id);
    json_object_put(json, "vdpa", names_to_json(&record->vdpas));
    json_object_put(json, "before", before_to_json(record));

    char *text = json_to_string(json, JSSF_PRETTY | JSSF_SORT);
    char *lines = xasprintf("%s\n", text);
    free(text);
    json_destroy(json);
    return lines;
}

/* Reading.  The first thing that is wrong is told, and the rest skipped. */

struct reading {
    char *error;                /* NULL so far. */
};

static void OVS_PRINTF_FORMAT(2, 3)
fail(struct reading *r, const char *format, ...)
{
    if (!r->error) {
        va_list args;

        va_start(args, format);
        r->error = xvasprintf(format, args);
        va_end(args);
    }
}

static const struct json *
get_member(struct reading *r, const struct json *json, const char *name,
           enum json_type type)
{
    const struct json *member;

    if (r->error) {
        return NULL;
    }
    member = json_member(json, name, type);
    if (!member) {
        fail(r, "member \"%s\" is missing or of the wrong type", name);
        return NULL;
    }
    return member;
}

static const char *
get_string(struct reading *r, const struct json *json, const char *name)
{
    const struct json *member = get_member(r, json, name, JSON_STRING);

    return member ? json_string(member) : "";
}

static bool
get_bool(struct reading *r, const struct json *json, const char *name)
{
    const struct json *member;

    if (r->error) {
        return false;
    }
    member = json_member_any(json, name);
    if (!member || (member->type != JSON_TRUE && member->type != JSON_FALSE)) {
        fail(r, "member \"%s\" is missing or of the wrong type", name);
        return false;
    }
    return member->type == JSON_TRUE;
}

static unsigned int
get_number(struct reading *r, const struct json *json, const char *name)
{
    const struct json *member = get_member(r, json, name, JSON_INTEGER);
    long long int n = member ? json_integer(member) : 0;

    if (n < 0 || n > 65535) {
        fail(r, "member \"%s\" is out of range", name);
        return 0;
    }
    return n;
}

static enum eswitch_mode
get_mode(struct reading *r, const struct json *json, const char *name)
{
    const char *s = get_string(r, json, name);

    for (enum eswitch_mode mode = ESWITCH_UNKNOWN; mode <= ESWITCH_SWITCHDEV;
         mode++) {
        if (!strcmp(s, eswitch_mode_to_string(mode))) {
            return mode;
        }
    }
    fail(r, "member \"%s\" is no eswitch mode", name);
    return ESWITCH_UNKNOWN;
}

static void
get_names(struct reading *r, const struct json *json, const char *name,
          struct sset *names)
{
    const struct json *object = get_member(r, json, name, JSON_OBJECT);
    const struct shash_node *node;

    if (object) {
        SHASH_FOR_EACH (node, json_object(object)) {
            sset_add(names, node->name);
        }
    }
}

static void
get_drivers(struct reading *r, const struct json *json,
            struct policy_record *record)
{
    const struct json *drivers = get_member(r, json, "drivers", JSON_OBJECT);
    const struct shash_node *node;

    if (!drivers) {
        return;
    }
    record->drivers = xcalloc(shash_count(json_object(drivers)),
                              sizeof *record->drivers);
    SHASH_FOR_EACH (node, json_object(drivers)) {
        struct policy_vf_driver *driver
            = &record->drivers[record->n_drivers++];
        const struct json *value = node->data;

        if (!pci_addr_parse(node->name, &driver->addr)
            || value->type != JSON_STRING
            || strlen(json_string(value)) >= sizeof driver->driver
            || strchr(json_string(value), '/')) {
            fail(r, "member \"drivers\" has something else than PCI "
                 "addresses and drivers");
            return;
        }
        ovs_strlcpy(driver->driver, json_string(value),
                    sizeof driver->driver);
    }
}

static void
get_before(struct reading *r, const struct json *json,
           struct policy_record *record)
{
    const struct json *before = get_member(r, json, "before", JSON_OBJECT);

    if (!before) {
        return;
    }

    const char *name = get_string(r, before, "name");
    if (strlen(name) >= sizeof record->pf_name) {
        fail(r, "member \"name\" is too long");
        return;
    }
    ovs_strlcpy(record->pf_name, name, sizeof record->pf_name);
    record->num_vfs = get_number(r, before, "numVfs");
    record->mode = get_mode(r, before, "eSwitchMode");
    record->mtu = get_number(r, before, "mtu");
    get_drivers(r, before, record);
}

static void
get_record(struct reading *r, const struct json *json,
           const struct pci_addr *pf, struct policy_record *record)
{
    char addr[PCI_ADDR_STRLEN];

    if (get_number(r, json, "version") != VERSION_NUMBER) {
        fail(r, "member \"version\" is not %d", VERSION_NUMBER);
    }
    record->pf = *pf;
    if (strcmp(get_string(r, json, "pf"), pci_addr_format(pf, addr))) {
        fail(r, "member \"pf\" is not %s", addr);
    }
    record->policy = xstrdup(get_string(r, json, "policy"));
    record->force = get_bool(r, json, "force");
    record->step = xstrdup(get_string(r, json, "step"));
    record->boot_id = xstrdup(get_string(r, json, "boot_id"));
    get_names(r, json, "others", &record->others);
    get_names(r, json, "vdpa", &record->vdpas);
    get_before(r, json, record);
}

char *
policy_record_parse(const char *text, const struct pci_addr *pf,
                    struct policy_record **recordp)
{
    struct reading r = { .error = NULL };
    struct json *json = json_from_string(text);

    *recordp = NULL;
    if (json->type == JSON_STRING) {
        /* That is how the parser tells errors; no record is a string. */
        fail(&r, "it is no JSON: %s", json_string(json));
    } else if (json->type != JSON_OBJECT) {
        fail(&r, "it is no JSON object");
    } else {
        struct policy_record *record = xzalloc(sizeof *record);

        sset_init(&record->others);
        sset_init(&record->vdpas);
        get_record(&r, json, pf, record);
        if (r.error) {
            policy_record_destroy(record);
        } else {
            *recordp = record;
        }
    }
    json_destroy(json);
    return r.error;
}
