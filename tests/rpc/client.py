#! /usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A client of GetSocketpath, with grpcio (the C core of gRPC).

    client.py SOCKET ask ADDRESS...         prints the path of each
    client.py SOCKET raw HEX                sends bytes as the message, prints
                                            the status code and, if it is 0,
                                            the path
    client.py SOCKET method PATH            calls another method, prints the
                                            status code
    client.py SOCKET compressed ADDRESS     likewise, with a compressed message
    client.py SOCKET metadata BYTES         likewise, with so long a header
    client.py SOCKET hold ADDRESS           asks once for each line of standard
                                            input, on one connection
    client.py SOCKET load CLIENTS CALLS ADDRESS PATH
                                            CALLS calls from CLIENTS at a time,
                                            each on a connection of its own;
                                            each must get PATH

Messages are written and read by hand: there is one field.
"""

import concurrent.futures
import sys

import grpc

METHOD = "/vdpadpdk.VdpaDpdk/GetSocketpath"
TIMEOUT = 30


def request(address):
    """The message for an address shorter than 128 bytes."""
    text = address.encode()
    assert len(text) < 128
    return bytes([0x0A, len(text)]) + text if text else b""


def response(message):
    """The path in a message, which has nothing else in it."""
    if not message:
        return ""
    assert message[0] == 0x0A, message
    length, start = message[1], 2
    if length & 0x80:
        length, start = (length & 0x7F) | message[2] << 7, 3
    assert len(message) == start + length, message
    return message[start:].decode()


def connect(path):
    return grpc.insecure_channel(
        "unix:" + path,
        options=[
            # A connection for each channel.
            ("grpc.use_local_subchannel_pool", 1),
            ("grpc.enable_http_proxy", 0),
        ],
    )


def status_of(call):
    try:
        return 0, call()
    except grpc.RpcError as error:
        print(error.details(), file=sys.stderr)
        return error.code().value[0], None


def ask(channel, address):
    method = channel.unary_unary(METHOD, request, response)
    return method(address, timeout=TIMEOUT, wait_for_ready=True)


def load(path, clients, calls, address, want):
    def client(number):
        with connect(path) as channel:
            for _ in range(calls // clients + (number < calls % clients)):
                have = ask(channel, address)
                if have != want:
                    raise ValueError(f"got {have!r}, not {want!r}")

    with concurrent.futures.ThreadPoolExecutor(clients) as pool:
        for done in [pool.submit(client, i) for i in range(clients)]:
            done.result()
    print(calls)


def main():
    path, command, *args = sys.argv[1:]
    if command == "load":
        load(path, int(args[0]), int(args[1]), args[2], args[3])
        return
    with connect(path) as channel:
        if command == "ask":
            for address in args:
                print(ask(channel, address))
        elif command == "hold":
            for _ in sys.stdin:
                # An idle channel learns only by a call that the server left.
                code, have = status_of(lambda: ask(channel, args[0]))
                if code == grpc.StatusCode.UNAVAILABLE.value[0]:
                    have = ask(channel, args[0])
                print(have, flush=True)
        elif command == "raw":
            method = channel.unary_unary(METHOD, None, response)
            code, have = status_of(
                lambda: method(bytes.fromhex(args[0]), timeout=TIMEOUT,
                               wait_for_ready=True))
            print(code, *([have] if have is not None else []))
        else:
            options = {"timeout": TIMEOUT, "wait_for_ready": True}
            name = METHOD
            address = "0000:00:00.0"
            if command == "method":
                name = args[0]
            elif command == "compressed":
                # What would not become shorter is not compressed.
                address = args[0].ljust(120)
                options["compression"] = grpc.Compression.Gzip
            elif command == "metadata":
                options["metadata"] = [("x-long", "x" * int(args[0]))]
            else:
                sys.exit(f"unknown command {command}")
            method = channel.unary_unary(name, request, response)
            print(status_of(lambda: method(address, **options))[0])


if __name__ == "__main__":
    main()
