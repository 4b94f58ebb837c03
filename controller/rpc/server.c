/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/rpc/server.h"

#include <errno.h>
#include <event2/event.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "controller/dir-watch.h"
#include "controller/inventory.h"
#include "controller/output.h"
#include "controller/rpc/connection.h"
#include "controller/rpc/list-file.h"
#include "controller/rpc/message.h"
#include "controller/rpc/socket-list.h"
#include "controller/unix-listener.h"
#include "netlink/retry.h"
#include "openvswitch/json.h"
#include "openvswitch/list.h"
#include "openvswitch/vlog.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(rpc_server);

static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(5, 20);

/* Clients that are accepted in one turn. */
#define MAX_ACCEPTS 16

/* How long no client is accepted after that failed for want of descriptors or
 * memory, in milliseconds: nothing tells when there are some again. */
#define ACCEPT_PAUSE_MS 500

/* How long a client has to be silent before another one takes its place, in
 * milliseconds. */
#define QUIET_MS 1000

/* Delay after which a change at the socket's name is looked at when we have no
 * socket, in milliseconds: so that two that fight for it do not fight
 * faster. */
#define TOUCH_MS 100

enum { FILE_SOCKETS, FILE_PCI, N_FILES };

struct rpc_server {
    struct event_base *base;
    const struct inventory *inv;

    /* Where. */
    char *path;                 /* That is wanted, or NULL. */
    char *dir, *name;           /* Its parts, or NULL. */
    struct dir_watch *watch;    /* On 'dir', or NULL. */
    struct unix_listener listener; /* At 'path', or closed. */
    struct event *acceptable;   /* On 'listener', or NULL. */
    struct retry retry;         /* Of what failed. */
    char *error;                /* What failed, or NULL. */
    long long int accept_at;    /* time_msec() from which clients are accepted
                                 * again, or 0 if they are. */

    /* What changed. */
    bool watch_lost;            /* 'watch' is of no use any more. */
    bool touched;               /* Something at 'path'. */
    bool stale[N_FILES];        /* A file. */
    bool written[N_FILES];      /* Likewise, other than being created. */

    /* What is served to whom. */
    struct list_file files[N_FILES]; /* In 'dir', while there is 'watch'. */
    struct ovs_list conns;      /* struct rpc_conn, oldest first. */
    struct rpc_counters counters;
    uint64_t n_accepted;        /* Connections, with those that follow. */
    uint64_t n_refused;         /* Closed at once, as there were too many. */
    uint64_t n_displaced;       /* Closed to make room for another one. */
    uint64_t n_timeouts;        /* Closed as they took too long. */
    uint64_t n_accept_errors;   /* Failures to accept. */
};

static const char *const file_names[N_FILES] = {
    [FILE_SOCKETS] = RPC_SOCKET_LIST,
    [FILE_PCI] = RPC_PCI_LIST,
};

/* Answers. */

/* The character device of the one vDPA device on 'addr', or "". */
static const char *
lookup_device(const struct inventory *inv, const struct pci_addr *addr)
{
    const char *device = "";
    const struct inv_vdpa *vdpa;

    INV_FOR_EACH_VDPA_ON (vdpa, inv, addr) {
        if (vdpa->info.vhost_device[0]) {
            if (device[0]) {
                VLOG_WARN_RL(&rl, "several vDPA devices are on one PCI "
                             "function (%s, %s), answering with none",
                             device, vdpa->info.vhost_device);
                return "";
            }
            device = vdpa->info.vhost_device;
        }
    }
    return device;
}

const char *
rpc_server_lookup(const char *pci_address, void *server_)
{
    const struct rpc_server *server = server_;
    const char *path = "";
    struct pci_addr addr;

    if (pci_addr_parse(pci_address, &addr)) {
        for (int i = 0; i < N_FILES && !path[0]; i++) {
            const struct socket_entry *entry
                = socket_list_find(server->files[i].list, &addr);

            path = entry && entry->path ? entry->path : "";
        }
        if (!path[0]) {
            path = lookup_device(server->inv, &addr);
        }
    }
    VLOG_DBG("\"%s\" is at \"%s\"", pci_address, path);
    return path;
}

/* Clients. */

/* Closes the connection that has been silent for longest, if that is long
 * enough.  Returns true if it closed one. */
