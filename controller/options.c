/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/options.h"

#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "command-line.h"
#include "daemon.h"
#include "dirs.h"
#include "openvswitch/vlog.h"
#include "stream-ssl.h"
#include "stream.h"
#include "util.h"

enum {
    OPT_SYSFS_ROOT = UCHAR_MAX + 1,
    OPT_STATE_DIR,
    VLOG_OPTION_ENUMS,
    DAEMON_OPTION_ENUMS,
    SSL_OPTION_ENUMS,
    OPT_PEER_CA_CERT,
};
static const struct option long_options[] = {
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {"unixctl", required_argument, NULL, 'u'},
    {"sysfs-root", required_argument, NULL, OPT_SYSFS_ROOT},
    {"state-dir", required_argument, NULL, OPT_STATE_DIR},
    VLOG_LONG_OPTIONS,
    DAEMON_LONG_OPTIONS,
    STREAM_SSL_LONG_OPTIONS,
    {"peer-ca-cert", required_argument, NULL, OPT_PEER_CA_CERT},
    {NULL, 0, NULL, 0},
};

OVS_NO_RETURN static void
usage(void)
{
    printf("%s: offload port controller for Open vSwitch\n"
           "usage: %s [OPTIONS] [DATABASE]\n"
           "where DATABASE is the socket of ovsdb-server\n"
           "(default: unix:%s/db.sock).\n",
           program_name, program_name, ovs_rundir());
    stream_usage("DATABASE", true, false, true);
    daemon_usage();
    vlog_usage();
    printf("\nOther options:\n"
           "  -u, --unixctl=SOCKET    override default control socket name\n"
           "  --sysfs-root=DIR        read sysfs at DIR (default: /sys)\n"
           "  --state-dir=DIR         remember in DIR what must survive the "
           "daemon\n"
           "                          (default: "OFFLOAD_STATEDIR")\n"
           "  -h, --help              display this help message\n"
           "  -V, --version           display version information\n");
    exit(EXIT_SUCCESS);
}

/* Is 'remote' something that a database could be at?  Else exits. */
static void
check_remote(const char *remote)
{
#ifdef HAVE_OPENSSL
    const char *known = "unix:FILE, tcp:IP:PORT and ssl:IP:PORT";
#else
    const char *known = "without SSL, unix:FILE and tcp:IP:PORT";
#endif

    if (stream_or_pstream_needs_probes(remote) < 0) {
        ovs_fatal(0, "\"%s\" is no database socket: %s are known", remote,
                  known);
    }
}

/* What was not given. */
static void
set_defaults(struct options *o)
{
    char *state_dir = abs_file_name(NULL, (o->state_dir ? o->state_dir
                                           : OFFLOAD_STATEDIR));

    if (!state_dir) {
        ovs_fatal(0, "--state-dir is relative, and the working directory is "
                  "gone");
    }
    free(o->state_dir);
    o->state_dir = state_dir;
    if (!o->remote) {
        o->remote = xasprintf("unix:%s/db.sock", ovs_rundir());
    }
    if (!o->sysfs) {
        o->sysfs = xstrdup("/sys");
    }
}

static void
set_string(char **option, const char *value)
{
    free(*option);
    *option = xstrdup(value);
}

void
options_parse(struct options *o, int argc, char *argv[])
{
    char *short_options
        = ovs_cmdl_long_options_to_short_options(long_options);

    *o = (struct options) { .remote = NULL };
    for (;;) {
        int c = getopt_long(argc, argv, short_options, long_options, NULL);

        if (c == -1) {
            break;
        }
        switch (c) {
        case 'h':
            usage();

        case 'V':
            ovs_print_version(0, 0);
            exit(EXIT_SUCCESS);

        case 'u':
            set_string(&o->unixctl_path, optarg);
            break;

        case OPT_SYSFS_ROOT:
            set_string(&o->sysfs, optarg);
            break;

        case OPT_STATE_DIR:
            set_string(&o->state_dir, optarg);
            break;

        VLOG_OPTION_HANDLERS
        DAEMON_OPTION_HANDLERS
        STREAM_SSL_OPTION_HANDLERS

        case OPT_PEER_CA_CERT:
            stream_ssl_set_peer_ca_cert_file(optarg);
            break;

        case '?':
            exit(EXIT_FAILURE);

        default:
            abort();
        }
    }
    free(short_options);

    if (argc - optind > 1) {
        ovs_fatal(0, "at most one argument, DATABASE, is accepted; use --help "
                  "for usage");
    } else if (argc > optind) {
        o->remote = xstrdup(argv[optind]);
    }
    set_defaults(o);
    check_remote(o->remote);
}

void
options_destroy(struct options *o)
{
    free(o->remote);
    free(o->unixctl_path);
    free(o->sysfs);
    free(o->state_dir);
}
