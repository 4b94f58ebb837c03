/* SPDX-License-Identifier: Apache-2.0 */

/* How a text is cut into lines, and what is kept from line to line. */

#include <config.h>
#include "controller/flow-text/text.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "random.h"
#include "sset.h"
#include "tests/unit/flow-text-reader.h"
#include "tests/unit/rounds.h"
#include "util.h"

static char *
read_capture(const char *name)
{
    const char *srcdir = getenv("srcdir");
    char *path = xasprintf("%s/tests/unit/captures/%s",
                           srcdir ? srcdir : ".", name);
    FILE *file = fopen(path, "r");
    char *data = xzalloc(65536);

    if (!file) {
        fail_msg("%s: cannot open", path);
    }
    assert_true(fread(data, 1, 65535, file) > 0);
    fclose(file);
    free(path);
    return data;
}

static const char ovn_flows[] =
    "rep2 goes 8 zone 5 mac 02:00:00:00:00:01 hw\n"
    "rep2@8 goes 9 zone 5 mac 02:00:00:00:00:01 hw\n"
    "rep2@9 to rep0 hw\n"
    "rep1 goes 3 zone 4 mac 02:00:00:00:00:01 hw\n"
    "rep0@2 to rep1 hw\n"
    "rep0@6 goes 7 zone 2 kernel (match dp_hash)\n"
    "rep0@5 goes 6 mac 02:00:00:00:00:02 kernel (action hash)\n"
    "rep1 mac ff:ff:ff:ff:ff:ff kernel (action userspace)\n"
    "rep0 mac ff:ff:ff:ff:ff:ff kernel (action userspace)\n"
    "rep0@6 goes 7 zone 2 kernel (match dp_hash)\n"
    "rep0@6 goes 7 zone 2 kernel (match dp_hash)\n";

static void
test_captures(void **state OVS_UNUSED)
{
    char *data = read_capture("flows-ovn.txt");
    struct reader r;

    read_string(&r, data);
    assert_string_equal(ovn_flows, ds_cstr(&r.out));
    assert_int_equal(12, flow_text_status(r.text)->n_lines);
    assert_int_equal(11, flow_text_status(r.text)->n_flows);
    assert_int_equal(0, flow_text_status(r.text)->n_malformed);
    assert_int_equal(0, flow_text_status(r.text)->n_plain);
    assert_string_equal("rep2", flow_text_name(r.text, 1));
    assert_null(flow_text_name(r.text, 0));
    assert_null(flow_text_name(r.text, 4));
    reader_destroy(&r);
    free(data);

    data = read_capture("flows-document.txt");
    read_string(&r, data);
    assert_string_equal(
        "ac63a8e99747603 goes 1088 zone 15 mac 0a:58:c0:a8:00:05 hw\n"
        "ac63a8e99747603 goes 1090 zone 15 mac 0a:58:c0:a8:00:05 hw\n"
        "ac63a8e99747603 hw drop\n"
        "8630f7a90005cdd goes 1086 zone 14 mac 0a:58:c0:a8:00:06 hw\n",
        ds_cstr(&r.out));
    assert_int_equal(0, flow_text_status(r.text)->n_malformed);
    reader_destroy(&r);
    free(data);

    data = read_capture("flows-plain.txt");
    read_string(&r, data);
    assert_string_equal(
        "rep1 goes 3 zone 5 mac 02:00:00:00:00:01 kernel\n"
        "rep1 to rep0 mac 02:00:00:00:00:01 kernel\n"
        "rep1@3 to rep0 mac 02:00:00:00:00:01 kernel\n"
        "rep0 goes 2 zone 5 mac 02:00:00:00:00:02 kernel\n"
        "rep0 to vxlan_sys_4789 mac 02:00:00:00:00:09 kernel\n"
        "rep0@2 to rep1 zone 5 mac 02:00:00:00:00:02 kernel\n"
        "rep0@2 to rep1 mac 02:00:00:00:00:02 kernel\n", ds_cstr(&r.out));
    assert_int_equal(7, flow_text_status(r.text)->n_plain);
    reader_destroy(&r);
    free(data);
}

