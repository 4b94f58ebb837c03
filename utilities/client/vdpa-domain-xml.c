/* SPDX-License-Identifier: Apache-2.0 */

/* "vdpa domain-xml": vDPA devices as interfaces of a VM, for libvirt. */

#include <config.h>
#include "utilities/client/client.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "openvswitch/dynamic-string.h"
#include "util.h"
#include "utilities/client/vdpa-ask.h"
#include "utilities/client/vdpa-device.h"

/* Blanks before an element, which in a domain is in "devices". */
#define INDENT 4

/* The command line. */
struct arguments {
    const char **aliases;       /* In the order of the options. */
    size_t n_aliases;           /* Number of 'aliases'. */
    char **names;               /* Of devices. */
    size_t n_names;             /* Number of 'names', at least 1. */
};

static bool
parse_alias(struct arguments *args, const char *alias)
{
    static const char prefix[] = "ua-";

    if (!strncmp(alias, prefix, strlen(prefix))) {
        alias += strlen(prefix);
    }
    if (!vdpa_alias_is_good(alias)) {
        client_error("vdpa domain-xml: --alias needs letters, digits, '-' and "
                     "'_', not \"%s\"", alias);
        return false;
    }
    for (size_t i = 0; i < args->n_aliases; i++) {
        if (!strcmp(alias, args->aliases[i])) {
            client_error("vdpa domain-xml: alias \"%s\" is given twice",
                         alias);
            return false;
        }
    }
    args->aliases[args->n_aliases++] = alias;
    return true;
}

/* Returns false, having said why, if the command line is wrong. */
static bool
parse_arguments(struct arguments *args, int argc, char *argv[])
{
    static const struct option options[] = {
        {"alias", required_argument, NULL, 'a'},
        {NULL, 0, NULL, 0},
    };
    int c;

    /* Where the last word of the command was getopt looks for the name of the
     * program. */
    argv[-1] = CONST_CAST(char *, "ovs-offload: vdpa domain-xml");
    optind = 0;
    while ((c = getopt_long(argc + 1, argv - 1, "", options, NULL)) != -1) {
        if (c != 'a' || !parse_alias(args, optarg)) {
            return false;
        }
    }

    args->names = argv - 1 + optind;
    args->n_names = argc + 1 - optind;
    if (!args->n_names) {
        client_error("vdpa domain-xml: missing name of a device");
        return false;
    } else if (args->n_aliases && args->n_aliases != args->n_names) {
        client_error("vdpa domain-xml: %"PRIuSIZE" names and %"PRIuSIZE" "
                     "aliases; give one --alias for each name, or none",
                     args->n_names, args->n_aliases);
        return false;
    }
    return true;
}

/* Prints the elements for 'devices' if all can be given to a VM. */
static enum client_status
print_devices(const struct arguments *args, struct vdpa_device *devices[])
{
    struct ds s = DS_EMPTY_INITIALIZER;
    char *error = NULL;

    for (size_t i = 0; i < args->n_names && !error; i++) {
        error = vdpa_device_put_xml(devices[i], (args->n_aliases
                                                 ? args->aliases[i] : NULL),
                                    INDENT, &s);
    }
    if (error) {
        client_error("%s", error);
        free(error);
        ds_destroy(&s);
        return CLIENT_REFUSED;
    }
    for (size_t i = 0; i < args->n_names; i++) {
        if (devices[i]->holder) {
            client_error("warning: %s is in use by %s", devices[i]->name,
                         devices[i]->holder);
        }
    }
    client_print(ds_cstr(&s));
    ds_destroy(&s);
    return CLIENT_OK;
}

enum client_status
vdpa_domain_xml(const struct client *client, int argc, char *argv[])
{
    struct arguments args = {
        .aliases = xcalloc(argc + 1, sizeof *args.aliases),
    };
    enum client_status status = CLIENT_USAGE;

    if (client->format) {
        client_error("vdpa domain-xml: there is no format but XML");
    } else if (!parse_arguments(&args, argc, argv)) {
        fprintf(stderr, "usage: %s vdpa domain-xml %s\n", program_name,
                VDPA_DOMAIN_XML_USAGE);
    } else {
        struct vdpa_device **selected = xcalloc(args.n_names,
                                                sizeof *selected);
        struct vdpa_devices devices;

        status = vdpa_ask_list(client, args.n_names, args.names, &devices,
                               selected);
        if (status == CLIENT_OK) {
            for (size_t i = 0; i < args.n_names; i++) {
                vdpa_ask_config(client, selected[i]);
            }
            status = print_devices(&args, selected);
            vdpa_devices_destroy(&devices);
        }
        free(selected);
    }
    free(args.aliases);
    return status;
}
