/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_OPTIONS_H
#define CONTROLLER_OPTIONS_H 1

/* The daemon's command line. */

struct options {
    char *remote;               /* Database, as stream_open() takes it. */
    char *unixctl_path;         /* Control socket, or NULL for the default. */
    char *sysfs;                /* Root of sysfs. */
    char *state_dir;            /* Of what survives us, absolute. */
};

/* Fills '*o', and tells those modules of libopenvswitch that have options of
 * their own.  Exits with a message if an option or the argument is bad, and
 * after --help and --version. */
void options_parse(struct options *o, int argc, char *argv[]);
void options_destroy(struct options *o);

#endif /* controller/options.h */
