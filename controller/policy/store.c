/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/policy/private.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "controller/state/file.h"
#include "openvswitch/vlog.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(policy_store);

/* Far more than any record has, in bytes. */
#define MAX_SIZE (1024 * 1024)

static void
load_record(struct policy_engine *engine, int dir, const char *name,
            const struct pci_addr *addr)
{
    struct managed_pf *pf = managed_pf_create(engine, addr);
    char *error;
    char *text = state_read_text(dir, name, MAX_SIZE, &error);

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
