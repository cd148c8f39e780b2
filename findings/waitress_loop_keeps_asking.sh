#!/usr/bin/env bash
# waitress 3.0.2: when four answers are ready at the same time, its loop goes round several times as often for each.
#
# Behaviour: a thread of the app puts its answer into the channel's buffer and sends it. From the first of these steps to
# the last, the loop asks the kernel whether it may write to that channel, and the kernel always says yes. But the thread
# holds the channel's lock, so the loop does nothing and asks again. It gives up the interpreter for each question, and
# takes it again from the thread that it waits for.
# Output: how often the loop asked for each answer, if one comes at a time and if four come at the same time.
# Why it matters: webhooks that are written to disk together are answered at the same time. In our web process the loop
# went round 13 times for each, so that writing them together saved nothing.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check waitress==3.0.2
cd "$folder"
venv/bin/python - <<'PYTHON'
import logging
import select
import socket
import threading

from waitress.server import create_server

ANSWERS = 200
asked = 0
poll = select.poll


class Counted:
    """A poll object that counts how often it is asked."""

    def __init__(self):
        self.own = poll()
        self.register = self.own.register

    def poll(self, timeout):
        global asked
        asked += 1
        return self.own.poll(timeout)


def rounds(together):
    """Return how often the loop asks for each answer, if so many come at the same time."""
    all_here = threading.Barrier(together)

    def app(environ, start_response):
        all_here.wait()
        start_response("200 OK", [("Content-Length", "2")])
        return [b"ok"]

    server = create_server(app, host="127.0.0.1", port=0, threads=together, asyncore_use_poll=True, map={})
    threading.Thread(target=server.run, daemon=True).start()
    clients = [socket.create_connection(("127.0.0.1", server.effective_port)) for _ in range(together)]
    before = asked
    for _ in range(ANSWERS // together):
        for client in clients:
            client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        for client in clients:
            received = b""
            while not received.endswith(b"ok"):
                received += client.recv(1000)
    return (asked - before) / ANSWERS


select.poll = Counted
# Requests wait for a thread here, as expected.
logging.getLogger("waitress.queue").setLevel(logging.ERROR)
alone, four = rounds(1), rounds(4)
print(f"for each answer, the loop asked {alone:.1f} times; of four at the same time, {four:.1f} times")
assert alone < 3, alone
assert four > 2 * alone, (alone, four)
PYTHON
