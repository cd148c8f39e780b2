"""What to do about a failed attempt: a table from Telnyx's failure reason to what it means, and a pure rule.

The reasons are those of Telnyx's developer guide, help centre and Python SDK; the set is open, and Telnyx publishes no
split into permanent and passing ones. Telnyx itself never tries a failed fax again (help centre).
"""

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from faxdispatch.jobs import SendFax
from faxdispatch.settings import Settings


class Kind(StrEnum):
    """Kinds of causes, by what helps."""

    BUSY = "busy"
    NO_ANSWER = "no_answer"
    LINE = "line"
    ONCE = "once"
    """Another try seldom helps."""
    CAPACITY = "capacity"
    """We were too fast: slow down; the recipient is not to blame."""
    SPEND = "spend"
    """The day's money is spent; it counts anew at midnight UTC."""
    ACCOUNT = "account"
    """Account, sender or profile must be mended by a person; no fax will pass before."""
    DESTINATION = "destination"
    """The number is good, but the account may not call it before a person has set that up at Telnyx."""
    DOCUMENT = "document"
    """The document must be mended."""
    NUMBER = "number"
    """The number is wrong."""
    CONTRADICTION = "contradiction"
    """Telnyx calls it failed and says that it went well: sent again, it may arrive twice. A person must look."""
    SENDER = "sender"
    """Somebody cancelled it."""


class Counter(StrEnum):
    """The counters of a job's failed attempts; each attempt goes to one."""

    DIAL = "dials"
    """It never connected."""
    CONNECT = "connects"
    """Somebody or something answered."""
    HOLD = "holds"
    """It costs the fax no attempt."""


FINAL = frozenset({Kind.DESTINATION, Kind.DOCUMENT, Kind.NUMBER, Kind.CONTRADICTION, Kind.SENDER})
FREE = frozenset({Kind.CAPACITY, Kind.SPEND, Kind.ACCOUNT})
"""Kinds that cost the fax no attempt."""


@dataclass(frozen=True, slots=True)
class Cause:
    """What a reason means. `connected`: the call was answered. `climbs`: a change of how it is sent may help."""

    kind: Kind
    connected: bool = False
    climbs: bool = False

    @property
    def counter(self) -> Counter:
        """The counter that the failed attempt goes to."""
        if self.kind in FREE:
            return Counter.HOLD
        return Counter.CONNECT if self.connected else Counter.DIAL


REASONS: dict[str, Cause] = {
    "user_busy": Cause(Kind.BUSY),
    "receiver_no_answer": Cause(Kind.NO_ANSWER),
    "receiver_no_response": Cause(Kind.NO_ANSWER),
    # SIP 408, or trouble at the carrier behind Telnyx.
    "receiver_recovery_on_timer_expire": Cause(Kind.LINE),
    # "General call failure or a telephony routing error": the call was not set up, whatever the name says.
    "receiver_communication_error": Cause(Kind.LINE),
    "service_unavailable": Cause(Kind.LINE),
    # Also the sign of a person who hung up; the bound of connected calls protects that person.
    "receiver_call_dropped": Cause(Kind.LINE, connected=True, climbs=True),
    "fax_signaling_error": Cause(Kind.LINE, connected=True, climbs=True),
    "invalid_ecm_response_from_receiver": Cause(Kind.LINE, connected=True, climbs=True),
    # Answered without fax tones. It may be a person's telephone, which must not ring again and again; or T.38 packets
    # that do not come through, which plain audio mends.
    "fax_initial_communication_timeout": Cause(Kind.ONCE, connected=True, climbs=True),
    "destination_unreachable": Cause(Kind.ONCE),
    "receiver_decline": Cause(Kind.ONCE),
    # The offer did not suit the other side, before the call was up; another offer may.
    "receiver_incompatible_destination": Cause(Kind.ONCE, climbs=True),
    # The example of the API reference; it tells of no call duration.
    "rejected": Cause(Kind.ONCE),
    "file_download_failed": Cause(Kind.ONCE),
    "media_processing_exception": Cause(Kind.ONCE),
    # Of inbound faxes by their description; of an outbound one they can only mean the same, seen from our side.
    "sender_call_dropped": Cause(Kind.LINE, connected=True, climbs=True),
    "carrier_lost": Cause(Kind.LINE, connected=True, climbs=True),
    "sender_communication_error": Cause(Kind.LINE),
    # "Telnyx to investigate this further".
    "success": Cause(Kind.CONTRADICTION, connected=True),
    "received": Cause(Kind.CONTRADICTION, connected=True),
    "user_channel_limit_exceeded": Cause(Kind.CAPACITY),
    "outbound_profile_channel_limit_exceeded": Cause(Kind.CAPACITY),
    "connection_channel_limit_exceeded": Cause(Kind.CAPACITY),
    "outbound_profile_daily_spend_limit_exceeded": Cause(Kind.SPEND),
    "account_disabled": Cause(Kind.ACCOUNT),
    "no_outbound_profile": Cause(Kind.ACCOUNT),
    "unverified_origination_number": Cause(Kind.ACCOUNT),
    "destination_not_in_countries_whitelist": Cause(Kind.DESTINATION),
    "destination_not_in_service_plan": Cause(Kind.DESTINATION),
    # Of trial accounts, which may call verified numbers only.
    "unverified_destination_not_allowed": Cause(Kind.DESTINATION),
    "destination_invalid": Cause(Kind.NUMBER),
    "receiver_invalid_number_format": Cause(Kind.NUMBER),
    "receiver_unallocated_number": Cause(Kind.NUMBER),
    "file_format_invalid": Cause(Kind.DOCUMENT),
    "file_size_limit_exceeded": Cause(Kind.DOCUMENT),
    "page_count_limit_exceeded": Cause(Kind.DOCUMENT),
    # Nothing tells whether the call was up; no further one is made.
    "sender_canceled": Cause(Kind.SENDER),
}
"""Every reason that is known."""

