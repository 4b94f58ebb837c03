/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/policy/spec.h"

#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "openvswitch/dynamic-string.h"
#include "openvswitch/util.h"
#include "util.h"

/* So much of a bad value is shown in a message. */
#define MAX_SHOWN 64

/* What sriov_numvfs can hold, and what a netdev can have as MTU. */
#define MAX_VFS 65535
#define MIN_MTU 68
#define MAX_MTU 65535

#define MAX_PRIORITY 99

/* Elements in a list. */
#define MAX_ELEMENTS 256

enum field {
    FIELD_NUM_VFS,
    FIELD_ESWITCH_MODE,
    FIELD_DEVICE_TYPE,
    FIELD_VDPA_TYPE,
    FIELD_PRIORITY,
    FIELD_MTU,
    FIELD_VENDOR,
    FIELD_DEVICE_ID,
    FIELD_ROOT_DEVICES,
    FIELD_PF_NAMES,
    FIELD_FORCE,
    N_FIELDS
};

static const char *const field_names[N_FIELDS] = {
    [FIELD_NUM_VFS] = "numVfs",
    [FIELD_ESWITCH_MODE] = "eSwitchMode",
    [FIELD_DEVICE_TYPE] = "deviceType",
    [FIELD_VDPA_TYPE] = "vdpaType",
    [FIELD_PRIORITY] = "priority",
    [FIELD_MTU] = "mtu",
    [FIELD_VENDOR] = "vendor",
    [FIELD_DEVICE_ID] = "deviceID",
    [FIELD_ROOT_DEVICES] = "rootDevices",
    [FIELD_PF_NAMES] = "pfNames",
    [FIELD_FORCE] = "force",
};

/* What is parsed, and what does not go into the result. */
struct parsing {
    struct policy_spec *spec;
    unsigned int seen;          /* Bit of each enum field that was there. */
    bool vfio;                  /* deviceType is "vfio-pci". */
};

/* Returns "'what' "'s'" 'why'", safe for a log and a terminal. */
static char *
complain(const char *what, const char *s, size_t n, const char *why)
{
    struct ds msg = DS_EMPTY_INITIALIZER;

    ds_put_format(&msg, "%s \"", what);
    ds_put_printable(&msg, s, MIN(n, MAX_SHOWN));
    ds_put_format(&msg, "%s\" %s", n > MAX_SHOWN ? "..." : "", why);
    return ds_steal_cstr(&msg);
}

/* Values. */

/* Returns NULL if 's' is a decimal number from 'min' to 'max', which is stored
 * into '*value', else what is expected (caller frees). */
static char *
parse_number(const char *s, unsigned int min, unsigned int max,
             unsigned int *value)
{
    unsigned long int n = 0;
    const char *p = s;

    while (isdigit((unsigned char) *p) && n <= max) {
        n = n * 10 + (*p++ - '0');
    }
    if (!*s || *p || n < min || n > max) {
        return xasprintf("is no number from %u to %u", min, max);
    }
    *value = n;
    return NULL;
}

/* Four hexadecimal digits. */
static char *
parse_id(const char *s, uint16_t *id)
{
    if (strlen(s) != 4 || strspn(s, "0123456789abcdefABCDEF") != 4) {
        return xstrdup("is not of four hexadecimal digits");
    }
    *id = strtoul(s, NULL, 16);
    return NULL;
}

static char *
parse_bool(const char *s, bool *value)
{
    *value = !strcmp(s, "true");
    return (*value || !strcmp(s, "false") ? NULL
            : xstrdup("is neither true nor false"));
}

/* Takes the next element off the list at '*p'.  Returns it (caller frees), or
 * NULL at the end. */
static char *
take_element(const char **p)
{
    size_t n;

    *p += strspn(*p, " ");
    n = strcspn(*p, " ");
    if (!n) {
        return NULL;
    }

    char *element = xmemdup0(*p, n);
    *p += n;
    return element;
}

static char *
parse_roots(const char *s, struct policy_spec *spec)
{
    char *element;

    while ((element = take_element(&s))) {
        struct pci_addr addr;
        bool ok = pci_addr_parse(element, &addr);

        free(element);
        if (!ok) {
            return xstrdup("has an element that is no PCI address");
        }
        if (spec->n_roots >= MAX_ELEMENTS) {
            return xasprintf("has more than %d elements", MAX_ELEMENTS);
        }
        spec->roots = xrealloc(spec->roots,
                               (spec->n_roots + 1) * sizeof *spec->roots);
        spec->roots[spec->n_roots++] = addr;
    }
    return spec->n_roots ? NULL : xstrdup("is empty");
}

