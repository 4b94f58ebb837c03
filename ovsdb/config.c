/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "ovsdb/config.h"

#include <ctype.h>
#include <string.h>
#include <sys/un.h>

#include "openvswitch/dynamic-string.h"
#include "ovsdb/listen-address.h"
#include "ovsdb/request.h"
#include "util.h"

#define KEY_PREFIX "offload-"

#define DEFAULT_BRIDGE "br-int"
/* Where ovn-controller is told which bridge is its integration bridge. */
#define OVN_BRIDGE_KEY "ovn-bridge"
#define DEFAULT_FLOW_POLL_MS 10000
#define MIN_FLOW_POLL_MS 1000
#define DEFAULT_CNI_CACHE "/var/lib/cni/results:/var/lib/cni/multus/results"

/* Longest name that Linux gives a network device, without the null: a
 * bridge's local port is one. */
#define MAX_BRIDGE_NAME 15

/* Longest path of a directory, which leaves room for names of files in it. */
#define MAX_DIRECTORY 1000

/* Longest name of a resource, which becomes a part of a file's name. */
#define MAX_RESOURCE 128

/* Longest path of a Unix socket, without the null. */
#define MAX_SOCKET_PATH (sizeof ((struct sockaddr_un *) NULL)->sun_path - 1)

/* So much of a bad value is shown in a message. */
#define MAX_SHOWN 64

enum config_key {
    KEY_MODE,
    KEY_BRIDGE,
    KEY_SELECT,
    KEY_MANAGE_OVS,
    KEY_FEATURES,
    KEY_REPAIR,
    KEY_FLOW_POLL_MS,
    KEY_DEVINFO,
    KEY_DEVINFO_DIR,
    KEY_DEVINFO_RESOURCE,
    KEY_RESTORE,
    KEY_CNI_CACHE,
    KEY_VDPA_SOCKET,
    KEY_METRICS,
    N_KEYS
};

/* Does a key's value mean something? */
typedef bool check_value_func(const char *value);

static check_value_func is_mode, is_bridge, is_select, is_boolean,
                        is_flow_poll_ms, is_directory, is_resource,
                        is_path_list, is_socket, is_metrics;

/* What can be configured. */
static const struct {
    const char *name;           /* In Open_vSwitch external_ids. */
    check_value_func *check;    /* Tells good values. */
    const char *expected;       /* What good values are, for messages. */
} keys[N_KEYS] = {
    [KEY_MODE] = {
        "offload-mode", is_mode,
        "\"auto\", \"own\", \"assist\" or \"observe\""
    },
    [KEY_BRIDGE] = {
        "offload-bridge", is_bridge,
        "the name of a bridge, 1 to 15 characters without '/', ':' or blank"
    },
    [KEY_SELECT] = {
        "offload-select", is_select, "\"none\", \"vdpa\" or \"all\""
    },
    [KEY_MANAGE_OVS] = {
        "offload-manage-ovs", is_boolean, "exactly \"true\" or \"false\""
    },
    [KEY_FEATURES] = {
        "offload-features", is_boolean, "exactly \"true\" or \"false\""
    },
    [KEY_REPAIR] = {
        "offload-repair", is_boolean, "exactly \"true\" or \"false\""
    },
    [KEY_FLOW_POLL_MS] = {
        "offload-flow-poll-ms", is_flow_poll_ms,
        "a number of milliseconds, at least 1000"
    },
    [KEY_DEVINFO] = {
        "offload-devinfo", is_boolean, "exactly \"true\" or \"false\""
    },
    [KEY_DEVINFO_RESOURCE] = {
        "offload-devinfo-resource", is_resource,
        "PREFIX/NAME of letters, digits, '-', '.' and '_', of at most 128 "
        "characters"
    },
    [KEY_DEVINFO_DIR] = {
        "offload-devinfo-dir", is_directory,
        "an absolute path, of at most 1000 bytes"
    },
    [KEY_RESTORE] = {
        "offload-restore", is_boolean, "exactly \"true\" or \"false\""
    },
    [KEY_CNI_CACHE] = {
        "offload-cni-cache", is_path_list,
        "absolute names of directories, separated by ':'"
    },
    [KEY_VDPA_SOCKET] = {
        "offload-vdpa-socket", is_socket,
        "the absolute path of a socket, of at most 107 bytes"
    },
    [KEY_METRICS] = {
        "offload-metrics", is_metrics,
        "IP:PORT, [IPV6]:PORT, or \"unix:\" and the absolute path of a "
        "socket, of at most 107 bytes"
    },
};

static const char *const mode_names[] = {
    [MODE_AUTO] = "auto",
    [MODE_OWN] = "own",
    [MODE_ASSIST] = "assist",
    [MODE_OBSERVE] = "observe",
};

