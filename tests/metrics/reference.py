#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Compares a scrape with what is written about it.

reference.py check PAGE SCRAPE
    PAGE is Documentation/metrics.md, SCRAPE is in OpenMetrics; prints what
    differs in names, types, labels (of those that have samples) and texts
reference.py uses PAGE FILE...
    prints names of metrics in FILEs (alerts, dashboards) that PAGE has not
"""
import re
import sys

SUFFIX = {"counter": "_total", "info": "_info"}


def read_page(path):
    metrics = {}
    with open(path) as page:
        for line in page:
            cells = [c.strip() for c in line.split(" | ")]
            if len(cells) == 4 and line.startswith("| `"):
                metrics[cells[0].strip("| `")] = (
                    cells[1], sorted(re.findall("`([^`]*)`", cells[2])),
                    cells[3].rstrip(" |"))
    return metrics


def read_scrape(path):
    metrics, name = {}, None
    with open(path) as scrape:
        for line in scrape:
            words = line.rstrip("\n").split(" ", 3)
            if words[:2] == ["#", "HELP"]:
                text = words[3]
            elif words[:2] == ["#", "TYPE"]:
                name = words[2] + SUFFIX.get(words[3], "")
                metrics[name] = (words[3], None, text)
            elif not line.startswith("#"):
                braces = re.search(r"\{(.*)\}", line)
                labels = re.findall(r'([a-z_]+)="(?:[^"\\]|\\.)*"',
                                    braces.group(1) if braces else "")
                metrics[name] = (metrics[name][0],
                                 sorted(set(labels) - {"le"}),
                                 metrics[name][2])
    return metrics


def check(page, scrape):
    there, written = read_scrape(scrape), read_page(page)
    for name in sorted(set(there) | set(written)):
        if name not in written:
            print("%s: not in %s" % (name, page))
        elif name not in there:
            print("%s: there is no such metric" % name)
        else:
            for have, want in zip(there[name], written[name]):
                if have is not None and have != want:
                    print("%s: %s, but %s" % (name, want, have))


def uses(page, *paths):
    written = read_page(page)
    for name in list(written):
        if written[name][0] == "histogram":
            for suffix in ["_bucket", "_sum", "_count"]:
                written[name + suffix] = written[name]
    for path in paths:
        with open(path) as file:
            names = re.findall(r"\b(?:ovs_offload|process)_\w+", file.read())
        if not names:
            print("%s: uses no metric" % path)
        for name in sorted(set(names) - set(written)):
            print("%s: %s: there is no such metric" % (path, name))


if __name__ == "__main__":
    {"check": check, "uses": uses}[sys.argv[1]](*sys.argv[2:])
