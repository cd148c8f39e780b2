"""The results of a campaign's rows: a record of 32 bytes each, and a check that all counts add up."""

import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from faxdispatch.ledger.campaign import (
    CANCELLED,
    DELIVERED,
    FAILED,
    NONE,
    OPENED,
    PENDING,
    SUPPRESSED,
    Campaign,
    campaign_of,
    state_in,
)
from faxdispatch.ledger.campaign_rows import CampaignRows
from faxdispatch.ledger.clock import moment as moment_of
from faxdispatch.ledger.scripts import redis_trouble
from faxdispatch.states import OPEN
from faxdispatch.text.wording import counted, counted_are

_BLOCK = 1024
_RECORD = struct.Struct(">BBBBHHII16s")
_CODES = (PENDING, OPENED, DELIVERED, FAILED, CANCELLED, SUPPRESSED)


@dataclass(frozen=True, slots=True)
class RowResult:
    """The result of a row that has ended. `cost` is in the currency of the settings, `seconds` the call's length."""

    row: int
    code: str
    generation: int
    attempts: int
    cause: str | None
    pages: int
    seconds: int
    cost: float
    ended_at: datetime | None
    fax_id: str | None


@dataclass(frozen=True, slots=True)
class Audit:
    """The result of an audit: the rows of a campaign, counted again.

    `faults` says in words what does not add up; no faults means that everything does.
    """

    campaign: Campaign
    codes: dict[str, int]
    faults: tuple[str, ...]