/* The result does not depend on how the text is cut. */
static void
test_pieces(void **state OVS_UNUSED)
{
    char *data = read_capture("flows-ovn.txt");
    size_t len = strlen(data);

    for (size_t piece = 1; piece < 1500; piece += 1 + piece / 16) {
        struct reader r;

        reader_init(&r);
        for (size_t i = 0; i < len; i += piece) {
            feed(&r, data + i, MIN(piece, len - i));
        }
        flow_text_end(r.text);
        assert_string_equal(ovn_flows, ds_cstr(&r.out));
        reader_destroy(&r);
    }
    /* Each cut in two. */
    for (size_t cut = 0; cut <= len; cut += 7) {
        struct reader r;

        reader_init(&r);
        feed(&r, data, cut);
        feed(&r, data + cut, len - cut);
        assert_string_equal(ovn_flows, ds_cstr(&r.out));
        reader_destroy(&r);
    }
    free(data);
}

/* Every beginning of a flow is malformed or no flow, but for those that end
 * within the last word. */
static void
test_truncation(void **state OVS_UNUSED)
{
    static const char flow[] =
        UFID "recirc_id(0),tunnel(tun_id=0x1,geneve({class=0x102,type=0x80,"
        "len=4,0x2/0x7fffffff}),flags(+key)),in_port(g),"
        "eth(src=02:00:00:00:00:01,dst=02:00:00:00:00:02)" STATS
        "set(tunnel(dst=10.0.0.1,flags(key))),recirc(0x3)";

    for (size_t len = 0; len < sizeof flow - 1; len++) {
        const struct flow_text_status *status;
        struct reader r;

        reader_init(&r);
        feed(&r, flow, len);
        flow_text_end(r.text);
        status = flow_text_status(r.text);
        /* What ends with "actions:set(...)" is a flow, and so is one whose
         * last word is a part of "recirc" or "set". */
        if (status->n_flows) {
            const char *actions = strstr(flow, "actions:") + 8;

            assert_true(len > actions - flow);
            assert_non_null(strchr("set)recirc", flow[len - 1]));
        }
        assert_true(status->n_malformed + status->n_flows <= 1);
        assert_int_equal(len > 15, status->n_malformed + status->n_flows);
        reader_destroy(&r);
    }
}

static void
test_mutations(void **state OVS_UNUSED)
{
    char *data = read_capture("flows-ovn.txt");
    size_t len = strlen(data);

    random_set_seed(1);
    for (int i = 0; i < rounds(3000); i++) {
        static const char some[] = "(),=/:. x0\n";
        char *copy = xmemdup(data, len);
        struct reader r;

        for (int j = random_range(8); j >= 0; j--) {
            copy[random_range(len)] = random_range(4)
                                      ? some[random_range(sizeof some)]
                                      : random_uint32();
        }
        reader_init(&r);
        feed(&r, copy, len);
        flow_text_end(r.text);
        reader_destroy(&r);
        free(copy);
    }
    free(data);
}

