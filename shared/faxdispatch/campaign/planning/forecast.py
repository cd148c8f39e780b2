"""Forecasts the end of a campaign that has begun, including pauses, windows, holidays and the day's money.

A sample represents the remaining rows, so that a forecast costs the same for ten rows and for a million.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from faxdispatch.calling.costs import PAGES_GUESS
from faxdispatch.calling.windows import Window
from faxdispatch.campaign.planning.course import Capacity, Load, finish
from faxdispatch.campaign.planning.estimate import RETRY_SHARE, Recipients, load_of, pauses
from faxdispatch.campaign.requests import request_of
from faxdispatch.ledger import CHUNK, Account, Campaign, Campaigns, Traffic
from faxdispatch.settings import Settings
from faxdispatch.states import CampaignState, State

_CHUNKS = 3
_ROWS = 100
"""Number of rows of each chunk in the sample."""
_FRESH = 60.0
"""Seconds for which a sample is used again."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """An estimate.

    `low` assumes that every remaining fax arrives at its next try, `high` that a share of them is tried often. Neither
    is before the next attempt of a row that waits for it.

    `waits_until` is the time before which nothing begins, if there is one. The ends of a paused campaign assume that it
    is resumed now. Both ends are None if they lie beyond `course.LONGEST`.
    """

    low: datetime | None
    high: datetime | None
    waits_until: datetime | None = None


class Forecaster:
    """Forecasts the ends of campaigns."""

    def __init__(self, campaigns: Campaigns, settings: Settings) -> None:
        self._campaigns = campaigns
        self._settings = settings
        self._known: dict[str, tuple[float, list[Load]]] = {}

    def of(
        self,
        campaign: Campaign,
        now: datetime,
        *,
        traffic: Traffic | None,
        account: Account,
        per_minute: float | None = None,
    ) -> Forecast | None:
        """Return the forecast of a campaign, or None if none of its rows is left.

        `traffic` is that of its connection; `per_minute` is how many rows end a minute at present, if known.
        """
        left = campaign.rows - campaign.ended
        if not left or campaign.state in {CampaignState.FINISHED, CampaignState.CANCELLED}:
            return None
        shut = [traffic.pause.until if traffic and traffic.pause else None, account.shut_until, campaign.start_at]
        start = max([now, *(moment for moment in shut if moment)])
        capacity = self._capacity(traffic, account)
        loads = self._scaled(campaign, now, left, capacity, per_minute)
        last = self._last_held(campaign, now, start, capacity)
        low, high = (
            _later(end, last)
            for end in (
                finish(loads, capacity, start, self._settings.holidays),
                self._late(loads, capacity, start, campaign),
            )
        )
        return Forecast(low, high, start if start > now else None)

    def _last_held(self, campaign: Campaign, now: datetime, start: datetime, capacity: Capacity) -> datetime | None:
        """Return when one call ends that begins once the last hold is over, or `start` if no hold ends at a time."""
        until = self._campaigns.last_hold_ends(campaign.id) if campaign.open.get(State.HELD) else None
        if until is None or until <= start:
            return start
        return finish(self._scaled(campaign, now, 1, capacity, None), capacity, until, self._settings.holidays)

    def _late(self, loads: Sequence[Load], capacity: Capacity, start: datetime, campaign: Campaign) -> datetime | None:
        attempts = campaign.options.get("max_attempts") or self._settings.fax_max_attempts
        tried = 1 + RETRY_SHARE * (attempts - 1)
        more = [
            replace(one, faxes=one.faxes * tried, seconds=one.seconds * tried, cost=one.cost * tried) for one in loads
        ]
        end = finish(more, capacity, start, self._settings.holidays)
        return end + timedelta(seconds=pauses(attempts - 1, self._settings)) if end and attempts > 1 else end

    def _capacity(self, traffic: Traffic | None, account: Account) -> Capacity:
        settings = self._settings
        fixed = settings.fax_channels if isinstance(settings.fax_channels, int) else 2
        there = traffic.channels if traffic else fixed
        rates = (account.rate, settings.fax_connection_rate)
        return Capacity(
            channels=max(1, there if account.channels is None else min(there, account.channels)),
            rate=min(rate for rate in rates if rate),
            day_cap=account.cap,
            spent_today=account.spent,
        )

    def _scaled(
        self, campaign: Campaign, now: datetime, left: int, capacity: Capacity, per_minute: float | None
    ) -> list[Load]:
        """Return the remaining load, in the proportions of the sample and, if known, at the present pace."""
        sample = self._sample(campaign, now)
        factor = left / (sum(load.faxes for load in sample) or 1)
        loads = [
            replace(load, faxes=load.faxes * factor, seconds=load.seconds * factor, cost=load.cost * factor)
            for load in sample
        ]
        if not per_minute:
            return loads
        seen = 60 * capacity.channels / per_minute
        return [replace(load, seconds=load.faxes * seen) for load in loads]

    def _sample(self, campaign: Campaign, now: datetime) -> list[Load]:
        known = self._known.get(campaign.id)
        if known and time.monotonic() - known[0] < _FRESH:
            return known[1]
        found = self._look(campaign, now)
        if len(self._known) > 100:
            self._known.clear()
        self._known[campaign.id] = (time.monotonic(), found)
        return found

    def _look(self, campaign: Campaign, now: datetime) -> list[Load]:
        settings = self._settings
        sender = campaign.options.get("from") or settings.sender
        recipients = Recipients(now, calendar=settings.calendar, sender=sender)
        first, last = campaign.cursor // CHUNK, max(0, campaign.size - 1) // CHUNK
        for chunk in sorted({first + (last - first) * part // (_CHUNKS - 1) for part in range(_CHUNKS)}):
            rows = self._campaigns.pending_rows(campaign.id, chunk)
            for _, to, fields in rows[:: max(1, len(rows) // _ROWS)]:
                _add(recipients, to, campaign.options, fields)
        if not list(recipients.hours()):
            for to, fields in self._open(campaign.id):
                _add(recipients, to, campaign.options, fields)
        return [load_of(hours, PAGES_GUESS, settings) for hours in recipients.hours()]

    def _open(self, campaign_id: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield rows that have a job: those that are left when none is pending any more."""
        rows = set(self._campaigns.open_rows(campaign_id, limit=_ROWS))
        for chunk in sorted({(row - 1) // CHUNK for row in rows})[:_CHUNKS]:
            yield from ((to, fields) for row, to, fields in self._campaigns.chunk(campaign_id, chunk) if row in rows)


def _later(end: datetime | None, other: datetime | None) -> datetime | None:
    """Return the later of two ends; None is beyond all others."""
    return max(end, other) if end and other else None


def _add(recipients: Recipients, to: str, options: Mapping[str, Any], fields: Mapping[str, Any]) -> None:
    request = request_of(options, fields)
    window = request.get("window")
    recipients.add(
        to,
        pages=request.get("pages"),
        window=Window.model_validate(window) if window else None,
        sender=request.get("from"),
    )
