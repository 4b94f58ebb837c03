/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "utilities/client/catalog.h"

#include <string.h>

#include "util.h"

/* Columns.  Those of rank 0 say which row it is and how it is. */

static const struct grid_column object_columns[] = {
    { .heading = "NAME" },
    { .heading = "VALUE", .elastic = true },
};

static const struct grid_column port_columns[] = {
    { "REPRESENTOR", "representor", 0, false, false },
    { "VF", "vf_pci", 0, false, false },
    { "VDPA", "vdpa", 8, false, false },
    { "DRIVER", "vdpa_driver", 3, false, false },
    { "PAIR", "pair", 7, false, true },
    { "BRIDGE", "bridge", 5, false, false },
    { "OWNER", "owner", 4, false, false },
    { "OFPORT", "ofport", 1, false, false },
    { "IFACE-ID", "iface_id", 10, true, false },
    { "REQUEST", "request", 2, false, false },
    { "OFFLOAD", "offload", 9, false, true },
    { "STATE", "state", 0, false, true },
    { "REASON", "reason", 6, true, false },
};

static const struct grid_column vdpa_columns[] = {
    { "VDPA", "vdpa", 0, false, false },
    { "MGMTDEV", "mgmtdev", 3, false, false },
    { "DRIVER", "vdpa_driver", 7, false, false },
    { "NETDEV", "netdev", 4, false, false },
    { "VHOST", "vhost_device", 5, false, false },
    { "VF", "vf_pci", 6, false, false },
    { "REPRESENTOR", "representor", 2, false, false },
    { "PAIR", "pair", 0, false, true },
    { "REASON", "reason", 1, true, false },
};

static const struct grid_column mgmtdev_columns[] = {
    { "MGMTDEV", "mgmtdev", 0, false, false },
    { "CLASSES", "classes", 2, true, false },
    { "MAX-VQS", "max_vqs", 1, false, false },
    { "DEVICES", "devices", 3, true, false },
    { "FEATURES", "features", 1, true, false },
};

static const struct grid_column event_columns[] = {
    { "SEQNO", "seqno", 1, false, false },
    { "TIME", "time", 3, false, false },
    { "SUBJECT", "subject", 0, true, false },
    { "WHAT", "what", 2, false, false },
    { "FROM", "from", 4, true, true },
    { "TO", "to", 0, true, true },
    { "CAUSE", "cause", 5, true, false },
};

static const struct grid_column policy_columns[] = {
    { "POLICY", "policy", 0, true, false },
    { "PF", "pf", 0, false, false },
    { "NETDEV", "name", 3, false, false },
    { "VFS", "num_vfs", 4, false, false },
    { "ESWITCH", "eswitch_mode", 2, false, false },
    { "VDPAS", "vdpas", 1, false, false },
    { "TOWARDS", "towards", 5, false, false },
    { "STATE", "state", 0, false, true },
    { "REASON", "reason", 6, true, false },
};

static const struct grid_column diff_columns[] = {
    { "POLICY", "policy", 1, true, false },
    { "PF", "pf", 0, false, false },
    { "N", "n", 0, false, false },
    { "STEP", "step", 0, true, false },
};

static const struct grid_column explain_columns[] = {
    { "INTERFACE", "interface", 1, true, false },
    { "CHECK", "check", 0, true, false },
    { "VERDICT", "verdict", 0, false, true },
    { "EVIDENCE", "evidence", 3, true, false },
    { "FIX", "fix", 2, true, false },
};

static const struct grid_column report_columns[] = {
    { "POD", NULL, 0, true, false },
    { "INTERFACE", NULL, 0, false, false },
    { "KIND", NULL, 1, false, false },
    { "DIR", NULL, 0, false, false },
    { "FLOWS", NULL, 7, false, false },
    { "OFFLOADED", NULL, 6, false, false },
    { "HW-PACKETS", NULL, 5, false, false },
    { "HW-BYTES", NULL, 3, false, false },
    { "SW-PACKETS", NULL, 5, false, false },
    { "SW-BYTES", NULL, 2, false, false },
    { "WHY-NOT", NULL, 4, true, false },
};

static const struct grid_column flow_columns[] = {
    { "POD", NULL, 0, true, false },
    { "FROM", "sender.name", 0, false, false },
    { "TO", NULL, 0, true, false },
    { "RECIRC", "recirc_id", 2, false, false },
    { "DP", "dp", 6, false, false },
    { "PATH", "path", 8, false, true },
    { "HW%", "hw_percent", 7, false, false },
    { "HW-PACKETS", "hw.packets", 4, false, false },
    { "SW-PACKETS", "sw.packets", 4, false, false },
    { "WHY-NOT", "reason.evidence", 9, true, false },
    { "MATCH", "match", 5, true, false },
    { "ACTIONS", "actions", 3, true, false },
    { "UFID", "ufid", 1, false, false },
};

#define COLUMNS(ARRAY) .columns = ARRAY, .n_columns = ARRAY_SIZE(ARRAY)
#define OBJECT .shape = ANSWER_OBJECT, COLUMNS(object_columns)

