"""Measures how many faxes a failover of Redis under load doubles and loses, with FAX_REPLICAS and without.

    .venv/bin/python -m bench.failover [--faxes 120]

Real processes: a primary and its replica behind a front through which clients reach them, or behind Sentinels, two
workers, and a stub of Telnyx. While faxes are being sent, one of these happens:

    promoted   the primary is killed, and the replica takes its place
    lagging    the same, but the replica had received nothing for the last two seconds
    orderly    the primary hands over to the replica (FAILOVER)
    split      the replica takes its place while the primary lives on, and one worker still talks to that
    sentinel   the primary is killed, and the Sentinels promote the replica
    handed     the Sentinels promote a replica on command, while the primary is well

Then the new primary gets a replica, and if the ledger went back in time, `faxdispatch recover` is run. It prints for
each how often the ledger went back, how many faxes were sent twice, and how many orders are gone. Exit code 1 if one
was sent twice, or an order was lost with FAX_REPLICAS=1.
"""

import argparse
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.figures import machine
from bench.installation import CONNECTION, DOCUMENT, SENDER, Stub, ground, number
from bench.replicas import PATIENCE, Guarded, Pair, client, until
from faxdispatch import FaxClient
from faxdispatch.ledger import connect
from faxdispatch.supervisor import roles as processes

SETTINGS = {
    "FAX_RATE": "15", "FAX_CHANNELS": "50", "FAX_SETTLE": "3",
    "FAX_READ_TIMEOUT": "1.5",
    "FAX_LOG_LEVEL": "WARNING",
}  # fmt: skip
LAG, QUIET = 2.0, 25.0


def promoted(pair: Pair) -> None:
    """Kill the primary and promote the replica."""
    pair.send(pair.primary, signal.SIGKILL)
    pair.promote()


def lagging(pair: Pair) -> None:
    """Promote a replica that had received nothing for a while."""
    # A stopped process would later read what waits in its socket.
    with client(pair.replica) as redis:
        redis.replicaof("NO", "ONE")
    time.sleep(LAG)
    pair.send(pair.primary, signal.SIGKILL)
    pair.promote()


def orderly(pair: Pair) -> None:
    """Let the primary hand over."""
    with client(pair.primary) as redis:
        redis.execute_command("FAILOVER", "TO", "127.0.0.1", str(pair.replica[1]))
        until(lambda: redis.info("replication")["role"] == "slave")
    # The old primary is the replica.
    pair.front.move(pair.replica[1], cut=True)


def split(pair: Pair) -> None:
    """Promote the replica while existing connections still lead to the old primary; end them after a while."""
    pair.promote(cut=False)
    time.sleep(LAG)
    pair.send(pair.primary, signal.SIGKILL)


def sentinel(pair: Guarded) -> None:
    """Kill the primary, and let the Sentinels notice."""
    pair.send(pair.primary, signal.SIGKILL)
    pair.wait()


def handed(pair: Guarded) -> None:
    """Let the Sentinels fail over from a healthy primary."""
    pair.hand_over()
    pair.wait()


SCENARIOS: dict[str, tuple[type[Pair], Callable[[Any], None]]] = {
    "promoted": (Pair, promoted),
    "lagging": (Pair, lagging),
    "orderly": (Pair, orderly),
    "split": (Pair, split),
    "sentinel": (Guarded, sentinel),
    "handed": (Guarded, handed),
}


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
            sent, back, doubled, lost = _measure(*SCENARIOS[name], options.faxes, replicas)
            columns = [name, replicas, options.faxes, sent, "yes" if back else "no", doubled, lost]
            print(f"| {' | '.join(map(str, columns))} |", flush=True)
            bad = bad or doubled > 0 or (replicas > 0 and lost > 0)
    print(machine())
    return int(bad)


def _measure(
    servers: type[Pair], inject: Callable[[Any], None], count: int, replicas: int
) -> tuple[int, bool, int, int]:
    with _running(servers, replicas) as (pair, stub, surroundings):
        producer = FaxClient(surroundings["REDIS_URL"])
        jobs = [producer.send(to=number(place), media_name=DOCUMENT).job_id for place in range(count)]
        until(lambda: len(stub.faxes()) > count // 4)
        inject(pair)
        with connect(pair.address) as redis:
            back = _settle(redis, stub, surroundings, count)
            gone = [job for job in jobs if not redis.exists(f"fax:job:{job}")]
        taken = Counter(fax["job"] for fax in stub.faxes())
    lost = [job for job in gone if job not in taken]
    return len(taken), back, sum(times - 1 for times in taken.values()), len(lost)


def _settle(redis: Any, stub: Stub, surroundings: dict[str, str], count: int) -> bool:
    """Wait until all faxes are sent, or no more are.

    Recover the ledger if needed, and return whether that was needed.
    """
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
    # A late second send comes within a lease and the settle time.
    time.sleep(1)
    return back


@contextmanager
def _running(servers: type[Pair], replicas: int) -> Iterator[tuple[Pair, Stub, dict[str, str]]]:
    with ground() as (stack, folder, _, about), tempfile.TemporaryDirectory() as name:
        pair = servers(stack, Path(name))
        surroundings = processes.environment(
            SETTINGS
            | {
                "REDIS_URL": pair.address,
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


if __name__ == "__main__":
    sys.exit(main())
