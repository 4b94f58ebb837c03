/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "controller/repair.h"
#include "controller/vswitchd-query.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "fatal-signal.h"
#include "openvswitch/poll-loop.h"
#include "timeval.h"
#include "unixctl.h"
#include "util.h"

/* A process that plays ovs-vswitchd, in a run directory of its own. */

static char rundir[] = "/tmp/test-vswitchd-query.XXXXXX";
static pid_t peer;

static void
cmd_text(struct unixctl_conn *conn, int argc OVS_UNUSED,
         const char *argv[] OVS_UNUSED, void *aux OVS_UNUSED)
{
    unixctl_command_reply(conn, "some\ntext\n");
}

/* More than goes through a socket at once. */
static void
cmd_long(struct unixctl_conn *conn, int argc OVS_UNUSED,
         const char *argv[] OVS_UNUSED, void *aux OVS_UNUSED)
{
    char *text = xmalloc(1000001);

    memset(text, 'x', 1000000);
    text[999999] = '\n';
    text[1000000] = '\0';
    unixctl_command_reply(conn, text);
    free(text);
}

static void
cmd_arguments(struct unixctl_conn *conn, int argc, const char *argv[],
              void *aux OVS_UNUSED)
{
    char *text = xasprintf("%d %s %s", argc, argv[1], argv[2]);

    unixctl_command_reply(conn, text);
    free(text);
}

static void
cmd_silent(struct unixctl_conn *conn OVS_UNUSED, int argc OVS_UNUSED,
           const char *argv[] OVS_UNUSED, void *aux OVS_UNUSED)
{
}

static void
cmd_die(struct unixctl_conn *conn OVS_UNUSED, int argc OVS_UNUSED,
        const char *argv[] OVS_UNUSED, void *aux OVS_UNUSED)
{
    _exit(0);
}

static void OVS_NO_RETURN
serve(int ready)
{
    struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    struct unixctl_server *server;
    char *path = xasprintf("%s/ovs-vswitchd.pid", rundir);
    char *pid = xasprintf("%ld\n", (long int) getpid());
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    if (fd < 0 || fcntl(fd, F_SETLK, &lock)
        || write(fd, pid, strlen(pid)) < 0) {
        _exit(1);
    }
    free(path);
    path = xasprintf("%s/ovs-vswitchd.%ld.ctl", rundir, (long int) getpid());
    if (unixctl_server_create(path, &server)) {
        _exit(1);
    }
    unixctl_command_register("text", "", 0, 0, cmd_text, NULL);
    unixctl_command_register("revalidator/purge", "", 0, 0, cmd_text, NULL);
    unixctl_command_register("arguments", "", 0, 9, cmd_arguments, NULL);
    unixctl_command_register("long", "", 0, 0, cmd_long, NULL);
    unixctl_command_register("silent", "", 0, 0, cmd_silent, NULL);
    unixctl_command_register("die", "", 0, 0, cmd_die, NULL);
    if (write(ready, "", 1) < 0) {
        _exit(1);
    }
    for (;;) {
        unixctl_server_run(server);
        unixctl_server_wait(server);
        poll_block();
    }
}

static int
start_peer(void **state OVS_UNUSED)
{
    char byte;
    int fds[2];

    if (pipe(fds)) {
        return -1;
    }
    peer = fork();
    if (!peer) {
        close(fds[0]);
        serve(fds[1]);
    }
    close(fds[1]);
    ssize_t n = read(fds[0], &byte, 1);
    close(fds[0]);
    return n == 1 ? 0 : -1;
}

static int
stop_peer(void **state OVS_UNUSED)
{
    char *path = xasprintf("%s/ovs-vswitchd.%ld.ctl", rundir,
                           (long int) peer);

    kill(peer, SIGKILL);
    waitpid(peer, NULL, 0);
    unlink(path);
    free(path);
    return 0;
}

/* A query. */

struct answer {
    int n;                      /* Calls. */
    char *text;                 /* As in the callback. */
    char *error;
};

static void
done(void *answer_, const char *text, const char *error)
{
    struct answer *answer = answer_;

    assert_true(!text != !error);
    answer->n++;
    answer->text = nullable_xstrdup(text);
    answer->error = nullable_xstrdup(error);
}

/* Gives 'command' and waits until it is done. */
static struct answer
ask(const char *command, int timeout)
{
    struct answer answer = { .n = 0 };
    struct vswitchd_query *query;

    query = vswitchd_query_start(VSWITCHD_EXPLAIN, command, timeout, done,
                                 &answer);
    assert_int_equal(answer.n, 0);
    for (;;) {
        vswitchd_query_run(query);
        if (answer.n) {
            break;
        }
        vswitchd_query_wait(query);
        poll_block();
    }

    /* Once is enough. */
    vswitchd_query_run(query);
    vswitchd_query_wait(query);
    assert_int_equal(answer.n, 1);
    vswitchd_query_destroy(query);
    return answer;
}

static void
expect(const char *command, int timeout, const char *text, const char *error)
{
    struct answer answer = ask(command, timeout);

    if (text) {
        if (!answer.text) {
            fail_msg("\"%s\"", answer.error);
        }
        assert_string_equal(answer.text, text);
    } else {
        assert_non_null(answer.error);
        if (!error || !strstr(answer.error, error)) {
            fail_msg("\"%s\"", answer.error);
        }
    }
    free(answer.text);
    free(answer.error);
}

static void
test_answers(void **state OVS_UNUSED)
{
    struct answer answer;

    expect("text", 10000, "some\ntext\n", NULL);
    expect("nosuch", 10000, NULL, "\"nosuch\" is not a valid command");
    answer = ask("long", 10000);
    assert_int_equal(strlen(answer.text), 1000000);
    free(answer.text);
}

