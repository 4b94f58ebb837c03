/* SPDX-License-Identifier: Apache-2.0 */

#include "config.h"

#include "netlink/vdpa-source.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/vdpa.h>
#include <string.h>

#include "coverage.h"
#include "netlink/genl-helper.h"
#include "netlink/nl-conn.h"
#include "netlink/retry.h"
#include "netlink/source.h"
#include "netlink/uevent.h"
#include "netlink/vdpa-query.h"
#include "timeval.h"
#include "util.h"

COVERAGE_DEFINE(vdpa_dump);
COVERAGE_DEFINE(vdpa_publish);
COVERAGE_DEFINE(vdpa_unanswered);

/* A dump that the kernel has not answered for this long is not waited for:
 * someone deletes a device that someone else has open, and that may take for
 * ever.  Until it is answered sysfs, which never blocks, has to do. */
#define UNANSWERED_MS 1000

struct vdpa_source {
    struct source source;
    struct event_base *base;
    struct kernel_helper *helper;
    struct genl *genl;
    int sysfs;                  /* Its root; not owned. */
    const struct netdev_table *netdevs; /* Not owned. */
    const struct vdpa_source_class *class;
    void *class_aux;            /* For 'class'. */

    uint16_t family;            /* 0 while there is none. */
    struct nl_conn *conn;       /* Lane; NULL while there is no family. */
    struct shash devs;          /* Of struct vdpa_dev: the last dump. */
    bool have_devs;             /* Was there one? */
    bool unanswered;            /* Are the devices taken from sysfs, as the
                                 * dump under way takes too long? */
    struct shash reading;       /* Of struct vdpa_dev: dump under way. */
    bool dumping;               /* Is a dump queued or under way? */
    bool dump_dirty;            /* Is another one needed? */
    bool lost;                  /* Is the dump under way too old to bring us
                                 * to SOURCE_SYNCED? */
    bool sysfs_dirty;           /* Are the devices to be told again? */
    struct retry retry;         /* Until a dump that failed is repeated. */
    struct vdpa_queries *queries; /* On 'conn'. */
};

static void
vdpa_tell(struct vdpa_source *vs, const struct vdpa_sysfs *sysfs,
          const struct vdpa_dev *dev)
{
    struct vdpa_info info;

    if (vdpa_sysfs_read(sysfs, vs->sysfs, vs->netdevs, dev, &info)) {
        vs->class->device(vs->class_aux, &info);
        vs->source.sink->vdpa(vs->source.aux, &info);
    }
}

/* Tells the devices of which only sysfs knows so far. */
static void
vdpa_tell_rest(struct vdpa_source *vs, const struct vdpa_sysfs *sysfs)
{
    struct shash_node *node;

    SHASH_FOR_EACH (node, &sysfs->devices) {
        struct vdpa_dev dev = { .device_id = 0 };

        if (!shash_find(&vs->devs, node->name)
            && strlen(node->name) < sizeof dev.name) {
            ovs_strlcpy(dev.name, node->name, sizeof dev.name);
            vdpa_tell(vs, sysfs, &dev);
        }
    }
}

/* Tells the devices as they are known now. */
static void
vdpa_publish(struct vdpa_source *vs)
{
    struct vdpa_sysfs sysfs;
    struct shash_node *node;

    COVERAGE_INC(vdpa_publish);
    vs->sysfs_dirty = false;
    vdpa_sysfs_init(&sysfs, vs->sysfs);
    source_begin(&vs->source);
    vs->class->begin(vs->class_aux);
    SHASH_FOR_EACH (node, &vs->devs) {
        vdpa_tell(vs, &sysfs, node->data);
    }
    if (vs->unanswered) {
        vdpa_tell_rest(vs, &sysfs);
    }
    vs->class->end(vs->class_aux);
    vs->source.sink->end(vs->source.aux, SOURCE_VDPA);
    vdpa_sysfs_destroy(&sysfs);
}

