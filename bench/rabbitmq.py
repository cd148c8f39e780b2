"""Counts the faxes that a RabbitMQ broker killed under load loses and doubles, and how soon work continues after that.

    .venv/bin/python -m bench.rabbitmq [--faxes 300] [--seconds 10] [--kills 3]

Real processes against a stub of Telnyx: RabbitMQ, two workers, FAX_RATE=20. Faxes are ordered as plain messages, each
confirmed by RabbitMQ, and half as many with `FaxClient`. While the workers receive the messages, RabbitMQ is killed; it
comes back after this many seconds. This is repeated. While it is away, more faxes are ordered with `FaxClient`; once it
is back, an urgent plain message shows when work continues.

RabbitMQ is that of the package rabbitmq-server, with its own folder and ports. Exit code 1 if a fax was lost or sent
twice, 77 if there is no RabbitMQ.
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from celery import Celery
from kombu import Connection

from bench.figures import machine
from bench.installation import DOCUMENT, Installation, installation, number
from faxdispatch import FaxClient
from faxdispatch.jobs import SendFax
from faxdispatch.states import State
from faxdispatch.subprocesses.child import Child, Role
from faxdispatch.supervisor import roles as processes

_SKIPPED = 77
"""The exit code by which test harnesses recognise a test that could not be run."""
_PATIENCE = 180
"""Seconds after which a fax that is not delivered counts as lost; a message is redelivered sooner."""
SETTINGS = {"FAX_RATE": "20", "FAX_CHANNELS": "20", "FAX_LOG_LEVEL": "WARNING"}
# Debian's own command is only for its service.
_FOUND = [*Path("/usr/lib/rabbitmq/lib").glob("*/sbin/rabbitmq-server"), shutil.which("rabbitmq-server")]
SERVER = next(filter(None, _FOUND), None)


class RabbitMQ:
    """A server that can be killed and restarts with its data on disk."""

    def __init__(self, folder: Path) -> None:
        port, self._names = processes.free_port(), str(processes.free_port())
        self.url = f"amqp://guest:guest@127.0.0.1:{port}//"
        own = {
            "RABBITMQ_NODENAME": f"fax{port}@localhost", "RABBITMQ_NODE_PORT": str(port),
            "RABBITMQ_DIST_PORT": str(processes.free_port()), "ERL_EPMD_PORT": self._names,
            "RABBITMQ_MNESIA_BASE": str(folder / "db"), "RABBITMQ_LOG_BASE": str(folder),
            "RABBITMQ_PID_FILE": str(folder / "pid"), "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
            "RABBITMQ_CONFIG_FILE": str(folder / "none"), "HOME": str(folder),
            "ERL_CRASH_DUMP": str(folder / "erl_crash.dump"),
            # Its name server, which it leaves behind, may be killed at once.
            "ERL_EPMD_RELAXED_COMMAND_CHECK": "1",
        }  # fmt: skip
        self._role = Role("rabbitmq", [str(SERVER)], os.environ | own, folder)
        self.start()

    def start(self) -> None:
        """Start it, and wait until it accepts connections."""
        self._child = Child(self._role, lambda *_: None)
        end = time.monotonic() + 90
        while not self._answers():
            if time.monotonic() > end:
                raise TimeoutError(f"RabbitMQ did not start: {'; '.join(self._child.words(5))}")
            time.sleep(0.2)

    def kill(self) -> None:
        """Kill it as a crash does."""
        self._child.kill()

    def end(self) -> None:
        """Stop it for good, and its name server."""
        self._child.kill()
        subprocess.run(["epmd", "-port", self._names, "-kill"], check=False, capture_output=True)

    def _answers(self) -> bool:
        with suppress(OSError), Connection(self.url, connect_timeout=2) as connection:
            return bool(connection.connect())
        return False


def main() -> int:
    """Kill RabbitMQ under load, print, and judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--faxes", type=int, default=300, help="plain messages before each kill")
    parser.add_argument("--seconds", type=float, default=10, help="how long RabbitMQ is away each time")
    parser.add_argument("--kills", type=int, default=3)
    options = parser.parse_args()
    if SERVER is None:
        print("skipped: no RabbitMQ server here: apt-get install rabbitmq-server", file=sys.stderr)
        return _SKIPPED
    print("against a stub, two workers, RabbitMQ killed and brought back\n")
    print("| kill | sent while it was away | then until an urgent plain message was sent |")
    print("|---|---|---|", flush=True)
    with _rabbitmq() as rabbitmq, installation(workers=2, CELERY_BROKER_URL=rabbitmq.url, **SETTINGS) as running:
        orders = Orders(running, rabbitmq.url)
        for place in range(1, options.kills + 1):
            meanwhile, after = _kill(running, rabbitmq, orders, options.faxes, options.seconds)
            print(f"| {place} | {meanwhile} | {after:.1f} s |", flush=True)
        with suppress(TimeoutError):
            running.until(lambda: running.ledger.counts()[State.DELIVERED] >= orders.count, within=_PATIENCE)
        taken = Counter(fax["to"] for fax in running.stub.faxes())
        states = ", ".join(f"{many} {state}" for state, many in running.ledger.counts().items() if many)
    lost, doubled = orders.count - len(taken), sum(taken.values()) - len(taken)
    print(f"\n{orders.count} faxes ordered: {lost} lost, {doubled} sent twice; in the end {states}\n{machine()}")
    return int(bool(lost or doubled))