/* Text that is no flow is passed over. */
static void
test_other_text(void **state OVS_UNUSED)
{
    const struct flow_text_status *status;
    struct reader r;

    read_string(&r,
                "\n"
                "flow-dump from the main thread:\r\n"
                "ufid: names a flow, and so on and so forth\n"
                "ufid:UUID, in_port(a)" STATS "b\n"
                "eth(0), in_port(1), packets:1\n"
                "in_port(a) is the sender, packets:1\n"
                "in_port(a), b\n"
                "mirror(a),in_port(a)" STATS "b\n"
                "\t  " UFID "in_port(a)" STATS "b \r\n"
                "in_port(a)" STATS "c\n"
                "> " UFID "in_port(a)" STATS "b\n"
                UFID "in_port(x)" STATS "d");
    status = flow_text_status(r.text);
    assert_string_equal("a to b kernel\na to c kernel\nx to d kernel\n",
                        ds_cstr(&r.out));
    assert_int_equal(12, status->n_lines);
    assert_int_equal(3, status->n_flows);
    assert_int_equal(0, status->n_malformed);
    assert_null(status->malformed_why);
    reader_destroy(&r);

    read_string(&r, "x\n\nufid:01, y and a lot of other text\n" UFID "x\n");
    status = flow_text_status(r.text);
    assert_int_equal(2, status->n_malformed);
    assert_int_equal(3, status->malformed_line);
    reader_destroy(&r);
}

static struct flow_record kept;
static void
keep(void *aux OVS_UNUSED, const struct flow_record *const *records, size_t n)
{
    assert_int_equal(1, n);
    kept = *records[0];
}

/* Flows of a dump without "-m" are told apart by their match. */
static void
test_ufids(void **state OVS_UNUSED)
{
    static const char a[] = "recirc_id(0),in_port(a), packets:";
    struct flow_record records[3];

    for (int i = 0; i < 3; i++) {
        struct flow_text *text = flow_text_create(keep, NULL);
        char *line = xasprintf("%s%d, bytes:1, used:never, actions:b\n",
                               i < 2 ? a : "recirc_id(1),in_port(a), packets:",
                               i);

        flow_text_feed(text, line, strlen(line));
        records[i] = kept;
        free(line);
        flow_text_destroy(text);
    }
    assert_memory_equal(records[0].ufid, records[1].ufid, FLOW_UFID_LEN);
    assert_memory_not_equal(records[0].ufid, records[2].ufid, FLOW_UFID_LEN);
}

static void
test_pmd_threads(void **state OVS_UNUSED)
{
    static const char flow[] = UFID "in_port(a)" STATS "b\n";
    struct ds s = DS_EMPTY_INITIALIZER;
    struct reader r;

    ds_put_format(&s, "flow-dump from pmd on cpu core: 3\n%s", flow);
    ds_put_format(&s, "flow-dump from pmd on cpu core: 5\n%s", flow);
    ds_put_format(&s, "flow-dump from the main thread:\n%s", flow);
    ds_put_format(&s, "flow-dump from non-dpdk interfaces:\n%s", flow);
    ds_put_format(&s, "flow-dump from pmd on cpu core: 5\n%s", flow);
    ds_put_format(&s, "flow-dump from pmd on cpu core: 3\n%s", flow);
    reader_init(&r);
    r.ufids = true;
    feed(&r, ds_cstr(&s), s.length);
    assert_string_equal(
        "00112233445566778899aabbccddeeff a to b kernel\n"
        "00112233445566778899aabbccddeef9 a to b kernel\n"
        "00112233445566778899aabbccddeeff a to b kernel\n"
        "00112233445566778899aabbccddeeff a to b kernel\n"
        "00112233445566778899aabbccddeef9 a to b kernel\n"
        "00112233445566778899aabbccddeeff a to b kernel\n",
        ds_cstr(&r.out));
    reader_destroy(&r);
    ds_destroy(&s);
}

static void
test_many_outputs(void **state OVS_UNUSED)
{
    struct ds s = DS_EMPTY_INITIALIZER;
    struct ds expected = DS_EMPTY_INITIALIZER;
    struct reader r;

    for (int n = FLOW_INLINE_OUTPUTS - 1; n < 300; n += 1 + n / 20) {
        ds_put_cstr(&s, UFID "in_port(a)" STATS);
        ds_put_cstr(&expected, "a to ");
        for (int i = 0; i < n; i++) {
            ds_put_format(&s, "%sp%d", i ? "," : "", i);
            ds_put_format(&expected, "%sp%d", i ? "," : "", i);
        }
        ds_put_char(&s, '\n');
        ds_put_cstr(&expected, " kernel\n");
    }
    read_string(&r, ds_cstr(&s));
    assert_string_equal(ds_cstr(&expected), ds_cstr(&r.out));
    reader_destroy(&r);
    ds_destroy(&s);
    ds_destroy(&expected);
}

