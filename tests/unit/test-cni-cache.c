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

#include "controller/cni-cache.h"
#include "util.h"

#define SANDBOX "5a4d1c0ffee5"
static const char *const devices[] = { "0000:65:00.2", "vdpa0" };

/* Returns NULL if 'text' has the sandbox with one of the devices, else why
 * not, which the caller frees. */
static char *
parse(const char *text)
{
    char *why;
    bool ok = cni_cache_parse(text, strlen(text), SANDBOX, devices,
                              ARRAY_SIZE(devices), &why);

    assert_int_equal(ok, !why);
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

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse),
        cmocka_unit_test(test_directories),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
