"""Measures the cost and the time of a webhook, compared with a bare Flask answer behind the same waitress.

    .venv/bin/python -m bench.webhook [--webhooks 6000] [--rate 300] [--spy FILE]

Signed events of faxes in the ledger, four a fax, come at an even rate over connections that stay open. Exit code 1 if a
bare answer costs less than half of ours, or one in a hundred of ours takes longer than allowed. `--spy` writes what the
threads of our web process do while they hold the interpreter's lock, as `bench.profile` does.
"""

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

from redis import Redis

from bench.figures import machine, usage
from bench.installation import CONNECTION, DOCUMENT, ground, number
from bench.spy import commands, spied
from faxdispatch.jobs import SendFax
from faxdispatch.ledger import Ledger, Scripts, connect
from faxdispatch.subprocesses.child import Role
from faxdispatch.supervisor import roles as processes
from faxdispatch.supervisor.stack import Stack
from faxdispatch.telnyx.client_state import encode_client_state
from faxdispatch.telnyx.webhooks import WEBHOOK_PATH
from faxdispatch.testing import Signer, telnyx_event

LEAST_SHARE, MOST_SECONDS = 0.50, 0.050
CONNECTIONS = 16
WARM = 200
SLICE = 300
WAY = (
    ("fax.queued", "queued", {}),
    ("fax.media.processed", "media.processed", {}),
    ("fax.sending.started", "sending", {}),
    ("fax.delivered", "delivered", {"page_count": 2, "call_duration_secs": 40}),
)
"""The events that Telnyx sends about a fax."""


@dataclass(frozen=True)
class Cost:
    """The cost of one webhook: milliseconds of processor time, scripts, median and 99th percentile of seconds."""

    own: float
    valkey: float
    scripts: float
    median: float
    p99: float


@dataclass
class Served:
    """A measured server and its use: seconds of processor time, scripts, and seconds until each answer."""

    port: int
    pid: int
    own: float = 0.0
    valkey: float = 0.0
    scripts: int = 0
    waits: list[float] = field(default_factory=list)

    def cost(self) -> Cost:
        """Return the cost of one webhook."""
        waits = sorted(self.waits)
        count = len(waits)
        return Cost(
            1000 * self.own / count,
            1000 * self.valkey / count,
            self.scripts / count,
            waits[count // 2],
            waits[round(0.99 * (count - 1))],
        )


def main() -> int:
    """Measure, print, and judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--webhooks", type=int, default=6000)
    parser.add_argument("--rate", type=float, default=300)
    parser.add_argument("--spy", type=Path)
    options = parser.parse_args()
    bare, webhook = measure(options.webhooks, options.rate, options.spy)
    print(f"{options.webhooks} webhooks each, {options.rate:g} a second, {machine()}")
    for name, cost in (("a bare Flask answer", bare), ("our webhook", webhook)):
        print(
            f"{name}: {cost.own:.3f} ms of the process, {cost.valkey:.3f} ms of Valkey in {cost.scripts:.2f} scripts; "
            f"answered in {1000 * cost.median:.1f} ms in the median, {1000 * cost.p99:.1f} ms at the 99th percentile"
        )
    share = bare.own / webhook.own
    print(f"a bare answer costs {share:.2f} of ours (at least {LEAST_SHARE:g})")
    return int(share < LEAST_SHARE or webhook.p99 > MOST_SECONDS)


def measure(webhooks: int, rate: float, spy: Path | None = None) -> tuple[Cost, Cost]:
    """Measure a bare answer and ours in turn, `SLICE` webhooks each, so that other load affects both."""
    signer = Signer()
    with ground() as (stack, folder, redis_url, _):
        servers = [_served(stack, folder, redis_url, role, signer) for role in ("bench.bare", "webhook")]
        requests = _requests(signer, redis_url, webhooks + WARM)
        redis = connect(redis_url)
        for server in servers:
            asyncio.run(_drive(server.port, requests[:WARM], rate))
        with spied(servers[1].pid, spy):
            for begin in range(WARM, WARM + webhooks, SLICE):
                for server in servers:
                    before = usage([server.pid]).seconds, usage([stack["valkey"].pid]).seconds, _scripts(redis)
                    server.waits += asyncio.run(_drive(server.port, requests[begin : begin + SLICE], rate))
                    server.own += usage([server.pid]).seconds - before[0]
                    server.valkey += usage([stack["valkey"].pid]).seconds - before[1]
                    server.scripts += _scripts(redis) - before[2]
    return servers[0].cost(), servers[1].cost()


def _scripts(redis: Redis) -> int:
    return commands(redis)["evalsha"][0]


def _served(stack: Stack, folder: Path, redis_url: str, role: str, signer: Signer) -> Served:
    port = processes.free_port()
    surroundings = processes.environment(
        {
            "REDIS_URL": redis_url,
            "PORT": str(port),
            "TELNYX_PUBLIC_KEY": signer.public_key,
            "FAX_CONNECTION_ID": CONNECTION,
        },
        inherit=False,
    )
    ready = processes.web(folder, surroundings).ready
    child = stack.start(Role(role, [sys.executable, "-P", "-m", role], surroundings, folder, ready))
    return Served(port, child.pid)


def _requests(signer: Signer, redis_url: str, count: int) -> list[bytes]:
    """Return requests about faxes that are recorded now; the steps of one fax come a hundred requests apart."""
    ledger = Ledger(Scripts(connect(redis_url)))
    requests: list[bytes] = []
    while len(requests) < count:
        faxes = []
        for place in range(100):
            job_id = uuid4().hex
            ledger.create(job_id, SendFax(to=number(place), media_name=DOCUMENT), source="bench")
            faxes.append({"fax_id": str(uuid4()), "client_state": encode_client_state(job_id, 1), "to": number(place)})
        for kind, status, more in WAY:
            for fax in faxes:
                event = telnyx_event(kind, status=status, connection_id=CONNECTION, **fax, **more)
                requests.append(_request(signer, json.dumps(event).encode()))
    return requests[:count]


def _request(signer: Signer, body: bytes) -> bytes:
    signed = signer.request(body)
    lines = [f"POST {WEBHOOK_PATH} HTTP/1.1", "Host: bench", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in signed.headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


async def _drive(port: int, requests: Sequence[bytes], rate: float) -> list[float]:
    """Send requests when they are due, or as soon as a connection is free.

    Return the seconds from each request's due time to its answer.
    """
    waits: list[float] = []
    begun, coming = time.perf_counter(), iter(enumerate(requests))

    async def one() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for place, request in coming:
            due = begun + place / rate
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 200 "):
                raise RuntimeError(f"a webhook was answered by {head[:40]!r}")
            waits.append(time.perf_counter() - due)
        writer.close()

    await asyncio.gather(*(one() for _ in range(CONNECTIONS)))
    return waits


if __name__ == "__main__":
    sys.exit(main())
