"""The processes of one installation: how to start each one, and how to see that it is ready."""

import errno
import json
import os
import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
from redis.exceptions import RedisError

from faxdispatch.ledger import Patience, connect
from faxdispatch.redis.namespace import with_namespace
from faxdispatch.settings import Settings
from faxdispatch.subprocesses.child import Child, Role
from faxdispatch.supervisor.checkout import checkout
from faxdispatch.supervisor.valkey import LOG, valkey_command, valkey_url

_WORKER_GRACE = 30
"""More than the longest call to Telnyx, so that a worker can record the result of the present one."""

SETTINGS = frozenset(name.upper() for name in Settings.model_fields)
"""The environment variables that are ours."""


def free_port() -> int:
    """Return a port of 127.0.0.1 that nothing listens on.

    On Linux it stays reserved until this process ends: a server that asks for any free port does not get it, but one
    that asks for this number can listen on it.
    """
    with socket.socket() as probe:
        # Servers set this too, and sockets that have it may share a port on which only one of them listens.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        if sys.platform == "linux":
            probe.detach()
        return port


def in_use(port: int) -> bool:
    """Return whether another process listens on this port of 127.0.0.1."""
    with socket.socket() as probe:
        # Servers set this too; without it, a port that `free_port` reserved would seem to be in use.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            return error.errno == errno.EADDRINUSE
    return False


def environment(changes: Mapping[str, str], *, inherit: bool) -> dict[str, str]:
    """Return the environment of our processes, with the settings of the present one only if `inherit` is set."""
    base = {name: value for name, value in os.environ.items() if inherit or name not in SETTINGS}
    path = os.pathsep.join(filter(None, (str(checkout()), base.get("PYTHONPATH"))))
    # A separate installation runs beside others and shares nothing with them.
    apart = {} if inherit else {"FAX_ADMIN_PORT": "0", "FAX_WEBHOOK_HOST": "127.0.0.1"}
    return {**base, "PYTHONPATH": path, "PYTHONUNBUFFERED": "1", **apart, **changes}


def _python(module: str) -> list[str]:
    # -P: a project in the current folder may have its own `worker`.
    return [sys.executable, "-P", "-m", module]


def valkey(folder: Path, port: int | None = None) -> Role:
    """Return the private Valkey with its files in `folder`; it listens on a port if one is given."""
    return server(valkey_command(folder, port), folder, valkey_url(folder, port))


def server(command: list[str], folder: Path, url: str) -> Role:
    """Return a Valkey that a command starts and that answers at `url`; its messages are in its log."""
    return Role("valkey", command, os.environ, folder, lambda _: _answers(url), log=folder / LOG)


def web(folder: Path, surroundings: Mapping[str, str]) -> Role:
    """Return the webhook server; its address comes from `PORT`, and it gets no key to send with."""
    url = f"http://127.0.0.1:{surroundings['PORT']}/healthz"
    own = {name: value for name, value in surroundings.items() if name != "TELNYX_API_KEY"}
    return Role("web", _python("webhook"), own, folder, lambda _: _serves(url))


def worker(folder: Path, surroundings: Mapping[str, str], *, number: int = 1) -> Role:
    """Return a worker with the scheduler inside."""
    name = "worker" if number == 1 else f"worker{number}"
    url = with_namespace(surroundings["REDIS_URL"], surroundings.get("FAX_NAMESPACE"))
    return Role(name, _python("worker"), surroundings, folder, lambda child: _at_work(child, url), grace=_WORKER_GRACE)


def console(folder: Path, surroundings: Mapping[str, str]) -> Role:
    """Return the console; `console_address` is where it serves."""
    url = f"{console_address(surroundings)}/healthz"
    return Role("console", _python("console"), surroundings, folder, lambda _: _serves(url))


def console_address(surroundings: Mapping[str, str]) -> str:
    """Return the address of the console on this machine."""
    host = surroundings["FAX_CONSOLE_HOST"]
    known = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
    return f"http://{known}:{surroundings['FAX_CONSOLE_PORT']}"


def simulator(folder: Path, options: list[str]) -> Role:
    """Return the simulated Telnyx; once it is ready, `introduction` has its address."""
    surroundings = environment({}, inherit=False)
    return Role("simulator", [*_python("simulator"), *options], surroundings, folder, lambda child: bool(_said(child)))


def introduction(child: Child) -> dict[str, Any]:
    """Return what the simulator printed about itself: addresses, keys, connections."""
    said: dict[str, Any] = json.loads(_said(child))
    return said


def simulated(about: Mapping[str, Any]) -> dict[str, str]:
    """Return the settings that make our processes use the simulator as Telnyx."""
    return {
        "TELNYX_BASE_URL": about["base_url"],
        "TELNYX_API_KEY": about["api_key"],
        "TELNYX_PUBLIC_KEY": about["public_key"],
        "FAX_CONNECTION_ID": about["connection_id"],
        "FAX_DANGEROUS_INBOUND_ORIGINS": about["base_url"].removesuffix("/v2"),
    }


def _said(child: Child) -> str:
    return next((line for line in child.lines if line.startswith('{"simulation"')), "")


def _at_work(child: Child, url: str) -> bool:
    # A worker puts itself on this list once it accepts messages.
    try:
        with connect(url, Patience.WEBHOOK) as client:
            return client.zscore("fax:workers", f"{socket.gethostname()}:{child.pid}") is not None
    except RedisError:
        return False


def _answers(url: str) -> bool:
    try:
        with connect(url, Patience.WEBHOOK) as client:
            return bool(client.ping())
    except RedisError:
        return False


def _serves(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2, trust_env=False, verify=False).is_success  # noqa: S501
    except httpx.HTTPError:
        return False
