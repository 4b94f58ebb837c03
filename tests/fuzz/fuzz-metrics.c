/* SPDX-License-Identifier: Apache-2.0 */

/* What clients of the metrics, and whoever configures and names things, write:
 * a header field, an address, a label. */

#include <config.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "controller/metrics/format.h"
#include "controller/metrics/negotiate.h"
#include "ovsdb/listen-address.h"
#include "util.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* A label is one line, and ends where its quotation mark is. */
static void
check_label(const char *text)
{
    char *labels = metrics_labels("a", text, NULL);
    size_t n = strlen(labels);

    ovs_assert(!strncmp(labels, "a=\"", 3) && labels[n - 1] == '"');
    ovs_assert(n <= 2 * METRICS_MAX_LABEL + 4);
    for (size_t i = 3; i < n - 1; i++) {
        ovs_assert((unsigned char) labels[i] >= ' ' && labels[i] != '"');
        if (labels[i] == '\\') {
            i++;
            ovs_assert(i < n - 1 && strchr("\\\"", labels[i]));
        }
    }
    free(labels);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = xmemdup0((const char *) data, size);
    struct sockaddr_storage ss;
    socklen_t len;

    (void) metrics_wants_openmetrics(text);
    if (listen_address_parse(text, &ss, &len)) {
        ovs_assert(len <= sizeof ss);
    }
    check_label(text);
    free(text);
    return 0;
}
