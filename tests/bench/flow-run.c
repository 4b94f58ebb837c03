/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "tests/bench/flow-run.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/bench/flow-facts.h"
#include "util.h"

double
run_cpu_time(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
    return ts.tv_sec + ts.tv_nsec / 1e9;
}

/* Value of 'key', in kilobytes, of this process's status, in bytes. */
static size_t
status_kb(const char *key)
{
    FILE *stream = fopen("/proc/self/status", "r");
    unsigned long long int kb = 0;
    char line[256];

    while (stream && fgets(line, sizeof line, stream)) {
        if (!strncmp(line, key, strlen(key))) {
            kb = strtoull(line + strlen(key), NULL, 10);
        }
    }
    if (!kb) {
        ovs_fatal(0, "/proc/self/status has no %s", key);
    }
    fclose(stream);
    return kb * 1024;
}

size_t
run_rss(void)
{
    return status_kb("VmRSS:");
}

size_t
run_peak_rss(void)
{
    return status_kb("VmHWM:");
}

/* Bytes of complete messages at the start of the 'size' bytes at 'buf'. */
static size_t
complete_messages(const uint8_t *buf, size_t size)
{
    struct nlmsghdr nlh;
    size_t ofs = 0;

    while (size - ofs >= sizeof nlh) {
        memcpy(&nlh, buf + ofs, sizeof nlh);
        if (nlh.nlmsg_len < sizeof nlh) {
            ovs_fatal(0, "no netlink messages");
        }
        if (NLMSG_ALIGN(nlh.nlmsg_len) > size - ofs) {
            break;
        }
        ofs += NLMSG_ALIGN(nlh.nlmsg_len);
    }
    return ofs;
}

double
run_messages(const char *file,
             void (*piece)(void *aux, const struct nlmsghdr *, size_t size),
             void *aux)
{
    uint8_t *buf = xmalloc_cacheline(RUN_PIECE);
    int fd = open(file, O_RDONLY);
    double seconds = 0;
    size_t have = 0;

    if (fd < 0) {
        ovs_fatal(errno, "cannot open %s", file);
    }
    for (;;) {
        ssize_t n = read(fd, buf + have, RUN_PIECE - have);

        if (n < 0) {
            ovs_fatal(errno, "cannot read %s", file);
        } else if (!n) {
            break;
        }
        have += n;

        size_t size = complete_messages(buf, have);
        double start = run_cpu_time();
        piece(aux, ALIGNED_CAST(const struct nlmsghdr *, buf), size);
        seconds += run_cpu_time() - start;
        memmove(buf, buf + size, have - size);
        have -= size;
    }
    if (have) {
        ovs_fatal(0, "%s ends within a message", file);
    }
    close(fd);
    free_cacheline(buf);
    return seconds;
}

void
run_print(const struct run_result *r)
{
    printf("{\"flows\":%"PRIu64",\"packets\":%"PRIu64",\"bytes\":%"PRIu64","
           "\"seconds\":%.6f}\n", r->flows, r->packets, r->bytes, r->seconds);
}

void
run_print_facts(const struct facts_sums *sums, bool heads, double seconds)
{
    printf("{");
    facts_sums_print(sums, heads);
    printf(",\"seconds\":%.6f}\n", seconds);
}
