/* SPDX-License-Identifier: Apache-2.0 */

#include "config.h"

#include "netlink/lane-write.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "netlink/genl-helper.h"
#include "util.h"

/* Type of a request, whose payload is path and text, each with its NUL.  Far
 * above the numbers of families of generic netlink. */
#define WRITE_REQUEST 0x5752

static union {
    struct nlmsghdr nlh;        /* For alignment. */
    char bytes[NLMSG_HDRLEN + PATH_MAX + 4096];
} write_buf;

struct nlmsghdr *
lane_write_request(const char *path, const char *text)
{
    size_t path_size = strlen(path) + 1;
    size_t text_size = strlen(text) + 1;
    struct nlmsghdr *nlh = xzalloc(NLMSG_SPACE(path_size + text_size));
    char *payload = NLMSG_DATA(nlh);

    nlh->nlmsg_len = NLMSG_LENGTH(path_size + text_size);
    nlh->nlmsg_type = WRITE_REQUEST;
    memcpy(payload, path, path_size);
    memcpy(payload + path_size, text, text_size);
    return nlh;
}

/* Executes the request of 'n' bytes in 'write_buf'.  Returns 0 or a positive
 * errno. */
static int
write_execute(size_t n)
{
    const char *path = NLMSG_DATA(&write_buf.nlh);
    const char *end = write_buf.bytes + n;
    const char *text;
    int error = 0;
    int fd;

    if (write_buf.nlh.nlmsg_type != WRITE_REQUEST) {
        return EOPNOTSUPP;
    }
    text = memchr(path, '\0', end - path);
    if (!text || text + 1 >= end || end[-1]) {
        return EINVAL;
    }
    text++;

    fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) {
        return errno;
    }
    if (write(fd, text, strlen(text)) < 0) {
        error = errno;
    }
    close(fd);
    return error;
}

void
lane_write_loop(int fd)
{
    for (;;) {
        ssize_t n = recv(fd, write_buf.bytes, sizeof write_buf.bytes,
                         MSG_TRUNC);

        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < NLMSG_HDRLEN
            || !kernel_lane_reply(fd, &write_buf.nlh,
                                  n > sizeof write_buf.bytes ? EMSGSIZE
                                  : write_execute(n))) {
            break;
        }
    }
}
