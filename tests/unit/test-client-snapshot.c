/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "utilities/client/snapshot.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "openvswitch/json.h"
#include "util.h"
#include "utilities/client/answer.h"

#define FILE_OF(ANSWERS) \
    "{\"format\":\"ovs-offload-snapshot\",\"version\":1,\"client\":\"0.1\"," \
    "\"answers\":[" ANSWERS "]}"

static struct snapshot *
parse(const char *text)
{
    struct snapshot *snapshot;
    char *error = snapshot_parse(text, strlen(text), &snapshot);

    if (error) {
        fail_msg("%s", error);
    }
    return snapshot;
}

static void
expect_error(const char *text, size_t n, const char *part)
{
    struct snapshot *snapshot;
    char *error = snapshot_parse(text, n, &snapshot);

    assert_null(snapshot);
    assert_non_null(error);
    if (!strstr(error, part)) {
        fail_msg("\"%s\" is not in \"%s\"", part, error);
    }
    free(error);
}

static void
expect_bad(const char *text, const char *part)
{
    expect_error(text, strlen(text), part);
}

static void
test_bad(void **state OVS_UNUSED)
{
    expect_bad("", "no snapshot");
    expect_bad("{\"format\":", "no snapshot: ");
    expect_bad("PNG", "no snapshot: ");
    expect_bad("\"ovs-offload-snapshot\"", "no snapshot");
    expect_bad("[]", "is JSON, but no snapshot");
    expect_bad("{\"format\":\"x\",\"version\":1}", "is JSON, but");
    expect_bad("{\"format\":\"ovs-offload-snapshot\"}", "\"version\"");
    expect_bad("{\"format\":\"ovs-offload-snapshot\",\"version\":\"1\"}",
               "\"version\"");
    expect_bad("{\"format\":\"ovs-offload-snapshot\",\"version\":2,"
               "\"client\":\"9.1\"}", "version 2, made by ovs-offload 9.1");
    expect_bad("{\"format\":\"ovs-offload-snapshot\",\"version\":1}",
               "\"answers\" is no array");
    expect_bad(FILE_OF("{\"command\":\"status\",\"json\":{}},7"),
               "element 1 of \"answers\"");
    expect_bad(FILE_OF("{\"command\":\"status\"}"), "element 0");
    expect_bad(FILE_OF("{\"command\":1,\"text\":\"\"}"), "element 0");
    expect_bad(FILE_OF("{\"command\":\"x\",\"text\":1}"), "element 0");
    expect_error(FILE_OF("") "\0x", sizeof FILE_OF("") + 1,
                 "null byte at offset");
}

/* Asks for 'args', divided at blanks, the first of which is the command. */
static bool
ask(const struct snapshot *snapshot, const char *args, char **text)
{
    char *copy = xstrdup(args), *argv[6];
    size_t n = 0;

    for (char *p = copy; p; n++) {
        argv[n] = strsep(&p, " ");
    }

    bool ok = snapshot_answer(snapshot, argv[0], n - 1, argv + 1, text);
    free(copy);
    return ok;
}

/* Expects the answer to be so, and to have 'part' in it. */
static void
expect_answer(const struct snapshot *snapshot, const char *args, bool ok,
              const char *part)
{
    char *text;

    assert_int_equal(ask(snapshot, args, &text), ok);
    if (!strstr(text, part)) {
        fail_msg("%s: \"%s\" is not in \"%s\"", args, part, text);
    }
    free(text);
}

/* Number of elements of the array at 'path' in the answer. */
static size_t
count(const struct snapshot *snapshot, const char *args, const char *path)
{
    struct json *json;
    char *text;
    size_t n;

    assert_true(ask(snapshot, args, &text));
    json = json_from_string(text);
    n = json_array(answer_member(json, path))->n;
    json_destroy(json);
    free(text);
    return n;
}