/* Parses "NAME" or "NAME#FIRST-LAST". */
static bool
parse_pf_name(const char *s, struct policy_pf_name *pf)
{
    size_t n = strcspn(s, "#");

    memset(pf, 0, sizeof *pf);
    pf->last = UINT_MAX;
    if (!n || n >= sizeof pf->name || memchr(s, '/', n)) {
        return false;
    }
    memcpy(pf->name, s, n);
    if (!s[n]) {
        return true;
    }

    const char *range = s + n + 1;
    size_t len = strcspn(range, "-");
    char *first = xmemdup0(range, len);
    char *error = parse_number(first, 0, MAX_VFS - 1, &pf->first);

    if (!error) {
        error = (range[len]
                 ? parse_number(range + len + 1, pf->first, MAX_VFS - 1,
                                &pf->last)
                 : xstrdup(""));
    }
    free(first);
    pf->has_range = true;
    bool ok = !error;
    free(error);
    return ok;
}

static char *
parse_pf_names(const char *s, struct policy_spec *spec)
{
    char *element;

    while ((element = take_element(&s))) {
        struct policy_pf_name pf;
        bool ok = parse_pf_name(element, &pf);

        free(element);
        if (!ok) {
            return xstrdup("has an element that is neither a netdev's name "
                           "nor NAME#FIRST-LAST");
        }
        if (spec->n_pf_names >= MAX_ELEMENTS) {
            return xasprintf("has more than %d elements", MAX_ELEMENTS);
        }
        spec->pf_names = xrealloc(spec->pf_names, ((spec->n_pf_names + 1)
                                                   * sizeof *spec->pf_names));
        spec->pf_names[spec->n_pf_names++] = pf;
    }
    return spec->n_pf_names ? NULL : xstrdup("is empty");
}

static char *
parse_eswitch_mode(const char *s, enum eswitch_mode *mode)
{
    if (!strcmp(s, "legacy")) {
        *mode = ESWITCH_LEGACY;
    } else if (!strcmp(s, "switchdev")) {
        *mode = ESWITCH_SWITCHDEV;
    } else {
        return xstrdup("is neither legacy nor switchdev");
    }
    return NULL;
}

static char *
parse_device_type(const char *s, bool *vfio)
{
    *vfio = !strcmp(s, "vfio-pci");
    return (*vfio || !strcmp(s, "netdevice") ? NULL
            : xstrdup("is neither netdevice nor vfio-pci"));
}

static char *
parse_vdpa_type(const char *s, enum policy_vdpa *vdpa)
{
    if (!strcmp(s, "virtio")) {
        *vdpa = POLICY_VDPA_VIRTIO;
    } else if (!strcmp(s, "vhost")) {
        *vdpa = POLICY_VDPA_VHOST;
    } else {
        return xstrdup("is neither virtio nor vhost");
    }
    return NULL;
}

/* Returns NULL, or what is wrong with 'value' (caller frees). */
static char *
parse_field(struct parsing *p, enum field field, const char *value)
{
    struct policy_spec *spec = p->spec;

    switch (field) {
    case FIELD_NUM_VFS:
        return parse_number(value, 0, MAX_VFS, &spec->num_vfs);
    case FIELD_ESWITCH_MODE:
        return parse_eswitch_mode(value, &spec->mode);
    case FIELD_DEVICE_TYPE:
        return parse_device_type(value, &p->vfio);
    case FIELD_VDPA_TYPE:
        return parse_vdpa_type(value, &spec->vdpa);
    case FIELD_PRIORITY:
        return parse_number(value, 0, MAX_PRIORITY, &spec->priority);
    case FIELD_MTU:
        return parse_number(value, MIN_MTU, MAX_MTU, &spec->mtu);
    case FIELD_VENDOR:
        spec->has_vendor = true;
        return parse_id(value, &spec->vendor);
    case FIELD_DEVICE_ID:
        spec->has_device = true;
        return parse_id(value, &spec->device);
    case FIELD_ROOT_DEVICES:
        return parse_roots(value, spec);
    case FIELD_PF_NAMES:
        return parse_pf_names(value, spec);
    case FIELD_FORCE:
        return parse_bool(value, &spec->force);
    case N_FIELDS:
    default:
        OVS_NOT_REACHED();
    }
}

