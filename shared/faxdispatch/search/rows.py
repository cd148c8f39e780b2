"""Searching the rows of campaigns, a chunk at a time."""

from collections.abc import Iterator, Sequence
from typing import Any

from faxdispatch.ledger import CHUNK, Campaign, Campaigns, Ledger, RowResult, job_of_row
from faxdispatch.ledger.campaign import CANCELLED, DELIVERED, FAILED, OPENED
from faxdispatch.ledger.campaign import PENDING as PENDING_ROW
from faxdispatch.ledger.campaign import SUPPRESSED as SUPPRESSED_ROW
from faxdispatch.search.effort import Effort
from faxdispatch.search.found import Found, found_row
from faxdispatch.search.wanted import PENDING, SUPPRESSED, Wanted
from faxdispatch.states import OPEN

_CODES = {state.value: OPENED for state in OPEN} | {
    PENDING: PENDING_ROW,
    "delivered": DELIVERED,
    "failed": FAILED,
    "cancelled": CANCELLED,
    SUPPRESSED: SUPPRESSED_ROW,
}
_Row = tuple[int, str, dict[str, Any]]
_TOGETHER = 16
"""Number of chunks that are requested at once."""
_MANY = 50
"""Number of rows in one message."""


class CampaignRows:
    """The matching rows."""

    def __init__(self, ledger: Ledger, campaigns: Campaigns, wanted: Wanted, effort: Effort) -> None:
        self._ledger = ledger
        self._campaigns = campaigns
        self._wanted = wanted
        self._effort = effort
        every = _CODES if wanted.states is None else wanted.states
        self._codes = {_CODES[state] for state in every}

    def after(self, campaign: Campaign, row: int) -> Iterator[tuple[int, Found | None]]:
        """Yield the matching rows of a campaign after `row`, in order, each with its number.

        None marks the end of a chunk, after which a search can continue.
        """
        if not self._possible(campaign):
            return
        if self._wanted.fax_id is not None:
            yield from self._of_fax(campaign, row, self._wanted.fax_id)
            return
        every = range(row // CHUNK, (campaign.size + CHUNK - 1) // CHUNK)
        for at in range(0, len(every), _TOGETHER):
            chunks = every[at : at + _TOGETHER]
            self._effort.spend(len(chunks))
            for chunk in self._naming(campaign, chunks) if self._stands(campaign, chunks) else ():
                for found in self._chunk(campaign, chunk, row):
                    yield found.row or 0, found
            yield (chunks[-1] + 1) * CHUNK, None

    def _stands(self, campaign: Campaign, chunks: Sequence[int]) -> bool:
        """Return whether a row of some chunks may have a state that is searched."""
        if self._wanted.states is None:
            return True
        codes = self._campaigns.codes(campaign.id, chunks[0] * CHUNK + 1, (chunks[-1] + 1) * CHUNK)
        return bool(self._codes.intersection(codes))

    def _naming(self, campaign: Campaign, chunks: Sequence[int]) -> Sequence[int]:
        number = self._wanted.number
        return chunks if number is None else self._campaigns.naming(campaign.id, chunks, number)

    def _of_fax(self, campaign: Campaign, after: int, fax_id: str) -> Iterator[tuple[int, Found | None]]:
        for row in self._campaigns.rows_of_fax(campaign.id, fax_id):
            if row > after:
                yield row, self.one(campaign, row)

    def one(self, campaign: Campaign, row: int) -> Found | None:
        """Return a row, or None if it does not match.

        Raises:
            NotKnown: there is no such row.
        """
        to, fields = self._campaigns.row(campaign.id, row)
        return next(self._found(campaign, [(row, to, fields)]), None) if self._possible(campaign) else None

    def _possible(self, campaign: Campaign) -> bool:
        wanted = self._wanted
        tags = campaign.options.get("tags") or ()
        return (
            bool(self._codes)
            and wanted.idempotency_key is None
            and wanted.campaign_id in {None, campaign.id}
            and (wanted.tag is None or wanted.tag in tags)
            and (wanted.until is None or campaign.created_at < wanted.until)
        )

    def _chunk(self, campaign: Campaign, chunk: int, after: int) -> Iterator[Found]:
        number, first = self._wanted.number, chunk * CHUNK + 1
        rows = self._candidates(campaign, first, min(first + CHUNK - 1, campaign.size))
        if not rows:
            return
        there = [
            one
            for one in self._campaigns.chunk(campaign.id, chunk)
            if one[0] > after and one[0] in rows and number in {None, one[1]}
        ]
        for at in range(0, len(there), _MANY):
            yield from self._found(campaign, there[at : at + _MANY])

    def _candidates(self, campaign: Campaign, first: int, last: int) -> set[int]:
        """Return the rows that may match by their codes and records, which are cheaper to read than the rows."""
        wanted, codes = self._wanted, self._campaigns.codes(campaign.id, first, last)
        rows = {first + at for at, code in enumerate(codes) if code in self._codes}
        if not rows or (wanted.cause is None and wanted.since is None and wanted.until is None):
            return rows
        cause = self._campaigns.cause_number(campaign.id, wanted.cause) if wanted.cause else None
        made = campaign.created_at.timestamp()
        since, until = (moment.timestamp() if moment else None for moment in (wanted.since, wanted.until))
        for row, (number, ended) in enumerate(self._campaigns.ends(campaign.id, first, last), start=first):
            if codes[row - first] == OPENED:
                continue
            moment = ended or made
            early, late = since is not None and moment < since - 1, until is not None and moment >= until
            if early or late or (wanted.cause is not None and number != cause):
                rows.discard(row)
        return rows

    def _found(self, campaign: Campaign, rows: Sequence[_Row]) -> Iterator[Found]:
        results = self._campaigns.results_of(campaign.id, [row for row, _, _ in rows])
        asked = [result.row for result in results if result.code == OPENED]
        views = self._ledger.jobs_at_once([job_of_row(campaign.id, row, campaign.generation) for row in asked])
        jobs = dict(zip(asked, views, strict=True))
        for (row, to, fields), result in zip(rows, results, strict=True):
            found = found_row(campaign, to, fields, result, jobs.get(row))
            if self._fits(found, result):
                yield found

    def _fits(self, found: Found, result: RowResult) -> bool:
        wanted, moment = self._wanted, result.ended_at or found.recorded_at
        return (
            wanted.stands(found.state)
            and wanted.number in {None, found.to}
            and wanted.cause in {None, found.cause}
            and wanted.fax_id in {None, found.fax_id}
            and (wanted.since is None or moment >= wanted.since)
            and (wanted.until is None or moment < wanted.until)
        )
