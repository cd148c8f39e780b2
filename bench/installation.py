"""An installation on free ports for measurements: Valkey, web and workers as real processes, and the stub of Telnyx."""

import json
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from typing import Any

import httpx
from redis import Redis

from bench.figures import Usage, usage
from faxdispatch import FaxClient
from faxdispatch.ledger import Ledger, Limits, Scripts, connect
from faxdispatch.subprocesses.child import Child, Role
from faxdispatch.supervisor import roles as processes
from faxdispatch.supervisor.stack import Stack
from faxdispatch.supervisor.valkey import valkey_url
from faxdispatch.telnyx.client_state import decode_client_state

CONNECTION, SECOND_CONNECTION = "1000000000000000001", "1000000000000000002"
SENDER = "+13125550000"
DOCUMENT = "bench-document"
_LOOK = 0.05


def number(place: int) -> str:
    """Return the recipient number `place` (0 to 699,999); each its own."""
    return f"+1312{220 + place // 10_000}{place % 10_000:04}"


class Stub:
    """The stub's control routes."""

    def __init__(self, address: str) -> None:
        self._http = httpx.Client(base_url=address, timeout=60, trust_env=False)

    def change(self, **behaviour: Any) -> float:
        """Change its behaviour. Return the time from which the change applies."""
        at: float = self._http.put("/control", json=behaviour).raise_for_status().json()["at"]
        return at

    def shut(self, seconds: float) -> None:
        """Let it answer 429 for this long, from the next call on."""
        self._http.post("/control/shut", json={"seconds": seconds}).raise_for_status()

    def spent(self, seconds: float) -> None:
        """Let it answer the next send with the header that no calls remain for this long."""
        self._http.post("/control/spent", json={"seconds": seconds}).raise_for_status()

    def calls(self, since: int = 0) -> list[dict[str, Any]]:
        """Return the calls that it recorded, from number `since` on."""
        found: list[dict[str, Any]] = self._http.get("/control/calls", params={"since": since}).json()
        return found

    def faxes(self, *, up: bool = False) -> list[dict[str, Any]]:
        """Return the faxes that it accepted, or only those that are `up` now, each with `job` and `attempt`."""
        query = {"up": "1"} if up else {}
        found: list[dict[str, Any]] = self._http.get("/control/faxes", params=query).raise_for_status().json()
        for fax in found:
            fax["job"], fax["attempt"], _ = decode_client_state(fax["client_state"]) or ("", 0, None)
        return found

    def take(self, count: int) -> list[str]:
        """Let the stub accept faxes that our workers have not sent and that end at once. Return their ids."""
        asked = {"connection_id": "another", "to": "+13125550100", "from": "+13125550101"}
        answers = (self._http.post("/v2/faxes", json=asked).raise_for_status().json() for _ in range(count))
        return [answer["data"]["id"] for answer in answers]

    def stalls(self) -> list[tuple[float, float]]:
        """Return time and length of each of its own stalls: calls that came meanwhile were recorded late."""
        found: list[tuple[float, float]] = self._http.get("/control/stalls").raise_for_status().json()
        return found

    def close(self) -> None:
        """Close its connections."""
        self._http.close()


