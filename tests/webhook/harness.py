"""The webhook server as a real process, over plain sockets."""

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from redis import Redis

from faxdispatch.testing import SignedRequest, Signer
from tests.conftest import eventually

ROOT = Path(__file__).parents[2]
SIGNER = Signer()
PATH = "/webhooks/telnyx"
PROVIDER_PATIENCE = 2.0
"""Seconds in which Telnyx wants its answer."""


def environment(**variables: str) -> dict[str, str]:
    """The settings that a process needs to start, without any of the developer's own."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    return kept | {"PYTHONPATH": f"{ROOT}:{ROOT / 'shared'}"} | variables


@dataclass(frozen=True)
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes
    seconds: float


class Web:
    """`python -m webhook` on a free port."""

    def __init__(self, folder: Path, redis_url: str, **variables: str) -> None:
        given = {
            "REDIS_URL": redis_url,
            "TELNYX_PUBLIC_KEY": SIGNER.public_key,
            "PORT": "0",
            "FAX_ADMIN_PORT": "0",
        } | variables
        self.log = folder / "webhook.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "webhook"], cwd=folder, env=environment(**given), stderr=log
            )
        self.port = int(eventually(lambda: re.search(r"listening on port (\d+)", self.log.read_text())).group(1))
        self.admin_port = int(re.search(r"health on port (\d+)", self.log.read_text()).group(1))

    def post(self, request: SignedRequest, path: str = PATH) -> Reply:
        return self.ask("POST", path, request.body, request.headers)

    def get(self, path: str) -> Reply:
        """Send a request to the operators' port."""
        return self.ask("GET", path, port=self.admin_port)

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
        port: int | None = None,
    ) -> Reply:
        began = time.monotonic()
        connection = http.client.HTTPConnection("127.0.0.1", port or self.port, timeout=60)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return Reply(answer.status, dict(answer.headers), answer.read(), time.monotonic() - began)
        finally:
            connection.close()

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=60)

    def raw(self, data: bytes) -> list[int]:
        """Send bytes and say that no more come; return the status of each answer, until the server hangs up."""
        with self.connect() as client:
            received = b""
            try:
                client.sendall(data)
                client.shutdown(socket.SHUT_WR)
            except OSError:
                pass  # A server may answer and hang up before it has read all.
            try:
                while piece := client.recv(65536):
                    received += piece
            except OSError:
                pass
        return [int(status) for status in re.findall(rb"HTTP/1\.[01] (\d{3}) ", received)]

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)


def published(url: str) -> list[str]:
    """Ids of all events in the stream, oldest first."""
    with Redis.from_url(url, decode_responses=True) as client:
        return [fields["id"] for _, fields in client.xrange("fax:events")]


def quarantined(url: str) -> list[dict[str, str]]:
    """The entries in quarantine, oldest first."""
    with Redis.from_url(url, decode_responses=True) as client:
        return [fields for _, fields in client.xrange("fax:quarantine")]
