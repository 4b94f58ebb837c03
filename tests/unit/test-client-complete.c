/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "utilities/client/complete.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "openvswitch/json.h"
#include "svec.h"
#include "util.h"

static int n_asked;             /* Questions to the daemon. */
static bool no_daemon;          /* Does nobody answer? */

/* What the daemon would say. */
static const struct {
    const char *command;
    const char *answer;
} answers[] = {
    { "port/list",
      "[{\"representor\":\"eth0\",\"vf_pci\":\"0000:65:00.1\",\"vdpa\":null,"
      "\"iface_id\":\"ns_pod\",\"namespace\":\"ns\",\"pod\":\"pod\","
      "\"request\":\"vdpa:0000:65:00.1\"},"
      "{\"representor\":\"a b\",\"vf_pci\":\"0000:65:00.2\","
      "\"vdpa\":\"vdpa0\",\"iface_id\":\"x\\ny\",\"namespace\":null,"
      "\"pod\":\"p\",\"request\":null},7,{\"representor\":[]}]" },
    { "vdpa/list", "[{\"vdpa\":\"vdpa0\",\"vf_pci\":\"0000:65:00.2\"}]" },
    { "policy/list", "[{\"policy\":\"mlx\"},{\"policy\":\"mlx\"}]" },
    { "vdpa/mgmtdev-list", "[{\"mgmtdev\":\"pci/0000:65:00.2\"}]" },
    { "flow/report", "{\"interfaces\":[{\"namespace\":\"ns\","
      "\"pod\":\"pod\"},{\"namespace\":null,\"pod\":null},"
      "{\"namespace\":\"shop\",\"pod\":\"$(x)\"}]}" },
};

static struct json *
ask(void *aux OVS_UNUSED, const char *command)
{
    n_asked++;
    for (size_t i = 0; i < ARRAY_SIZE(answers) && !no_daemon; i++) {
        if (!strcmp(answers[i].command, command)) {
            return json_from_string(answers[i].answer);
        }
    }
    return NULL;
}

/* Completes 'line', divided at '|', and expects 'candidates', divided at ' '
 * or ';'.  Begins with "FILES" if files may be meant. */
static void
expect(const char *line, const char *expected)
{
    const struct complete_source source = { .ask = ask };
    struct svec candidates = SVEC_EMPTY_INITIALIZER;
    char *copy = xstrdup(line), *words[16];
    size_t n = 0;

    for (char *p = copy; p; n++) {
        words[n] = strsep(&p, "|");
    }
    bool files = complete(n, words, &source, &candidates);
    char *joined = svec_join(&candidates, ";", "");
    char *all = xasprintf("%s%s", files ? "FILES" : "", joined);

    assert_string_equal(all, expected);
    free(all);
    free(joined);
    svec_destroy(&candidates);
    free(copy);
}

static void
test_commands(void **state OVS_UNUSED)
{
    n_asked = 0;
    expect("po", "policy;port");
    expect("port|", "attach;detach;list;show");
    expect("port|l", "list");
    expect("port|x", "");
    expect("port|list|", "");
    expect("port|li|", "");
    expect("flow|w", "watch");
    expect("port/li", "port/list");
    expect("port/", "port/attach;port/detach;port/list;port/show");
    expect("port/list|--o", "--output=");
    expect("port|l/", "");
    expect("he", "help");
    expect("-o|json|he", "help");
    expect("help|he", "");
    expect("help|po", "policy;port");
    expect("help|port|l", "list");
    expect("help|port|list|", "");
    expect("nosuch|", "");
    expect("port|list|--o", "--output=");
    expect("-", "--color=;--format=;--help;--output=;--snapshot=;--target=;"
           "--timeout=;--version;--watch");
    expect("-o|", "csv;json;table;wide;yaml");
    expect("--output=w", "--output=wide");
    expect("--output|y", "yaml");
    expect("-o|json|--col", "--color=");
    expect("-o|json|port|l", "list");
    expect("--color=never|port|l", "list");
    expect("port|list|-o|t", "table");
    expect("-t|", "FILES");
    expect("-T|", "");
    assert_int_equal(n_asked, 0);
    expect("coverage|", "show");
}

static void
test_names(void **state OVS_UNUSED)
{
    /* What a line cannot have is left out. */
    expect("port|show|", "0000:65:00.1;0000:65:00.2;a b;eth0;ns/pod;ns_pod;"
           "vdpa0;vdpa:0000:65:00.1");
    expect("port|show|ns", "ns/pod;ns_pod");
    expect("port|show|eth0|", "");
    expect("port|detach|", "vdpa:0000:65:00.1");
    expect("explain|e", "eth0");
    expect("port|attach|eth0|", "iface-id=;mac=");
    expect("port|attach|eth0|iface-id=x|m", "mac=");
    expect("port|attach|v", "vdpa0;vdpa:0000:65:00.1");
    expect("vdpa|show|", "0000:65:00.2;vdpa0");
    expect("vdpa|bind|vdpa0|", "vhost_vdpa;virtio_vdpa");
    expect("vdpa|add|x|mgmtdev=", "mgmtdev=pci/0000:65:00.2");
    expect("vdpa|add|x|mgmtdev=pci/0000:65:00.2|mt", "mtu=");
    expect("vdpa|domain-xml|vdpa0|v", "vdpa0");
    expect("vdpa|domain-xml|--alias=x|v", "vdpa0");
    expect("vdpa|domain-xml|--alias|v", "");
    expect("policy|show|", "mlx");
    expect("policy|apply|", "FILES");
    expect("policy|apply|--", "--color=;--dry-run;--force;--help;"
           "--output=;--watch");
    expect("flow|report|--", "--color=;--help;--output=;--pod=;--top=;"
           "--watch");
    expect("flow|report|--pod=", "--pod=ns/pod;--pod=shop/$(x)");
    expect("flow|report|--pod|s", "shop/$(x)");
    expect("flow|report|", "");
    expect("flow|report|--pod=ns/pod|--to", "--top=");
    expect("flow|watch|--sort=n", "--sort=name");
    expect("flow|parse|", "FILES");
    expect("-o|json|vdpa|show|v", "vdpa0");
}

static void
test_no_daemon(void **state OVS_UNUSED)
{
    no_daemon = true;
    expect("port|show|", "");
    expect("flow|report|--pod=", "");
    expect("vdpa|bind|x|", "vhost_vdpa;virtio_vdpa");
    no_daemon = false;
}

static void
test_find_option(void **state OVS_UNUSED)
{
    char words[][16] = { "-o", "json", "--target=a", "-t", "b", "port", "-t",
                         "c", "" };
    char *argv[ARRAY_SIZE(words)];

    for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
        argv[i] = words[i];
    }
    /* Behind the command it is something else. */
    assert_string_equal(complete_find_option(ARRAY_SIZE(words), argv, "-t",
                                             "--target"), "b");
    /* The word that is being typed is no value yet. */
    assert_string_equal(complete_find_option(5, argv, "-t", "--target"), "a");
    assert_null(complete_find_option(3, argv, "-t", "--target"));
    assert_null(complete_find_option(0, argv, "-t", "--target"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_commands),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_no_daemon),
        cmocka_unit_test(test_find_option),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
