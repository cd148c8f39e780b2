"""Measures the cost of the console's pages with a full ledger, and the time of a search by number.

    .venv/bin/python -m bench.console [--rows 1000000] [--ended 100000] [--open 1000]

Fills its own Valkey with a campaign of so many rows, so many single faxes that have ended and so many that are open, by
the ledger's own scripts, and requests each page several times. CPU is that of this process, without Valkey's; commands
are those that are sent to Valkey.
"""

import argparse
import re
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from flask.testing import FlaskClient
from redis import Redis

from bench.figures import machine
from console.app import create_app
from console.desk import Desk
from faxdispatch.jobs import SendFax
from faxdispatch.ledger import CampaignRow
from faxdispatch.settings import Settings
from faxdispatch.states import CampaignState
from faxdispatch.supervisor import roles as processes
from faxdispatch.supervisor.stack import Stack
from faxdispatch.supervisor.valkey import valkey_url
from faxdispatch.users import Role, Users

TIMES = 7
MOST_CPU, MOST_COMMANDS, MOST_SEARCH = 50, 20, 100
PASSWORD = "correct horse battery"


def number(n: int) -> str:
    """Return a number that no other n has."""
    return f"+1{200 + n // 10_000_000 * 7}{2_000_000 + n % 8_000_000:07}"


def fill(desk: Desk, rows: int, ended: int, still_open: int) -> None:
    """Fill the ledger."""
    campaigns = desk.client.campaigns.ledger
    campaigns.open("million", name="A million", options={"media_name": "letter", "pages": 2}, fingerprint="f")
    for chunk in range(0, rows, 1000):
        part = [CampaignRow(n, number(n), {}, (f"Clinic {n}",)) for n in range(chunk + 1, min(chunk + 1000, rows) + 1)]
        campaigns.add_chunk("million", chunk // 1000, part)
    for state in (CampaignState.CHECKED, CampaignState.RUNNING):
        campaigns.move("million", state, event=f"campaign.{state}")

    def single(n: int) -> None:
        job = f"{n:032x}"
        desk.ledger.create(job, SendFax(to=number(n + 3_000_000), media_name="letter"), source="producer")
        if n < ended:
            desk.ledger.cancel(job, source="producer")

    single(0)
    # Sends at the same time share one write to the disk, which is faster.
    with ThreadPoolExecutor(16) as threads:
        list(threads.map(single, range(1, ended + still_open)))


@contextmanager
def counted(redis: Redis) -> Iterator[Callable[[], int]]:
    """Count the commands that clients send in the block."""
    with redis.monitor() as watched:
        seen = 0

        def total() -> int:
            nonlocal seen
            redis.echo("end of count")
            for one in watched.listen():
                if "end of count" in one["command"]:
                    return seen
                seen += one["client_type"] != "lua"
            return seen

        yield total


def measure(client: FlaskClient, redis: Redis, path: str) -> tuple[float, int, float]:
    """Return the median CPU and wall time of a page in milliseconds, and its commands."""
    cpu, wall = [], []
    for _ in range(TIMES):
        began, at = time.process_time(), time.perf_counter()
        answer = client.get(path)
        cpu.append(1000 * (time.process_time() - began))
        wall.append(1000 * (time.perf_counter() - at))
        assert answer.status_code == 200, (path, answer.status_code)
    with counted(redis) as total:
        client.get(path)
        commands = total()
    return statistics.median(cpu), commands, statistics.median(wall)


def main() -> None:
    """Fill, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--ended", type=int, default=100_000)
    parser.add_argument("--open", type=int, default=1000, dest="still_open")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, Stack(lambda _, __: None) as stack:
        url = valkey_url(Path(folder))
        stack.start(processes.valkey(Path(folder)))
        Users(Path(folder) / "console-users.json").add("bench", PASSWORD, Role.OPERATOR)
        settings = Settings.load(
            redis_url=url,
            fax_data_dir=Path(folder),
            fax_connection_id="c",
            fax_rate=20,
        )
        app = create_app(settings)
        desk: Desk = app.extensions["desk"]
        fill(desk, asked.rows, asked.ended, asked.still_open)
        client = app.test_client()
        token = re.search(r'csrf_token" value="([^"]+)', client.get("/sign-in").text)
        assert token
        client.post("/sign-in", data={"csrf_token": token[1], "name": "bench", "password": PASSWORD})
        newest = f"{asked.ended + asked.still_open - 1:032x}"
        # The oldest single fax, so that all of them are searched.
        oldest = number(3_000_000)
        print(machine())
        print(f"{asked.rows:,} rows, {asked.ended:,} ended and {asked.still_open:,} open single faxes")
        print(f"{'page':<34} {'CPU ms':>8} {'commands':>9} {'wall ms':>8}")
        worst = True
        for path in (
            "/", "/faxes/", "/faxes/?state=queued", "/faxes/?state=failed", f"/faxes/{newest}", f"/faxes/?q={newest}",
            f"/faxes/?q=%2B{oldest[1:]}", "/campaigns/", "/campaigns/million", "/holds/", "/holds/?reason=send_at",
            "/numbers/", "/suppressions/", "/dead-letters/", "/inbound/", "/drafts/",
        ):  # fmt: skip
            cpu, commands, wall = measure(client, desk.scripts.redis, path)
            good = cpu < MOST_CPU and commands < MOST_COMMANDS and ("?q=%2B" not in path or wall < MOST_SEARCH)
            worst = worst and good
            shown = "/faxes/?q=<number of the oldest>" if "?q=%2B" in path else path
            print(f"{shown[:34]:<34} {cpu:>8.1f} {commands:>9} {wall:>8.1f}{'' if good else '   over the bound'}")
    raise SystemExit(0 if worst else 1)


if __name__ == "__main__":
    main()
