"""What a failover of Redis under load doubles and loses, with a replica that is waited for and without.

    .venv/bin/python -m bench.failover [--faxes 120]

Real processes: a primary and its replica behind a front that clients reach them by, two workers, and a stub of Telnyx.
While faxes are being sent, one of these happens:

    promoted   the primary is killed, and the replica takes its place
    lagging    the same, but the replica had received nothing for the last two seconds
    orderly    the primary hands over to the replica (FAILOVER)
    split      the replica takes its place while the primary lives on, and one worker still talks to that

Then the new primary gets a replica, and where the ledger went back in time, `faxdispatch recover` is run. Told is for
each how often the ledger went back, how many faxes were sent twice, and how many orders are gone. Exit code 1 where one
was sent twice, or an order was lost with FAX_REPLICAS=1.
"""

import argparse
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread
from typing import Any

from redis import Redis

from bench.figures import machine
from bench.installation import CONNECTION, DOCUMENT, SENDER, Stub, ground, number
from faxdispatch import FaxClient
from faxdispatch.supervisor import roles as processes
from faxdispatch.supervisor.stack import Stack

SETTINGS = {
    "FAX_RATE": "15", "FAX_CHANNELS": "50", "FAX_SETTLE": "3", "FAX_RECONCILE_EVERY": "0.5", "FAX_HINT_AFTER": "2",
    "FAX_CONNECT_TIMEOUT": "0.5", "FAX_READ_TIMEOUT": "1.5", "FAX_LEASE": "4", "FAX_POLL_AFTER": "2",
    "FAX_LOG_LEVEL": "WARNING",
}  # fmt: skip
LAG, QUIET, PATIENCE = 2.0, 25.0, 90.0


class Front:
    """Where clients reach Redis: passes lines on to the server that is the primary for new ones."""

    def __init__(self, target: int) -> None:
        self.target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._lines: list[socket.socket] = []
        Thread(target=self._accept, daemon=True).start()

    def move(self, target: int, *, cut: bool) -> None:
        """Lead new lines to another server, and with `cut` end those that there are."""
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
    """A primary and its replica, the front, and short words for what happens to them."""

    def __init__(self, stack: Stack, folder: Path) -> None:
        self._stack, self._folder, self._count = stack, folder, 0
        self.primary = self.server()
        self.replica = self.server(of=self.primary)
        self.front = Front(self.primary[1])

    def server(self, of: tuple[str, int] | None = None) -> tuple[str, int]:
        """Start a server, as a replica of another where one is given; gives its name and its port."""
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
        with _client(server) as redis:
            redis.replicaof("127.0.0.1", of[1])
            _until(lambda: redis.info("replication").get("master_link_status") == "up")

    def send(self, server: tuple[str, int], number: signal.Signals) -> None:
        """Send a server a signal."""
        self._stack[server[0]].send(number)

    def promote(self, *, cut: bool = True) -> None:
        """Let the replica be the primary, and give it a replica."""
        with _client(self.replica) as redis:
            redis.replicaof("NO", "ONE")
        self.front.move(self.replica[1], cut=cut)
        self.server(of=self.replica)


def promoted(pair: Pair) -> None:
    """Kill the primary and promote the replica."""
    pair.send(pair.primary, signal.SIGKILL)
    pair.promote()


def lagging(pair: Pair) -> None:
    """Promote a replica that had received nothing for a while."""
    # A stopped process would read on what waits in its socket.
    with _client(pair.replica) as redis:
        redis.replicaof("NO", "ONE")
    time.sleep(LAG)
    pair.send(pair.primary, signal.SIGKILL)
    pair.promote()


def orderly(pair: Pair) -> None:
    """Let the primary hand over."""
    with _client(pair.primary) as redis:
        redis.execute_command("FAILOVER", "TO", "127.0.0.1", str(pair.replica[1]))
        _until(lambda: redis.info("replication")["role"] == "slave")
    # The old primary is the replica.
    pair.front.move(pair.replica[1], cut=True)


def split(pair: Pair) -> None:
    """Promote the replica while the lines that there are go on to the old primary; end that after a while."""
    pair.promote(cut=False)
    time.sleep(LAG)
    pair.send(pair.primary, signal.SIGKILL)


