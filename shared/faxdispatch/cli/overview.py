"""How many jobs stand where, and what an operator should look at."""

import math
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from redis import Redis

from faxdispatch.cli.output import show
from faxdispatch.ledger import Ledger, Limits, Scripts, Watch
from faxdispatch.ledger.scripts import redis_trouble
from faxdispatch.ledger.watch import WORKER_SILENCE
from faxdispatch.settings import Settings


def overview(scripts: Scripts, settings: Settings) -> dict[str, Any]:
    """Give the figures, ready for JSON. Raises `Unavailable` where Redis did not answer."""
    figures = asdict(Watch(scripts).figures())
    return {
        "jobs": {state.value: count for state, count in Ledger(scripts).counts().items()},
        "oldest_seconds": {state.value: round(age, 1) for state, age in figures.pop("oldest").items()},
        "connections": _connections(scripts, settings),
        **figures,
        "workers": _workers(scripts),
    }


def show_overview(found: dict[str, Any]) -> None:
    """Print the figures for people."""
    for state, count in found["jobs"].items():
        age = found["oldest_seconds"].get(state)
        show(f"{state:<12} {count:>9}" + (f"   the oldest for {_span(age)}" if count and age else ""))
    for line in found["connections"]:
        words = f"{line['in_flight']} of {line['channels']} channels in use, {line['waiting']} waiting"
        if line["paused"]:
            words += f", paused until {line['paused']['until']} because {line['paused']['reason']}"
        show(f"connection {line['connection_id']}: {words}")
    show(f"workers: {len(found['workers'])}" + ("" if found["leader"] else ", no scheduler leads"))
    for line in _to_look_at(found):
        show(f"to look at: {line}")


def _to_look_at(found: dict[str, Any]) -> list[str]:
    matters = [
        (found["jobs"]["unknown"], "unknown sends: faxdispatch status --state unknown"),
        (found["dead_letters"], "dead letters: faxdispatch deadletters list"),
        (found["quarantined"], "webhooks in quarantine, in the stream fax:quarantine"),
        (found["strays"], "faxes too many, which are being cancelled at Telnyx"),
    ]
    return [f"{count} {words}" for count, words in matters if count]


def _connections(scripts: Scripts, settings: Settings) -> list[dict[str, Any]]:
    limits = Limits(scripts, rate=settings.fax_rate)
    paused, calls = limits.paused(), limits.calls()
    redis = scripts.redis
    with redis_trouble():
        return [
            {
                "connection_id": name,
                "in_flight": calls.get(name, 0),
                "channels": _channels(redis, name, settings.fax_channels),
                "waiting": redis.zcard(f"fax:waiting:{name}"),
                "paused": _pause(paused.get(name)),
            }
            for name in sorted(calls.keys() | paused.keys())
        ]


def _workers(scripts: Scripts) -> list[dict[str, str]]:
    since = scripts.clock() - WORKER_SILENCE * 1000
    with redis_trouble():
        present: Any = scripts.redis.zrangebyscore("fax:workers", since, "+inf", withscores=True)
    return [{"name": name, "seen": _time(millis)} for name, millis in present]


def _channels(redis: Redis, connection: str, wanted: int | str) -> int:
    if isinstance(wanted, int):
        return wanted
    estimate: Any = redis.get(f"fax:channels:{connection}")
    return math.floor(float(estimate or 2))


def _pause(pause: dict[str, str] | None) -> dict[str, str] | None:
    return {"reason": pause["reason"], "until": _time(float(pause["until"]))} if pause else None


def _time(millis: float) -> str:
    return datetime.fromtimestamp(millis / 1000, UTC).isoformat(timespec="seconds")


def _span(seconds: float) -> str:
    """Write a length of time in its two largest units."""
    for size, unit, part, small in ((86400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s")):
        if seconds >= size:
            return f"{int(seconds // size)} {unit} {int(seconds % size // part)} {small}"
    return f"{seconds:.0f} s"