static const char *const select_names[] = {
    [SELECT_NONE] = "none",
    [SELECT_VDPA] = "vdpa",
    [SELECT_ALL] = "all",
};

const char *
offload_mode_to_string(enum offload_mode mode)
{
    return mode_names[mode];
}

const char *
offload_select_to_string(enum offload_select select)
{
    return select_names[select];
}

/* Looks 'value' up in the 'n' 'names'.  Returns its index, or -1. */
static int
name_to_index(const char *value, const char *const names[], size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!strcmp(value, names[i])) {
            return i;
        }
    }
    return -1;
}

static int
mode_from_string(const char *value)
{
    return name_to_index(value, mode_names, ARRAY_SIZE(mode_names));
}

static int
select_from_string(const char *value)
{
    return name_to_index(value, select_names, ARRAY_SIZE(select_names));
}

static bool
is_mode(const char *value)
{
    return mode_from_string(value) >= 0;
}

static bool
is_select(const char *value)
{
    return select_from_string(value) >= 0;
}

static bool
is_boolean(const char *value)
{
    return !strcmp(value, "true") || !strcmp(value, "false");
}

/* The kernel's own rule for names of network devices; control characters it
 * would take, but no bridge has them. */
static bool
is_bridge(const char *value)
{
    size_t length = strlen(value);

    if (!length || length > MAX_BRIDGE_NAME
        || !strcmp(value, ".") || !strcmp(value, "..")) {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        unsigned char c = value[i];

        if (c <= 0x20 || c == 0x7f || c == '/' || c == ':') {
            return false;
        }
    }
    return true;
}

static bool
is_flow_poll_ms(const char *value)
{
    int ms;

    /* str_to_int() also takes blanks and a sign before the number. */
    return (isdigit((unsigned char) value[0])
            && str_to_int(value, 10, &ms)
            && ms >= MIN_FLOW_POLL_MS);
}

static bool
is_directory(const char *value)
{
    return value[0] == '/' && strlen(value) <= MAX_DIRECTORY;
}

/* Absolute paths, separated by ':'. */
static bool
is_path_list(const char *value)
{
    for (const char *p = value; ; p++) {
        if (*p != '/') {
            return false;
        }
        p = strchr(p, ':');
        if (!p) {
            return true;
        }
    }
}

static bool
is_resource(const char *value)
{
    size_t prefix = strcspn(value, "/");
    size_t length = strlen(value);

    if (!prefix || prefix + 1 >= length || length > MAX_RESOURCE
        || value[0] == '.') {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        unsigned char c = value[i];

        if (i != prefix && !isalnum(c) && !strchr("-._", c)) {
            return false;
        }
    }
    return true;
}

/* What fits into a sockaddr_un, and has a last part that can be a socket. */
static bool
is_socket(const char *value)
{
    const char *slash = strrchr(value, '/');
    const char *name = slash ? slash + 1 : "";
    size_t length = strlen(value);

    if (value[0] != '/' || length > MAX_SOCKET_PATH || !name[0]
        || !strcmp(name, ".") || !strcmp(name, "..")) {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        unsigned char c = value[i];

        if (c < 0x20 || c == 0x7f) {
            return false;
        }
    }
    return true;
}

static bool
is_metrics(const char *value)
{
    struct sockaddr_storage ss;
    socklen_t len;

    return (!strncmp(value, "unix:", 5) ? is_socket(value + 5)
            : listen_address_parse(value, &ss, &len));
}

static char *
bad_value_message(enum config_key key, const char *value)
{
    struct ds msg = DS_EMPTY_INITIALIZER;
    size_t length = strlen(value);

    ds_put_char(&msg, '"');
    ds_put_printable(&msg, value, MIN(length, MAX_SHOWN));
    ds_put_format(&msg, "%s\" is not %s", length > MAX_SHOWN ? "..." : "",
                  keys[key].expected);
    return ds_steal_cstr(&msg);
}

void
config_init(struct config *cfg)
{
    *cfg = (struct config) {
        .configured = MODE_AUTO,
        .mode = MODE_OWN,
        .mode_why = xstrdup("not read yet"),
        .bridge = xstrdup(DEFAULT_BRIDGE),
        .cni_cache = xstrdup(DEFAULT_CNI_CACHE),
        .select = SELECT_NONE,
        .features = true,
        .flow_poll_ms = DEFAULT_FLOW_POLL_MS,
    };
    smap_init(&cfg->errors);
    sset_init(&cfg->unknown);
    smap_init(&cfg->good);
}

