"""Redis in the forms that people use: behind Sentinels, behind TLS with client certificates, on a socket."""

import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread
from typing import Any

import trustme
from redis import Redis
from redis.exceptions import RedisError

from faxdispatch.supervisor.valkey import valkey_command
from tests.conftest import eventually, free_port
from tests.redis.front import Front

SERVICE = "faxes"


@contextmanager
def sentinels(folder: Path, primary: int, *, count: int = 1) -> Iterator[str]:
    """Let Sentinels watch over the server on a port of this machine; gives an address for REDIS_URL."""
    ports = [free_port() for _ in range(count)]
    running = [_sentinel(folder / f"sentinel{port}", port, primary, count) for port in ports]
    try:
        for port in ports:
            eventually(lambda port=port: _knows(port, count))
        yield f"sentinel://{','.join(f'127.0.0.1:{port}' for port in ports)}/{SERVICE}/0"
    finally:
        for process in running:
            process.kill()
            process.wait(60)


def _sentinel(folder: Path, port: int, primary: int, count: int) -> subprocess.Popen[bytes]:
    folder.mkdir(parents=True)
    config = folder / "sentinel.conf"
    config.write_text(
        f"port {port}\nbind 127.0.0.1\ndir {folder}\nlogfile sentinel.log\n"
        f"sentinel monitor {SERVICE} 127.0.0.1 {primary} {count // 2 + 1}\n"
        f"sentinel down-after-milliseconds {SERVICE} 700\nsentinel failover-timeout {SERVICE} 4000\n"
    )
    return subprocess.Popen([valkey_command(folder, port)[0], str(config), "--sentinel"])


def _knows(port: int, count: int) -> bool:
    """Return whether a Sentinel answers, and knows the others and a replica to promote."""
    with suppress(RedisError), Redis(port=port, decode_responses=True) as sentinel:
        about: Any = sentinel.sentinel_master(SERVICE)
        return about["num-other-sentinels"] == count - 1
    return False


class TlsFront(Front):
    """Accepts TLS clients with a certificate of the authority, and passes their bytes to a plain server."""

    def __init__(self, folder: Path, target: int) -> None:
        authority, strangers = trustme.CA(), trustme.CA()
        self._context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._context.verify_mode = ssl.CERT_REQUIRED
        authority.configure_trust(self._context)
        authority.issue_cert("localhost").configure_cert(self._context)
        client = authority.issue_cert("producer@faxes.test")
        self.authority, self.strangers = folder / "authority.pem", folder / "strangers.pem"
        self.certificate, self.key = folder / "client.pem", folder / "client.key"
        authority.cert_pem.write_to_path(self.authority)
        strangers.cert_pem.write_to_path(self.strangers)
        client.cert_chain_pems[0].write_to_path(self.certificate)
        client.private_key_pem.write_to_path(self.key)
        super().__init__(target)

    def _serve(self, raw: socket.socket) -> None:
        with (
            suppress(OSError),
            self._context.wrap_socket(raw, server_side=True) as client,
            socket.create_connection(("127.0.0.1", self._target)) as server,
        ):
            Thread(target=_pass_on, args=(server, client), daemon=True).start()
            _pass_on(client, server)


def _pass_on(one: socket.socket, other: socket.socket) -> None:
    with suppress(OSError):
        while piece := one.recv(65536):
            other.sendall(piece)
    with suppress(OSError):
        other.shutdown(socket.SHUT_RDWR)
