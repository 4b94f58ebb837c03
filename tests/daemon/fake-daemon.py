# SPDX-License-Identifier: Apache-2.0
"""A daemon that knows some answers by heart, for tests of the client.

    fake-daemon.py SOCKET DIR

Each request on the control socket SOCKET is answered with the contents of file
DIR/METHOD (slashes as underscores, arguments that are no options appended
likewise), or refused if there is none.
"""

import json
import os
import socket
import sys


def answer(request, answers):
    words = [request["method"]] + [p for p in request["params"]
                                   if not p.startswith("--")]
    name = "_".join(words).replace("/", "_")
    try:
        with open(os.path.join(answers, name)) as f:
            return {"id": request["id"], "result": f.read(), "error": None}
    except FileNotFoundError:
        return {"id": request["id"], "result": None,
                "error": '"%s" is not a valid command\n' % name}


def serve(conn, answers):
    decoder = json.JSONDecoder()
    text = ""
    while True:
        data = conn.recv(65536).decode()
        if not data:
            return
        text += data
        try:
            request, end = decoder.raw_decode(text)
        except ValueError:
            continue
        text = text[end:]
        conn.sendall(json.dumps(answer(request, answers)).encode())


def main(path, answers):
    server = socket.socket(socket.AF_UNIX)
    server.bind(path)
    server.listen()
    while True:
        conn = server.accept()[0]
        with conn:
            serve(conn, answers)


main(*sys.argv[1:])