class Orders:
    """Faxes ordered in both ways, each to its own number."""

    def __init__(self, running: Installation, broker_url: str) -> None:
        self.count = 0
        self._client = FaxClient(running.redis_url, broker_url=broker_url)
        self._plain = Celery("bench", broker=broker_url, set_as_current=False)
        # Without it, Celery does not ask whether RabbitMQ has a message, and a message that never arrived is lost.
        self._plain.conf.broker_transport_options = {"confirm_publish": True}

    def plain(self, count: int, priority: str = "bulk") -> str:
        """Send faxes as Celery messages that RabbitMQ confirms. Return the number of the last fax."""
        for to in self._numbers(count):
            payload = {"to": to, "media_name": DOCUMENT, "priority": priority}
            self._plain.send_task(SendFax.TASK, kwargs=payload, queue=SendFax.QUEUE)
        return number(self.count - 1)

    def by_client(self, count: int) -> None:
        """Order by `FaxClient`, which needs only the ledger."""
        for to in self._numbers(count):
            self._client.send(to=to, media_name=DOCUMENT, priority="bulk")

    def _numbers(self, count: int) -> Iterator[str]:
        for _ in range(count):
            self.count += 1
            yield number(self.count - 1)


def _kill(running: Installation, rabbitmq: RabbitMQ, orders: Orders, count: int, seconds: float) -> tuple[int, float]:
    orders.by_client(count // 2)
    orders.plain(count)
    rabbitmq.kill()
    before, end = len(running.stub.faxes()), time.monotonic() + seconds
    orders.by_client(count // 10)
    time.sleep(max(0.0, end - time.monotonic()))
    meanwhile = len(running.stub.faxes()) - before
    rabbitmq.start()
    back = time.monotonic()
    # Urgent, so that it does not wait for the others: it reaches the stub as soon as it was received from RabbitMQ.
    urgent = orders.plain(1, "urgent")
    running.until(lambda: any(fax["to"] == urgent for fax in running.stub.faxes()), within=120)
    return meanwhile, time.monotonic() - back


@contextmanager
def _rabbitmq() -> Iterator[RabbitMQ]:
    # Its script passes SIGTERM on, but leaves the server behind if we end without a signal to it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with tempfile.TemporaryDirectory() as name:
        rabbitmq = RabbitMQ(Path(name))
        try:
            yield rabbitmq
        finally:
            rabbitmq.end()


if __name__ == "__main__":
    sys.exit(main())
