"""The rules by which the ledger moves jobs: limits, prices and spans of time, the same for all who run its scripts."""

from dataclasses import dataclass
from typing import Any, Literal, Self

from faxdispatch.settings import Settings

_DAY = 86_400.0
_LOOK_AHEAD = 0.4
_LOOK_AHEAD_URGENT = 1.0
_RECHECK = 3600.0
_ROW_KEPT = 300.0
"""How long the job of a campaign's row is kept after its end; its record stays with the campaign."""

Count = int | Literal["auto"]


@dataclass(frozen=True, slots=True)
class Rules:
    """What the scripts must know besides the job. Times are in seconds, money in the currency of the settings.

    The fields say the same as the settings of like name; see `Settings`.
    """

    rate: float = 20.0
    burst: int = 5
    connection_rate: float | None = None
    channels: Count = "auto"
    account_channels: Count = "auto"
    urgent_channels: Count = "auto"
    hint_after: float = 30.0
    poll_after: float = 300.0
    reconcile_every: float = 15.0
    settle: float = 600.0
    call_lease: float = 10_800.0
    page_price: float = 0.007
    minute_price: float = 0.005
    day_cap: float | None = None
    quarantine_after: int = 2
    quarantine: float = 90 * _DAY
    ladder_kept: float = 30 * _DAY
    probe_pauses: tuple[float, ...] = (1, 2, 5, 15, 60)
    breaker_window: int = 10
    breaker_failures: int = 5
    most_untaken: int = 3
    burst_window: int = 40
    burst_failures: int = 30
    most_open: int = 20_000
    """Rows of one campaign that have a job. With so many waiting for a retry or a busy number, no more are begun."""
    delete_after: float | None = None
    documents_kept: float | None = None
    retention: float = 30 * _DAY
    seen: float = 7 * _DAY
    events_maxlen: int = 1_000_000

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """Take them from the settings."""
        return cls(
            rate=settings.fax_rate,
            burst=settings.fax_rate_burst,
            connection_rate=settings.fax_connection_rate,
            channels=settings.fax_channels,
            account_channels=settings.fax_account_channels,
            urgent_channels=settings.fax_urgent_channels,
            hint_after=settings.fax_hint_after,
            poll_after=settings.fax_poll_after,
            reconcile_every=settings.fax_reconcile_every,
            settle=settings.fax_settle,
            call_lease=settings.fax_call_lease,
            page_price=settings.fax_price_page,
            minute_price=settings.fax_price_minute,
            day_cap=settings.fax_spend_day,
            quarantine_after=settings.fax_quarantine_after,
            quarantine=settings.fax_quarantine_days * _DAY,
            ladder_kept=settings.fax_ladder_days * _DAY,
            probe_pauses=settings.fax_retry_connect,
            breaker_window=settings.fax_breaker_window,
            breaker_failures=settings.fax_breaker_failures,
            most_untaken=settings.fax_max_never_accepted,
            burst_window=settings.fax_campaign_burst_window,
            burst_failures=settings.fax_campaign_burst_failures,
            delete_after=settings.fax_telnyx_delete_after,
            documents_kept=None
            if settings.fax_inbound_retention_days is None
            else settings.fax_inbound_retention_days * _DAY,
            retention=settings.fax_retention_days * _DAY,
            events_maxlen=settings.fax_events_maxlen,
        )

    def arguments(self) -> dict[str, Any]:
        """Give them as the scripts take them: milliseconds, for the rate microseconds, and millionths of money."""
        given = {
            "interval": _interval(self.rate),
            # Half of the burst may be spent at once after a quiet spell; the other half is for calls that reach the
            # wire a little late and so come close to the next.
            "slack": (self.burst - 1) / 2,
            "connection_interval": _interval(self.connection_rate) if self.connection_rate else None,
            "ahead": round(_LOOK_AHEAD * 1_000_000),
            "ahead_urgent": round(_LOOK_AHEAD_URGENT * 1_000_000),
            "channels": self.channels,
            "account_channels": self.account_channels,
            "urgent_channels": self.urgent_channels,
            "hint": _ms(self.hint_after),
            "poll": _ms(self.poll_after),
            "poll_cap": _ms(max(self.poll_after, 3600)),
            "reconcile": _ms(self.reconcile_every),
            "reconcile_cap": _ms(max(self.reconcile_every, self.settle / 10)),
            "recheck": _ms(_RECHECK),
            "call_lease": _ms(self.call_lease),
            "page_price": _millionths(self.page_price),
            "minute_price": _millionths(self.minute_price),
            "day_cap": None if self.day_cap is None else _millionths(self.day_cap),
            "quarantine_after": self.quarantine_after,
            "quarantine": _ms(self.quarantine),
            "ladder_kept": _ms(self.ladder_kept),
            "delete_after": None if self.delete_after is None else _ms(self.delete_after),
            "documents_kept": None if self.documents_kept is None else _ms(self.documents_kept),
            "retention": _ms(self.retention),
            "seen": _ms(self.seen),
            "row_kept": _ms(_ROW_KEPT),
            "most_open": self.most_open,
            "probe_pauses": " ".join(str(_ms(pause)) for pause in self.probe_pauses),
            "breaker_window": self.breaker_window,
            "breaker_failures": self.breaker_failures,
            "most_untaken": self.most_untaken,
            "burst_window": self.burst_window,
            "burst_failures": self.burst_failures,
            "maxlen": self.events_maxlen,
        }
        return {name: value for name, value in given.items() if value is not None}


def _ms(seconds: float) -> int:
    return round(seconds * 1000)


def _interval(rate: float) -> int:
    return max(1, round(1_000_000 / rate))


def _millionths(amount: float) -> int:
    return round(amount * 1_000_000)
