/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "controller/base64.h"
#include "controller/cni-cache.h"
#include "util.h"

#define SANDBOX "5a4d1c0ffee5"
static const char *const devices[] = { "0000:65:00.2", "vdpa0" };

/* Returns NULL if 'text' has the sandbox with one of the devices, else why
 * not, which the caller frees. */
static char *
parse(const char *text)
{
    char *netns, *why;
    bool ok = cni_cache_parse(text, strlen(text), SANDBOX, devices,
                              ARRAY_SIZE(devices), &netns, &why);

    assert_int_equal(ok, !why);
    assert_true(ok || !netns);
    free(netns);
    return why;
}

static void
assert_refused(const char *text, const char *word)
{
    char *why = parse(text);

    assert_non_null(why);
    if (!strstr(why, word)) {
        fail_msg("\"%s\" does not say \"%s\"", why, word);
    }
    free(why);
}

static void
test_parse(void **state OVS_UNUSED)
{
    assert_null(parse("{\"kind\":\"cniCacheV1\",\"containerId\":\""SANDBOX
                      "\",\"ifName\":\"eth0\",\"capabilityArgs\":"
                      "{\"deviceID\":\"0000:65:00.2\"}}"));
    assert_null(parse("{\"containerId\":\""SANDBOX"\",\"capabilityArgs\":"
                      "{\"deviceID\":\"vdpa0\",\"x\":[]}}"));
    assert_refused("{\"containerId\":\"other\",\"capabilityArgs\":"
                   "{\"deviceID\":\"vdpa0\"}}", "another sandbox");
    assert_refused("{\"containerId\":[\""SANDBOX"\"]}", "another sandbox");
    assert_refused("{\"containerId\":\""SANDBOX"\"}", "no device");
    assert_refused("{\"containerId\":\""SANDBOX"\",\"capabilityArgs\":"
                   "[\"vdpa0\"]}", "no device");
    assert_refused("{\"containerId\":\""SANDBOX"\",\"capabilityArgs\":"
                   "{\"deviceID\":7}}", "no device");
    assert_refused("{\"containerId\":\""SANDBOX"\",\"capabilityArgs\":"
                   "{\"deviceID\":\"0000:65:00.3\"}}", "another device");
    assert_refused("[]", "no JSON object");
    assert_refused("", "no JSON object");
    assert_refused("{\"containerId\":\"", "no JSON object");
}

/* As libcni writes it when Multus delegates: the device is in the
 * configuration, which is 'config', base64 of JSON; 'more' may follow. */
static char *
cached(const char *config, const char *more)
{
    return xasprintf("{\"kind\":\"cniCacheV1\",\"containerId\":\"" SANDBOX
                     "\",\"config\":\"%s\",\"ifName\":\"eth0\","
                     "\"networkName\":\"ovn-kubernetes-a\"%s}", config, more);
}

/* {"name":"n","type":"ovn-k8s-cni-overlay","deviceID":"0000:65:00.2",
 *  "pciBusID":"0000:65:00.2"} */
#define CONFIG "eyJuYW1lIjoibiIsInR5cGUiOiJvdm4tazhzLWNuaS1vdmVybGF5IiwiZGV2" \
    "aWNlSUQiOiIwMDAwOjY1OjAwLjIiLCJwY2lCdXNJRCI6IjAwMDA6NjU6MDAuMiJ9"

/* {"name":"n","plugins":[{"type":"tuning"},
 *  {"type":"x","runtimeConfig":{"deviceID":"vdpa0"}}]} */
#define PLUGINS "eyJuYW1lIjoibiIsInBsdWdpbnMiOlt7InR5cGUiOiJ0dW5pbmcifSx7InR" \
    "5cGUiOiJ4IiwicnVudGltZUNvbmZpZyI6eyJkZXZpY2VJRCI6InZkcGEwIn19XX0="

/* {"deviceID":"0000:65:00.3"} */
#define OTHER "eyJkZXZpY2VJRCI6IjAwMDA6NjU6MDAuMyJ9"

#define RESULT(DEVICE) ",\"result\":{\"interfaces\":[{\"name\":\"eth5\"}," \
    "{\"name\":\"eth0\",\"sandbox\":\"/run/netns/a\",\"pciID\":\"" DEVICE \
    "\"}]}"