void
config_destroy(struct config *cfg)
{
    if (cfg) {
        free(cfg->mode_why);
        free(cfg->bridge);
        free(cfg->devinfo_dir);
        free(cfg->devinfo_resource);
        free(cfg->cni_cache);
        free(cfg->vdpa_socket);
        free(cfg->metrics);
        smap_destroy(&cfg->errors);
        sset_destroy(&cfg->unknown);
        free(cfg->mode_seen);
        free(cfg->latched_what);
        smap_destroy(&cfg->good);
    }
}

/* Remembers each good value of 'external_ids' in cfg->good, forgets those of
 * keys that are gone, and adds a message to 'errors' for each bad one. */
static void
read_values(struct config *cfg, const struct smap *external_ids,
            struct smap *errors)
{
    for (enum config_key key = 0; key < N_KEYS; key++) {
        const char *name = keys[key].name;
        const char *value = smap_get(external_ids, name);

        if (!value) {
            smap_remove(&cfg->good, name);
        } else if (keys[key].check(value)) {
            smap_replace(&cfg->good, name, value);
        } else {
            smap_add_nocopy(errors, xstrdup(name),
                            bad_value_message(key, value));
        }
    }
}

/* Adds the keys with our prefix that nobody reads to 'unknown'. */
static void
find_unknown(const struct smap *external_ids, struct sset *unknown)
{
    const struct smap_node *node;

    SMAP_FOR_EACH (node, external_ids) {
        bool known = strncmp(node->key, KEY_PREFIX, strlen(KEY_PREFIX))
                     || !strncmp(node->key, REQUEST_KEY_PREFIX,
                                 strlen(REQUEST_KEY_PREFIX))
                     || !strncmp(node->key, POLICY_KEY_PREFIX,
                                 strlen(POLICY_KEY_PREFIX));

        for (enum config_key key = 0; !known && key < N_KEYS; key++) {
            known = !strcmp(node->key, keys[key].name);
        }
        if (!known) {
            sset_add(unknown, node->key);
        }
    }
}

static const char *
good_value(const struct config *cfg, enum config_key key)
{
    return smap_get(&cfg->good, keys[key].name);
}

static bool
good_boolean(const struct config *cfg, enum config_key key, bool def)
{
    const char *value = good_value(cfg, key);

    return value ? !strcmp(value, "true") : def;
}

/* Releases the latch of "auto" if offload-mode was written since the last
 * call.  A bad value leaves all as it is, the latch too. */
static void
update_latch(struct config *cfg, const char *value,
             const struct config_evidence *evidence)
{
    if (!nullable_string_is_equal(value, cfg->mode_seen)) {
        free(cfg->mode_seen);
        cfg->mode_seen = nullable_xstrdup(value);

        if (!value || is_mode(value)) {
            cfg->assist_latched = false;
            free(cfg->latched_what);
            cfg->latched_what = NULL;
        }
    }
    if (cfg->configured == MODE_AUTO && !cfg->assist_latched
        && evidence->foreign_plugger) {
        cfg->assist_latched = true;
        cfg->latched_what = nullable_xstrdup(evidence->what);
    }
}

/* Sets the mode that is in effect, and what it has as defaults. */
static void
update_mode(struct config *cfg, const char *value,
            const struct config_evidence *evidence)
{
    const char *mode = good_value(cfg, KEY_MODE);
    const char *select = good_value(cfg, KEY_SELECT);

    cfg->configured = mode ? mode_from_string(mode) : MODE_AUTO;
    update_latch(cfg, value, evidence);

    free(cfg->mode_why);
    if (cfg->configured != MODE_AUTO) {
        cfg->mode = cfg->configured;
        cfg->mode_why = xasprintf("offload-mode is \"%s\"", mode);
    } else if (cfg->assist_latched) {
        cfg->mode = MODE_ASSIST;
        cfg->mode_why = xasprintf("others plug ports on this node: %s",
                                  cfg->latched_what
                                  ? cfg->latched_what : "unknown");
    } else {
        cfg->mode = MODE_OWN;
        cfg->mode_why = xstrdup("no other program plugs ports on this node");
    }

    cfg->explicit_own = cfg->configured == MODE_OWN;
    cfg->select = (select ? select_from_string(select)
                   : cfg->explicit_own ? SELECT_VDPA
                   : SELECT_NONE);
    cfg->manage_ovs = good_boolean(cfg, KEY_MANAGE_OVS, cfg->explicit_own);
    cfg->manage_ovs_explicit = good_boolean(cfg, KEY_MANAGE_OVS, false);
}

/* The bridge that OVN uses, where our key names none. */
static const char *
default_bridge(const struct smap *external_ids)
{
    const char *bridge = smap_get(external_ids, OVN_BRIDGE_KEY);

    /* A bad value is none that we could complain of: the key is not ours. */
    return bridge && is_bridge(bridge) ? bridge : DEFAULT_BRIDGE;
}