const struct catalog_command catalog[] = {
    /* State. */
    { "status", "", "What the daemon is at: configuration in effect, "
      "connections, counts.",
      "status", "", OBJECT, .reads = true },
    { "port/list", "", "VFs with their representors, vDPA devices and pods, "
      "and what becomes of them.",
      "port list\n-o wide port list", "",
      .shape = ANSWER_ARRAY, COLUMNS(port_columns), .reads = true },
    { "port/show", "NAME", "All that is known of one port: NAME is a "
      "representor, PCI address, vDPA device,\niface-id or NS/POD.",
      "port show shop/web-0", "port", OBJECT, .reads = true },
    { "port/attach", "NAME iface-id=ID [mac=MAC] [key=value]...",
      "Requests that a representor be put on the bridge (mode own).",
      "port attach vdpa0 iface-id=shop_web-0",
      "port iface-id= mac=", .shape = ANSWER_TEXT },
    { "port/detach", "NAME", "Takes such a request back.",
      "port detach vdpa0", "request", .shape = ANSWER_TEXT },
    { "event/list", "", "The last changes of state, each with its cause.",
      "event list", "",
      .shape = ANSWER_ARRAY, COLUMNS(event_columns), .reads = true },
    { "event/wait", "[--flows] [STATE]", "Waits until something, with "
      "--flows also about flows, is other than it was\nwhen the answer was "
      "STATE; that is what --watch does.",
      "event wait", "--flows", OBJECT },

    { "topology", TOPOLOGY_USAGE, "PFs, VFs, vDPA devices, representors, "
      "uplinks, bridges and pods as a tree, as a\ngraph for Graphviz (--dot), "
      "or drawn by it (--svg).",
      "topology\ntopology --svg >topology.svg", "--dot --svg",
      .shape = ANSWER_TEXT, .reads = true, .run = topology_command },

    { "snapshot", SNAPSHOT_USAGE, "Writes all that the daemon knows to a "
      "file, for a bug report; option --snapshot\nanswers commands from that.",
      "snapshot node1.json", "file",
      .shape = ANSWER_TEXT, .run = snapshot_command },

    /* Flows. */
    { "explain", "NS/POD|PORT", "Whether flows of an interface can be in "
      "hardware, as a checklist; fails if a\ncheck does.",
      "explain shop/web-0", "port",
      .shape = ANSWER_EXPLAIN, COLUMNS(explain_columns), .reads = true },
    { "flow/report", "[--pod=NS/POD] [--top=N]",
      "What each pod's interface sends and receives, in hardware and in "
      "software.",
      "flow report --pod=shop/web-0\n-o csv flow report", "--pod=pod --top=",
      .shape = ANSWER_REPORT, COLUMNS(report_columns), .reads = true },
    { "flow/list", "[--pod=NS/POD] [--not-offloaded] [--ufid=UFID] "
      "[--limit=N]",
      "Single flows, and why those that are not in hardware are not.",
      "flow list --pod=shop/web-0 --not-offloaded",
      "--pod=pod --not-offloaded --ufid= --limit=",
      .shape = ANSWER_FLOWS, COLUMNS(flow_columns), .reads = true },
    { "flow/watch", FLOW_WATCH_USAGE,
      "Rates of pods in hardware and in software, refreshed as top(1) does.",
      "flow watch --top=10",
      "--pod=pod --all --top= --sort=sort --interval= --once",
      .shape = ANSWER_TEXT, .run = flow_watch },
    { "flow/parse", "FILE [--top=N]",
      "A report from a saved output of \"ovs-appctl dpctl/dump-flows -m\".",
      "flow parse dump.txt", "file --top=",
      .shape = ANSWER_REPORT, COLUMNS(report_columns) },
    { "flow/check", "", "Computes all sums anew and compares.",
      "flow check", "", .shape = ANSWER_TEXT, .reads = true },

    /* vDPA devices. */
    { "vdpa/list", "", "vDPA devices and what they are paired with.",
      "vdpa list", "",
      .shape = ANSWER_ARRAY, COLUMNS(vdpa_columns), .reads = true },
    { "vdpa/show", "NAME", "All that is known of one vDPA device.",
      "vdpa show vdpa0", "vdpa", OBJECT, .reads = true },
    { "vdpa/mgmtdev-list", "", "Where vDPA devices can be made.",
      "vdpa mgmtdev-list", "",
      .shape = ANSWER_ARRAY, COLUMNS(mgmtdev_columns), .reads = true },
    { "vdpa/add", "NAME mgmtdev=DEV [mac=MAC] [mtu=BYTES] [max-vqp=N] "
      "[features=FEATURE[,FEATURE]...]", "Makes a vDPA device.",
      "vdpa add vdpa0 mgmtdev=pci/0000:65:00.2 mtu=9000",
      "- mgmtdev=mgmtdev mac= mtu= max-vqp= features=", OBJECT },
    { "vdpa/set", "NAME mac=MAC", "Gives a vDPA device another MAC address.",
      "vdpa set vdpa0 mac=02:00:00:00:00:01", "vdpa mac=",
      .shape = ANSWER_TEXT },
    { "vdpa/bind", "NAME DRIVER", "Binds a vDPA device to virtio_vdpa or "
      "vhost_vdpa.",
      "vdpa bind vdpa0 vhost_vdpa", "vdpa driver", OBJECT },
    { "vdpa/unbind", "NAME", "Takes a vDPA device from its driver.",
      "vdpa unbind vdpa0", "vdpa", OBJECT },
    { "vdpa/del", "NAME [--cancel]", "Deletes a vDPA device, or takes back a "
      "deletion that waits for it to be closed.",
      "vdpa del vdpa0", "vdpa --cancel", .shape = ANSWER_TEXT },
    { "vdpa/domain-xml", VDPA_DOMAIN_XML_USAGE,
      "The interface elements by which a domain of libvirt gets devices.",
      "vdpa domain-xml 0000:65:00.2", "vdpa... --alias=",
      .shape = ANSWER_TEXT, .reads = true, .run = vdpa_domain_xml },
    { "vdpa/env", VDPA_ENV_USAGE,
      "The environment by which KubeVirt finds the devices of a resource.",
      "vdpa env --resource=example.com/vdpa", "vdpa... --resource=",
      .shape = ANSWER_TEXT, .reads = true, .run = vdpa_env },

    /* Policies. */
    { "policy/list", "", "PFs that have a policy, and how far they are.",
      "policy list", "",
      .shape = ANSWER_ARRAY, COLUMNS(policy_columns), .reads = true },
    { "policy/show", "NAME", "One policy, and its PFs.",
      "policy show mlx", "policy", OBJECT, .reads = true },
    { "policy/diff", "[NAME]", "Steps that are left for each PF.",
      "policy diff", "policy",
      .shape = ANSWER_ARRAY, COLUMNS(diff_columns), .reads = true },
    { "policy/set", "NAME FIELD=VALUE[,...]", "Sets a policy of this node.",
      "policy set mlx pfNames=ens1f0np0,numVfs=8,eSwitchMode=switchdev",
      "policy",
      .shape = ANSWER_TEXT },
    { "policy/apply", POLICY_APPLY_USAGE,
      "Sets a policy from a SriovNetworkNodePolicy in YAML.",
      "policy apply policy.yaml", "file --dry-run --force",
      .shape = ANSWER_TEXT, .run = policy_apply },
    { "policy/delete", "NAME", "Removes a policy; what it did is undone.",
      "policy delete mlx", "policy", .shape = ANSWER_TEXT },

    /* Life. */
    { "recompute", "", "Has the daemon read everything again.",
      "recompute", "", .shape = ANSWER_TEXT },
    { "exit", "[--cleanup]", "Ends the daemon; with --cleanup it removes its "
      "ports first.",
      "exit", "--cleanup", .shape = ANSWER_TEXT },
    { "version", "", "The daemon's version.", "version", "",
      .shape = ANSWER_TEXT, .reads = true },
    { "list-commands", "", "What the daemon calls its commands.",
      "list-commands", "", .shape = ANSWER_TEXT, .reads = true },
    { "vlog/list", "", "Levels of the daemon's log, by module.",
      "vlog list", "", .shape = ANSWER_TEXT, .reads = true },
    { "vlog/set", "{spec | PATTERN:destination:pattern}",
      "Sets them, as in ovs-appctl(8).",
      "vlog set ports:file:dbg", "", .shape = ANSWER_TEXT },
    { "vlog/reopen", "", "Opens the log file anew, as after its rotation.",
      "vlog reopen", "", .shape = ANSWER_TEXT },
    { "memory/show", "", "How much the daemon has of what.",
      "memory show", "", .shape = ANSWER_TEXT, .reads = true },
    { "coverage/show", "", "How often the daemon did what.",
      "coverage show", "", .shape = ANSWER_TEXT, .reads = true },
};
const size_t catalog_n = ARRAY_SIZE(catalog);