static bool
make_room(struct rpc_server *server)
{
    long long int oldest = time_msec() - QUIET_MS;
    struct rpc_conn *victim = NULL;
    struct ovs_list *node;

    for (node = server->conns.next; node != &server->conns;
         node = node->next) {
        struct rpc_conn *conn = rpc_conn_from_node(node);

        if (rpc_conn_last_input(conn) <= oldest) {
            oldest = rpc_conn_last_input(conn);
            victim = conn;
        }
    }
    rpc_conn_destroy(victim);
    return victim != NULL;
}

static void
add_client(struct rpc_server *server, int fd)
{
    if (ovs_list_size(&server->conns) >= RPC_MAX_CONNECTIONS) {
        if (!make_room(server)) {
            VLOG_WARN_RL(&rl, "refused a client: %d are connected",
                         RPC_MAX_CONNECTIONS);
            server->n_refused++;
            close(fd);
            return;
        }
        server->n_displaced++;
    }
    server->n_accepted++;
    rpc_conn_create(server->base, fd, &server->conns, rpc_server_lookup,
                    server, &server->counters);
}

static void
pause_accepting(struct rpc_server *server, int error)
{
    VLOG_WARN_RL(&rl, "%s: cannot accept a client (%s), trying again in "
                 "%d ms", server->path, ovs_strerror(error),
                 ACCEPT_PAUSE_MS);
    server->n_accept_errors++;
    server->accept_at = time_msec() + ACCEPT_PAUSE_MS;
    event_del(server->acceptable);
}

static void
accept_clients(int fd, short int what OVS_UNUSED, void *server)
{
    for (int i = 0; i < MAX_ACCEPTS; i++) {
        int client = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

        if (client >= 0) {
            add_client(server, client);
        } else if (errno == EAGAIN) {
            return;
        } else if (errno != EINTR && errno != ECONNABORTED) {
            pause_accepting(server, errno);
            return;
        }
    }
}

/* Clients that are connected stay, and are served. */
static void
stop_listening(struct rpc_server *server)
{
    if (server->acceptable) {
        event_free(server->acceptable);
        server->acceptable = NULL;
    }
    unix_listener_close(&server->listener);
    server->accept_at = 0;
}

static void
stop_watching(struct rpc_server *server)
{
    dir_watch_destroy(server->watch);
    server->watch = NULL;
    server->watch_lost = false;
    for (int i = 0; i < N_FILES; i++) {
        list_file_destroy(&server->files[i]);
        server->stale[i] = server->written[i] = false;
    }
}

/* Start. */

static void
dir_changed(const char *name, bool created, void *server_)
{
    struct rpc_server *server = server_;

    if (!name) {
        server->watch_lost = true;
        return;
    }
    server->touched |= !strcmp(name, server->name);
    for (int i = 0; i < N_FILES; i++) {
        if (!strcmp(name, file_names[i])) {
            server->stale[i] = true;
            server->written[i] |= !created;
        }
    }
}

/* Takes 'error', to be freed, after which is tried again. */
static void
set_error(struct rpc_server *server, char *error)
{
    if (error && !nullable_string_is_equal(error, server->error)) {
        VLOG_WARN("offload-vdpa-socket: %s; trying again", error);
    }
    free(server->error);
    server->error = error;
    if (error) {
        retry_schedule(&server->retry);
    } else {
        retry_reset(&server->retry);
    }
}

static bool
start_watching(struct rpc_server *server)
{
    int error = dir_watch_create(server->base, server->dir, dir_changed,
                                 server, &server->watch);

    if (error) {
        set_error(server, xasprintf("%s: cannot watch this directory (%s)",
                                    server->dir, ovs_strerror(error)));
        return false;
    }
    for (int i = 0; i < N_FILES; i++) {
        list_file_init(&server->files[i], server->dir, file_names[i]);
        list_file_read(&server->files[i], false);
    }
    return true;
}

static void
start_listening(struct rpc_server *server)
{
    char *error = unix_listener_open(&server->listener, server->path);

    set_error(server, error);
    if (!error) {
        server->acceptable = event_new(server->base, server->listener.fd,
                                       EV_READ | EV_PERSIST, accept_clients,
                                       server);
        if (!server->acceptable || event_add(server->acceptable, NULL)) {
            out_of_memory();
        }
        VLOG_INFO("%s: listening for calls of GetSocketpath", server->path);
    }
}

/* Opens what is not open. */
static void
start(struct rpc_server *server)
{
    if ((server->watch || start_watching(server)) && !server->acceptable) {
        start_listening(server);
    }
}

/* Life. */

struct rpc_server *
rpc_server_create(struct event_base *base, const struct inventory *inv)
{
    struct rpc_server *server = xzalloc(sizeof *server);

    server->base = base;
    server->inv = inv;
    server->listener.fd = -1;
    ovs_list_init(&server->conns);
    return server;
}

