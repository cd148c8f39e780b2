"""A proxy in front of Redis that cuts the connection at a chosen step."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Thread

from tests.redis.front import Front

CLAIM, WAIT = b'"claims":', b"WAITAOF"


class Cutter(Front):
    """Passes everything on until a request contains `word`; then that connection is cut, once.

    With `answer_lost`, the server carries out the request and only its answer is lost.
    """

    def __init__(self, target: int) -> None:
        self.cuts = 0
        self._word: bytes | None = None
        self._answer_lost = False
        super().__init__(target)

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def cut(self, word: bytes, *, answer_lost: bool) -> None:
        self._word, self._answer_lost = word, answer_lost

    def move(self, target: int) -> None:
        """Lead new connections to another server."""
        self._target = target

    def _serve(self, client: socket.socket) -> None:
        try:
            server = socket.create_connection(("127.0.0.1", self._target))
        except OSError:
            client.close()
            return
        Thread(target=self._back, args=(server, client), daemon=True).start()
        with suppress(OSError):
            while asked := client.recv(65536):
                if self._word and self._word in asked:
                    self._word = None
                    self.cuts += 1
                    if self._answer_lost:
                        # No more goes back to the client; the server still hears the whole request.
                        client.shutdown(socket.SHUT_RDWR)
                        server.sendall(asked)
                        server.shutdown(socket.SHUT_WR)
                        return
                    break
                server.sendall(asked)
        _close(client, server)

    def _back(self, server: socket.socket, client: socket.socket) -> None:
        with suppress(OSError):
            while answer := server.recv(65536):
                with suppress(OSError):
                    client.sendall(answer)
        _close(client, server)


def _close(*sockets: socket.socket) -> None:
    for one in sockets:
        with suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
        one.close()


@contextmanager
def cutter(target: int) -> Iterator[Cutter]:
    proxy = Cutter(target)
    try:
        yield proxy
    finally:
        proxy.close()