static void
vdpa_dump_message(void *vs_, const struct nlmsghdr *nlh)
{
    struct vdpa_source *vs = vs_;
    struct vdpa_dev *dev = xmalloc(sizeof *dev);

    if (nlh->nlmsg_type != vs->family || !vdpa_dev_parse(nlh, dev)) {
        source_malformed(&vs->source, "vDPA device");
        free(dev);
    } else if (!shash_add_once(&vs->reading, dev->name, dev)) {
        free(dev);
    }
}

static void
vdpa_dump_done(void *vs_, const struct nl_result *result)
{
    struct vdpa_source *vs = vs_;

    vs->dumping = vs->unanswered = false;
    if (result->interrupted && !result->error) {
        vs->source.status.n_interrupted++;
    }
    if (result->error || result->interrupted) {
        if (result->error) {
            source_error(&vs->source, "dump failed: %s",
                         ovs_strerror(result->error));
        }
        shash_clear_free_data(&vs->reading);
        vs->dump_dirty = true;
        retry_schedule(&vs->retry);
        return;
    }
    retry_reset(&vs->retry);
    shash_clear_free_data(&vs->devs);
    shash_swap(&vs->devs, &vs->reading);
    vs->have_devs = true;
    vdpa_publish(vs);
    vs->source.status.n_resyncs++;
    if (!vs->lost) {
        source_set_state(&vs->source, SOURCE_SYNCED);
    }
}

static void
vdpa_lane_lost(void *vs_, int error OVS_UNUSED)
{
    struct vdpa_source *vs = vs_;

    vs->dump_dirty = true;
}

static void
vdpa_set_family(void *vs_, const struct genl_family *family)
{
    static const struct nl_conn_class class = { .lost = vdpa_lane_lost };
    struct vdpa_source *vs = vs_;

    if (family) {
        vs->family = genl_family_id(family);
        vs->conn = kernel_helper_connect(vs->helper, vs->base, LANE_VDPA,
                                         &class, vs);
        vdpa_queries_set_conn(vs->queries, vs->conn, vs->family);
        vs->dump_dirty = true;
        source_set_state(&vs->source, SOURCE_SYNCING);
        return;
    }
    nl_conn_destroy(vs->conn);
    vs->conn = NULL;
    vs->family = 0;
    vdpa_queries_set_conn(vs->queries, NULL, 0);
    vs->dumping = vs->dump_dirty = vs->lost = vs->unanswered = false;
    vs->sysfs_dirty = vs->have_devs = false;
    retry_reset(&vs->retry);
    shash_clear_free_data(&vs->devs);
    shash_clear_free_data(&vs->reading);
    vs->class->begin(vs->class_aux);
    vs->class->end(vs->class_aux);
    source_set_absent(&vs->source);
}

struct vdpa_source *
vdpa_source_create(struct event_base *base, struct kernel_helper *helper,
                   struct genl *genl, int sysfs,
                   const struct netdev_table *netdevs,
                   const struct vdpa_source_class *class, void *class_aux,
                   const struct kernel_sink *sink, void *aux)
{
    struct vdpa_source *vs = xzalloc(sizeof *vs);

    source_init(&vs->source, SOURCE_VDPA, sink, aux);
    vs->base = base;
    vs->helper = helper;
    vs->genl = genl;
    vs->sysfs = sysfs;
    vs->netdevs = netdevs;
    vs->class = class;
    vs->class_aux = class_aux;
    shash_init(&vs->devs);
    shash_init(&vs->reading);
    vs->queries = vdpa_queries_create();
    genl_watch(genl, VDPA_GENL_NAME, vdpa_set_family, vs);
    return vs;
}

void
vdpa_source_destroy(struct vdpa_source *vs)
{
    if (vs) {
        nl_conn_destroy(vs->conn);
        vdpa_queries_destroy(vs->queries);
        shash_destroy_free_data(&vs->devs);
        shash_destroy_free_data(&vs->reading);
        source_uninit(&vs->source);
        free(vs);
    }
}