/* Sets what depends on none of our other keys. */
static void
update_rest(struct config *cfg, const struct smap *external_ids)
{
    const char *bridge = good_value(cfg, KEY_BRIDGE);
    const char *flow_poll_ms = good_value(cfg, KEY_FLOW_POLL_MS);

    free(cfg->bridge);
    cfg->bridge = xstrdup(bridge ? bridge : default_bridge(external_ids));
    free(cfg->devinfo_dir);
    cfg->devinfo_dir = nullable_xstrdup(good_value(cfg, KEY_DEVINFO_DIR));
    free(cfg->devinfo_resource);
    cfg->devinfo_resource = nullable_xstrdup(
        good_value(cfg, KEY_DEVINFO_RESOURCE));
    cfg->devinfo = good_boolean(cfg, KEY_DEVINFO, false);
    free(cfg->vdpa_socket);
    cfg->vdpa_socket = nullable_xstrdup(good_value(cfg, KEY_VDPA_SOCKET));
    free(cfg->metrics);
    cfg->metrics = nullable_xstrdup(good_value(cfg, KEY_METRICS));
    cfg->features = good_boolean(cfg, KEY_FEATURES, true);
    cfg->repair = good_boolean(cfg, KEY_REPAIR, false);
    cfg->restore = good_boolean(cfg, KEY_RESTORE, false);
    const char *cni_cache = good_value(cfg, KEY_CNI_CACHE);
    free(cfg->cni_cache);
    cfg->cni_cache = xstrdup(cni_cache ? cni_cache : DEFAULT_CNI_CACHE);
    cfg->flow_poll_ms = DEFAULT_FLOW_POLL_MS;
    if (flow_poll_ms) {
        str_to_int(flow_poll_ms, 10, &cfg->flow_poll_ms);
    }
}

/* Is in both the same in effect? */
static bool
same_effect(const struct config *a, const struct config *b)
{
    return (a->configured == b->configured
            && a->mode == b->mode
            && a->explicit_own == b->explicit_own
            && !strcmp(a->mode_why, b->mode_why)
            && !strcmp(a->bridge, b->bridge)
            && a->select == b->select
            && a->manage_ovs == b->manage_ovs
            && a->manage_ovs_explicit == b->manage_ovs_explicit
            && a->features == b->features
            && a->repair == b->repair
            && a->devinfo == b->devinfo
            && nullable_string_is_equal(a->devinfo_resource,
                                        b->devinfo_resource)
            && nullable_string_is_equal(a->devinfo_dir, b->devinfo_dir)
            && a->restore == b->restore
            && !strcmp(a->cni_cache, b->cni_cache)
            && a->flow_poll_ms == b->flow_poll_ms
            && nullable_string_is_equal(a->vdpa_socket, b->vdpa_socket)
            && nullable_string_is_equal(a->metrics, b->metrics));
}

bool
config_update(struct config *cfg, const struct smap *external_ids,
              const struct config_evidence *evidence)
{
    struct config old = *cfg;
    struct smap errors = SMAP_INITIALIZER(&errors);
    struct sset unknown = SSET_INITIALIZER(&unknown);

    /* The updates below free the strings that 'old' shares. */
    old.mode_why = xstrdup(cfg->mode_why);
    old.bridge = xstrdup(cfg->bridge);
    old.devinfo_dir = nullable_xstrdup(cfg->devinfo_dir);
    old.devinfo_resource = nullable_xstrdup(cfg->devinfo_resource);
    old.cni_cache = xstrdup(cfg->cni_cache);
    old.vdpa_socket = nullable_xstrdup(cfg->vdpa_socket);
    old.metrics = nullable_xstrdup(cfg->metrics);

    read_values(cfg, external_ids, &errors);
    find_unknown(external_ids, &unknown);
    update_mode(cfg, smap_get(external_ids, keys[KEY_MODE].name), evidence);
    update_rest(cfg, external_ids);

    bool changed = (!same_effect(cfg, &old)
                    || !smap_equal(&cfg->errors, &errors)
                    || !sset_equals(&cfg->unknown, &unknown));

    smap_destroy(&cfg->errors);
    smap_clone(&cfg->errors, &errors);
    smap_destroy(&errors);
    sset_swap(&cfg->unknown, &unknown);
    sset_destroy(&unknown);
    free(old.mode_why);
    free(old.bridge);
    free(old.devinfo_dir);
    free(old.devinfo_resource);
    free(old.cni_cache);
    free(old.vdpa_socket);
    free(old.metrics);
    return changed;
}