SCENARIOS: dict[str, Callable[[Pair], None]] = {
    "promoted": promoted, "lagging": lagging, "orderly": orderly, "split": split,
}  # fmt: skip


def main() -> int:
    """Run each scenario with FAX_REPLICAS=1 and 0, print a table, and judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--faxes", type=int, default=120)
    parser.add_argument("--scenario", choices=[*SCENARIOS], action="append", help="these only")
    options = parser.parse_args()
    print("against a stub\n\n| scenario | FAX_REPLICAS | faxes | sent | went back | doubled | lost |")
    print("|---|---|---|---|---|---|---|", flush=True)
    bad = False
    for name in options.scenario or SCENARIOS:
        for replicas in (1, 0):
            sent, back, doubled, lost = _measure(SCENARIOS[name], options.faxes, replicas)
            told = [name, replicas, options.faxes, sent, "yes" if back else "no", doubled, lost]
            print(f"| {' | '.join(map(str, told))} |", flush=True)
            bad = bad or doubled > 0 or (replicas > 0 and lost > 0)
    print(machine())
    return int(bad)


def _measure(strike: Callable[[Pair], None], count: int, replicas: int) -> tuple[int, bool, int, int]:
    with _running(replicas) as (pair, stub, surroundings):
        client = FaxClient(surroundings["REDIS_URL"])
        jobs = [client.send(to=number(place), media_name=DOCUMENT).job_id for place in range(count)]
        _until(lambda: len(stub.faxes()) > count // 4)
        strike(pair)
        with Redis(port=pair.front.port, decode_responses=True) as redis:
            back = _settle(redis, stub, surroundings, count)
            gone = [job for job in jobs if not redis.exists(f"fax:job:{job}")]
        taken = Counter(fax["job"] for fax in stub.faxes())
    lost = [job for job in gone if job not in taken]
    return len(taken), back, sum(times - 1 for times in taken.values()), len(lost)


def _settle(redis: Any, stub: Stub, surroundings: dict[str, str], count: int) -> bool:
    """Wait until all is sent, or nothing more is; recover where that is asked for. Gives whether it was."""
    back, last, since = False, -1, time.monotonic()
    while time.monotonic() - since < QUIET and last < count:
        if redis.hexists("fax:ledger", "behind"):
            back = True
            words = [sys.executable, "-P", "-m", "faxdispatch.cli", "recover", "--since", "2000-01-01T00:00:00Z"]
            subprocess.run(words, env=surroundings, check=True, capture_output=True, timeout=PATIENCE)
            since = time.monotonic()
        if (now := len(stub.faxes())) != last:
            last, since = now, time.monotonic()
        time.sleep(0.2)
    # What comes late comes within a lease and the settle time.
    time.sleep(1)
    return back


@contextmanager
def _running(replicas: int) -> Iterator[tuple[Pair, Stub, dict[str, str]]]:
    with ground() as (stack, folder, _, about), tempfile.TemporaryDirectory() as name:
        pair = Pair(stack, Path(name))
        surroundings = processes.environment(
            SETTINGS
            | {
                "REDIS_URL": f"redis://127.0.0.1:{pair.front.port}/0",
                "FAX_REPLICAS": str(replicas),
                "TELNYX_BASE_URL": f"{about['stub']}/v2",
                "TELNYX_API_KEY": "KEYbench",
                "TELNYX_PUBLIC_KEY": about["public_key"],
                "FAX_CONNECTION_ID": CONNECTION,
                "FAX_FROM": SENDER,
            },
            inherit=False,
        )
        for place in (1, 2):
            stack.start(processes.worker(folder, surroundings, number=place))
        stub = Stub(about["stub"])
        try:
            yield pair, stub, surroundings
        finally:
            stub.close()


def _client(server: tuple[str, int]) -> Any:
    return Redis(port=server[1], decode_responses=True)


def _until(probe: Callable[[], Any]) -> None:
    end = time.monotonic() + PATIENCE
    while not probe():
        if time.monotonic() > end:
            raise TimeoutError("what the measurement waits for did not come; look into the processes' output")
        time.sleep(0.05)


if __name__ == "__main__":
    sys.exit(main())
