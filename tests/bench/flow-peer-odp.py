#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# flow-peer-odp.py FILE
#
# The text that flow-gen writes, read with Open vSwitch's Python parser, on
# which ovs-flowviz stands: adds up what each port sent.  Older versions do not
# know "offloaded:yes", which is taken out before the clock starts.

import json
import sys
import time

from ovs.flow.odp import ODPFlow


def main():
    with open(sys.argv[1]) as stream:
        lines = [line.replace(", offloaded:yes", "") for line in stream]

    ports = {}
    flows = 0
    start = time.process_time()
    for line in lines:
        flow = ODPFlow(line)
        if flow is None:
            continue
        sums = ports.setdefault(flow.match["in_port"], [0, 0])
        sums[0] += flow.info["packets"]
        sums[1] += flow.info["bytes"]
        flows += 1
    seconds = time.process_time() - start

    print(json.dumps({
        "flows": flows,
        "packets": sum(sums[0] for sums in ports.values()),
        "bytes": sum(sums[1] for sums in ports.values()),
        "seconds": seconds,
    }))


main()