static void
test_shapes(void **state OVS_UNUSED)
{
    static const struct {
        const char *config;
        const char *more;
        const char *word;       /* Of the refusal, or NULL. */
    } tests[] = {
        { CONFIG, "", NULL },
        { PLUGINS, "", NULL },
        { OTHER, "", "another device" },
        { "e30=", "", "no device" },            /* {} */
        { "e30", "", "no device" },
        { "!!!!", "", "no device" },
        { "AAAA", "", "no device" },            /* Bytes 0. */
        { "W10=", "", "no device" },            /* [] */
        { "", RESULT("0000:65:00.2"), NULL },
        { "e30=", RESULT("0000:65:00.3"), "another device" },
        { "e30=", RESULT(""), "no device" },
        { "e30=", ",\"result\":{\"interfaces\":{}}", "no device" },
        { "e30=", ",\"result\":{\"interfaces\":[7]}", "no device" },

        /* What is believed first counts. */
        { OTHER, ",\"capabilityArgs\":{\"deviceID\":\"vdpa0\"}", NULL },
        { CONFIG, ",\"capabilityArgs\":{\"deviceID\":\"vdpa1\"}",
          "another device" },
        { CONFIG, ",\"capabilityArgs\":{\"deviceID\":\"\"}", NULL },
        { CONFIG, RESULT("0000:65:00.3"), NULL },
        { OTHER, RESULT("0000:65:00.2"), "another device" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(tests); i++) {
        char *text = cached(tests[i].config, tests[i].more);

        if (tests[i].word) {
            assert_refused(text, tests[i].word);
        } else {
            assert_null(parse(text));
        }
        free(text);
    }
}

static void
assert_base64(const char *s, const char *want)
{
    size_t n;
    char *have = base64_decode(s, &n);

    if (want) {
        assert_non_null(have);
        assert_int_equal(n, strlen(want));
        assert_string_equal(have, want);
    } else {
        assert_null(have);
        assert_int_equal(n, 0);
    }
    free(have);
}

static void
test_base64(void **state OVS_UNUSED)
{
    assert_base64("", "");
    assert_base64("Zg==", "f");
    assert_base64("Zm8=", "fo");
    assert_base64("Zm9v", "foo");
    assert_base64("Zm9vYmE=", "fooba");
    assert_base64("+/+/", "\xfb\xff\xbf");
    assert_base64("Zg=", NULL);
    assert_base64("Zg", NULL);
    assert_base64("Z===", NULL);
    assert_base64("====", NULL);
    assert_base64("Z=g=", NULL);
    assert_base64("Zg==Zg==", NULL);
    assert_base64("Zm9\n", NULL);
    assert_base64("Zm-_", NULL);
}

/* A directory with the file 'name' of 'text'. */
static void
put(const char *dir, const char *name, const char *text)
{
    char *path = xasprintf("%s/%s", dir, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
    free(path);
}

static char *
look(const char *dirs, const char *sandbox)
{
    char *why;
    bool ok = cni_cache_has(dirs, sandbox, devices, ARRAY_SIZE(devices),
                            &why);

    assert_int_equal(ok, !why);
    return why;
}

static void
assert_absent(const char *dirs, const char *sandbox, const char *word)
{
    char *why = look(dirs, sandbox);

    assert_non_null(why);
    if (!strstr(why, word)) {
        fail_msg("\"%s\" does not say \"%s\"", why, word);
    }
    free(why);
}

static void
remove_dir(const char *dir, const char *const names[], size_t n)
{
    for (size_t i = 0; i < n; i++) {
        char *path = xasprintf("%s/%s", dir, names[i]);

        assert_int_equal(unlink(path), 0);
        free(path);
    }
    assert_int_equal(rmdir(dir), 0);
}

static void
test_directories(void **state OVS_UNUSED)
{
    static const char *const names[] = {
        "ovn-"SANDBOX"-eth0", "ovn-other-eth0", "fifo-"SANDBOX, "bad-"SANDBOX
    };
    char dir[] = "/tmp/test-cni-cache.XXXXXX";
    char *dirs, *fifo;

    assert_non_null(mkdtemp(dir));
    dirs = xasprintf("/nonexistent:%s", dir);
    assert_absent(dirs, SANDBOX, "does not run");
    assert_absent(dirs, "", "does not run");

    put(dir, names[1], "{\"containerId\":\""SANDBOX"\",\"capabilityArgs\":"
        "{\"deviceID\":\"vdpa0\"}}");
    assert_absent(dirs, SANDBOX, "does not run");
    put(dir, names[3], "{\"containerId\"");
    assert_absent(dirs, SANDBOX, "bad-"SANDBOX": it is no JSON object");

    /* Nothing waits for whoever would write to it. */
    fifo = xasprintf("%s/%s", dir, names[2]);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    put(dir, names[0], "{\"containerId\":\""SANDBOX"\",\"capabilityArgs\":"
        "{\"deviceID\":\"vdpa0\"}}");
    assert_null(look(dirs, SANDBOX));
    assert_absent("/nonexistent", SANDBOX, "does not run");

    free(fifo);
    free(dirs);
    remove_dir(dir, names, ARRAY_SIZE(names));
}

/* The network namespace went with the sandbox, or cannot be seen. */
static void
test_namespace(void **state OVS_UNUSED)
{
    static const char *const names[] = { "ovn-"SANDBOX"-eth0" };
    char dir[] = "/tmp/test-cni-cache.XXXXXX";
    const struct {
        char *netns;
        const char *why;        /* A word of that, or NULL. */
    } tests[] = {
        { xasprintf("%s/gone", mkdtemp(dir)), "/gone is gone" },
        { xasprintf("%s/%s", dir, names[0]), NULL },
        { xstrdup("/nonexistent/x"), NULL },
        { xstrdup("relative"), NULL },
        { xstrdup(""), NULL },
    };

    for (size_t i = 0; i < ARRAY_SIZE(tests); i++) {
        char *text = xasprintf("{\"containerId\":\""SANDBOX"\","
                               "\"netns\":\"%s\",\"capabilityArgs\":"
                               "{\"deviceID\":\"vdpa0\"}}", tests[i].netns);

        put(dir, names[0], text);
        if (tests[i].why) {
            assert_absent(dir, SANDBOX, tests[i].why);
        } else {
            assert_null(look(dir, SANDBOX));
        }
        free(text);
        free(tests[i].netns);
    }
    remove_dir(dir, names, ARRAY_SIZE(names));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse),
        cmocka_unit_test(test_shapes),
        cmocka_unit_test(test_base64),
        cmocka_unit_test(test_directories),
        cmocka_unit_test(test_namespace),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
