#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# frames.py NETDEV FRAME...
#
# Sends frames as they are described, one layer a word, outer ones first:
#
#   eth=DST>SRC             the last byte of each MAC address, 02:00:00:00:00:XX
#   vlan=ID  svlan=ID  mpls=LABEL
#   ip=SRC>DST[,ttl=N][,tos=N][,frag=first|later]    ip6 likewise, no frag
#   arp=SPA>TPA
#   tcp=SPORT>DPORT[,flags=N]  udp=...  sctp=...
#   icmp=TYPE,CODE  icmp6=TYPE,CODE  nd=TARGET
#   data=BYTES              so many zeros
import ipaddress
import socket
import struct
import sys

ETHERTYPE = {"ip": 0x800, "ip6": 0x86DD, "arp": 0x806, "vlan": 0x8100,
             "svlan": 0x88A8, "mpls": 0x8847, "data": 0x88B5}
PROTO = {"tcp": 6, "udp": 17, "sctp": 132, "icmp": 1, "icmp6": 58, "nd": 58,
         "data": 253}


def mac(text):
    return bytes([2, 0, 0, 0, 0, int(text, 16)])


def checksum(data):
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def addresses(args):
    return [ipaddress.ip_address(a).packed for a in args[0].split(">")]


def ports(args):
    return struct.pack("!HH", *[int(p) for p in args[0].split(">")])


def layer(name, args, opts, inner_name, inner):
    """Returns the layer with what is in it."""
    if name == "eth":
        dst, src = args[0].split(">")
        return mac(dst) + mac(src) + struct.pack("!H", ETHERTYPE[inner_name])
    if name in ("vlan", "svlan"):
        return struct.pack("!HH", int(args[0]), ETHERTYPE[inner_name])
    if name == "mpls":
        return struct.pack("!I", int(args[0]) << 12 | 0x100 | 64)
    if name == "arp":
        spa, tpa = addresses(args)
        return (struct.pack("!HHBBH", 1, 0x800, 6, 4, 1) + mac("1") + spa +
                bytes(6) + tpa)
    if name == "ip":
        src, dst = addresses(args)
        frag = {None: 0, "first": 0x2000, "later": 0x100}[opts.get("frag")]
        head = struct.pack("!BBHHHBBH", 0x45, int(opts.get("tos", 0)),
                           20 + len(inner), 1, frag, int(opts.get("ttl", 64)),
                           PROTO[inner_name], 0) + src + dst
        return head[:10] + struct.pack("!H", checksum(head)) + head[12:]
    if name == "ip6":
        src, dst = addresses(args)
        return struct.pack("!IHBB", 6 << 28 | int(opts.get("tos", 0)) << 20,
                           len(inner), PROTO[inner_name],
                           int(opts.get("ttl", 64))) + src + dst
    if name == "tcp":
        return ports(args) + struct.pack("!IIHHHH", 1, 0, 0x5000 | int(
            opts.get("flags", 2)), 1000, 0, 0)
    if name == "udp":
        return ports(args) + struct.pack("!HH", 8 + len(inner), 0)
    if name == "sctp":
        return ports(args) + bytes(8)
    if name in ("icmp", "icmp6"):
        return struct.pack("!BBHI", int(args[0]), int(args[1]), 0, 0)
    if name == "nd":
        return (struct.pack("!BBHI", 135, 0, 0, 0) +
                ipaddress.ip_address(args[0]).packed + b"\1\1" + mac("1"))
    if name == "data":
        return bytes(int(args[0]))
    raise ValueError(name)


def frame(text):
    result, inner_name = b"", "data"
    for word in reversed(text.split()):
        name, _, rest = word.partition("=")
        args = [a for a in rest.split(",") if "=" not in a]
        opts = dict(a.split("=") for a in rest.split(",") if "=" in a)
        result = layer(name, args, opts, inner_name, result) + result
        inner_name = name
    return result + bytes(max(0, 60 - len(result)))


sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
sock.bind((sys.argv[1], 0))
for description in sys.argv[2:]:
    sock.send(frame(description))
