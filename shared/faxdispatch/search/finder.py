"""Finds faxes, both single ones and rows of campaigns, the newest first."""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Self

from faxdispatch.errors import BadInput, NotKnown
from faxdispatch.ledger import Campaign, Campaigns, JobView, Ledger
from faxdispatch.ledger.scripts import redis_trouble
from faxdispatch.search.effort import Effort, Spent
from faxdispatch.search.events import events_of_row
from faxdispatch.search.found import Found, found_job
from faxdispatch.search.rows import CampaignRows
from faxdispatch.search.singles import Singles
from faxdispatch.search.views import view_of_row
from faxdispatch.search.wanted import Wanted

_ROW_JOB = re.compile(r"(?P<campaign>.+)-(?P<row>[1-9][0-9]{0,8})(?:_[0-9]{1,4})?", re.ASCII)
_CURSOR = re.compile(r"(\d{0,15})\.(\d{0,15})\.([A-Za-z0-9_-]{0,100})\.(\d{1,9})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Page:
    """The faxes found, the newest first; `cursor` continues the search, and is None at its end.

    `unread` are single faxes that may match too, but a later version recorded them and this one cannot tell.
    """

    faxes: tuple[Found, ...]
    cursor: str | None
    unread: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Place:
    """The position of a search.

    It continues with single faxes before record `before`, and with campaigns made before that.

    In the campaign `campaign`, which was made at `made` (milliseconds), it continues after `row`.
    """

    before: int | None = None
    made: int | None = None
    campaign: str = ""
    row: int = 0

    @classmethod
    def read(cls, cursor: str) -> Self:
        found = _CURSOR.fullmatch(cursor)
        if found is None:
            raise BadInput("after: is not a cursor; give the one that came with the last page, unchanged")
        before, made, campaign, row = found.groups()
        return cls(int(before) if before else None, int(made) if made else None, campaign, int(row))

    def __str__(self) -> str:
        before, made = ("" if part is None else part for part in (self.before, self.made))
        return f"{before}.{made}.{self.campaign}.{self.row}"


class Search:
    """Finds faxes on one Redis. Every call raises Unavailable if Redis does not answer.

    The newest come first: single faxes by the time of recording, campaigns by the time they were made, and the rows of
    a campaign in the order of its list. A fax that changes during the search may be found in its old or its new state.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._campaigns = Campaigns(ledger.scripts)

    def page(
        self,
        wanted: Wanted,
        *,
        after: str | None = None,
        limit: int = 50,
        effort: int | None = None,
        singles: bool = True,
        rows: bool = True,
    ) -> Page:
        """Return up to `limit` faxes after the cursor `after`; only `singles`, or only `rows` of campaigns, if set.

        With `effort`, at most this many blocks of a thousand faxes are read; a page may then be empty and still have a
        cursor.

        Raises:
            BadInput: `after` is not a cursor.
            NotKnown: there is no campaign with the id that is searched.
        """
        place = _Place.read(after or "...0")
        walk = _Walk(self._ledger, self._campaigns, wanted, Effort(effort), place, singles=singles, rows=rows)
        faxes: list[Found] = []
        try:
            for found in walk.go():
                faxes.append(found)
                if len(faxes) >= limit:
                    return Page(tuple(faxes), str(walk.place), tuple(walk.unread))
        except Spent:
            return Page(tuple(faxes), str(walk.place), tuple(walk.unread))
        return Page(tuple(faxes), None, tuple(walk.unread))

    def all(self, wanted: Wanted) -> Iterator[Found]:
        """Yield every matching fax, as they are read.

        Raises:
            NotKnown: there is no campaign with the id that is searched.
        """
        return _Walk(self._ledger, self._campaigns, wanted, Effort(None), _Place()).go()

    def unreadable(self, wanted: Wanted) -> list[str]:
        """Return the single faxes that are left out of a search although they may match.

        They are in a state that a later version gave them, or this version cannot read a field that is searched.
        """
        walk = _Walk(self._ledger, self._campaigns, wanted, Effort(None), _Place(), rows=False)
        for _ in walk.go():
            pass
        return walk.unread

    def job(self, job_id: str) -> Found:
        """Return one fax by the id of its job, including a row whose job is no longer stored.

        Raises:
            NotKnown: there is none with that id, or it has been deleted.
        """
        found = next(self.all(Wanted(job_id=job_id)), None)
        if found is None:
            raise NotKnown(f"job {job_id}: not known here; jobs are kept for FAX_RETENTION_DAYS after their end")
        return found

    def view(self, job_id: str, *, history: bool = False) -> JobView:
        """Return a job as `Ledger.job` does, or a row whose job is no longer stored, from its record.

        The history of such a row consists of the events that the stream still has. A row that was not begun is
        `queued`.

        Raises:
            NotKnown: there is none with that id, or it has been deleted.
        """
        with suppress(NotKnown):
            return self._ledger.job(job_id, history=history)
        found = self.job(job_id)
        campaign = self._campaigns.get(found.campaign_id or "")
        _, fields = self._campaigns.row(campaign.id, found.row or 0)
        events = events_of_row(self._ledger.scripts, found) if history else ()
        return view_of_row(campaign, found, fields, events)


class _Walk:
    """One pass through all faxes; `place` is its position."""

    def __init__(
        self,
        ledger: Ledger,
        campaigns: Campaigns,
        wanted: Wanted,
        effort: Effort,
        place: _Place,
        *,
        singles: bool = True,
        rows: bool = True,
    ) -> None:
        self.place = place
        self._with_singles = singles and wanted.fax_id is None
        self._with_rows = rows
        self._ledger = ledger
        self._campaigns = campaigns
        self._wanted = wanted
        self._singles = Singles(ledger, wanted, effort)
        self._rows = CampaignRows(ledger, campaigns, wanted, effort)

    def go(self) -> Iterator[Found]:
        """Yield the matching faxes, beginning at the position."""
        if job_id := self._named():
            found = self._by_id(job_id)
            return iter([found] if found else [])
        if self._wanted.job_id or self._wanted.idempotency_key:
            return iter(())
        return self._merged()

    @property
    def unread(self) -> list[str]:
        """See `Page`."""
        return self._singles.unread

    def _named(self) -> str | None:
        """Return the job that an id or a key belongs to."""
        wanted, redis = self._wanted, self._ledger.redis
        with redis_trouble():
            if wanted.job_id:
                return wanted.job_id
            if wanted.idempotency_key:
                return (redis.get(f"fax:idem:{wanted.idempotency_key}") or "").partition(" ")[0] or None
            if wanted.fax_id:
                return (redis.get(f"fax:fax:{wanted.fax_id}") or "").rpartition(":")[0] or None
        return None

    def _by_id(self, job_id: str) -> Found | None:
        [view] = self._ledger.jobs_at_once([job_id])
        self._singles.unread.extend(self._singles.unread_among([job_id], [view]))
        if view is not None and view.row is None:
            of_it = self._wanted.campaign_id in {None, view.campaign_id}
            return found_job(view) if of_it and self._singles.fits(view) else None
        try:
            campaign, row = self._row_of(job_id)
            # Any id of a fax finds it, including those of earlier attempts.
            rows = CampaignRows(self._ledger, self._campaigns, replace(self._wanted, fax_id=None), Effort(None))
            return rows.one(campaign, row)
        except NotKnown:
            return None

    def _row_of(self, job_id: str) -> tuple[Campaign, int]:
        named = _ROW_JOB.fullmatch(job_id) if isinstance(job_id, str) else None
        if named is None:
            raise NotKnown(job_id)
        return self._campaigns.get(named["campaign"]), int(named["row"])

    def _merged(self) -> Iterator[Found]:
        campaigns = iter(self._left() if self._with_rows else ())
        following = next(campaigns, None)
        for n, found in self._singles.before(self.place.before) if self._with_singles else ():
            while found and following and following[1] / 1000 > found.recorded_at.timestamp():
                yield from self._of(*following)
                following = next(campaigns, None)
            self.place = replace(self.place, before=n)
            if found:
                yield found
        while following:
            yield from self._of(*following)
            following = next(campaigns, None)

    def _left(self) -> list[tuple[str, int]]:
        """Return the campaigns that are left, each with the time when it was made."""
        if self._wanted.campaign_id is not None:
            campaign = self._campaigns.get(self._wanted.campaign_id)
            return [(campaign.id, round(campaign.created_at.timestamp() * 1000))]
        made = self._campaigns.made()
        if self.place.made is None:
            return made
        mark = (self.place.made, self.place.campaign)
        return [(campaign_id, at) for campaign_id, at in made if (at, campaign_id) <= mark]

    def _of(self, campaign_id: str, made: int) -> Iterator[Found]:
        done = self.place.row if campaign_id == self.place.campaign else 0
        self.place = replace(self.place, made=made, campaign=campaign_id, row=done)
        try:
            campaign = self._campaigns.get(campaign_id)
        except NotKnown:
            return
        for row, found in self._rows.after(campaign, done):
            self.place = replace(self.place, row=row)
            if found:
                yield found
        self.place = replace(self.place, row=campaign.size)