/* All flows of a piece are handed out with it, in batches. */
static void
test_batches(void **state OVS_UNUSED)
{
    struct ds s = DS_EMPTY_INITIALIZER;
    struct reader r;

    for (int i = 0; i < 100; i++) {
        ds_put_format(&s, UFID "in_port(p%d)" STATS "b\n", i);
    }
    reader_init(&r);
    feed(&r, ds_cstr(&s), s.length);
    for (int i = 0; i < 100; i++) {
        char *expected = xasprintf("p%d to b kernel\n", i);

        assert_non_null(strstr(ds_cstr(&r.out), expected));
        free(expected);
    }
    assert_int_equal(FLOW_TEXT_BATCH, r.max_batch);
    reader_destroy(&r);
    ds_destroy(&s);
}

static void
test_long_lines(void **state OVS_UNUSED)
{
    static const char start[] = UFID "in_port(a),key1(";
    static const char rest[] = ")" STATS "b\n";
    size_t fill = FLOW_TEXT_MAX_LINE - strlen(start) - strlen(rest) + 1;

    for (int i = 0; i < 6; i++) {
        bool flow = i % 3 < 2;
        size_t n = fill + (i % 3 ? 1 : 0);
        struct ds s = DS_EMPTY_INITIALIZER;
        struct reader r;

        ds_put_cstr(&s, flow ? start : "not a flow (");
        ds_put_char_multiple(&s, 'x', n);
        ds_put_cstr(&s, rest);
        ds_put_cstr(&s, UFID "in_port(c)" STATS "d\n");
        reader_init(&r);
        if (i < 3) {
            feed(&r, ds_cstr(&s), s.length);
        } else {
            for (size_t at = 0; at < s.length; at += 1000) {
                feed(&r, ds_cstr(&s) + at, MIN(1000, s.length - at));
            }
        }
        assert_string_equal(i % 3
                            ? "c to d kernel\n"
                            : "a to b kernel (match other)\nc to d kernel\n",
                            ds_cstr(&r.out));
        assert_int_equal(2, flow_text_status(r.text)->n_lines);
        assert_int_equal(i % 3 == 1, flow_text_status(r.text)->n_malformed);
        if (i % 3 == 1) {
            assert_non_null(strstr(flow_text_status(r.text)->malformed_why,
                                   "long"));
        }
        reader_destroy(&r);
        ds_destroy(&s);
    }
}

static void
count(void *n_, const struct flow_record *const *records OVS_UNUSED, size_t n)
{
    size_t *sum = n_;

    *sum += n;
}

/* However many names of whatever length there are, memory is bounded. */
static void
test_many_names(void **state OVS_UNUSED)
{
    for (int pad = 1; pad <= 240; pad += 239) {
        size_t n = 0;
        struct flow_text *text = flow_text_create(count, &n);
        const struct flow_text_status *status = flow_text_status(text);

        for (int i = 0; i < 100000; i++) {
            char *line = xasprintf(UFID "in_port(%0*d)" STATS "drop\n", pad,
                                   i);

            flow_text_feed(text, line, strlen(line));
            free(line);
        }
        assert_int_equal(n, status->n_flows);
        assert_int_equal(100000, n + status->n_malformed);
        assert_non_null(strstr(status->malformed_why, "many"));
        assert_int_equal(n + 1, status->malformed_line);
        if (pad == 1) {
            assert_int_equal(FLOW_TEXT_MAX_NAMES, n);
        }
        assert_true(flow_text_memory(text) < 8 * 1024 * 1024);
        assert_non_null(flow_text_name(text, n));
        assert_null(flow_text_name(text, n + 1));
        flow_text_destroy(text);
    }
}

