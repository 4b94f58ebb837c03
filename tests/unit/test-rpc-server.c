/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "controller/rpc/server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "inventory-build.h"

#define VF "0000:65:00.2"
#define OTHER "0000:65:00.3"

struct fixture {
    struct event_base *base;
    struct inventory inv;
    struct rpc_server *server;
    char dir[32];               /* Of its own. */
    char *list;                 /* RPC_SOCKET_LIST in there. */
};

static int
setup(void **state)
{
    struct fixture *f = xzalloc(sizeof *f);

    strcpy(f->dir, "/tmp/test-rpc.XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    f->list = xasprintf("%s/%s", f->dir, RPC_SOCKET_LIST);
    f->base = event_base_new();
    inventory_init(&f->inv);
    f->server = rpc_server_create(f->base, &f->inv);
    *state = f;
    return 0;
}

static int
teardown(void **state)
{
    struct fixture *f = *state;

    rpc_server_destroy(f->server);
    event_base_free(f->base);
    inventory_destroy(&f->inv);
    unlink(f->list);
    /* Nothing else is left there. */
    assert_int_equal(rmdir(f->dir), 0);
    free(f->list);
    free(f);
    return 0;
}

static void
add_vdpa(struct fixture *f, const char *name, const char *parent,
         const char *vhost_device)
{
    struct vdpa_info info = {
        .parent_kind = VDPA_PARENT_PCI,
        .parent_pci = pci(parent),
    };

    ovs_strlcpy(info.name, name, sizeof info.name);
    ovs_strlcpy(info.vhost_device, vhost_device, sizeof info.vhost_device);
    inventory_vdpa(&f->inv, &info);
}

static void
expect(struct fixture *f, const char *address, const char *path)
{
    assert_string_equal(rpc_server_lookup(address, f->server), path);
}

static void
write_list(struct fixture *f, const char *text)
{
    FILE *stream = fopen(f->list, "w");

    assert_non_null(stream);
    fputs(text, stream);
    assert_int_equal(fclose(stream), 0);
    event_base_loop(f->base, EVLOOP_NONBLOCK);
    rpc_server_run(f->server);
}

static void
serve(struct fixture *f)
{
    char *path = xasprintf("%s/s", f->dir);

    rpc_server_set_path(f->server, path);
    free(path);
}

/* The device that a VM opens, as far as there is one, and one. */
static void
test_devices(void **state)
{
    struct fixture *f = *state;

    expect(f, VF, "");
    add_vdpa(f, "a", VF, "");
    expect(f, VF, "");
    add_vdpa(f, "a", VF, "/dev/vhost-vdpa-0");
    expect(f, VF, "/dev/vhost-vdpa-0");
    expect(f, OTHER, "");
    expect(f, "", "");
    expect(f, "65:00.2", "");
    expect(f, VF " ", "");

    /* Of two only one is bound to vhost_vdpa; then both. */
    add_vdpa(f, "b", VF, "");
    expect(f, VF, "/dev/vhost-vdpa-0");
    add_vdpa(f, "b", VF, "/dev/vhost-vdpa-1");
    expect(f, VF, "");
    add_vdpa(f, "c", OTHER, "/dev/vhost-vdpa-2");
    expect(f, OTHER, "/dev/vhost-vdpa-2");
}

/* What a file says of an address comes first. */
static void
test_file_first(void **state)
{
    struct fixture *f = *state;

    add_vdpa(f, "a", VF, "/dev/vhost-vdpa-0");
    add_vdpa(f, "b", OTHER, "/dev/vhost-vdpa-1");
    serve(f);
    expect(f, VF, "/dev/vhost-vdpa-0");
    write_list(f, "[{\"pciAddress\":\"" VF "\",\"socketpath\":\"/a\"},"
               "\"" OTHER "\"]");
    expect(f, VF, "/a");
    expect(f, OTHER, "/dev/vhost-vdpa-1");
    write_list(f, "[{\"pciAddress\":\"" VF "\",");
    expect(f, VF, "/a");
    write_list(f, VF "\n");
    expect(f, VF, "/dev/vhost-vdpa-0");
    write_list(f, "[{\"pciAddress\":\"" VF "\",\"socketpath\":\"/b\"}]");
    expect(f, VF, "/b");

    /* With the service goes what was in the file. */
    rpc_server_set_path(f->server, NULL);
    expect(f, VF, "/dev/vhost-vdpa-0");
    serve(f);
    expect(f, VF, "/b");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_devices, setup, teardown),
        cmocka_unit_test_setup_teardown(test_file_first, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
