"""The rules by which the ledger moves jobs: limits, prices and durations, the same for all who run its scripts."""

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Any, Literal, Self

from faxdispatch.settings import Settings

_DAY = 86_400.0
PROBE_PAUSES = (1.0, 2.0, 5.0, 15.0, 60.0)
"""Seconds between tries after a call that never reached Telnyx.

The first tries come soon, since most failures last seconds. The last pause repeats: one call a minute costs nothing.
"""


def _same(value: Any) -> Any:
    return value


def _ms(seconds: float) -> int:
    return round(seconds * 1000)


def _interval(rate: float) -> int:
    return max(1, round(1_000_000 / rate))


def _millionths(amount: float) -> int:
    return round(amount * 1_000_000)


def _list_of_ms(pauses: tuple[float, ...]) -> str:
    return " ".join(str(_ms(pause)) for pause in pauses)


def _constant(default: Any, given: Callable[[Any], Any] | None = _same, *, name: str | None = None) -> Any:
    """Make a rule that no setting changes: its value, how scripts take it, and its name there if that differs.

    With None for `given`, scripts take only what is derived from it.
    """
    return field(default=default, metadata={"given": given, "name": name})


_USUAL = Settings.model_construct()


def _setting(
    setting: str, given: Callable[[Any], Any] | None = _same, *, name: str | None = None, times: float = 1
) -> Any:
    """Make a rule that is a setting, in units of `times`: how scripts take it, and its name there if that differs.

    With None for `given`, scripts take only what is derived from it.
    """
    default = getattr(_USUAL, setting)
    metadata = {"setting": setting, "times": times, "given": given, "name": name}
    return field(default=_scaled(default, times), metadata=metadata)


def _scaled(value: Any, times: float) -> Any:
    return value if times == 1 or value is None else value * times


@dataclass(frozen=True, slots=True)
class Rules:
    """What the scripts need besides the job. Times are in seconds, money in the currency of the settings.

    Each rule needs only one line here: `from_settings` and `arguments` read these lines.
    """

    rate: float = _setting("fax_rate", _interval, name="interval")
    burst: int = _constant(5, None)
    """Number of calls by which a single second may exceed the rate."""
    connection_rate: float | None = _setting("fax_connection_rate", _interval, name="connection_interval")
    look_ahead: float = _constant(0.4, _millionths, name="ahead")
    """How far ahead a fax may be given a slot of the rate."""
    look_ahead_urgent: float = _constant(1.0, _millionths, name="ahead_urgent")
    channels: int | Literal["auto"] = _setting("fax_channels")
    account_channels: int | Literal["auto"] = _setting("fax_account_channels")
    urgent_channels: int | Literal["auto"] = _setting("fax_urgent_channels")
    hint_after: float = _setting("hint_after", _ms, name="hint")
    poll_after: float = _setting("poll_after", _ms, name="poll")
    reconcile_every: float = _setting("reconcile_every", _ms, name="reconcile")
    settle: float = _setting("fax_settle", None)
    recheck: float = _constant(3600.0, _ms)
    call_lease: float = _constant(3 * 3600.0, _ms)
    """Time without news after which an accepted fax frees its channel and number; a fax of 350 pages takes less."""
    page_price: float = _setting("fax_price_page", _millionths)
    minute_price: float = _setting("fax_price_minute", _millionths)
    day_cap: float | None = _setting("fax_spend_day", _millionths)
    quarantine_after: int = _constant(2)
    """A number is no longer called after this many faxes in a row that ended because the number is wrong.

    A single one may be an error of the network, and a third call would disturb somebody again.
    """
    quarantine: float = _setting("quarantine_days", _ms, times=_DAY)
    ladder_kept: float = _constant(30 * _DAY, _ms)
    """How long the changed settings with which a fax came through to a number are remembered: machines are replaced."""
    probe_pauses: tuple[float, ...] = _constant(PROBE_PAUSES, _list_of_ms)
    breaker_window: int = _constant(10)
    """How many of the last calls to send on a connection count, from the first that was answered with a 5xx."""
    breaker_failures: int = _constant(5)
    """If this many of them got a 5xx, the connection is paused until one fax that tries gets another answer."""
    most_untaken: int = _setting("max_never_accepted")
    burst_window: int = _constant(40)
    """How many of the last attempts of a campaign count; fewer would pause it by chance."""
    burst_failures: int = _constant(30)
    """If this many of them failed, the campaign is paused before the rest of its list fails, too."""
    most_open: int = _constant(20_000)
    """Maximum number of rows of one campaign that have a job.

    If this many wait for a retry or a busy number, no more are begun.
    """
    delete_after: float | None = _setting("fax_telnyx_delete_after", _ms)
    documents_kept: float | None = _setting("fax_inbound_retention_days", _ms, times=_DAY)
    retention: float = _setting("fax_retention_days", _ms, times=_DAY)
    seen: float = _constant(7 * _DAY, _ms)
    row_kept: float = _constant(300.0, _ms)
    """How long the job of a campaign's row is kept after its end; its record stays with the campaign."""
    events_maxlen: int = _setting("fax_events_maxlen", name="maxlen")

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """Build the rules from the settings."""
        from_settings = [rule for rule in fields(cls) if "setting" in rule.metadata]
        return cls(
            **{
                rule.name: _scaled(getattr(settings, rule.metadata["setting"]), rule.metadata["times"])
                for rule in from_settings
            }
        )

    def arguments(self) -> dict[str, Any]:
        """Return them in the units of the scripts: milliseconds, microseconds for the rate, and millionths of money."""
        given = {
            rule.metadata["name"] or rule.name: rule.metadata["given"](value)
            for rule in fields(self)
            if rule.metadata["given"] and (value := getattr(self, rule.name)) is not None
        }
        return given | {
            # After a quiet spell, half of the burst may be spent at once. The other half is for calls that reach the
            # wire a little late and so come close to the next.
            "slack": (self.burst - 1) / 2,
            "poll_cap": _ms(max(self.poll_after, 3600)),
            "reconcile_cap": _ms(max(self.reconcile_every, self.settle / 10)),
        }