UNKNOWN = Cause(Kind.ONCE)
"""Any other reason: tried again, but not for ever."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A failed attempt and what went before it."""

    reason: str
    dials: int
    """Earlier failed attempts that never connected and were charged."""
    connects: int
    """Earlier failed attempts that connected and were charged."""
    tries: dict[str, int]
    """Earlier failures by kind."""
    max_attempts: int
    """Bound of both counters together."""
    rung: int = 0
    """Rung of the ladder that the failed attempt was sent with; 0 is as the job asks."""
    send_by: datetime | None = None


@dataclass(frozen=True, slots=True)
class Retry:
    """Another attempt in `delay` seconds, with the first `rung` rungs of the ladder."""

    kind: Kind
    delay: float
    tries: dict[str, int]
    counter: Counter
    rung: int


@dataclass(frozen=True, slots=True)
class GiveUp:
    """No further attempt.

    `why` is `final`, `attempts`, `connects` or `deadline`. `blames_number`: it counts towards the number's quarantine.
    """

    kind: Kind
    why: str
    counter: Counter
    blames_number: bool


def decide(failure: Failure, now: datetime, settings: Settings, *, jitter: float = 0.0) -> Retry | GiveUp:
    """Decide about a failed attempt.

    `jitter`, from -1 to 1, moves the pause by up to a tenth. Only the pause: whether there is one never depends on it.
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
    rung = min(failure.rung + 1, len(settings.fax_ladder)) if cause.climbs else failure.rung
    return Retry(
        cause.kind,
        delay=moved if moved < left else pause,
        tries={**failure.tries, cause.kind: seen + 1},
        counter=cause.counter,
        rung=rung,
    )


def step(schedule: tuple[float, ...], seen: int) -> float:
    """Give the pause after `seen` earlier ones; the last of the schedule repeats."""
    return schedule[min(seen, len(schedule) - 1)]


def changes(rung: int, settings: Settings) -> dict[str, object]:
    """Give the send options that the first `rung` rungs of the ladder set; of the same option the higher rung's."""
    return dict(settings.fax_ladder[:rung])


def climbed(asked: SendFax, rung: int, settings: Settings) -> int:
    """Give the first rung, from `rung` on, that changes what is asked: to send the same again would be no climb."""
    while rung < len(settings.fax_ladder) and all(
        getattr(asked, name) == value for name, value in settings.fax_ladder[:rung]
    ):
        rung += 1
    return rung


def _end(cause: Cause, seen: int, failure: Failure, settings: Settings) -> str | None:
    """Tell why no further attempt is allowed, None where one is."""
    if cause.kind in FINAL:
        return "final"
    if cause.counter is Counter.HOLD:
        return None
    if failure.dials + failure.connects + 1 >= failure.max_attempts:
        return "attempts"
    if cause.counter is Counter.CONNECT and failure.connects + 1 >= settings.fax_max_connects:
        return "connects"
    if cause.kind is Kind.ONCE and seen >= len(settings.fax_retry_once):
        return "attempts"
    return None


def _give_up(cause: Cause, why: str) -> GiveUp:
    return GiveUp(cause.kind, why, cause.counter, blames_number=cause.kind is Kind.NUMBER)


def _moved(kind: Kind, pause: float, jitter: float) -> float:
    # Before midnight the money is still spent.
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
        Kind.ONCE: settings.fax_retry_once,
        Kind.CAPACITY: settings.fax_retry_capacity,
        Kind.ACCOUNT: settings.fax_retry_account,
    }
    return step(schedules[kind], seen)
