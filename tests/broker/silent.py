"""A server that greets like RabbitMQ, opens connections and channels, and then answers no question."""

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from amqp.serialization import dumps

_START, _TUNE, _OPENED, _CHANNEL_OPENED = (10, 10), (10, 30), (10, 41), (20, 11)
_ANSWERS = {
    (10, 11): (_TUNE, struct.pack(">HIH", 0, 131_072, 0)),
    (10, 40): (_OPENED, b"\x00"),
    (20, 10): (_CHANNEL_OPENED, b"\x00\x00\x00\x00"),
}
"""The answer to each method of a client (AMQP 0-9-1 specification): class and method, and their arguments."""


@contextmanager
def silent_rabbitmq() -> Iterator[str]:
    """Run it, and yield its address."""
    listener = socket.create_server(("127.0.0.1", 0))
    threads = [threading.Thread(target=_accept, args=(listener,))]
    threads[0].start()
    try:
        yield f"amqp://guest:guest@127.0.0.1:{listener.getsockname()[1]}//"
    finally:
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        threads[0].join()


def _accept(listener: socket.socket) -> None:
    while True:
        try:
            connection = listener.accept()[0]
        except OSError:
            return
        threading.Thread(target=_serve, args=(connection,), daemon=True).start()


def _serve(connection: socket.socket) -> None:
    with connection, connection.makefile("rb") as said:
        said.read(8)
        arguments = dumps("ooFSS", (0, 9, {}, "PLAIN", "en_US"))
        connection.sendall(_frame(0, _START, arguments))
        while head := said.read(7):
            _, channel, size = struct.unpack(">BHI", head)
            method = struct.unpack(">HH", said.read(size + 1)[:4])
            if method in _ANSWERS:
                connection.sendall(_frame(channel, *_ANSWERS[method]))


def _frame(channel: int, method: tuple[int, int], arguments: bytes) -> bytes:
    payload = struct.pack(">HH", *method) + arguments
    return struct.pack(">BHI", 1, channel, len(payload)) + payload + b"\xce"
