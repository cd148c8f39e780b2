"""One measurement of `bench.side_by_side`: one way of sending faxes, on its own processes.

Prints its figures as one JSON object.

    .venv/bin/python -m bench.one_way plain|faxdispatch|producer|webhook|startup [--faxes 2000] [--rate 250]

Every figure is milliseconds of processor time of one fax, unless its name says otherwise. The modules are compiled, as
they are where the package is installed.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from celery import Celery
from redis import Redis

from bench import webhook as webhooks
from bench.cost import Cost, measure, read_in, start
from bench.figures import usage
from bench.flood import fill, flood
from bench.installation import DOCUMENT, SENDER, Stub, ground, installation, number
from faxdispatch import FaxClient
from faxdispatch.jobs import SendFax
from faxdispatch.ledger import Campaigns, Scripts, connect
from faxdispatch.subprocesses.child import Role
from faxdispatch.supervisor import roles as processes

Figures = dict[str, float]

THREADS = 16
RATE = 250
"""Faxes a second that our worker may send; the plain way has no limit. A higher one leaves it to the processor."""
WARM = 100
"""How many faxes are sent before those that count."""
ASIDE = "bench.aside"
"""The list that holds messages until they may be received."""
SETTINGS = {
    "FAX_RATE": str(RATE),
    "FAX_CHANNELS": "2000",
    "FAX_WORKER_CONCURRENCY": str(THREADS),
}
MANY = 100
"""How many faxes one `send_many` sends."""
WEBHOOKS = 300
"""Webhooks a second."""


def plain(faxes: int) -> Figures:
    """Measure a plain task, and the same with the least ledger."""
    with ground() as (stack, folder, redis_url, about):
        surroundings = processes.environment(
            {"PLAIN_BROKER": redis_url, "PLAIN_STUB": f"{about['stub']}/v2"}, inherit=False
        )
        worker = stack.start(_plain_worker(folder, surroundings))
        stub, figures = Stub(about["stub"]), {}
        for name, task in (("plain", "plain.send"), ("least", "plain.send_recorded")):
            for count in (WARM, faxes):
                before = len(stub.calls())
                payload = {"connection_id": "1", "from": SENDER, "media_name": DOCUMENT}
                payloads = ({"to": number(place), **payload} for place in range(count))
                fill(redis_url, task, "plain.send", payloads, into=ASIDE)
                used = usage([worker.pid]).seconds, usage([stack["valkey"].pid]).seconds
                rename(redis_url, "plain.send")
                _until(lambda: stub.calls(before + count - 1))  # noqa: B023 - called at once
            figures[f"{name} worker"] = 1000 * (usage([worker.pid]).seconds - used[0]) / faxes
            figures[f"{name} valkey"] = 1000 * (usage([stack["valkey"].pid]).seconds - used[1]) / faxes
        figures["plain MB"] = usage([worker.pid]).megabytes
        return figures


def faxdispatch(faxes: int) -> Figures:
    """Measure the intake of raw messages, their faxes after it, both together, and rows of a campaign."""
    figures: Figures = {}
    with installation(workers=1, **SETTINGS) as running:
        running.stub.change(call_seconds=1.0)
        campaigns = Campaigns(Scripts(connect(running.redis_url)))

        def note(name: str, cost: Cost) -> None:
            figures.update({f"{name} worker": cost.worker, f"{name} valkey": cost.valkey, f"{name} pace": cost.pace})

        flood(running, WARM)
        running.until(lambda: len(running.stub.calls()) >= WARM)
        running.hold_back()
        flood(running, faxes, first=10_000, into=ASIDE)
        worker, valkey = running.usage().seconds, running.usage_of("valkey").seconds
        rename(running.redis_url, SendFax.QUEUE)
        running.until(lambda: not running.unsettled(), within=300)
        figures["intake worker"] = 1000 * (running.usage().seconds - worker) / faxes
        figures["intake valkey"] = 1000 * (running.usage_of("valkey").seconds - valkey) / faxes
        note("message", measure(running, faxes, running.let_go))
        flood(running, faxes, first=100_000, into=ASIDE)
        note("raw", measure(running, faxes, lambda: rename(running.redis_url, SendFax.QUEUE)))
        read_in(campaigns, "bench", faxes)
        note("row", measure(running, faxes, lambda: start(campaigns, "bench")))
        figures["faxdispatch MB"] = running.usage().megabytes
    return figures


def producer(faxes: int) -> Figures:
    """Measure Celery's `apply_async`, `FaxClient.send` and `send_many` if it exists, without any worker."""
    figures: Figures = {}
    with ground() as (stack, _, redis_url, _about):
        app = Celery("bench", broker=redis_url, set_as_current=False)
        client = FaxClient(redis_url)

        def note(name: str, act: Callable[[int], object], count: int) -> None:
            act(0)
            own, valkey = time.process_time(), usage([stack["valkey"].pid]).seconds
            for place in range(count):
                act(place + 1)
            figures[f"{name} own"] = 1000 * (time.process_time() - own) / faxes
            figures[f"{name} valkey"] = 1000 * (usage([stack["valkey"].pid]).seconds - valkey) / faxes

        def fax(place: int) -> dict[str, Any]:
            return {"to": number(place), "media_name": DOCUMENT}

        note("apply_async", lambda place: app.send_task("plain.send", kwargs=fax(place), queue="plain"), faxes)
        note("send", lambda place: client.send(**fax(place)), faxes)
        if hasattr(client, "send_many"):
            many = client.send_many
            note(
                "send_many",
                lambda at: many([fax(200_000 + MANY * at + place) for place in range(MANY)]),
                faxes // MANY,
            )
    return figures


