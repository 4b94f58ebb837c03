/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/policy/private.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "openvswitch/dynamic-string.h"
#include "openvswitch/vlog.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(policy_store);

/* Far more than any record has, in bytes. */
#define MAX_SIZE (1024 * 1024)

/* Reads file 'name' of directory 'dir' as a string.  Returns NULL and sets
 * '*errorp' (caller frees) if that is not possible. */
static char *
read_text(int dir, const char *name, char **errorp)
{
    int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW
                    | O_NONBLOCK);
    struct ds text = DS_EMPTY_INITIALIZER;
    ssize_t n = -1;

    *errorp = NULL;
    if (fd >= 0) {
        char buf[4096];

        while ((n = read(fd, buf, sizeof buf)) > 0 && text.length < MAX_SIZE) {
            ds_put_buffer(&text, buf, n);
        }
    }
    if (n < 0) {
        *errorp = xstrdup(ovs_strerror(errno));
    } else if (n > 0) {
        *errorp = xasprintf("it has more than %d bytes", MAX_SIZE);
    } else if (strlen(ds_cstr(&text)) != text.length) {
        *errorp = xstrdup("it has a byte 0");
    }
    if (fd >= 0) {
        close(fd);
    }
    if (*errorp) {
        ds_destroy(&text);
        return NULL;
    }
    return ds_steal_cstr(&text);
}

static void
load_record(struct policy_engine *engine, int dir, const char *name,
            const struct pci_addr *addr)
{
    struct managed_pf *pf = managed_pf_create(engine, addr);
    char *error;
    char *text = read_text(dir, name, &error);

    if (text) {
        error = policy_record_parse(text, addr, &pf->record);
        free(text);
    }
    if (error) {
        pf->record_error = xasprintf("%s/%s: %s", engine->state_dir, name,
                                     error);
        VLOG_ERR("%s; PF is left alone", pf->record_error);
        free(error);
    } else {
        policy_record_set_boot_id(pf->record, engine->boot_id);
    }
}

void
policy_store_load(struct policy_engine *engine)
{
    int fd = open(engine->state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    struct dirent *entry;

    if (!dir) {
        if (errno != ENOENT) {
            engine->store_error = xasprintf("%s: %s", engine->state_dir,
                                            ovs_strerror(errno));
            VLOG_ERR("%s; no policy is carried out", engine->store_error);
        }
        if (fd >= 0) {
            close(fd);
        }
        return;
    }
    while ((entry = readdir(dir))) {
        struct pci_addr addr;

        if (policy_record_parse_file(entry->d_name, &addr)
            && !managed_pf_find(engine, &addr)) {
            load_record(engine, fd, entry->d_name, &addr);
        }
    }
    closedir(dir);
}
