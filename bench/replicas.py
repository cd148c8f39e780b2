"""Servers of Redis for measurements: a primary with replicas, and the address at which clients find it."""

import os
import signal
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import Any

from redis import Redis
from redis.exceptions import RedisError

from faxdispatch.subprocesses.child import Role
from faxdispatch.supervisor import roles as processes
from faxdispatch.supervisor.stack import Stack
from faxdispatch.supervisor.valkey import valkey_command

PATIENCE = 90.0
SERVICE = "faxes"
_SENTINELS = 3


class Front:
    """Where clients reach Redis: it connects new clients to the present primary."""

    def __init__(self, target: int) -> None:
        self.target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._lines: list[socket.socket] = []
        Thread(target=self._accept, daemon=True).start()

    def move(self, target: int, *, cut: bool) -> None:
        """Connect new clients to another server, and with `cut` end the existing connections."""
        self.target = target
        for line in self._lines if cut else ():
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                try:
                    server = socket.create_connection(("127.0.0.1", self.target))
                except OSError:
                    client.close()
                    continue
                self._lines += [client, server]
                for one, other in ((client, server), (server, client)):
                    Thread(target=_pass_on, args=(one, other), daemon=True).start()


def _pass_on(one: socket.socket, other: socket.socket) -> None:
    with suppress(OSError):
        while piece := one.recv(65536):
            other.sendall(piece)
    for line in (one, other):
        with suppress(OSError):
            line.shutdown(socket.SHUT_RDWR)


class Pair:
    """A primary and its replica, the front before them, and short methods for failures."""

    def __init__(self, stack: Stack, folder: Path) -> None:
        self._stack, self._folder, self._count = stack, folder, 0
        self.primary = self.server()
        self.replica = self.server(of=self.primary)
        self.front = Front(self.primary[1])

    @property
    def address(self) -> str:
        """Where clients reach the primary."""
        return f"redis://127.0.0.1:{self.front.port}/0"

    def server(self, of: tuple[str, int] | None = None) -> tuple[str, int]:
        """Start a server, as a replica of another if one is given. Return its name and its port."""
        self._count += 1
        name, port = f"redis{self._count}", processes.free_port()
        folder = self._folder / name
        folder.mkdir()
        role = processes.valkey(folder, port)
        self._stack.start(type(role)(name, role.command, role.environment, folder, role.ready))
        if of:
            self.follow((name, port), of)
        return name, port

    def follow(self, server: tuple[str, int], of: tuple[str, int]) -> None:
        """Make a server the replica of another, and wait until it is."""
        with client(server) as redis:
            redis.replicaof("127.0.0.1", of[1])
            until(lambda: redis.info("replication").get("master_link_status") == "up")

    def send(self, server: tuple[str, int], number: signal.Signals) -> None:
        """Send a server a signal."""
        self._stack[server[0]].send(number)

    def promote(self, *, cut: bool = True) -> None:
        """Make the replica the primary, and give it a replica."""
        with client(self.replica) as redis:
            redis.replicaof("NO", "ONE")
        self.front.move(self.replica[1], cut=cut)
        self.server(of=self.replica)


class Guarded(Pair):
    """A primary and its replica, watched by Sentinels, which clients ask for the primary."""

    def __init__(self, stack: Stack, folder: Path) -> None:
        super().__init__(stack, folder)
        self._ports = [processes.free_port() for _ in range(_SENTINELS)]
        for place, port in enumerate(self._ports, start=1):
            stack.start(sentinel(folder / f"sentinel{place}", ("127.0.0.1", port), ("127.0.0.1", self.primary[1])))
        for port in self._ports:
            until(lambda port=port: self._asked(port)["num-slaves"] == 1)  # type: ignore[misc]

    @property
    def address(self) -> str:
        """Where clients reach the primary."""
        places = ",".join(f"127.0.0.1:{port}" for port in self._ports)
        return f"sentinel://{places}/{SERVICE}/0"

    def hand_over(self) -> None:
        """Let the Sentinels promote a replica while the primary is well."""
        with Redis(port=self._ports[0], decode_responses=True) as sentinel:
            sentinel.execute_command("SENTINEL", "FAILOVER", SERVICE)

    def wait(self) -> None:
        """Wait until the Sentinels name another primary, and it is one; give it a replica."""
        until(self._promoted)
        self.server(of=self.replica)

    def _promoted(self) -> bool:
        port = int(self._asked(self._ports[0])["port"])
        with suppress(RedisError), Redis(port=port, decode_responses=True) as redis:
            about: Any = redis.info("replication")
            return port != self.primary[1] and about["role"] == "master"
        return False

    def _asked(self, port: int) -> dict[str, Any]:
        with Redis(port=port, decode_responses=True) as sentinel:
            found: Any = sentinel.sentinel_master(SERVICE)
            return dict(found)


def sentinel(folder: Path, own: tuple[str, int], primary: tuple[str, int]) -> Role:
    """Return a Sentinel with an address of its own and its files in `folder`. It watches the primary."""
    folder.mkdir()
    config = folder / "sentinel.conf"
    config.write_text(
        f"port {own[1]}\nbind {own[0]}\nprotected-mode no\ndir {folder}\nlogfile sentinel.log\n"
        f"sentinel monitor {SERVICE} {primary[0]} {primary[1]} {_SENTINELS // 2 + 1}\n"
        f"sentinel down-after-milliseconds {SERVICE} 1000\nsentinel failover-timeout {SERVICE} 5000\n"
    )
    command = [valkey_command(folder)[0], str(config), "--sentinel"]
    return Role(folder.name, command, os.environ, folder, lambda _: answers(*own), log=folder / "sentinel.log")


def answers(host: str, port: int) -> bool:
    """Return whether a server answers there."""
    with suppress(RedisError), Redis(host=host, port=port, socket_timeout=2) as redis:
        return bool(redis.ping())
    return False


def client(server: tuple[str, int], host: str = "127.0.0.1") -> Any:
    """Return a client of one server, which has a name and a port."""
    return Redis(host=host, port=server[1], decode_responses=True)


def until(probe: Callable[[], Any]) -> None:
    """Wait until a condition is true.

    Raises:
        TimeoutError: it did not come true; a process may have ended.
    """
    end = time.monotonic() + PATIENCE
    while not probe():
        if time.monotonic() > end:
            raise TimeoutError("what the measurement waits for did not come; look into the processes' output")
        time.sleep(0.05)
