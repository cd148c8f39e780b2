"""Magic numbers: the number decides what happens to a fax.

Any `+1 NPA 555-01NN` (the range reserved for fiction) selects scenario NN, with any area code. Faxes to all other
numbers are delivered. Only differences from a plain delivery are written here.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Stage(StrEnum):
    """The stage at which a fax fails."""

    QUEUED = "queued"  # before the document is looked at: account and configuration
    MEDIA = "media"  # the document could not be fetched or converted
    DIAL = "dial"  # the carrier never set up the call
    RINGING = "ringing"  # the call was not answered
    SENDING = "sending"  # answered, then broke


@dataclass(frozen=True, slots=True)
class Scenario:
    """The scenario of a fax; the defaults are a plain delivery."""

    meaning: str
    reason: str | None = None
    stage: Stage | None = None
    times: int | None = None  # fails so often for one number, then is delivered; none = always
    sending_factor: float = 1.0
    pages_before_drop: int | None = None
    needs: tuple[tuple[str, Any], ...] = ()  # fails unless the request has all of these
    ignores_cancel: bool = False
    loses_last_webhook: bool = False
    never_ends: bool = False

    @property
    def outcome(self) -> str:
        """Return in a few words how the fax ends."""
        if self.never_ends:
            return "stays in sending"
        if self.stage is None:
            return "delivered"
        if self.times is not None:
            return f"{self.reason} {self.times} times, then delivered"
        if self.needs:
            return f"{self.reason} unless " + ", ".join(f"{k}={v!r}" for k, v in self.needs)
        return str(self.reason)


PLAIN = Scenario("delivered")


def _fails(reason: str, stage: Stage, meaning: str, **more: Any) -> Scenario:
    return Scenario(meaning, reason, stage, **more)


_BEHAVIOURS: dict[int, Scenario] = {
    0: PLAIN,
    1: Scenario("delivered slowly: sending takes eight times as long", sending_factor=8.0),
    2: _fails("user_busy", Stage.RINGING, "busy once, then delivered", times=1),
    3: _fails("receiver_no_answer", Stage.RINGING, "no answer twice, then delivered", times=2),
    4: _fails("receiver_call_dropped", Stage.SENDING, "dropped after one page", pages_before_drop=1),
    5: _fails("fax_signaling_error", Stage.SENDING, "delivered only without T.38", needs=(("t38_enabled", False),)),
    6: _fails(
        "invalid_ecm_response_from_receiver",
        Stage.SENDING,
        "delivered only without T.38 and at normal quality",
        needs=(("t38_enabled", False), ("quality", "normal")),
    ),
    7: Scenario("a cancel is accepted but comes too late", ignores_cancel=True),
    8: Scenario("delivered, but the last webhook is never sent", loses_last_webhook=True),
    9: Scenario("never ends unless it is cancelled", never_ends=True),
}

# NN 10 to 49: one number for every failure_reason an outbound fax is known to carry.
_REASONS: tuple[tuple[str, Stage], ...] = (
    ("user_busy", Stage.RINGING),
    ("receiver_no_answer", Stage.RINGING),
    ("receiver_no_response", Stage.RINGING),
    ("receiver_recovery_on_timer_expire", Stage.RINGING),
    ("receiver_call_dropped", Stage.SENDING),
    ("receiver_communication_error", Stage.RINGING),
    ("service_unavailable", Stage.DIAL),
    ("fax_signaling_error", Stage.SENDING),
    ("invalid_ecm_response_from_receiver", Stage.SENDING),
    ("fax_initial_communication_timeout", Stage.RINGING),
    ("destination_unreachable", Stage.DIAL),
    ("receiver_incompatible_destination", Stage.DIAL),
    ("receiver_decline", Stage.RINGING),
    ("user_channel_limit_exceeded", Stage.DIAL),
    ("outbound_profile_channel_limit_exceeded", Stage.DIAL),
    ("connection_channel_limit_exceeded", Stage.DIAL),
    ("outbound_profile_daily_spend_limit_exceeded", Stage.DIAL),
    ("file_download_failed", Stage.MEDIA),
    ("media_processing_exception", Stage.MEDIA),
    ("file_format_invalid", Stage.MEDIA),
    ("file_size_limit_exceeded", Stage.MEDIA),
    ("page_count_limit_exceeded", Stage.MEDIA),
    ("receiver_invalid_number_format", Stage.DIAL),
    ("receiver_unallocated_number", Stage.DIAL),
    ("destination_invalid", Stage.DIAL),
    ("destination_not_in_countries_whitelist", Stage.DIAL),
    ("destination_not_in_service_plan", Stage.DIAL),
    ("no_outbound_profile", Stage.QUEUED),
    ("account_disabled", Stage.QUEUED),
    ("unverified_origination_number", Stage.QUEUED),
    ("unverified_destination_not_allowed", Stage.QUEUED),
    ("sender_canceled", Stage.SENDING),
    ("carrier_lost", Stage.SENDING),
    ("rejected", Stage.DIAL),
    ("success", Stage.SENDING),
    ("sender_call_dropped", Stage.SENDING),
    ("sender_communication_error", Stage.SENDING),
    ("received", Stage.SENDING),
    ("destination_busy", Stage.RINGING),  # an invented one: clients must survive the unknown
    ("", Stage.SENDING),  # failed without any reason
)

# NN 50 to 99; those from 55 on are free. A new failure_reason takes the next one, with `_fails`.
_LATER: dict[int, Scenario] = {
    50: _fails("connection_channel_limit_exceeded", Stage.DIAL, "no channel once, then delivered", times=1),
    51: _fails("service_unavailable", Stage.DIAL, "Telnyx trouble once, then delivered", times=1),
    52: _fails("receiver_call_dropped", Stage.SENDING, "dropped once, then delivered", times=1),
    53: _fails("file_download_failed", Stage.MEDIA, "document missed once, then delivered", times=1),
    54: _fails("fax_signaling_error", Stage.SENDING, "line trouble three times, then delivered", times=3),
}

SCENARIOS: dict[int, Scenario] = {
    **_BEHAVIOURS,
    **{
        10 + at: _fails(reason, stage, f"always fails: {reason or '(no reason given)'}")
        for at, (reason, stage) in enumerate(_REASONS)
    },
    **_LATER,
}

_MAGIC = re.compile(r"\+1[2-9]\d\d55501(\d\d)")


def scenario_for(number: str) -> Scenario:
    """Return the scenario of a fax to this number."""
    found = _MAGIC.fullmatch(number)
    return SCENARIOS.get(int(found[1]), PLAIN) if found else PLAIN


def table() -> list[dict[str, Any]]:
    """Return the magic numbers as rows for people and for the control API."""
    return [
        {
            "nn": f"{nn:02}",
            "example": f"+1312555{100 + nn:04}",
            "outcome": scenario.outcome or "failed without a reason",
            "failure_reason": scenario.reason,
            "stage": scenario.stage,
            "times": scenario.times,
            "meaning": scenario.meaning,
        }
        for nn, scenario in SCENARIOS.items()
    ]


def printed() -> str:
    """Return the table as text."""
    head = "SIMULATION: numbers +1 NPA 555-01NN and what they do; all other numbers are delivered\n"
    return head + "\n".join(f"{row['nn']}  {row['example']}  {row['meaning']}" for row in table())
