/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "ovsdb/listen-address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "util.h"

/* Returns the port that all of 's' is, or 0. */
static in_port_t
parse_port(const char *s)
{
    size_t n = strspn(s, "0123456789");
    int port;

    return (n && n <= 5 && !s[n] && s[0] != '0' && str_to_int(s, 10, &port)
            && port <= UINT16_MAX ? port : 0);
}

bool
listen_address_parse(const char *text, struct sockaddr_storage *ss,
                     socklen_t *len)
{
    const char *colon = strrchr(text, ':');
    in_port_t port = colon ? parse_port(colon + 1) : 0;
    bool is_ipv6 = text[0] == '[';
    char host[INET6_ADDRSTRLEN];
    size_t n;

    if (!port) {
        return false;
    }
    n = colon - text;
    if (is_ipv6) {
        if (n < 2 || text[n - 1] != ']') {
            return false;
        }
        text++;
        n -= 2;
    }
    if (n >= sizeof host) {
        return false;
    }
    memcpy(host, text, n);
    host[n] = '\0';

    memset(ss, 0, sizeof *ss);
    if (is_ipv6) {
        struct sockaddr_in6 *sin6 = ALIGNED_CAST(struct sockaddr_in6 *, ss);

        sin6->sin6_family = AF_INET6;
        sin6->sin6_port = htons(port);
        *len = sizeof *sin6;
        return inet_pton(AF_INET6, host, &sin6->sin6_addr) == 1;
    } else {
        struct sockaddr_in *sin = ALIGNED_CAST(struct sockaddr_in *, ss);

        sin->sin_family = AF_INET;
        sin->sin_port = htons(port);
        *len = sizeof *sin;
        return inet_pton(AF_INET, host, &sin->sin_addr) == 1;
    }
}