static bool
vdpa_dump_is_due(const struct vdpa_source *vs)
{
    return vs->conn && vs->dump_dirty && !vs->dumping && !vs->retry.at;
}

static bool
vdpa_publish_is_due(const struct vdpa_source *vs)
{
    return (vs->have_devs || vs->unanswered) && vs->sysfs_dirty;
}

/* time_msec() when to give up waiting for the dump under way, or LLONG_MAX. */
static long long int
vdpa_deadline(const struct vdpa_source *vs)
{
    long long int busy = (vs->dumping && !vs->unanswered
                          ? nl_conn_busy_since(vs->conn) : 0);

    return busy ? busy + UNANSWERED_MS : LLONG_MAX;
}

static void
vdpa_stop_waiting(struct vdpa_source *vs)
{
    COVERAGE_INC(vdpa_unanswered);
    source_error(&vs->source, "the kernel does not answer, devices are taken "
                 "from sysfs; is one being deleted that is open?");
    vs->unanswered = true;
    vdpa_publish(vs);
    source_set_state(&vs->source, SOURCE_SYNCED);
}

void
vdpa_source_run(struct vdpa_source *vs)
{
    (void) retry_take(&vs->retry);
    if (vdpa_dump_is_due(vs)) {
        char buf[VDPA_REQUEST_SIZE];

        COVERAGE_INC(vdpa_dump);
        if (vs->lost) {
            source_set_state(&vs->source, SOURCE_SYNCING);
        }
        nl_conn_request(vs->conn, vdpa_request_dump(buf, vs->family),
                        vdpa_dump_message, vdpa_dump_done, vs);
        vs->dumping = true;
        vs->dump_dirty = vs->lost = false;
    }
    if (vs->conn) {
        nl_conn_run(vs->conn);
    }
    if (time_msec() >= vdpa_deadline(vs)) {
        vdpa_stop_waiting(vs);
    } else if (vdpa_publish_is_due(vs)) {
        vdpa_publish(vs);
    }
}

void
vdpa_source_wait(struct vdpa_source *vs)
{
    if (vs->conn) {
        nl_conn_wait(vs->conn);
    }
    retry_wait(&vs->retry);
    if (vdpa_deadline(vs) != LLONG_MAX) {
        poll_timer_wait_until(vdpa_deadline(vs));
    }
    if (vdpa_dump_is_due(vs) || vdpa_publish_is_due(vs)) {
        poll_immediate_wake();
    }
}

/* Something changed. */
static void
vdpa_mark(struct vdpa_source *vs)
{
    vs->dump_dirty = vs->sysfs_dirty = vs->family != 0;
}

void
vdpa_source_resync(struct vdpa_source *vs)
{
    vdpa_mark(vs);
    vs->lost = vs->family != 0;
}

void
vdpa_source_lost(struct vdpa_source *vs, int error)
{
    if (vs->family) {
        source_note_lost(&vs->source, error);
        vdpa_source_resync(vs);
    }
}

/* A device "vhost-vdpa-N" has neither a bus nor a class and no uevents; it
 * comes before "bind" and goes before "unbind" of the vDPA device. */
void
vdpa_source_uevent(struct vdpa_source *vs, const struct uevent *uevent)
{
    if (!strcmp(uevent->subsystem, "vdpa")) {
        vs->source.status.n_messages++;
        vdpa_mark(vs);
    }
}

void
vdpa_source_netdev(struct vdpa_source *vs, const struct netdev_entry *netdev)
{
    if (netdev->virtio) {
        vs->sysfs_dirty = true;
    }
}

struct source *
vdpa_source_base(struct vdpa_source *vs)
{
    long long int busy = vs->conn ? nl_conn_busy_since(vs->conn) : 0;

    vs->source.status.busy_since = busy ? busy : genl_busy_since(vs->genl);
    return &vs->source;
}

struct vdpa_queries *
vdpa_source_queries(struct vdpa_source *vs)
{
    return vs->queries;
}
