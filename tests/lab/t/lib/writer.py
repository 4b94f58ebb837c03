#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A fast writer of the Open_vSwitch database.

  writer.py DATABASE-SOCKET pods CYCLES N_PODS [REQUEST]
      What ovn-kubernetes does when pods come and go, CYCLES times over the
      representors rep0 ... rep<N_PODS - 1>.  With REQUEST, the name of a
      device, this request is made, changed and taken away all the time.
      Prints what went wrong.

  writer.py DATABASE-SOCKET requests CYCLES REQUEST NETDEV
      Makes the request, waits for NETDEV's row to have an ofport, takes the
      request away, waits for the row to be gone, CYCLES times.

One process and one connection: with ovs-vsctl a test would measure how fast
processes are made.
"""

import fcntl
import json
import socket
import struct
import sys

SIOCGIFFLAGS, SIOCSIFFLAGS, SIOCSIFMTU = 0x8913, 0x8914, 0x8922
IFF_UP = 1
BRIDGE = "br-int"
TIMEOUT = 60                    # Seconds for one answer or one wait.


class Database:
    def __init__(self, path):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(TIMEOUT)
        self.sock.connect(path)
        self.buf = ""
        self.id = 0
        self.ifaces = {}        # Replica: name to (ofport, external_ids).
        self.names = {}         # UUID to name.
        columns = ["name", "ofport", "external_ids"]
        self.update(self.call("monitor", ["Open_vSwitch", None, {
            "Interface": {"columns": columns}}]))

    def receive(self):
        """Takes the next message, and updates the replica if it is one."""
        while True:
            text = self.buf.lstrip()
            try:
                message, end = json.JSONDecoder().raw_decode(text)
            except ValueError:
                data = self.sock.recv(65536)
                if not data:
                    sys.exit("ovsdb-server closed the connection")
                self.buf += data.decode()
                continue
            self.buf = text[end:]
            if message.get("method") == "update":
                self.update(message["params"][1])
            return message

    def update(self, tables):
        for uuid, change in tables.get("Interface", {}).items():
            self.ifaces.pop(self.names.pop(uuid, None), None)
            row = change.get("new")
            if row:
                self.names[uuid] = row["name"]
                ofport = row["ofport"]
                self.ifaces[row["name"]] = (
                    ofport if isinstance(ofport, int) else 0,
                    dict(row["external_ids"][1]))

    def call(self, method, params):
        self.id += 1
        self.sock.sendall(json.dumps({"method": method, "params": params,
                                      "id": self.id}).encode())
        while True:
            message = self.receive()
            if message.get("id") == self.id:
                if message.get("error"):
                    sys.exit("%s: %s" % (method, message["error"]))
                return message["result"]

    def transact(self, *ops):
        result = self.call("transact", ["Open_vSwitch"] + list(ops))
        for answer in result:
            if answer and "error" in answer:
                sys.exit("%s: %s" % (ops, answer))
        return result

    def wait(self, condition, what):
        """Until 'condition' is true of the replica."""
        try:
            while not condition():
                self.receive()
        except socket.timeout:
            sys.exit("never came true: %s; Interfaces: %s"
                     % (what, self.ifaces))

    def request(self, name, value):
        """Sets (or with None removes) a request."""
        key = "offload-port-" + name
        mutations = [["external_ids", "delete", ["set", [key]]]]
        if value is not None:
            mutations.append(["external_ids", "insert",
                              ["map", [[key, value]]]])
        self.transact({"op": "mutate", "table": "Open_vSwitch", "where": [],
                       "mutations": mutations})


def where(name):
    return [["name", "==", name]]


class Link:
    """Flags and MTU of a netdev."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

    def __init__(self, name):
        self.name = name.encode()

    def up(self, up):
        request = struct.pack("16sH14x", self.name, 0)
        flags, = struct.unpack_from(
            "H", fcntl.ioctl(self.sock, SIOCGIFFLAGS, request), 16)
        flags = flags | IFF_UP if up else flags & ~IFF_UP
        fcntl.ioctl(self.sock, SIOCSIFFLAGS,
                    struct.pack("16sH14x", self.name, flags))

    def mtu(self, mtu):
        fcntl.ioctl(self.sock, SIOCSIFMTU,
                    struct.pack("16si12x", self.name, mtu))


