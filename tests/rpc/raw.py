#! /usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Clients that are none of gRPC, each on a connection of its own.

    raw.py SOCKET garbage SEED COUNT    what is no HTTP/2, or only begins so;
                                        waits until the server closes or has
                                        answered
    raw.py SOCKET flood                 sends what has to be answered until the
                                        server takes no more, reads no answer,
                                        and waits until the server closes
    raw.py SOCKET slow                  begins to speak, or a call, or nothing,
                                        and waits until the server closes
    raw.py SOCKET many COUNT            connects, prints "connected", and waits
                                        for the end of standard input

It fails if the server does not do what is waited for.
"""

import random
import select
import socket
import struct
import sys

LIMIT = 120                     # Seconds; no wait for the server is longer.
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

DATA, HEADERS, PRIORITY, RESET, SETTINGS, PUSH, PING, GOAWAY, WINDOW, MORE = \
    range(10)


def frame(kind, flags=0, stream=0, payload=b""):
    return (struct.pack(">I", len(payload))[1:] + bytes([kind, flags])
            + struct.pack(">I", stream) + payload)


def text(value):
    return bytes([len(value)]) + value


def headers():
    """A call's header fields, without the table."""
    fields = [
        (b":method", b"POST"), (b":scheme", b"http"),
        (b":path", b"/vdpadpdk.VdpaDpdk/GetSocketpath"),
        (b":authority", b"/var/run/vdpa/vdpa.sock"),
        (b"content-type", b"application/grpc"), (b"te", b"trailers"),
    ]
    return b"".join(b"\0" + text(n) + text(v) for n, v in fields)


HELLO = PREFACE + frame(SETTINGS)
CALL = HELLO + frame(HEADERS, 4, 1, headers())
BODY = b"\0\0\0\0\x0e\n\x0c0000:82:00.2"


def connect(path):
    client = socket.socket(socket.AF_UNIX)
    # With a time limit it would not wait for the server to accept others.
    client.connect(path)
    client.settimeout(LIMIT)
    return client


def read_to_end(client):
    data = b""
    try:
        while True:
            piece = client.recv(65536)
            if not piece:
                return data
            data += piece
    except ConnectionResetError:
        return data


def pieces(rng):
    """Things to send, most of them wrong."""
    some = rng.randbytes(rng.randrange(1, 400))
    yield some
    yield b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
    yield PREFACE[:rng.randrange(1, len(PREFACE))] + some
    yield HELLO + some
    yield CALL + some
    yield CALL + frame(DATA, 1, 1, some)
    yield CALL + frame(DATA, 0, 1, BODY) + frame(DATA, 1, 1, BODY)
    yield CALL + frame(DATA, 0, 1, BODY * 300)
    yield CALL + frame(DATA, 8, 1, b"\xff")
    yield CALL + frame(DATA, 1, 3, BODY)
    yield CALL + frame(HEADERS, 4, 1, headers())
    yield CALL + frame(RESET, 0, 1, b"\0\0\0\0") + frame(DATA, 1, 1, BODY)
    yield HELLO + frame(HEADERS, 5, 1, some)
    yield HELLO + frame(HEADERS, 5, 2, headers())
    yield HELLO + frame(HEADERS, 1, 1, headers()) + frame(PING, 0, 0, b"x" * 8)
    yield HELLO + frame(HEADERS, 1, 1, b"") + frame(MORE, 0, 1, b"") * 100
    yield HELLO + frame(SETTINGS, 0, 0, b"\0\4\xff\xff\xff\xff")
    yield HELLO + frame(SETTINGS, 0, 0, b"x")
    yield HELLO + frame(PUSH, 4, 1, b"\0\0\0\2" + headers())
    yield HELLO + frame(WINDOW, 0, 0, b"\x7f\xff\xff\xff")
    yield HELLO + frame(GOAWAY, 0, 0, b"\0" * 8)
    yield HELLO + frame(rng.randrange(256), rng.randrange(256),
                        rng.randrange(8), some)
    yield HELLO + b"\xff\xff\xff" + some
    # A call, with a bit of it changed.
    call = bytearray(CALL + frame(DATA, 1, 1, BODY))
    bit = rng.randrange(len(PREFACE) * 8, len(call) * 8)
    call[bit // 8] ^= 1 << bit % 8
    yield bytes(call)


def garbage(path, seed, count):
    rng = random.Random(seed)
    for _ in range(count):
        for piece in pieces(rng):
            with connect(path) as client:
                try:
                    while piece:
                        n = rng.randrange(1, len(piece) + 1)
                        client.sendall(piece[:n])
                        piece = piece[n:]
                    # So that the server does not wait for more.
                    client.shutdown(socket.SHUT_WR)
                except (BrokenPipeError, ConnectionResetError):
                    pass
                read_to_end(client)


def frames(kind):
    """Frames without end, many at a time."""
    stream = 1
    while True:
        if kind == HEADERS:
            yield b"".join(frame(HEADERS, 5, stream + 2 * i, headers())
                           for i in range(20))
            stream += 40
        else:
            yield frame(kind, 0, 0, b"x" * 8 if kind == PING else b"") * 100


def flood(path):
    clients = []
    for kind in [PING, SETTINGS, HEADERS]:
        client = connect(path)
        client.settimeout(2)
        clients.append(client)
        try:
            client.sendall(HELLO)
            for some, _ in zip(frames(kind), range(10000)):
                client.sendall(some)
            sys.exit("the server takes all, and never waits for us")
        except (TimeoutError, BrokenPipeError, ConnectionResetError):
            pass
    for client in clients:
        poll = select.poll()
        # Not for input, of which there is plenty.
        poll.register(client, 0)
        if not poll.poll(LIMIT * 1000):
            sys.exit("the server does not close")


def slow(path):
    clients = []
    for begin in [b"", PREFACE[:10], PREFACE, CALL,
                  CALL + frame(DATA, 0, 1, BODY[:-1]),
                  HELLO + frame(HEADERS, 0, 1, headers())]:
        client = connect(path)
        client.sendall(begin)
        clients.append((client, begin))
    for client, begin in clients:
        if begin.startswith(HELLO):
            # The call is broken off, the connection may stay.
            data = b""
            while frame(RESET, 0, 1, b"\0\0\0\x08") not in data:
                piece = client.recv(65536)
                if not piece:
                    sys.exit("closed before the call was broken off")
                data += piece
        else:
            read_to_end(client)


def many(path, count):
    clients = [connect(path) for _ in range(count)]
    for client in clients:
        try:
            client.sendall(HELLO)
        except (BrokenPipeError, ConnectionResetError):
            pass                # Too many: this one was refused.
    print("connected", flush=True)
    sys.stdin.read()


def main():
    path, command, *args = sys.argv[1:]
    {"garbage": garbage, "flood": flood, "slow": slow,
     "many": many}[command](path, *map(int, args))


if __name__ == "__main__":
    main()
