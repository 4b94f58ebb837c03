/* SPDX-License-Identifier: Apache-2.0 */

/* "topology". */

#include <config.h>
#include "utilities/client/client.h"

#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "process.h"
#include "util.h"
#include "utilities/client/terminal.h"
#include "utilities/client/topology.h"

/* Exit status of a child that could not become "dot", as a shell's. */
#define NOT_FOUND 127

enum drawing {
    DRAW_TREE,
    DRAW_DOT,
    DRAW_SVG,
};

static bool
parse_options(int argc, char *argv[], enum drawing *drawing)
{
    *drawing = DRAW_TREE;
    for (int i = 0; i < argc; i++) {
        bool dot = !strcmp(argv[i], "--dot");

        if ((!dot && strcmp(argv[i], "--svg")) || *drawing != DRAW_TREE) {
            client_error("topology: unexpected argument \"%s\"\n"
                         "usage: %s topology "TOPOLOGY_USAGE,
                         argv[i], program_name);
            return false;
        }
        *drawing = dot ? DRAW_DOT : DRAW_SVG;
    }
    return true;
}

/* Becomes "dot", with 'input' as standard input. */
static void OVS_NO_RETURN
exec_dot(int input)
{
    if (dup2(input, STDIN_FILENO) >= 0) {
        execlp("dot", "dot", "-Tsvg", (char *) NULL);
    }
    _exit(errno == ENOENT ? NOT_FOUND : NOT_FOUND - 1);
}

/* Has Graphviz draw 'graph' on standard output.  The graph is in a file rather
 * than a pipe, so that nobody has to wait for two things. */
static enum client_status
draw_svg(const char *graph)
{
    size_t len = strlen(graph);
    FILE *file = tmpfile();
    int status;
    pid_t pid;

    if (!file || fwrite(graph, 1, len, file) != len || fflush(file)) {
        client_error("temporary file: %s", ovs_strerror(errno));
        if (file) {
            fclose(file);
        }
        return CLIENT_FILE;
    }
    rewind(file);
    fflush(stdout);
    pid = fork();
    if (!pid) {
        exec_dot(fileno(file));
    }
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR) {
        continue;
    }
    fclose(file);
    if (pid < 0) {
        client_error("fork: %s", ovs_strerror(errno));
    } else if (WIFEXITED(status) && !WEXITSTATUS(status)) {
        return CLIENT_OK;
    } else if (WIFEXITED(status) && WEXITSTATUS(status) == NOT_FOUND) {
        client_error("topology: --svg needs the program \"dot\": install "
                     "Graphviz, or give the output of --dot to one that "
                     "has it");
    } else {
        char *how = process_status_msg(status);

        client_error("topology: dot failed (%s)", how);
        free(how);
    }
    return CLIENT_REFUSED;
}

static enum client_status
draw(const struct topology *topology, enum drawing drawing)
{
    enum client_status status = CLIENT_OK;
    struct ds s = DS_EMPTY_INITIALIZER;

    if (drawing == DRAW_TREE) {
        setlocale(LC_CTYPE, "");
        topology_put_tree(topology, &(struct topology_style) {
            .utf8 = !strcmp(nl_langinfo(CODESET), "UTF-8"),
            .color = terminal_wants_color(),
        }, &s);
        if (!s.length) {
            ds_put_cstr(&s, "(no VFs, and nothing on a bridge)\n");
        }
    } else {
        topology_put_dot(topology, &s);
    }
    if (drawing == DRAW_SVG) {
        status = draw_svg(ds_cstr(&s));
    } else {
        client_put(ds_cstr(&s));
    }
    ds_destroy(&s);
    return status;
}

enum client_status
topology_command(const struct client *client, int argc, char *argv[])
{
    struct json *ports = NULL, *vdpas = NULL, *report = NULL;
    enum client_status status;
    enum drawing drawing;

    if (!parse_options(argc, argv, &drawing)) {
        return CLIENT_USAGE;
    }
    status = client_ask(client, "port/list", 0, NULL, &ports);
    status = status ? status : client_ask(client, "vdpa/list", 0, NULL,
                                          &vdpas);
    status = status ? status : client_ask(client, "flow/report", 0, NULL,
                                          &report);
    if (status == CLIENT_OK) {
        struct topology topology;

        topology_init(&topology, ports, vdpas, report);
        status = draw(&topology, drawing);
        topology_destroy(&topology);
    }
    json_destroy(ports);
    json_destroy(vdpas);
    json_destroy(report);
    return status;
}