void
rpc_server_set_path(struct rpc_server *server, const char *path)
{
    if (nullable_string_is_equal(path, server->path)) {
        return;
    }

    if (server->acceptable) {
        VLOG_INFO("%s: no longer listening", server->path);
    }
    stop_listening(server);
    stop_watching(server);
    while (!ovs_list_is_empty(&server->conns)) {
        rpc_conn_destroy(rpc_conn_from_node(server->conns.next));
    }
    set_error(server, NULL);
    server->touched = false;
    free(server->path);
    free(server->dir);
    free(server->name);
    server->path = server->dir = server->name = NULL;
    if (path) {
        server->path = xstrdup(path);
        server->dir = dir_name(path);
        server->name = base_name(path);
        start(server);
    }
}

void
rpc_server_destroy(struct rpc_server *server)
{
    if (server) {
        rpc_server_set_path(server, NULL);
        free(server);
    }
}

/* Does what the changes in the directory call for. */
static void
run_changes(struct rpc_server *server)
{
    if (server->touched) {
        server->touched = false;
        if (!server->acceptable) {
            server->retry.at = MIN(server->retry.at,
                                   time_msec() + TOUCH_MS);
        } else if (!unix_listener_is_ours(&server->listener)) {
            stop_listening(server);
            set_error(server, xasprintf("%s: someone removed our socket",
                                        server->path));
        }
    }
    for (int i = 0; i < N_FILES; i++) {
        if (server->stale[i]) {
            list_file_read(&server->files[i], !server->written[i]);
            server->stale[i] = server->written[i] = false;
        }
    }
}

static void
run_clients(struct rpc_server *server)
{
    struct ovs_list *node, *next;

    for (node = server->conns.next; node != &server->conns; node = next) {
        next = node->next;
        server->n_timeouts += !rpc_conn_run(rpc_conn_from_node(node));
    }
}

void
rpc_server_run(struct rpc_server *server)
{
    if (!server->path) {
        return;
    }
    if (server->watch_lost) {
        stop_listening(server);
        stop_watching(server);
        set_error(server, xasprintf("%s: changed its name, or is gone",
                                    server->dir));
    } else if (server->watch) {
        run_changes(server);
    }
    if (retry_take(&server->retry)) {
        start(server);
    }
    if (server->accept_at && time_msec() >= server->accept_at) {
        server->accept_at = 0;
        event_add(server->acceptable, NULL);
    }
    run_clients(server);
}

void
rpc_server_wait(const struct rpc_server *server)
{
    const struct ovs_list *node;

    retry_wait(&server->retry);
    if (server->accept_at) {
        poll_timer_wait_until(server->accept_at);
    }
    for (node = server->conns.next; node != &server->conns;
         node = node->next) {
        poll_timer_wait_until(rpc_conn_deadline(rpc_conn_from_node(node)));
    }
}

/* Status. */

void
rpc_server_get_counts(const struct rpc_server *server,
                      struct rpc_server_counts *counts)
{
    *counts = (struct rpc_server_counts) {
        .calls = server->counters,
        .listening = server->acceptable != NULL,
        .n_accepted = server->n_accepted,
        .n_refused = server->n_refused,
        .n_displaced = server->n_displaced,
        .n_timeouts = server->n_timeouts,
    };
}

struct json *
rpc_server_status_to_json(const struct rpc_server *server)
{
    const struct rpc_counters *counters = &server->counters;
    struct json *json = json_object_create();
    struct json *files = json_array_create_empty();

    output_put_string(json, "socket", server->path);
    json_object_put_string(json, "state", server->acceptable ? "listening"
                           : server->path ? "error" : "off");
    output_put_string(json, "error", server->error);
    for (int i = 0; server->watch && i < N_FILES; i++) {
        json_array_add(files, list_file_to_json(&server->files[i]));
    }
    json_object_put(json, "files", files);
    output_put_count(json, "connected", ovs_list_size(&server->conns));
    output_put_count(json, "connections", server->n_accepted);
    output_put_count(json, "refused", server->n_refused);
    output_put_count(json, "displaced", server->n_displaced);
    output_put_count(json, "timeouts", server->n_timeouts);
    output_put_count(json, "broken", counters->n_broken);
    output_put_count(json, "accept_errors", server->n_accept_errors);
    output_put_count(json, "calls", counters->n_calls);
    output_put_count(json, "empty", counters->n_empty);
    output_put_count(json, "errors", counters->n_errors);
    return json;
}