/* Parses the 'n' bytes at 'part', one "FIELD=VALUE". */
static char *
parse_part(struct parsing *p, const char *part, size_t n)
{
    const char *eq = memchr(part, '=', n);
    enum field field;

    if (!eq) {
        return complain("part", part, n, "is not of the form FIELD=VALUE");
    }

    size_t name_len = eq - part;
    for (field = 0; field < N_FIELDS; field++) {
        if (strlen(field_names[field]) == name_len
            && !memcmp(field_names[field], part, name_len)) {
            break;
        }
    }
    if (field == N_FIELDS) {
        return complain("field", part, name_len, "is unknown");
    }
    if (p->seen & 1u << field) {
        return xasprintf("%s is given twice", field_names[field]);
    }
    p->seen |= 1u << field;

    size_t value_len = n - name_len - 1;
    char *value = xmemdup0(eq + 1, value_len);
    char *why = parse_field(p, field, value);
    char *error = why ? complain(field_names[field], value, value_len, why)
                      : NULL;
    free(why);
    free(value);
    return error;
}

/* Returns NULL, or which fields are missing or contradict each other. */
static char *
check(const struct parsing *p)
{
    const struct policy_spec *spec = p->spec;

    if (!(p->seen & 1u << FIELD_NUM_VFS)) {
        return xstrdup("numVfs is missing");
    }
    if (!spec->has_vendor && !spec->has_device && !spec->n_roots
        && !spec->n_pf_names) {
        return xstrdup("nothing is selected: vendor, deviceID, rootDevices "
                       "or pfNames is needed");
    }
    if (p->vfio) {
        return (spec->vdpa
                ? xstrdup("deviceType \"vfio-pci\" contradicts vdpaType: a "
                          "vDPA device needs the VF's own driver")
                : xstrdup("deviceType \"vfio-pci\" is not supported, only "
                          "netdevice is"));
    }
    if (spec->vdpa && spec->mode != ESWITCH_SWITCHDEV) {
        return xstrdup("vdpaType needs eSwitchMode \"switchdev\"");
    }
    if (spec->vdpa && !spec->num_vfs) {
        return xstrdup("vdpaType needs numVfs of at least 1");
    }
    for (size_t i = 0; i < spec->n_pf_names; i++) {
        const struct policy_pf_name *pf = &spec->pf_names[i];

        if (pf->has_range && pf->last >= spec->num_vfs) {
            return xasprintf("pfNames \"%s#%u-%u\" exceeds numVfs, %u",
                             pf->name, pf->first, pf->last, spec->num_vfs);
        }
    }
    return NULL;
}

char *
policy_spec_parse(const char *value, struct policy_spec *spec)
{
    struct parsing p = { .spec = spec };
    char *error;

    memset(spec, 0, sizeof *spec);
    spec->mode = ESWITCH_LEGACY;
    spec->priority = MAX_PRIORITY;
    for (const char *part = value;;) {
        size_t n = strcspn(part, ",");

        error = parse_part(&p, part, n);
        if (error || !part[n]) {
            break;
        }
        part += n + 1;
    }
    if (!error) {
        error = check(&p);
    }
    if (error) {
        policy_spec_destroy(spec);
    }
    return error;
}

void
policy_spec_destroy(struct policy_spec *spec)
{
    free(spec->roots);
    free(spec->pf_names);
    for (size_t i = 0; i < spec->n_groups; i++) {
        free(spec->groups[i].policy);
    }
    free(spec->groups);
    memset(spec, 0, sizeof *spec);
}

/* Canonical form. */