class CampaignResults(CampaignRows):
    """Reads the results of the rows of every campaign of one Redis."""

    def results(self, campaign_id: str) -> Iterator[RowResult]:
        """Yield the result of every row in order, a block at a time; a row that has not ended has only its code."""
        with redis_trouble():
            causes = {int(n): cause for cause, n in self._redis.hgetall(f"fax:campaign:{campaign_id}:causes").items()}
            faxes = self._redis.hgetall(f"fax:campaign:{campaign_id}:faxes")
        size = self.get(campaign_id).size
        for block in range((size + _BLOCK - 1) // _BLOCK):
            codes, records = self._block(campaign_id, size, block)
            for at, code in enumerate(codes):
                if code != NONE:
                    yield _result(block * _BLOCK + at + 1, code, records[at * 32 : at * 32 + 32], causes, faxes)

    def results_of(self, campaign_id: str, rows: Sequence[int]) -> list[RowResult]:
        """Return the results of some rows of one chunk, in order."""
        if not rows:
            return []
        key, low, high = f"fax:campaign:{campaign_id}", min(rows), max(rows)
        # Read codes before records: a record is written before its code says that the row has ended.
        codes, records = self.codes(campaign_id, low, high), self.records(campaign_id, low, high)
        with redis_trouble():
            causes = {int(n): cause for cause, n in self._redis.hgetall(f"{key}:causes").items()}
            faxes = dict(zip(map(str, rows), self._redis.hmget(f"{key}:faxes", list(rows)), strict=True))
        size = _RECORD.size
        return [_result(row, codes[row - low], records[(row - low) * size :][:size], causes, faxes) for row in rows]

    def records(self, campaign_id: str, first: int, last: int) -> bytes:
        """Return the records of the rows from `first` to `last`, 32 bytes each; zeros if a record does not exist."""
        size, found = _RECORD.size, b""
        for block in range((first - 1) // _BLOCK, (last - 1) // _BLOCK + 1):
            low, high = max(first - 1, block * _BLOCK), min(last, (block + 1) * _BLOCK)
            with redis_trouble():
                part: Any = self._scripts.raw.getrange(
                    f"fax:campaign:{campaign_id}:results:{block}",
                    (low - block * _BLOCK) * size,
                    (high - block * _BLOCK) * size - 1,
                )
            found += part.ljust((high - low) * size, b"\0")
        return found

    def rows_of_fax(self, campaign_id: str, fax_id: str) -> list[int]:
        """Return the row whose record has a Telnyx fax, in a list, or an empty list."""
        with redis_trouble():
            others = self._redis.hgetall(f"fax:campaign:{campaign_id}:faxes")
        if named := [int(row) for row, fax in others.items() if fax == fax_id]:
            return named
        try:
            wanted = UUID(fax_id).bytes
        except ValueError:
            return []
        for first in range(1, self.get(campaign_id).size + 1, _BLOCK):
            records = self.records(campaign_id, first, first + _BLOCK - 1)
            if wanted in records:
                of_rows = [records[at : at + 16] for at in range(16, len(records), _RECORD.size)]
                return [first + of_rows.index(wanted)] if wanted in of_rows else []
        return []

    def ends(self, campaign_id: str, first: int, last: int) -> Iterator[tuple[int, int]]:
        """Yield the cause number and the end of each row, in seconds; zeros if it has no record."""
        for _, _, _, cause, _, _, _, moment, _ in _RECORD.iter_unpack(self.records(campaign_id, first, last)):
            yield cause, moment

    def causes(self, campaign_id: str) -> dict[str, int]:
        """Return how many rows of the present generation ended without delivery, by cause, the most frequent first."""
        with redis_trouble():
            found: dict[str, str] = self._redis.hgetall(f"fax:campaign:{campaign_id}:causes:count")
        return dict(
            sorted(((cause, int(count)) for cause, count in found.items()), key=lambda pair: (-pair[1], pair[0]))
        )

    def cause_number(self, campaign_id: str, cause: str) -> int | None:
        """Return the number that stands for a cause in the records, or None if no row had it."""
        with redis_trouble():
            number = self._redis.hget(f"fax:campaign:{campaign_id}:causes", cause)
        return int(number) if number else None

    def known_causes(self, campaign_id: str) -> set[str]:
        """Return every cause that a row of any generation ended with."""
        with redis_trouble():
            return set(self._redis.hkeys(f"fax:campaign:{campaign_id}:causes"))

    def audit(self, campaign_id: str) -> Audit:
        """Count the codes and the jobs of a campaign's rows again, all at one moment, even while it runs.

        The records of ended rows are read later, since they no longer change.

        Raises:
            NotKnown: there is no such campaign.
        """
        reply = self._scripts.run("campaign_audit", campaign=campaign_id)
        state_in(campaign_id, reply)
        campaign = campaign_of(campaign_id, reply["facts"], parked=reply["parked"], spent=int(reply["spent"]))
        codes = {code: count for code in _CODES if (count := reply["codes"].count(code))}
        faults = [*_faults(campaign, codes, reply["open"], reply["states"])]
        if reply["unmarked"]:
            faults.append(f"{counted_are(reply['unmarked'], 'row')} listed as open but not marked as open")
        if reply["misplaced"]:
            faults.append(f"{reply['misplaced']} open rows have jobs that are not in exactly one place")
        if wrong := self._wrong_records(campaign):
            faults.append(f"{counted(wrong, 'row')} ended without a record of it")
        return Audit(campaign, codes, tuple(faults))

    def _wrong_records(self, campaign: Campaign) -> int:
        wrong = 0
        for block in range((campaign.size + _BLOCK - 1) // _BLOCK):
            codes, records = self._block(campaign.id, campaign.size, block)
            # A row that was cancelled before it had a job has no record, or one of an earlier generation.
            wrong += sum(
                code in {DELIVERED, FAILED, SUPPRESSED} and records[at * 32 : at * 32 + 1] != code.encode()
                for at, code in enumerate(codes)
            )
        return wrong

    def _block(self, campaign_id: str, size: int, block: int) -> tuple[str, bytes]:
        """Return the codes of a block's rows and their records.

        It reads codes first, since a record is written before its code.
        """
        first = block * _BLOCK + 1
        codes = self.codes(campaign_id, first, min(first + _BLOCK - 1, size))
        with redis_trouble():
            records: Any = self._scripts.raw.get(f"fax:campaign:{campaign_id}:results:{block}") or b""
        return codes, records


def _faults(campaign: Campaign, codes: Mapping[str, int], opened: int, states: Mapping[str, int]) -> Iterator[str]:
    counted = {
        PENDING: campaign.pending, OPENED: campaign.opened, DELIVERED: campaign.delivered, FAILED: campaign.failed,
        SUPPRESSED: campaign.suppressed, CANCELLED: campaign.cancelled,
    }  # fmt: skip
    for code, count in counted.items():
        if codes.get(code, 0) != count:
            yield f"{codes.get(code, 0)} rows are marked {code!r}, {count} are counted"
    if sum(counted.values()) != campaign.rows:
        yield f"{campaign.rows} rows were read in, {sum(counted.values())} are accounted for"
    if opened != campaign.opened:
        yield f"{opened} rows are listed as open, {campaign.opened} are counted"
    open_counts = {state.value: count for state, count in campaign.open.items()}
    for state in sorted(states.keys() | open_counts.keys()):
        if states.get(state, 0) != open_counts.get(state, 0):
            found, counted_as = states.get(state, 0), open_counts.get(state, 0)
            yield f"{found} open rows have jobs that are {state}, {counted_as} are counted"
        if state not in set(OPEN):
            yield f"{states.get(state, 0)} open rows have jobs that are {state}"


def _result(row: int, code: str, record: bytes, causes: Mapping[int, str], faxes: Mapping[str, Any]) -> RowResult:
    ended = len(record) == _RECORD.size and record[0] and code not in {PENDING, OPENED}
    if not ended:
        return RowResult(row, code, 1, 0, None, 0, 0, 0.0, None, None)
    _, generation, attempts, cause, pages, seconds, cost, moment, fax = _RECORD.unpack(record)
    fax_id = str(UUID(bytes=fax)) if any(fax) else faxes.get(str(row))
    return RowResult(
        row,
        code,
        generation,
        attempts,
        causes.get(cause),
        pages,
        seconds,
        cost / 1_000_000,
        moment_of(moment * 1000),
        fax_id,
    )
