/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/vdpa/json.h"

#include <stdlib.h>
#include <string.h>

#include "controller/inventory.h"
#include "controller/output.h"
#include "netlink/vdpa-config.h"
#include "netlink/vdpa-control.h"
#include "netlink/vdpa-holder.h"
#include "netlink/vdpa-msg.h"
#include "netlink/virtio-name.h"
#include "openvswitch/json.h"
#include "packets.h"
#include "svec.h"
#include "timeval.h"
#include "util.h"

/* Null for 0, which is what is not given. */
static void
put_number(struct json *json, const char *name, uint32_t value)
{
    json_object_put(json, name, (value ? json_integer_create(value)
                                 : json_null_create()));
}

struct json *
vdpa_info_to_json(const struct vdpa_info *info)
{
    struct json *json = json_object_create();

    output_put_string(json, "vdpa", info->name);
    output_put_string(json, "mgmtdev", info->mgmtdev);
    output_put_string(json, "vdpa_driver", info->driver);
    output_put_string(json, "netdev", info->netdev);
    output_put_string(json, "vhost_device", info->vhost_device);
    return json;
}

struct json *
vdpa_features_to_json(bool valid, uint64_t features)
{
    char buf[VIRTIO_NAME_MAX];
    struct json *array;

    if (!valid) {
        return json_null_create();
    }
    array = json_array_create_empty();
    for (unsigned int bit = 0; bit < 64; bit++) {
        if (features & UINT64_C(1) << bit) {
            json_array_add(array, json_string_create(
                               virtio_feature_to_string(bit, buf)));
        }
    }
    return array;
}

struct json *
vdpa_config_to_json(const struct vdpa_config *config)
{
    struct json *json = json_object_create();
    struct eth_addr mac;

    memcpy(mac.ea, config->mac, sizeof mac.ea);
    json_object_put(json, "mac",
                    (config->has_mac
                     ? json_string_create_nocopy(
                         xasprintf(ETH_ADDR_FMT, ETH_ADDR_ARGS(mac)))
                     : json_null_create()));
    put_number(json, "mtu", config->mtu);
    json_object_put(json, "link_up",
                    (config->has_status
                     ? json_boolean_create(vdpa_config_link_up(config))
                     : json_null_create()));
    put_number(json, "max_vqp", config->max_vqp);
    json_object_put(json, "features",
                    vdpa_features_to_json(config->has_features,
                                          config->features));
    json_object_put(json, "negotiated_features",
                    vdpa_features_to_json(config->has_negotiated,
                                          config->negotiated));
    return json;
}

struct json *
vdpa_vstats_to_json(const struct vdpa_vstats *vstats)
{
    struct json *json = json_object_create();
    struct json *counters = json_object_create();

    json_object_put(json, "queue", json_integer_create(vstats->queue));
    for (size_t i = 0; i < vstats->n; i++) {
        json_object_put(counters, vstats->counters[i].name,
                        json_integer_create(
                            MIN(vstats->counters[i].value, INT64_MAX)));
    }
    json_object_put(json, "counters", counters);
    return json;
}

struct json *
vdpa_holders_to_json(const struct vdpa_holder *holders, size_t n)
{
    struct json *array = json_array_create_empty();

    for (size_t i = 0; i < n; i++) {
        struct json *json = json_object_create();

        json_object_put(json, "pid", json_integer_create(holders[i].pid));
        output_put_string(json, "command", holders[i].comm);
        json_object_put(json, "uid", (holders[i].uid == (uid_t) -1
                                      ? json_null_create()
                                      : json_integer_create(holders[i].uid)));
        json_array_add(array, json);
    }
    return array;
}

/* Management devices. */