def plug(db, rep, pod):
    """CNI ADD, in ovn-kubernetes' order."""
    for name, (_, ids) in list(db.ifaces.items()):
        if ids.get("iface-id") == "ns_" + pod and name != rep:
            print("%s: stale port of %s" % (name, pod))
    have = db.ifaces.get(rep)
    if have and have[1].get("iface-id") != "ns_" + pod:
        print("OVS port %s was added for iface-id (%s), now readding it for "
              "(ns_%s)" % (rep, have[1].get("iface-id"), pod))
        return
    ids = ["map", [["attached_mac", "0a:58:0a:f4:00:05"],
                   ["iface-id", "ns_" + pod], ["iface-id-ver", "uid-" + pod],
                   ["sandbox", "sandbox-" + pod], ["vf-netdev-name", rep],
                   ["ip_addresses", "10.244.0.5/24"]]]
    db.transact(
        {"op": "insert", "table": "Interface", "uuid-name": "i",
         "row": {"name": rep, "external_ids": ids}},
        {"op": "insert", "table": "Port", "uuid-name": "p",
         "row": {"name": rep, "interfaces": ["named-uuid", "i"],
                 "other_config": ["map", [["transient", "true"]]]}},
        {"op": "mutate", "table": "Bridge", "where": where(BRIDGE),
         "mutations": [["ports", "insert", ["named-uuid", "p"]]]})
    db.transact(
        {"op": "update", "table": "Port", "where": where(rep),
         "row": {"qos": ["set", []]}},
        {"op": "update", "table": "Interface", "where": where(rep),
         "row": {"ingress_policing_rate": 0, "ingress_policing_burst": 0}})
    Link(rep).mtu(1400)
    Link(rep).up(True)
    db.wait(lambda: db.ifaces.get(rep, (1,))[0], "ofport of " + rep)
    if rep not in db.ifaces:
        print("%s: someone deleted the row" % rep)
    elif db.ifaces[rep][0] < 0:
        print("%s: ofport is -1" % rep)


def unplug(db, rep, pod):
    """CNI DEL"""
    have = db.ifaces.get(rep, (0, {}))[1]
    if have.get("sandbox") != "sandbox-" + pod:
        print("%s: the row has become %s" % (rep, have))
    Link(rep).up(False)
    rows = db.transact({"op": "select", "table": "Port", "where": where(rep),
                        "columns": ["_uuid"]})[0]["rows"]
    for row in rows:
        db.transact({"op": "mutate", "table": "Bridge",
                     "where": where(BRIDGE),
                     "mutations": [["ports", "delete", row["_uuid"]]]})


def pods(db, cycles, n_pods, request=None):
    plugged = {}
    for i in range(cycles):
        rep = "rep%d" % (i % n_pods)
        if rep in plugged:
            unplug(db, rep, plugged[rep])
        plugged[rep] = "pod%d" % i
        plug(db, rep, plugged[rep])
        if request and i % 5 == 0:
            step = i // 5 % 3
            db.request(request, None if step == 2 else
                       "iface-id=ours,round=%d" % i)
    for rep, pod in plugged.items():
        unplug(db, rep, pod)


def requests(db, cycles, name, netdev):
    for i in range(cycles):
        db.request(name, "iface-id=ns_cycle")
        db.wait(lambda: db.ifaces.get(netdev, (0,))[0], netdev + " attached")
        db.request(name, None)
        db.wait(lambda: netdev not in db.ifaces, netdev + " detached")


def main():
    _, path, what, cycles, *rest = sys.argv
    db = Database(path)
    if what == "pods":
        pods(db, int(cycles), int(rest[0]), *rest[1:])
    else:
        requests(db, int(cycles), *rest)


main()
