"""Everything that an operator looks at first, read consistently by one script, and samples of the last hours."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from faxdispatch.events import Event
from faxdispatch.ledger.clock import moment as moment_of
from faxdispatch.ledger.limits import Account, Traffic, as_said, read_pause
from faxdispatch.ledger.presence import WORKER_SILENCE
from faxdispatch.ledger.scripts import Scripts, redis_trouble
from faxdispatch.states import OPEN, HoldReason, State

SAMPLES = "fax:course"
"""Stream of samples: the jobs in each state, taken by the leading scheduler."""
_KEPT = 24 * 3600


@dataclass(frozen=True, slots=True)
class Overview:
    """How many faxes are in each state, and why they wait. Times are in seconds, money in the settings' currency."""

    now: datetime
    counts: Mapping[State, int]
    """Jobs by state; ended ones are counted since the beginning."""
    oldest: Mapping[State, float]
    """For each open state, how long its oldest job has been in it, if there is one."""
    held: Mapping[HoldReason, int]
    connections: tuple[Traffic, ...]
    account: Account
    overdue: float
    """Age of the oldest appointment that no scheduler has kept."""
    leader: str | None
    workers: int
    dead_letters: int
    strays: int
    quarantined_webhooks: int
    quarantined_numbers: int
    documents_wanted: int
    documents_given_up: int
    ledger_behind: bool
    """The ledger went back in time, and nothing is sent before it is recovered."""


@dataclass(frozen=True, slots=True)
class Sample:
    """How many jobs had ended in this state by then, since the beginning."""

    at: datetime
    delivered: int
    failed: int
    cancelled: int


def read_overview(scripts: Scripts) -> Overview:
    """Read it. Raises `Unavailable` if Redis did not answer."""
    found = scripts.run("overview", silence=WORKER_SILENCE * 1000, kept=round(scripts.rules.retention * 1000))
    now, since, counts = found["now"], found["since"] or {}, found.get("counts") or {}
    limits = as_said(found.get("limits") or {})
    return Overview(
        now=moment_of(now),
        counts={state: int(counts.get(state, 0)) for state in State},
        oldest={state: max(0.0, (now - since[state]) / 1000) for state in sorted(OPEN) if state in since},
        held=_held(found["held"] or {}),
        connections=tuple(
            sorted(_traffic(scripts, limits, found["connections"] or (), now), key=lambda one: one.connection)
        ),
        account=_account(scripts, limits, found, now),
        overdue=max(0.0, (now - found["overdue"]) / 1000) if found.get("overdue") else 0.0,
        leader=found.get("leader") or None,
        workers=found["workers"],
        dead_letters=found["dead_letters"],
        strays=found["strays"],
        quarantined_webhooks=found["quarantined"],
        quarantined_numbers=found["numbers"],
        documents_wanted=found["documents_wanted"],
        documents_given_up=found["documents_given_up"],
        ledger_behind=bool(found["behind"]),
    )


def take_sample(scripts: Scripts) -> None:
    """Record a sample of how many jobs have ended; samples are kept for a day."""
    with redis_trouble():
        counts: Any = scripts.redis.hgetall("fax:counts")
        now = scripts.clock()
        taken: dict[Any, Any] = {name: counts.get(name, "0") for name in ("delivered", "failed", "cancelled")}
        scripts.redis.xadd(SAMPLES, {"at": now, **taken}, minid=f"{now - _KEPT * 1000}", approximate=True)


def samples(scripts: Scripts) -> list[Sample]:
    """Return the samples of the last day, the oldest first."""
    with redis_trouble():
        found: Any = scripts.redis.xrange(SAMPLES)
    return [
        Sample(moment_of(int(one["at"])), int(one["delivered"]), int(one["failed"]), int(one["cancelled"]))
        for _, one in found
    ]


def newest_events(scripts: Scripts, *, limit: int = 40) -> list[tuple[datetime, Event]]:
    """Return the newest events, each with the time of its record, the newest first."""
    with redis_trouble():
        found: Any = scripts.redis.xrevrange("fax:events", count=limit)
    return [(moment_of(int(entry.partition("-")[0])), Event.from_fields(fields)) for entry, fields in found]


def _held(found: Mapping[str, int]) -> dict[HoldReason, int]:
    known = {HoldReason(reason): count for reason, count in found.items() if reason in set(HoldReason)}
    return dict(sorted(known.items(), key=lambda pair: -pair[1]))


def _traffic(scripts: Scripts, limits: Mapping[str, float | str], found: Any, now: int) -> list[Traffic]:
    fixed = limits.get("channels", scripts.rules.channels)
    return [
        Traffic(
            one["connection"],
            in_flight=one["in_flight"],
            channels=fixed if isinstance(fixed, int) else math.floor(float(one.get("channels") or 2)),
            waiting=one["waiting"],
            pause=read_pause(one.get("pause") or {}, now),
        )
        for one in found
    ]


def _account(scripts: Scripts, limits: Mapping[str, Any], found: Mapping[str, Any], now: int) -> Account:
    fixed, cap = (
        limits.get("account_channels", scripts.rules.account_channels),
        limits.get("day_cap", scripts.rules.day_cap),
    )
    estimate, shut = found.get("channels"), int(found.get("shut") or 0)
    return Account(
        in_flight=found["calls"],
        channels=fixed if isinstance(fixed, int) else math.floor(float(estimate)) if estimate else None,
        spent=int(found.get("spent") or 0) / 1_000_000,
        cap=None if cap == "none" else cap,
        shut_until=moment_of(shut / 1000) if shut > now * 1000 else None,
        rate=float(limits.get("rate", scripts.rules.rate)),
    )