static struct json *
devices_to_json(const struct inventory *inv, const char *mgmtdev)
{
    struct json *array = json_array_create_empty();
    struct svec names = SVEC_EMPTY_INITIALIZER;
    const struct inv_vdpa *vdpa;
    const char *name;
    size_t i;

    HMAP_FOR_EACH (vdpa, name_node, &inv->vdpas) {
        if (!strcmp(vdpa->info.mgmtdev, mgmtdev)) {
            svec_add(&names, vdpa->info.name);
        }
    }
    svec_sort(&names);
    SVEC_FOR_EACH (i, name, &names) {
        json_array_add(array, json_string_create(name));
    }
    svec_destroy(&names);
    return array;
}

static struct json *
mgmtdev_to_json(const struct vdpa_mgmtdev *mgmtdev,
                const struct inventory *inv)
{
    struct json *json = json_object_create();
    struct json *classes = json_array_create_empty();
    char *name = xasprintf("%s%s%s", mgmtdev->bus, mgmtdev->bus[0] ? "/" : "",
                           mgmtdev->dev);
    char buf[VIRTIO_NAME_MAX];

    for (unsigned int id = 0; id < 64; id++) {
        if (mgmtdev->classes & UINT64_C(1) << id) {
            json_array_add(classes, json_string_create(
                               virtio_class_to_string(id, buf)));
        }
    }
    json_object_put_string(json, "mgmtdev", name);
    json_object_put(json, "classes", classes);
    put_number(json, "max_vqs", mgmtdev->max_vqs);
    json_object_put(json, "features",
                    vdpa_features_to_json(mgmtdev->has_features,
                                          mgmtdev->features));
    json_object_put(json, "devices", devices_to_json(inv, name));
    free(name);
    return json;
}

static int
compare_mgmtdevs(const void *a_, const void *b_)
{
    const struct vdpa_mgmtdev *const *ap = a_;
    const struct vdpa_mgmtdev *const *bp = b_;
    const struct vdpa_mgmtdev *a = *ap;
    const struct vdpa_mgmtdev *b = *bp;
    int cmp = strcmp(a->bus, b->bus);

    return cmp ? cmp : strcmp(a->dev, b->dev);
}

struct json *
vdpa_mgmtdevs_to_json(const struct vdpa_mgmtdev *mgmtdevs, size_t n,
                      const struct inventory *inv)
{
    const struct vdpa_mgmtdev **sorted = xmalloc((n + 1) * sizeof *sorted);
    struct json *array = json_array_create_empty();

    for (size_t i = 0; i < n; i++) {
        sorted[i] = &mgmtdevs[i];
    }
    qsort(sorted, n, sizeof *sorted, compare_mgmtdevs);
    for (size_t i = 0; i < n; i++) {
        json_array_add(array, mgmtdev_to_json(sorted[i], inv));
    }
    free(sorted);
    return array;
}

/* Requests. */

static struct json *
pending_to_json(const struct vdpa_pending *pending)
{
    struct json *json = json_object_create();

    json_object_put_string(json, "vdpa", pending->name);
    json_object_put_string(json, "request", pending->what);
    json_object_put_string(json, "state", pending->state);
    json_object_put(json, "age_ms",
                    json_integer_create(time_msec() - pending->since));
    json_object_put(json, "holders",
                    vdpa_holders_to_json(pending->holders,
                                         pending->n_holders));
    return json;
}

static void
add_pending(void *array, const struct vdpa_pending *pending)
{
    json_array_add(array, pending_to_json(pending));
}

struct json *
vdpa_pending_to_json(const struct kernel *kernel)
{
    struct json *array = json_array_create_empty();

    kernel_vdpa_for_each_pending(kernel, add_pending, array);
    return array;
}

struct find_pending {
    const char *name;           /* Of the device. */
    struct json *json;          /* Its request, or NULL. */
};

static void
find_pending(void *find_, const struct vdpa_pending *pending)
{
    struct find_pending *find = find_;

    if (!find->json && !strcmp(pending->name, find->name)) {
        find->json = pending_to_json(pending);
    }
}

struct json *
vdpa_pending_of_to_json(const struct kernel *kernel, const char *name)
{
    struct find_pending find = { .name = name };

    kernel_vdpa_for_each_pending(kernel, find_pending, &find);
    return find.json ? find.json : json_null_create();
}