def webhook(faxes: int) -> Figures:
    """Measure a bare Flask answer and our webhook, as many as faxes."""
    bare, taken = webhooks.measure(faxes, WEBHOOKS)
    return {
        "bare own": bare.own, "bare valkey": bare.valkey, "webhook own": taken.own, "webhook valkey": taken.valkey,
        "webhook p99": 1000 * taken.p99,
    }  # fmt: skip


def startup(_: int) -> Figures:
    """Measure, in seconds of processor time, the import, the help, and `status` on an empty ledger."""
    with ground() as (_stack, folder, redis_url, _about):
        surroundings = processes.environment({"REDIS_URL": redis_url}, inherit=False)
        ways = {
            "import s": ["-c", "import faxdispatch"],
            "help s": ["-m", "faxdispatch.cli", "--help"],
            "status s": ["-m", "faxdispatch.cli", "status"],
        }
        for words in ways.values():
            _taken(words, folder, surroundings)  # Compiles the modules that a checkout has not compiled yet.
        return {
            name: statistics.median(_taken(words, folder, surroundings) for _ in range(9))
            for name, words in ways.items()
        }


def _taken(words: list[str], folder: Path, surroundings: dict[str, str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *words], cwd=folder, env=surroundings, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _plain_worker(folder: Path, surroundings: dict[str, str]) -> Role:
    command = [sys.executable, "-P", "-m", "celery", "--quiet", "-A", "bench.plain", "worker"]
    # Started as in Celery's documentation; at level WARNING a plain task costs about a quarter less.
    command += ["--pool", "threads", "--concurrency", str(THREADS), "--loglevel", "INFO"]
    return Role("plain", command, surroundings, folder, lambda _: _listens(surroundings["PLAIN_BROKER"]))


def _listens(redis_url: str) -> bool:
    with Redis.from_url(redis_url) as redis:
        return bool(redis.exists("_kombu.binding.plain.send"))


def rename(redis_url: str, queue: str) -> None:
    """Move the messages that were kept back into a queue."""
    with Redis.from_url(redis_url) as redis:
        redis.rename(ASIDE, queue)


def _until(probe: Callable[[], object], within: float = 300) -> None:
    end = time.monotonic() + within
    while not probe():
        if time.monotonic() > end:
            raise TimeoutError("the stub was not called so often")
        time.sleep(0.05)


LAPS: dict[str, Callable[[int], Figures]] = {
    "plain": plain,
    "faxdispatch": faxdispatch,
    "producer": producer,
    "webhook": webhook,
    "startup": startup,
}


def main() -> int:
    """Measure one way."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("way", choices=LAPS)
    parser.add_argument("--faxes", type=int, default=2000)
    parser.add_argument("--rate", type=int, default=RATE, help="faxes a second that our worker may send")
    options = parser.parse_args()
    SETTINGS["FAX_RATE"] = str(options.rate)
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    print(json.dumps(LAPS[options.way](options.faxes)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
