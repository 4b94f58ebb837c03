/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "ovsdb/listen-address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "util.h"

static void
expect(const char *text, int family, const char *host, int port)
{
    char name[INET6_ADDRSTRLEN];
    struct sockaddr_storage ss;
    socklen_t len;

    assert_true(listen_address_parse(text, &ss, &len));
    assert_int_equal(ss.ss_family, family);
    if (family == AF_INET) {
        struct sockaddr_in sin;

        assert_int_equal(len, sizeof sin);
        memcpy(&sin, &ss, sizeof sin);
        inet_ntop(AF_INET, &sin.sin_addr, name, sizeof name);
        assert_int_equal(ntohs(sin.sin_port), port);
    } else {
        struct sockaddr_in6 sin6;

        assert_int_equal(len, sizeof sin6);
        memcpy(&sin6, &ss, sizeof sin6);
        inet_ntop(AF_INET6, &sin6.sin6_addr, name, sizeof name);
        assert_int_equal(ntohs(sin6.sin6_port), port);
    }
    assert_string_equal(name, host);
}

static void
test_good(void **state OVS_UNUSED)
{
    expect("127.0.0.1:9475", AF_INET, "127.0.0.1", 9475);
    expect("0.0.0.0:1", AF_INET, "0.0.0.0", 1);
    expect("255.255.255.255:65535", AF_INET, "255.255.255.255", 65535);
    expect("[::1]:9475", AF_INET6, "::1", 9475);
    expect("[::]:80", AF_INET6, "::", 80);
    expect("[fe80:1111:2222:3333:4444:5555:6666:7777]:65535", AF_INET6,
           "fe80:1111:2222:3333:4444:5555:6666:7777", 65535);
    expect("[::ffff:1.2.3.4]:5", AF_INET6, "::ffff:1.2.3.4", 5);
}

static void
test_bad(void **state OVS_UNUSED)
{
    static const char *const bad[] = {
        "", ":", "[", "[]", "[]:1", "127.0.0.1", "127.0.0.1:", "127.0.0.1:0",
        "127.0.0.1:65536", "127.0.0.1:99999", "127.0.0.1:100000",
        "127.0.0.1:-1", "127.0.0.1:+1", "127.0.0.1: 1", "127.0.0.1:1 ",
        "127.0.0.1:01", "127.0.0.1:0x1", "127.0.0.1:1x", " 127.0.0.1:1",
        "127.1:1", "localhost:1", ":9475", "*:9475", "::1:9475", "[::1]",
        "[::1]9475", "[::1:9475", "::1]:9475", "[127.0.0.1]:1",
        "127.0.0.1]:1", "[[::1]]:1", "[fe80::1%lo]:1", "256.0.0.1:1",
        "[fe80:1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa]:1",
        "00000000000000000000000000000000000000000000000000127.0.0.1:1",
    };

    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        struct sockaddr_storage ss;
        socklen_t len;

        if (listen_address_parse(bad[i], &ss, &len)) {
            fail_msg("\"%s\" is taken for an address", bad[i]);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_bad),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