static void
put_selector(struct ds *s, const struct policy_spec *spec)
{
    if (spec->has_vendor) {
        ds_put_format(s, ",vendor=%04x", spec->vendor);
    }
    if (spec->has_device) {
        ds_put_format(s, ",deviceID=%04x", spec->device);
    }
    for (size_t i = 0; i < spec->n_roots; i++) {
        char buf[PCI_ADDR_STRLEN];

        ds_put_format(s, "%s%s", i ? " " : ",rootDevices=",
                      pci_addr_format(&spec->roots[i], buf));
    }
    for (size_t i = 0; i < spec->n_pf_names; i++) {
        const struct policy_pf_name *pf = &spec->pf_names[i];

        ds_put_format(s, "%s%s", i ? " " : ",pfNames=", pf->name);
        if (pf->has_range) {
            ds_put_format(s, "#%u-%u", pf->first, pf->last);
        }
    }
}

char *
policy_spec_format(const struct policy_spec *spec)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    ds_put_format(&s, "numVfs=%u,eSwitchMode=%s", spec->num_vfs,
                  spec->mode == ESWITCH_SWITCHDEV ? "switchdev" : "legacy");
    if (spec->vdpa) {
        ds_put_format(&s, ",vdpaType=%s", policy_vdpa_to_string(spec->vdpa));
    }
    ds_put_format(&s, ",priority=%u", spec->priority);
    if (spec->mtu) {
        ds_put_format(&s, ",mtu=%u", spec->mtu);
    }
    put_selector(&s, spec);
    if (spec->force) {
        ds_put_cstr(&s, ",force=true");
    }
    return ds_steal_cstr(&s);
}

const char *
policy_vdpa_to_string(enum policy_vdpa vdpa)
{
    return (vdpa == POLICY_VDPA_VIRTIO ? "virtio"
            : vdpa == POLICY_VDPA_VHOST ? "vhost"
            : "");
}

const char *
policy_vdpa_driver(enum policy_vdpa vdpa)
{
    return (vdpa == POLICY_VDPA_VIRTIO ? "virtio_vdpa"
            : vdpa == POLICY_VDPA_VHOST ? "vhost_vdpa"
            : "");
}

/* Selectors. */

static const struct policy_pf_name *
find_pf_name(const struct policy_spec *spec, const char *name)
{
    for (size_t i = 0; name[0] && i < spec->n_pf_names; i++) {
        if (!strcmp(spec->pf_names[i].name, name)) {
            return &spec->pf_names[i];
        }
    }
    return NULL;
}

/* The element for a PF.  The name that it had when it was taken counts first:
 * with that one it was chosen. */
static const struct policy_pf_name *
match_pf_name(const struct policy_spec *spec,
              const struct policy_candidate *pf)
{
    const struct policy_pf_name *old = find_pf_name(spec, pf->old_name);

    return old ? old : find_pf_name(spec, pf->name);
}

static bool
has_root(const struct policy_spec *spec, const struct pci_addr *addr)
{
    for (size_t i = 0; i < spec->n_roots; i++) {
        if (!pci_addr_compare(&spec->roots[i], addr)) {
            return true;
        }
    }
    return false;
}

bool
policy_spec_matches(const struct policy_spec *spec,
                    const struct policy_candidate *pf)
{
    return ((spec->has_vendor || spec->has_device || spec->n_roots
             || spec->n_pf_names)
            && (!spec->has_vendor || spec->vendor == pf->vendor)
            && (!spec->has_device || spec->device == pf->device)
            && (!spec->n_roots || has_root(spec, &pf->addr))
            && (!spec->n_pf_names || match_pf_name(spec, pf)));
}

void
policy_spec_range(const struct policy_spec *spec,
                  const struct policy_candidate *pf, unsigned int *first,
                  unsigned int *last)
{
    const struct policy_pf_name *name = match_pf_name(spec, pf);

    *first = name ? name->first : 0;
    *last = name ? name->last : UINT_MAX;
    if (*last == UINT_MAX && spec->num_vfs) {
        *last = spec->num_vfs - 1;
    }
}

enum policy_vdpa
policy_spec_vdpa(const struct policy_spec *spec,
                 const struct policy_candidate *pf, unsigned int index)
{
    unsigned int first, last;

    for (size_t i = 0; i < spec->n_groups; i++) {
        const struct policy_group *group = &spec->groups[i];

        if (index >= group->first && index <= group->last) {
            return group->vdpa;
        }
    }
    if (spec->n_groups) {
        return POLICY_VDPA_NONE;
    }
    policy_spec_range(spec, pf, &first, &last);
    return (index >= first && index <= last
            ? spec->vdpa : POLICY_VDPA_NONE);
}