static void
test_show(void **state OVS_UNUSED)
{
    struct snapshot *s = parse(FILE_OF(
        "{\"command\":\"port/show\",\"args\":[\"0000:65:00.1\"],\"json\":"
        "{\"vf_pci\":\"0000:65:00.1\",\"representor\":\"eth0\","
        "\"vdpa_devices\":[\"v0\",3],\"iface_id\":\"a_b\",\"n\":1,"
        "\"namespace\":\"a\",\"pod\":\"b\",\"request\":\"v0\"}},"
        "{\"command\":\"port/show\",\"args\":[\"eth1\"],\"json\":"
        "{\"representor\":\"eth1\",\"n\":2}},"
        "{\"command\":\"port/show\",\"ok\":false,\"text\":\"gone\","
        "\"args\":[\"eth2\"]},"
        "{\"command\":\"vdpa/show\",\"args\":[\"v0\"],\"json\":"
        "{\"vdpa\":\"v0\",\"vf_pci\":\"0000:65:00.1\",\"n\":3}},"
        "{\"command\":\"version\",\"args\":[],\"ok\":true,"
        "\"text\":\"0.1\\n\"},"
        "{\"command\":\"flow/check\",\"ok\":false,\"text\":\"wrong\"}"));

    expect_answer(s, "port/show 0000:65:00.1", true, "\"n\": 1");
    expect_answer(s, "port/show 0000:65:00.1 --format=json", true, "\"n\": 1");
    expect_answer(s, "port/show eth0", true, "\"n\": 1");
    expect_answer(s, "port/show v0", true, "\"n\": 1");
    expect_answer(s, "port/show a_b", true, "\"n\": 1");
    expect_answer(s, "port/show a/b", true, "\"n\": 1");
    expect_answer(s, "port/show eth1", true, "\"n\": 2");
    expect_answer(s, "port/show a/", false, "named \"a/\"");
    expect_answer(s, "port/show a", false, "named \"a\"");
    expect_answer(s, "port/show eth2", false, "named \"eth2\"");
    expect_answer(s, "port/show", false, "no answer to port/show");
    expect_answer(s, "port/show eth0 x", false, "no answer to port/show");
    expect_answer(s, "vdpa/show 0000:65:00.1", true, "\"n\": 3");
    expect_answer(s, "version", true, "0.1\n");
    expect_answer(s, "version x", false, "unexpected argument \"x\"");
    expect_answer(s, "flow/check", false, "wrong");
    expect_answer(s, "port/attach v0", false, "no answer to port/attach");
    expect_answer(s, "version --format=csv", false, "use -o");
    snapshot_destroy(s);
}

static void
test_explain(void **state OVS_UNUSED)
{
    struct snapshot *s = parse(FILE_OF(
        "{\"command\":\"explain\",\"args\":[\"x\"],\"ok\":true,\"json\":"
        "[{\"interface\":\"eth0\",\"namespace\":\"a\",\"pod\":\"b\","
        "\"verdict\":\"PASS\",\"checks\":[]}]},"
        "{\"command\":\"explain\",\"args\":[\"y\"],\"ok\":false,\"json\":"
        "[{\"interface\":\"eth1\",\"namespace\":\"a\",\"pod\":\"b\","
        "\"verdict\":\"FAIL\",\"checks\":[]},7]}"));

    expect_answer(s, "explain eth0", true, "PASS");
    expect_answer(s, "explain eth1", false, "FAIL");
    expect_answer(s, "explain a/b", false, "PASS");
    expect_answer(s, "explain a/b", false, "FAIL");
    expect_answer(s, "explain nosuch", false, "\"nosuch\"");
    snapshot_destroy(s);
}

