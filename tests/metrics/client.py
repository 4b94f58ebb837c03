#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""An HTTP client, well-behaved and otherwise.

client.py ADDRESS get METHOD PATH [HEADER]...
    prints the status, the type, an empty line, and the body
client.py ADDRESS raw
    sends standard input, prints the first line of each answer until the
    server closes
client.py ADDRESS flood N M PATH
    M requests on each of N connections at a time; prints how many were
    answered with 200
client.py ADDRESS hold N TEXT
    sends TEXT on N connections and reads nothing; prints "connected", and when
    standard input ends how many the server closed
client.py ADDRESS stall PATH
    reads a little of the answer, prints "stalled", waits for a line on
    standard input, reads the rest and prints it
client.py ADDRESS keep SECONDS
    scrapes twice on one connection, that far apart; prints how often the
    daemon's main loop turned in between

ADDRESS is IP:PORT, [IPV6]:PORT or unix:PATH.
"""
import http.client
import select
import socket
import sys
import time

TIMEOUT = 120


def connect(address, small=False):
    if address.startswith("unix:"):
        sock = socket.socket(socket.AF_UNIX)
        where = address[5:]
    else:
        host, port = address.rsplit(":", 1)
        ipv6 = host.startswith("[")
        sock = socket.socket(socket.AF_INET6 if ipv6 else socket.AF_INET)
        where = (host.strip("[]"), int(port))
    if small:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    sock.settimeout(TIMEOUT)
    sock.connect(where)
    return sock


class Connection(http.client.HTTPConnection):
    def __init__(self, address):
        super().__init__("localhost")
        self.address = address

    def connect(self):
        self.sock = connect(self.address)


def get(address, method, path, *headers):
    conn = Connection(address)
    conn.request(method, path,
                 headers=dict(h.split(": ", 1) for h in headers))
    answer = conn.getresponse()
    print(answer.status, answer.getheader("Content-Type", ""))
    print()
    sys.stdout.write(answer.read().decode())


def raw(address):
    sock = connect(address)
    data = sys.stdin.buffer.read()
    got = b""
    try:
        sock.sendall(data)
    except OSError:
        pass
    while True:
        try:
            part = sock.recv(65536)
        except OSError:
            break
        if not part:
            break
        got += part
    for line in got.split(b"\n"):
        if line.startswith(b"HTTP/"):
            print(line.decode("latin1").rstrip())


def flood(address, n, m, path):
    conns = [Connection(address) for _ in range(int(n))]
    left = {c: int(m) for c in conns}
    good = 0
    while left:
        # All at the same time.
        for c in left:
            c.request("GET", path)
        for c in list(left):
            try:
                answer = c.getresponse()
                answer.read()
                good += answer.status == 200
            except (OSError, http.client.HTTPException):
                c.close()
            left[c] -= 1
            if not left[c]:
                del left[c]
    print(good)


def hold(address, n, text):
    socks = [connect(address, small=True) for _ in range(int(n))]
    for sock in socks:
        sock.sendall(text.encode().decode("unicode_escape").encode())
    print("connected", flush=True)
    sys.stdin.read()
    closed = 0
    for sock in socks:
        poll = select.poll()
        poll.register(sock, select.POLLRDHUP)
        closed += bool(poll.poll(0))
    print(closed)


def stall(address, path):
    sock = connect(address, small=True)
    sock.sendall(b"GET %s HTTP/1.0\r\n\r\n" % path.encode())
    got = sock.recv(1000)
    print("stalled", flush=True)
    sys.stdin.readline()
    while True:
        part = sock.recv(65536)
        if not part:
            break
        got += part
    sys.stdout.write(got.split(b"\r\n\r\n", 1)[1].decode())


def keep(address, seconds):
    conn = Connection(address)
    turns = []
    for pause in [0, float(seconds)]:
        time.sleep(pause)
        conn.request("GET", "/metrics")
        for line in conn.getresponse().read().decode().splitlines():
            if line.startswith("ovs_offload_main_loop_turns_total "):
                turns.append(int(line.split()[1]))
    print(turns[1] - turns[0])


if __name__ == "__main__":
    {"get": get, "raw": raw, "flood": flood, "hold": hold,
     "stall": stall, "keep": keep}[sys.argv[2]](sys.argv[1], *sys.argv[3:])