/* Names that are alike in their beginning, end and length are different, also
 * where their hashes are alike, as of so many some are. */
static void
test_similar_names(void **state OVS_UNUSED)
{
    static const struct {
        const char *before, *after; /* Around a number. */
    } forms[] = {
        { "", "" }, { "a", "" }, { "aaaa", "" }, { "aaaa", "aaaa" },
        { "aaaaaaaa", "" }, { "aaaaaaaa", "aaaa" }, { "", "aaaaaaaa" },
        { "", "aaaaaaaaa" }, { "a", "aaaaaaaa" },
        { "aaaaaaaa", "aaaaaaaa" }, { "aaaaaaaa", "aaaaaaaaaaaa" },
    };
    struct ds text = DS_EMPTY_INITIALIZER;
    struct ds expected = DS_EMPTY_INITIALIZER;
    struct sset names = SSET_INITIALIZER(&names);
    struct reader r;

    for (int i = 0; i < 2000 * ARRAY_SIZE(forms); i++) {
        int form = i % ARRAY_SIZE(forms);
        char *name = xasprintf("%s%04d%s", forms[form].before,
                               i / (int) ARRAY_SIZE(forms) % 1000,
                               forms[form].after);

        ds_put_format(&text, UFID "in_port(%s)" STATS "%s\n", name, name);
        ds_put_format(&expected, "%s to %s kernel\n", name, name);
        sset_add(&names, name);
        free(name);
    }
    read_string(&r, ds_cstr(&text));
    assert_true(!strcmp(ds_cstr(&expected), ds_cstr(&r.out)));
    assert_non_null(flow_text_name(r.text, sset_count(&names)));
    assert_null(flow_text_name(r.text, sset_count(&names) + 1));
    reader_destroy(&r);
    sset_destroy(&names);
    ds_destroy(&text);
    ds_destroy(&expected);
}

/* Another text: names stay, half a line is gone. */
static void
test_restart(void **state OVS_UNUSED)
{
    static const char whole[] = UFID "in_port(a)" STATS "b\nrubbish\n"
                                UFID "in_port(c), nothing\n";
    static const char half[] = UFID "in_port(d)" STATS "2";
    static const char next[] = UFID "in_port(b)" STATS "a\n";
    struct reader r;

    read_string(&r, whole);
    flow_text_feed(r.text, half, strlen(half));
    assert_int_equal(flow_text_status(r.text)->n_malformed, 1);
    flow_text_restart(r.text);
    assert_int_equal(flow_text_status(r.text)->n_lines, 0);
    assert_int_equal(flow_text_status(r.text)->n_flows, 0);
    assert_int_equal(flow_text_status(r.text)->n_malformed, 0);
    assert_null(flow_text_status(r.text)->malformed_why);
    flow_text_feed(r.text, next, strlen(next));
    flow_text_end(r.text);
    assert_int_equal(flow_text_status(r.text)->n_lines, 1);
    assert_int_equal(flow_text_status(r.text)->n_flows, 1);
    assert_string_equal(ds_cstr(&r.out), "a to b kernel\nb to a kernel\n");
    assert_string_equal(flow_text_name(r.text, 1), "a");
    assert_string_equal(flow_text_name(r.text, 2), "b");
    reader_destroy(&r);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_captures),
        cmocka_unit_test(test_pieces),
        cmocka_unit_test(test_truncation),
        cmocka_unit_test(test_mutations),
        cmocka_unit_test(test_other_text),
        cmocka_unit_test(test_ufids),
        cmocka_unit_test(test_pmd_threads),
        cmocka_unit_test(test_many_outputs),
        cmocka_unit_test(test_batches),
        cmocka_unit_test(test_long_lines),
        cmocka_unit_test(test_many_names),
        cmocka_unit_test(test_similar_names),
        cmocka_unit_test(test_restart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