static void
test_no_answer(void **state OVS_UNUSED)
{
    long long int start = time_msec();

    expect("silent", 50, NULL, "does not answer in time");
    assert_true(time_msec() - start >= 50);

    /* One that is stopped does not even take the connection. */
    kill(peer, SIGSTOP);
    expect("text", 50, NULL, "does not answer in time");
    kill(peer, SIGCONT);
    expect("text", 10000, "some\ntext\n", NULL);
}

static void
test_death(void **state OVS_UNUSED)
{
    struct answer answer = ask("die", 10000);

    assert_null(answer.text);
    free(answer.error);
    waitpid(peer, NULL, WNOHANG);
    /* Its pidfile is there, but not locked. */
    expect("text", 10000, NULL, "ovs-vswitchd.pid: ");
}

static void
test_not_there(void **state OVS_UNUSED)
{
    char *path = xasprintf("%s/ovs-vswitchd.pid", rundir);

    unlink(path);
    free(path);
    expect("text", 10000, NULL, "ovs-vswitchd.pid: No such file");
}

static void
test_no_socket(void **state OVS_UNUSED)
{
    char *path = xasprintf("%s/ovs-vswitchd.%ld.ctl", rundir,
                           (long int) peer);

    unlink(path);
    free(path);
    expect("text", 10000, NULL, "ctl: No such file");
}

static void
test_destroyed_early(void **state OVS_UNUSED)
{
    struct answer answer = { .n = 0 };
    struct vswitchd_query *query;

    query = vswitchd_query_start(VSWITCHD_EXPLAIN, "text", 10000, done,
                                 &answer);
    vswitchd_query_run(query);
    vswitchd_query_destroy(query);
    vswitchd_query_destroy(NULL);
    free(answer.text);
    free(answer.error);
}

/* Pieces of an answer, whose sizes are added up. */
struct stream {
    struct answer answer;       /* The end of it. */
    size_t n;                   /* Bytes. */
    size_t n_pieces;            /* Pieces. */
};

static void
take_piece(void *stream_, const char *p, size_t n)
{
    struct stream *stream = stream_;

    assert_true(n > 0 && p[0] && !stream->answer.n);
    stream->n += n;
    stream->n_pieces++;
}

static struct stream
ask_stream(const char *command, size_t n, char *const args[])
{
    struct stream stream = { .n = 0 };
    struct vswitchd_query *query;
    uint64_t before = vswitchd_query_count(VSWITCHD_REPORT);

    query = vswitchd_query_start_stream(VSWITCHD_REPORT, command, n, args,
                                        10000, take_piece, done, &stream);
    while (vswitchd_query_run(query), !stream.answer.n) {
        vswitchd_query_wait(query);
        poll_block();
    }
    vswitchd_query_destroy(query);
    assert_int_equal(vswitchd_query_count(VSWITCHD_REPORT), before + 1);
    return stream;
}

static void
test_stream(void **state OVS_UNUSED)
{
    char a[] = "a\"b", b[] = "--c";
    char *const args[] = { a, b };
    struct stream stream = ask_stream("long", 0, NULL);

    assert_int_equal(stream.n, 1000000);
    assert_true(stream.n_pieces > 100);
    assert_string_equal(stream.answer.text, "");
    free(stream.answer.text);

    stream = ask_stream("arguments", 2, args);
    /* Whether the server ends it with a new-line depends on its version. */
    assert_in_range(stream.n, strlen("3 a\"b --c"), strlen("3 a\"b --c\n"));
    free(stream.answer.text);

    /* An error is no piece. */
    stream = ask_stream("nosuch", 0, NULL);
    assert_int_equal(stream.n, 0);
    assert_non_null(strstr(stream.answer.error, "\"nosuch\" is not a valid"));
    free(stream.answer.error);
}

/* Runs 'repair' until it has called, at most once. */
static bool
repaired(struct repair *repair)
{
    uint64_t before = vswitchd_query_count(VSWITCHD_REPAIR);
    long long int end = time_msec() + 200;
    bool ok = false;

    while (!ok && time_msec() < end) {
        ok = repair_run(repair, true);
        if (!ok) {
            repair_wait(repair, true);
            poll_timer_wait_until(end);
            poll_block();
        }
    }
    assert_true(vswitchd_query_count(VSWITCHD_REPAIR) - before <= 1);
    return ok;
}

static void
test_repair(void **state OVS_UNUSED)
{
    struct repair *repair = repair_create();

    assert_false(repair_run(repair, false));
    assert_true(repaired(repair));
    /* Not again so soon. */
    assert_false(repaired(repair));
    repair_destroy(repair);
    repair_destroy(NULL);
}

#define PEER_TEST(NAME) \
    cmocka_unit_test_setup_teardown(NAME, start_peer, stop_peer)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        PEER_TEST(test_answers),
        PEER_TEST(test_stream),
        PEER_TEST(test_repair),
        PEER_TEST(test_no_answer),
        PEER_TEST(test_death),
        cmocka_unit_test(test_not_there),
        PEER_TEST(test_no_socket),
        PEER_TEST(test_destroyed_early),
    };
    char *path;
    int failed;

    if (!mkdtemp(rundir) || setenv("OVS_RUNDIR", rundir, 1)) {
        return 99;
    }
    fatal_ignore_sigpipe();
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    path = xasprintf("%s/ovs-vswitchd.pid", rundir);
    unlink(path);
    free(path);
    rmdir(rundir);
    return failed;
}
