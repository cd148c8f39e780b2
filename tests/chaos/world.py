"""The installation under test, and its waits.

The waits are short, but keep to the same order as in production, because the proof that no fax is doubled rests on it:

* a claim outlives its call: it lasts three times FAX_READ_TIMEOUT, and no call begins after half of the lease;
* a fax is listed within the settle time: what hides one in listings stays below half of FAX_SETTLE;
* a worker that is stopped (SIGSTOP) is stopped for longer than its lease, at times for longer than lease and settle
  time together. One that is stopped in the moment between the last look at its deadline and the write to the socket
  breaks the first promise: that window is the known residual, and the judge counts what comes through it.
"""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from redis import Redis
from redis.exceptions import RedisError

from faxdispatch.errors import Unavailable
from faxdispatch.ledger import Limits, Rules, Scripts
from faxdispatch.subprocesses.child import Role
from faxdispatch.supervisor import roles as processes
from faxdispatch.supervisor.stack import Stack
from faxdispatch.supervisor.valkey import valkey_url
from tests.chaos.restoring import Restoring
from tests.flow.harness import SENDER, Simulator, telnyx

READ = 1.5
LEASE = 3 * READ
SETTLE = 3.0

SETTINGS = {
    "FAX_RATE": "500",
    "FAX_CHANNELS": "40",
    "FAX_READ_TIMEOUT": str(READ),
    "FAX_SETTLE": str(SETTLE),
    **{f"FAX_RETRY_{kind}": "0.3" for kind in ("BUSY", "NO_ANSWER", "LINE")},
}

# A fax that is accepted takes about half a second to its end.
_SPEED = "4"


@dataclass
class World:
    """The installation into which the director injects faults, and which the judge asks."""

    stack: Stack
    inbox: Path
    """Where documents of inbound faxes are stored."""
    redis_url: str
    redis: Any
    sim: Simulator
    environments: dict[str, dict[str, str]]
    """Each worker's environment; a change counts from its next start."""
    restoring: Restoring

    @property
    def workers(self) -> list[str]:
        """Names of the worker processes."""
        return list(self.environments)

    def send(self, name: str, number: signal.Signals) -> None:
        """Send a process a signal."""
        self.stack[name].send(number)

    def resume(self) -> None:
        """Do at once what an operator does after the account was refused and is in order again."""
        limits = Limits(Scripts(self.redis, Rules()))
        try:
            for traffic in limits.connections():
                # Other pauses have words as their reason, and end by themselves.
                if traffic.pause and traffic.pause.reason.isdigit():
                    limits.resume(traffic.connection, reason="chaos: the account is in order")
        except Unavailable:
            return

    def leader(self) -> str | None:
        """Name of the worker whose scheduler leads, if Valkey answers."""
        try:
            said = self.redis.get("fax:leader")
        except RedisError:
            return None
        pid = str(said).split(":")[1] if said else ""
        return next((name for name in self.workers if str(self.stack[name].pid) == pid), None)


def _mortal(worker: Role) -> Role:
    """Return the worker with steps at which chaos can kill it."""
    return replace(worker, command=[*worker.command[:-1], "tests.chaos.worker"])


@contextmanager
def world(folder: Path, *, workers: int) -> Iterator[World]:
    """Run an installation in `folder`, where its log goes too."""
    log = (folder / "processes.log").open("w", buffering=1)
    with log, Stack(lambda name, line: log.write(f"{name:<10} | {line}\n"), longest_pause=1) as stack:
        web_port, redis_url = processes.free_port(), valkey_url(folder)
        stack.start(processes.valkey(folder))
        sim = telnyx(stack, folder, web_port, speed=_SPEED)
        inbox = folder / "inbox"
        own = {"REDIS_URL": redis_url, "PORT": str(web_port), "FAX_FROM": SENDER, "FAX_INBOUND_DIR": str(inbox)}
        surroundings = processes.environment(SETTINGS | processes.simulated(sim.about) | own, inherit=False)
        stack.start(processes.web(folder, surroundings))
        roles = [_mortal(processes.worker(folder, dict(surroundings), number=n)) for n in range(1, workers + 1)]
        for role in roles:
            stack.start(role)
        environments = {role.name: role.environment for role in roles}
        with Redis.from_url(redis_url, decode_responses=True, socket_timeout=3) as redis:
            restoring = Restoring(stack, folder, surroundings, redis, redis_url, log)
            yield World(stack, inbox, redis_url, redis, sim, environments, restoring)  # type: ignore[arg-type] # ours are dicts
            restoring.close()
        sim.close()
