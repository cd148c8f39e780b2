"""The failure policy: decides what follows a failed attempt, as a pure function of its reason.

Telnyx itself never tries a failed fax again (help centre).
"""

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from faxdispatch.jobs import SendFax
from faxdispatch.reasons.failures import FINAL, REASONS, UNKNOWN, Cause, Counter, Kind
from faxdispatch.settings import Settings

ONCE_PAUSE = 300.0
"""Seconds before the one retry after a cause for which another try seldom helps."""
CAPACITY_PAUSES = (15.0, 30.0, 60.0)
"""Seconds between tries while Telnyx has no free channel; the last one repeats."""
ACCOUNT_PAUSE = 300.0
"""Seconds until the account or the connection is tried again after Telnyx refused it, unless a person resumes it."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A failed attempt and its predecessors."""

    reason: str
    dials: int
    """Earlier failed attempts that never connected and were charged."""
    connects: int
    """Earlier failed attempts that connected and were charged."""
    tries: dict[str, int]
    """Earlier failures by kind."""
    max_attempts: int
    """The limit of both counters together."""
    ladder_step: int = 0
    """The step of the ladder that the failed attempt had; 0 means the job's own options."""
    send_by: datetime | None = None


@dataclass(frozen=True, slots=True)
class Retry:
    """Another attempt in `delay` seconds, with the first `ladder_step` steps of the ladder."""

    kind: Kind
    delay: float
    tries: dict[str, int]
    counter: Counter
    ladder_step: int


@dataclass(frozen=True, slots=True)
class GiveUp:
    """No further attempt.

    `why` is `final`, `attempts`, `connects` or `deadline`. `blames_number` means that it counts towards the number's
    quarantine.
    """

    kind: Kind
    why: str
    counter: Counter
    blames_number: bool


def decide(failure: Failure, now: datetime, settings: Settings, *, jitter: float = 0.0) -> Retry | GiveUp:
    """Decide about a failed attempt.

    `jitter`, from -1 to 1, moves the pause by up to a tenth. It never affects whether there is another attempt.
    """
    cause = REASONS.get(failure.reason, UNKNOWN)
    seen = failure.tries.get(cause.kind, 0)
    why = _end(cause, seen, failure, settings)
    if why:
        return _give_up(cause, why)
    pause = _pause(cause.kind, seen, now, settings)
    left = (failure.send_by - now).total_seconds() if failure.send_by else math.inf
    if pause >= left:
        return _give_up(cause, "deadline")
    moved = _moved(cause.kind, pause, jitter)
    ladder_step = min(failure.ladder_step + 1, len(settings.fax_ladder)) if cause.climbs else failure.ladder_step
    return Retry(
        cause.kind,
        delay=moved if moved < left else pause,
        tries={**failure.tries, cause.kind: seen + 1},
        counter=cause.counter,
        ladder_step=ladder_step,
    )


def step(schedule: tuple[float, ...], seen: int) -> float:
    """Return the pause after `seen` earlier ones; the last one of the schedule repeats."""
    return schedule[min(seen, len(schedule) - 1)]


def changes(steps: int, settings: Settings) -> dict[str, object]:
    """Return the send options that the first `steps` steps of the ladder set; a higher step overrides a lower one."""
    return dict(settings.fax_ladder[:steps])


def climbed(request: SendFax, ladder_step: int, settings: Settings) -> int:
    """Return the first step, from `ladder_step` on, that changes the request.

    A step that changes nothing would send the same fax again.
    """
    while ladder_step < len(settings.fax_ladder) and all(
        getattr(request, name) == value for name, value in settings.fax_ladder[:ladder_step]
    ):
        ladder_step += 1
    return ladder_step


def _end(cause: Cause, seen: int, failure: Failure, settings: Settings) -> str | None:
    """Return why no further attempt is allowed, or None if one is."""
    if cause.kind in FINAL:
        return "final"
    if cause.counter is Counter.HOLD:
        return None
    if failure.dials + failure.connects + 1 >= failure.max_attempts:
        return "attempts"
    if cause.counter is Counter.CONNECT and failure.connects + 1 >= settings.fax_max_connects:
        return "connects"
    if cause.kind is Kind.ONCE and seen:
        return "attempts"
    return None


def _give_up(cause: Cause, why: str) -> GiveUp:
    return GiveUp(cause.kind, why, cause.counter, blames_number=cause.kind is Kind.NUMBER)


def _moved(kind: Kind, pause: float, jitter: float) -> float:
    # Before midnight, the day's money is still spent.
    return pause if kind is Kind.SPEND else pause * (1 + max(-1.0, min(1.0, jitter)) / 10)


def _pause(kind: Kind, seen: int, now: datetime, settings: Settings) -> float:
    if kind is Kind.SPEND:
        utc = now.astimezone(UTC)
        midnight = (utc + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
        return (midnight - utc).total_seconds() + 60
    schedules = {
        Kind.BUSY: settings.fax_retry_busy,
        Kind.NO_ANSWER: settings.fax_retry_no_answer,
        Kind.LINE: settings.fax_retry_line,
        Kind.ONCE: (ONCE_PAUSE,),
        Kind.CAPACITY: CAPACITY_PAUSES,
        Kind.ACCOUNT: (ACCOUNT_PAUSE,),
    }
    return step(schedules[kind], seen)