class Installation:
    """The running processes, with short methods for measurements."""

    def __init__(self, stack: Stack, redis_url: str, stub: Stub, workers: list[str]) -> None:
        self.redis_url = redis_url
        self.stub = stub
        self.redis: Any = Redis.from_url(redis_url, decode_responses=True)
        scripts = Scripts(connect(redis_url))
        self.ledger, self.limits = Ledger(scripts), Limits(scripts)
        self.client = FaxClient(redis_url)
        self._stack = stack
        self._workers = workers

    def usage(self) -> Usage:
        """Return the use of the workers."""
        return usage(self._stack[name].pid for name in self._workers)

    @property
    def worker_pid(self) -> int:
        """The process of the first worker."""
        return int(self._stack[self._workers[0]].pid)

    def usage_of(self, name: str) -> Usage:
        """Return the use of one process: `valkey`, `web` or `stub`."""
        return usage([self._stack[name].pid])

    def kill(self, name: str) -> None:
        """Kill a process as a crash does; `restart_dead` starts it again."""
        self._stack[name].send(signal.SIGKILL)

    def kill_leader(self) -> None:
        """Kill the worker whose scheduler leads."""
        pid = str(self.redis.get("fax:leader") or ":0").split(":")[1]
        self.kill(next((name for name in self._workers if str(self._stack[name].pid) == pid), self._workers[0]))

    def restart_dead(self) -> None:
        """Restart processes that ended, at least half a second later."""
        self._stack.restart_dead()

    def queued(self) -> int:
        """Count the messages that wait in the queue of sends."""
        return int(self.redis.llen("fax.send"))

    def unsettled(self) -> int:
        """Count the messages that wait or that a worker has."""
        return self.queued() + int(self.redis.hlen("fax:taken"))

    def hold_back(self) -> None:
        """Let nothing be sent until `let_go`."""
        for connection in (CONNECTION, SECOND_CONNECTION):
            self.limits.pause(connection, delay=3600)

    def let_go(self) -> float:
        """End that. Return the time."""
        for connection in (CONNECTION, SECOND_CONNECTION):
            self.limits.resume(connection, reason="bench")
        return time.perf_counter()

    def until(self, probe: Callable[[], Any], *, within: float = 120) -> Any:
        """Wait until a condition is true.

        Raises:
            TimeoutError: the condition is still false; a process may have ended.
        """
        end = time.monotonic() + within
        while not (found := probe()):
            if time.monotonic() > end:
                raise TimeoutError("what the measurement waits for did not come; look into the processes' output")
            time.sleep(_LOOK)
        return found


@contextmanager
def installation(*, workers: int, log: str = "WARNING", **settings: str) -> Iterator[Installation]:
    """Run an installation; `settings` are environment variables. The output of the processes goes to a file."""
    with ground() as (stack, folder, redis_url, about):
        web_port = processes.free_port()
        surroundings = processes.environment(
            {
                "REDIS_URL": redis_url,
                "PORT": str(web_port),
                "TELNYX_BASE_URL": f"{about['stub']}/v2",
                "TELNYX_API_KEY": "KEYbench",
                "TELNYX_PUBLIC_KEY": about["public_key"],
                "FAX_CONNECTION_ID": f"{CONNECTION},{SECOND_CONNECTION}",
                "FAX_FROM": SENDER,
                "FAX_WEBHOOK_URL": f"http://127.0.0.1:{web_port}/webhooks/telnyx",
                "FAX_LOG_LEVEL": log,
            }
            | settings,
            inherit=False,
        )
        stack.start(processes.web(folder, surroundings))
        roles = [processes.worker(folder, surroundings, number=place) for place in range(1, workers + 1)]
        for role in roles:
            stack.start(role)
        running = Installation(stack, redis_url, Stub(about["stub"]), [role.name for role in roles])
        try:
            yield running
        finally:
            running.stub.close()
            running.redis.close()


@contextmanager
def ground() -> Iterator[tuple[Stack, Path, str, dict[str, Any]]]:
    """Run only Valkey and the stub: the processes, their folder, Valkey's address, the stub's introduction."""
    with (
        tempfile.TemporaryDirectory() as name,
        (Path(tempfile.gettempdir()) / "faxdispatch-bench.log").open("w", buffering=1) as output,
        Stack(lambda process, line: output.write(f"{process:<10} | {line}\n")) as stack,
    ):
        # On a port, since plain Celery, with which we are compared, writes socket addresses differently.
        folder, port = Path(name), processes.free_port()
        stack.start(processes.valkey(folder, port))
        yield stack, folder, valkey_url(folder, port), introduction(stack.start(stub_role(folder)))


def stub_role(folder: Path, host: str = "127.0.0.1") -> Role:
    """Return the stub; once it is ready, `introduction` says where it is."""
    command = [sys.executable, "-P", "-m", "bench.stub", str(processes.free_port()), token_hex(32), host]
    return Role("stub", command, processes.environment({}, inherit=False), folder, lambda child: bool(_said(child)))


def introduction(child: Child) -> dict[str, Any]:
    """Return the stub's introduction: address and public key."""
    said: dict[str, Any] = json.loads(_said(child))
    return said


def _said(child: Child) -> str:
    return next((line for line in child.lines if line.startswith('{"stub"')), "")