static void
test_report(void **state OVS_UNUSED)
{
    struct snapshot *s = parse(FILE_OF(
        "{\"command\":\"flow/report\",\"json\":{\"state\":\"complete\","
        "\"multi\":{\"ingress\":{},\"receivers\":["
        "{\"name\":\"r\",\"namespace\":\"a\",\"pod\":\"b\"},"
        "{\"name\":\"u\"}]},"
        "\"interfaces\":["
        "{\"name\":\"r\",\"namespace\":\"a\",\"pod\":\"b\","
        "\"egress\":{\"hw\":{\"packets\":1}}},"
        "{\"name\":\"u\",\"ingress\":{\"sw\":{\"packets\":5}}},7]}}"));

    assert_int_equal(count(s, "flow/report", "interfaces"), 3);
    assert_int_equal(count(s, "flow/report --pod=a/b", "interfaces"), 1);
    assert_int_equal(count(s, "flow/report --pod a/b", "multi.receivers"), 1);
    assert_int_equal(count(s, "flow/report --top=2", "interfaces"), 2);
    assert_int_equal(count(s, "flow/report --top=9", "multi.receivers"), 2);
    expect_answer(s, "flow/report --top=1", true, "\"u\"");
    expect_answer(s, "flow/report --pod=a/c", false, "pod a/c");
    expect_answer(s, "flow/report --pod=a", false, "NS/POD");
    expect_answer(s, "flow/report --top=x", false, "\"x\"");
    expect_answer(s, "flow/report --top", false, "\"--top\"");
    expect_answer(s, "flow/report --limit=1", false, "\"--limit=1\"");
    snapshot_destroy(s);
}

static void
test_flows(void **state OVS_UNUSED)
{
    struct snapshot *s = parse(FILE_OF(
        "{\"command\":\"flow/list\",\"args\":[],\"json\":{\"matched\":30,"
        "\"flows\":[{\"ufid\":\"ufid:1a\",\"offloaded\":true,"
        "\"sender\":{\"namespace\":\"a\",\"pod\":\"b\"},\"receivers\":[]},"
        "{\"ufid\":\"ufid:2a\",\"offloaded\":false,\"sender\":{},"
        "\"receivers\":[1,{\"namespace\":\"a\",\"pod\":\"b\"}]},"
        "{\"offloaded\":false},8]}}"));

    assert_int_equal(count(s, "flow/list", "flows"), 4);
    assert_int_equal(count(s, "flow/list --pod=a/b", "flows"), 2);
    assert_int_equal(count(s, "flow/list --ufid=ufid:1A", "flows"), 1);
    assert_int_equal(count(s, "flow/list --not-offloaded", "flows"), 3);
    assert_int_equal(count(s, "flow/list --pod=a/b --limit=1", "flows"), 1);
    expect_answer(s, "flow/list --pod=a/b --limit=1", true, "\"matched\": 2");
    expect_answer(s, "flow/list --limit=1", true, "\"matched\": 30");
    expect_answer(s, "flow/list --limit=x", false, "\"x\"");
    expect_answer(s, "flow/list --top=1", false, "\"--top=1\"");
    snapshot_destroy(s);
}

/* What is written can be read, and has no addresses of servers. */
static void
test_write(void **state OVS_UNUSED)
{
    static const char *const args[] = { "x" };
    struct json *answers = json_array_create_empty();
    struct snapshot *snapshot;
    struct json *file;
    char *text;

    json_array_add(answers, snapshot_entry("status", 0, NULL, true, true,
        "{\"ovsdb\":{\"remote\":\"ssl:10.0.0.1:6640\",\"mode\":\"own\","
        "\"last_error\":\"tcp:db.example.com:1: refused (ssl:)\"}}"));
    json_array_add(answers, snapshot_entry("explain", 1, args, false, true,
                                           "no \"port\""));
    json_array_add(answers, snapshot_entry("version", 0, NULL, true, false,
                                           "{}"));
    file = snapshot_file(answers, true, "now");
    text = json_to_string(file, 0);
    json_destroy(file);

    assert_null(strstr(text, "10.0.0.1"));
    assert_null(strstr(text, "example.com"));
    assert_non_null(strstr(text, "\"ssl:...\""));
    assert_non_null(strstr(text, "\"tcp:... refused (ssl:...\""));
    snapshot = parse(text);
    expect_answer(snapshot, "status", true, "\"mode\": \"own\"");
    expect_answer(snapshot, "version", true, "{}");
    expect_answer(snapshot, "explain x", false, "no checklist");
    snapshot_destroy(snapshot);
    free(text);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bad),
        cmocka_unit_test(test_show),
        cmocka_unit_test(test_explain),
        cmocka_unit_test(test_report),
        cmocka_unit_test(test_flows),
        cmocka_unit_test(test_write),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
