"""Measures webhooks while slow clients hold every connection: each sends a byte a second and reconnects.

    .venv/bin/python -m bench.slow [--clients 505] [--seconds 20]

Webhooks, `/healthz` of the public port and `/healthz` of the metrics port are requested in turn, each on its own
connection. Exit code 1 if one is not answered with 200, or not in the two seconds that Telnyx waits.
"""

import argparse
import http.client
import socket
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress

from bench.figures import machine
from bench.installation import CONNECTION, ground
from faxdispatch.supervisor import roles as processes
from faxdispatch.telnyx.webhooks import WEBHOOK_PATH
from faxdispatch.testing import Signer, telnyx_event

PATIENCE = 2.0
_BEGUN = f"POST {WEBHOOK_PATH} HTTP/1.1\r\nHost: bench\r\nX: ".encode()


def main() -> int:
    """Measure, print, and judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=505)
    parser.add_argument("--seconds", type=float, default=20)
    options = parser.parse_args()
    signer = Signer()
    with ground() as (stack, folder, redis_url, _):
        port, admin = processes.free_port(), processes.free_port()
        settings = {
            "REDIS_URL": redis_url,
            "PORT": str(port),
            "FAX_ADMIN_PORT": str(admin),
            "TELNYX_PUBLIC_KEY": signer.public_key,
            "FAX_CONNECTION_ID": CONNECTION,
        }
        stack.start(processes.web(folder, processes.environment(settings, inherit=False)))
        with _Slow(port, options.clients):
            waits = _ask(signer, port, admin, options.seconds)
    print(f"{options.clients} slow clients, {options.seconds:g} s, {machine()}")
    for what, found in waits.items():
        print(
            f"{what}: {len(found)} answered with 200, in {1000 * sorted(found)[len(found) // 2]:.1f} ms in the median, "
            f"{1000 * max(found):.1f} ms at most"
        )
    return int(max(map(max, waits.values())) > PATIENCE)


class _Slow:
    """The clients, in a thread."""

    def __init__(self, port: int, count: int) -> None:
        self._port = port
        self._held: list[socket.socket | None] = [None] * count
        self._full, self._stop = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> None:
        self._thread.start()
        self._full.wait()

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        for client in filter(None, self._held):
            client.close()

    def _run(self) -> None:
        while not self._stop.is_set():
            for place, client in enumerate(self._held):
                self._held[place] = self._go_on(client)
            self._full.set()
            self._stop.wait(1)

    def _go_on(self, client: socket.socket | None) -> socket.socket | None:
        if client:
            with suppress(OSError):
                client.send(b"a")
                return client
            client.close()
        with suppress(OSError):
            client = socket.create_connection(("127.0.0.1", self._port), timeout=PATIENCE)
            client.sendall(_BEGUN)
            return client
        return None


def _ask(signer: Signer, port: int, admin: int, seconds: float) -> dict[str, list[float]]:
    waits: dict[str, list[float]] = {"webhooks": [], "/healthz": [], "/healthz of the port for metrics": []}
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        request = signer.request(telnyx_event(connection_id=CONNECTION))
        answers = (
            _answered(port, "POST", WEBHOOK_PATH, request.body, request.headers),
            _answered(port, "GET", "/healthz"),
            _answered(admin, "GET", "/healthz"),
        )
        for found, wait in zip(waits.values(), answers, strict=True):
            found.append(wait)
    return waits


def _answered(port: int, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> float:
    """Return how long an answer takes; any status but 200 ends the measurement."""
    begun = time.monotonic()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request(method, path, body, dict(headers or {}))
        if (status := connection.getresponse().status) != http.HTTPStatus.OK:
            raise RuntimeError(f"{path} of port {port} was answered {status}")
    finally:
        connection.close()
    return time.monotonic() - begun


if __name__ == "__main__":
    sys.exit(main())