const struct catalog_command *
catalog_find(const char *name)
{
    for (size_t i = 0; i < catalog_n; i++) {
        if (!strcmp(catalog[i].name, name)) {
            return &catalog[i];
        }
    }
    return NULL;
}

/* Do 'words', joined by '/', begin with 'name'?  '*n_name' is of how many it
 * is. */
static bool
is_named(const char *name, size_t n, char *const words[], size_t *n_name)
{
    for (*n_name = 0; *n_name < n; ) {
        const char *word = words[(*n_name)++];
        size_t len = strlen(word);

        if (!len || strncmp(name, word, len)
            || (name[len] && name[len] != '/')) {
            return false;
        }
        if (!name[len]) {
            return true;
        }
        name += len + 1;
    }
    return false;
}

const struct catalog_command *
catalog_find_words(size_t n, char *const words[], size_t *n_name)
{
    for (size_t i = 0; i < catalog_n; i++) {
        /* No name is the beginning of another one. */
        if (is_named(catalog[i].name, n, words, n_name)) {
            return &catalog[i];
        }
    }
    return NULL;
}

char *
catalog_words(const char *name)
{
    char *words = xstrdup(name);

    for (char *p = words; *p; p++) {
        *p = *p == '/' ? ' ' : *p;
    }
    return words;
}
