"""What to do about a failed attempt: a table from Telnyx's failure reason to a kind, and a pure rule for each kind.

The reasons are those of Telnyx's developer guide, help centre and Python SDK; the set is open, and Telnyx publishes no
split into permanent and passing ones. Telnyx itself never tries a failed fax again (help centre).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

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
    DOCUMENT = "document"
    """The document must be mended."""
    NUMBER = "number"
    """The number is wrong."""
    SENDER = "sender"
    """Somebody cancelled it."""


REASONS: dict[str, Kind] = {
    "user_busy": Kind.BUSY,
    "receiver_no_answer": Kind.NO_ANSWER,
    "receiver_no_response": Kind.NO_ANSWER,
    "fax_initial_communication_timeout": Kind.NO_ANSWER,
    "receiver_recovery_on_timer_expire": Kind.LINE,
    "receiver_call_dropped": Kind.LINE,
    "receiver_communication_error": Kind.LINE,
    "service_unavailable": Kind.LINE,
    "fax_signaling_error": Kind.LINE,
    "invalid_ecm_response_from_receiver": Kind.LINE,
    "carrier_lost": Kind.LINE,
    "sender_call_dropped": Kind.LINE,
    "sender_communication_error": Kind.LINE,
    "destination_unreachable": Kind.ONCE,
    "receiver_decline": Kind.ONCE,
    "receiver_incompatible_destination": Kind.ONCE,
    "file_download_failed": Kind.ONCE,
    "media_processing_exception": Kind.ONCE,
    "rejected": Kind.ONCE,
    "success": Kind.ONCE,
    "received": Kind.ONCE,
    "user_channel_limit_exceeded": Kind.CAPACITY,
    "outbound_profile_channel_limit_exceeded": Kind.CAPACITY,
    "connection_channel_limit_exceeded": Kind.CAPACITY,
    "outbound_profile_daily_spend_limit_exceeded": Kind.SPEND,
    "account_disabled": Kind.ACCOUNT,
    "no_outbound_profile": Kind.ACCOUNT,
    "unverified_origination_number": Kind.ACCOUNT,
    "destination_not_in_service_plan": Kind.NUMBER,
    "destination_not_in_countries_whitelist": Kind.NUMBER,
    "unverified_destination_not_allowed": Kind.NUMBER,
    "destination_invalid": Kind.NUMBER,
    "receiver_invalid_number_format": Kind.NUMBER,
    "receiver_unallocated_number": Kind.NUMBER,
    "file_format_invalid": Kind.DOCUMENT,
    "file_size_limit_exceeded": Kind.DOCUMENT,
    "page_count_limit_exceeded": Kind.DOCUMENT,
    "sender_canceled": Kind.SENDER,
}
"""Every reason that is known. One that is not is treated as `ONCE`: tried again, but not for ever."""

FINAL = frozenset({Kind.DOCUMENT, Kind.NUMBER, Kind.SENDER})
FREE = frozenset({Kind.CAPACITY, Kind.SPEND, Kind.ACCOUNT})
"""Kinds that cost the fax no attempt."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A failed attempt and what went before. `dials` counts attempts that were charged, `tries` those of each kind."""

    reason: str
    dials: int
    tries: dict[str, int]
    max_attempts: int
    send_by: datetime | None = None


@dataclass(frozen=True, slots=True)
class Retry:
    """Another attempt in `delay` seconds."""

    kind: Kind
    delay: float
    tries: dict[str, int]

    @property
    def charged(self) -> bool:
        """Tell whether the failed attempt counts towards the maximum."""
        return self.kind not in FREE


@dataclass(frozen=True, slots=True)
class GiveUp:
    """No further attempt. `why` is `final`, `attempts` or `deadline`."""

    kind: Kind
    why: str


def decide(failure: Failure, now: datetime, settings: Settings, *, jitter: float = 0.0) -> Retry | GiveUp:
    """Decide about a failed attempt. `jitter`, from -1 to 1, moves the pause by up to a tenth."""
    kind = REASONS.get(failure.reason, Kind.ONCE)
    if kind in FINAL:
        return GiveUp(kind, "final")
    if kind not in FREE and failure.dials + 1 >= failure.max_attempts:
        return GiveUp(kind, "attempts")
    seen = failure.tries.get(kind, 0)
    if kind is Kind.ONCE and seen >= len(settings.fax_retry_once):
        return GiveUp(kind, "attempts")
    delay = _pause(kind, seen, now, settings) * (1 + jitter / 10)
    if failure.send_by and now + timedelta(seconds=delay) >= failure.send_by:
        return GiveUp(kind, "deadline")
    return Retry(kind, delay, {**failure.tries, kind: seen + 1})


def step(schedule: tuple[float, ...], seen: int) -> float:
    """Give the pause after `seen` earlier ones; the last of the schedule repeats."""
    return schedule[min(seen, len(schedule) - 1)]


def _pause(kind: Kind, seen: int, now: datetime, settings: Settings) -> float:
    if kind is Kind.SPEND:
        midnight = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
        return (midnight - now).total_seconds() + 60
    schedules = {
        Kind.BUSY: settings.fax_retry_busy,
        Kind.NO_ANSWER: settings.fax_retry_no_answer,
        Kind.LINE: settings.fax_retry_line,
        Kind.ONCE: settings.fax_retry_once,
        Kind.CAPACITY: settings.fax_retry_capacity,
        Kind.ACCOUNT: settings.fax_retry_account,
    }
    return step(schedules[kind], seen)
