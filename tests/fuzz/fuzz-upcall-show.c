/* SPDX-License-Identifier: Apache-2.0 */

/* What ovs-vswitchd answers to upcall/show. */

#include <config.h>

#include <stdint.h>
#include <stdlib.h>

#include "controller/upcall-show.h"
#include "util.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = xmemdup0((const char *) data, size);
    struct upcall_show us;

    (void) upcall_show_parse(text, &us);
    free(text);
    return 0;
}
