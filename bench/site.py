"""An installation on several hosts for measurements: workers, web, Redis with Sentinels and the stub."""

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx

from bench.installation import CONNECTION, DOCUMENT, SENDER, Stub, introduction, number, stub_role
from bench.replicas import SERVICE, answers, client, sentinel, until
from bench.wire import Host, Wire
from faxdispatch import FaxClient
from faxdispatch.ledger import Ledger, Limits, Scripts, connect
from faxdispatch.states import State
from faxdispatch.subprocesses.child import Role
from faxdispatch.supervisor import roles as processes
from faxdispatch.supervisor.stack import Stack
from faxdispatch.supervisor.valkey import valkey_command

WORKERS, WEBS, REDISES = ("worker1", "worker2", "worker3"), ("web1", "web2"), ("redis1", "redis2")
TELNYX, DESK = "telnyx", "desk"
"""The stub's host, and the one from which faxes are ordered and everything is watched."""
HOSTS = (*WORKERS, *WEBS, *REDISES, TELNYX, DESK)
_SENTINELS = (*WEBS, DESK)
_REDIS, _SENTINEL, _WEB = 6379, 26379, 8080
SETTINGS = {
    "FAX_REPLICAS": "1", "FAX_SETTLE": "15",
    "FAX_READ_TIMEOUT": "2", "FAX_LOG_LEVEL": "WARNING",
}  # fmt: skip


class Site:
    """The running hosts, with short methods for measurements."""

    def __init__(self, wire: Wire, url: str, stub: Stub) -> None:
        self.wire, self.stub = wire, stub
        self.client = FaxClient(url)
        scripts = Scripts(connect(url))
        self._ledger, self._limits = Ledger(scripts), Limits(scripts)

    def order(self, count: int) -> list[str]:
        """Order faxes. Return their jobs."""
        return [self.client.send(to=number(place), media_name=DOCUMENT).job_id for place in range(count)]

    def hold_back(self) -> None:
        """Let nothing be sent until `let_go`."""
        self._limits.pause(CONNECTION, delay=3600)

    def let_go(self) -> float:
        """End that. Return the time."""
        self._limits.resume(CONNECTION, reason="bench")
        return time.monotonic()

    def delivered(self) -> int:
        """Count the faxes that the ledger has as delivered."""
        return self._ledger.counts()[State.DELIVERED]


@contextmanager
def site(wire: Wire, workers: int, **settings: str) -> Iterator[Site]:
    """Run an installation with this many worker hosts; `settings` are environment variables."""
    with (
        tempfile.TemporaryDirectory() as name,
        (Path(tempfile.gettempdir()) / "faxdispatch-bench.log").open("w", buffering=1) as output,
        Stack(lambda process, line: output.write(f"{process:<10} | {line}\n")) as stack,
    ):
        folder, hosts = Path(name), wire.hosts
        url = _redis(stack, folder, hosts)
        about = introduction(stack.start(hosts[TELNYX].placed(stub_role(folder, hosts[TELNYX].address))))
        surroundings = processes.environment(
            SETTINGS
            | {
                "REDIS_URL": url,
                "PORT": str(_WEB),
                "TELNYX_BASE_URL": f"{about['stub']}/v2",
                "TELNYX_API_KEY": "KEYbench",
                "TELNYX_PUBLIC_KEY": about["public_key"],
                "FAX_CONNECTION_ID": CONNECTION,
                "FAX_FROM": SENDER,
                "FAX_WEBHOOK_URL": f"http://{hosts[WEBS[0]].address}:{_WEB}/webhooks/telnyx",
            }
            | settings,
            inherit=False,
        )
        for web in WEBS:
            stack.start(_web(hosts[web], folder, surroundings))
        for worker in WORKERS[:workers]:
            stack.start(hosts[worker].placed(replace(processes.worker(folder, surroundings), name=worker)))
        running = Site(wire, url, Stub(about["stub"]))
        running.stub.change(web_hosts=[f"http://{hosts[web].address}:{_WEB}" for web in WEBS])
        try:
            yield running
        finally:
            running.stub.close()


def _redis(stack: Stack, folder: Path, hosts: dict[str, Host]) -> str:
    """Start primary, replica and Sentinels. Return the address at which clients find the primary."""
    for name in REDISES:
        host, own = hosts[name], folder / name
        own.mkdir()
        command = [*valkey_command(own, _REDIS), "--bind", host.address, "--protected-mode", "no"]
        role = Role(name, command, os.environ, own, lambda _, host=host: answers(host.address, _REDIS))  # type: ignore[misc]
        stack.start(host.placed(role))
    primary, replica = (hosts[name].address for name in REDISES)
    with client((REDISES[1], _REDIS), replica) as redis:
        redis.replicaof(primary, _REDIS)
        until(lambda: redis.info("replication").get("master_link_status") == "up")
    for name in _SENTINELS:
        role = sentinel(folder / f"sentinel-{name}", (hosts[name].address, _SENTINEL), (primary, _REDIS))
        stack.start(hosts[name].placed(role))
    places = [hosts[name].address for name in _SENTINELS]
    for place in places:
        with client(("sentinel", _SENTINEL), place) as redis:
            until(lambda redis=redis: redis.sentinel_master(SERVICE)["num-slaves"] == 1)  # type: ignore[misc]
            until(lambda redis=redis: redis.sentinel_master(SERVICE)["num-other-sentinels"] == 2)  # type: ignore[misc]
    return f"sentinel://{','.join(f'{place}:{_SENTINEL}' for place in places)}/{SERVICE}/0"


def _web(host: Host, folder: Path, surroundings: dict[str, str]) -> Role:
    role = processes.web(folder, surroundings | {"FAX_WEBHOOK_HOST": host.address})

    def serves(_: Any) -> bool:
        try:
            return httpx.get(f"http://{host.address}:{_WEB}/healthz", timeout=2, trust_env=False).is_success
        except httpx.HTTPError:
            return False

    return host.placed(replace(role, name=host.name, ready=serves))
