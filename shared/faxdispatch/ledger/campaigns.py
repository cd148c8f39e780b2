"""Campaigns in Redis: rows in compressed chunks, a letter and a record for each row, and every move of the whole."""

import json
import struct
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

from faxdispatch.errors import Conflict, NotKnown
from faxdispatch.ledger.campaign_media import Ends, scores
from faxdispatch.ledger.scripts import Scripts, flat_hash, redis_trouble
from faxdispatch.states import CAMPAIGN_MOVES, OPEN, CampaignState, HoldReason, State

CHUNK = 1000
"""Rows in a chunk: chunk k (from 0) has the rows k·1000+1 to k·1000+1000."""
_BLOCK = 1024
_RECORD = struct.Struct(">BBBBHHII16s")
_PAGE = 65_536

NONE, PENDING, OPENED, DELIVERED, FAILED, CANCELLED, SUPPRESSED = "-", "p", "o", "d", "f", "c", "s"
"""A row's letter: it is none of the campaign's; is pending; has a job; or has ended so."""
_LETTERS = (PENDING, OPENED, DELIVERED, FAILED, CANCELLED, SUPPRESSED)


class CampaignRow(NamedTuple):
    """One recipient: the number of the row, the number to call (E.164), what the row asks besides, and its cells.

    `line` is where it stands in the file of the list, from 1, where that is known.
    """

    row: int
    to: str
    fields: dict[str, Any]
    cells: Sequence[str]
    line: int | None = None


@dataclass(frozen=True, slots=True)
class ListedRow:
    """A recipient as the list had it: its row, its line in the file (from 1) where that is known, and its cells."""

    row: int
    line: int | None
    cells: Sequence[str]


@dataclass(frozen=True, slots=True)
class LeftOutRow:
    """A row of the list that is not faxed. `kind` is the reason in a word or two, from an open set; `reason` says more.

    `to` is the number (E.164), where the row has a right one.
    """

    row: int
    line: int
    kind: str
    reason: str
    to: str | None
    cells: Sequence[str]


@dataclass(frozen=True, slots=True)
class RowResult:
    """What became of a row that has ended. `cost` is in the currency of the settings, `seconds` the call's length."""

    row: int
    letter: str
    generation: int
    attempts: int
    cause: str | None
    pages: int
    seconds: int
    cost: float
    ended_at: datetime | None
    fax_id: str | None


@dataclass(frozen=True, slots=True)
class Campaign:
    """Where a campaign stands. `rows` is the sum of all other counts, always."""

    id: str
    name: str
    state: CampaignState
    reason: str | None
    """Why it is paused, or was moved last."""
    options: dict[str, Any]
    """What is asked for every row, as given when it was made."""
    columns: tuple[str, ...]
    """The names of the list's columns; empty where none were given."""
    rows: int
    size: int
    """The highest number of a row."""
    generation: int
    cursor: int
    """The row after which feeding goes on."""
    created_at: datetime
    changed_at: datetime
    start_at: datetime | None
    """The moment at which it is to start, as long as it is planned so."""
    started_at: datetime | None
    """When it ran first."""
    started_by: str | None
    """The person who started it first, or planned its start."""
    sender: str | None
    """The number (E.164) that its rows were sent from last, where a row names none of its own."""
    suppression: dict[str, Any] | None
    """The suppression list against which its list was checked: `version`, which counts its changes, and `at`."""
    counts: dict[str, int]
    """How the check of its list counted the rows, those that are none of the campaign's among them."""
    cap: float | None
    spent: float
    pending: int
    open: dict[State, int]
    """Rows that have a job, by the job's state."""
    delivered: int
    failed: int
    suppressed: int
    cancelled: int
    also_in_flight: bool
    """It is cancelled together with what is under way."""
    parked: int
    """Of the open ones, those that wait for the campaign itself."""

    @property
    def opened(self) -> int:
        """How many rows have a job."""
        return sum(self.open.values())

    @property
    def ended(self) -> int:
        """How many rows have come to their end."""
        return self.delivered + self.failed + self.suppressed + self.cancelled


@dataclass(frozen=True, slots=True)
class Audit:
    """The books of a campaign, counted anew. `faults` says in words what does not add up; empty is right."""

    campaign: Campaign
    letters: dict[str, int]
    faults: tuple[str, ...]


class Campaigns:
    """Every campaign of one Redis."""

    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts
        # Feeding comes back to the same chunk for many pages; chunks never change.
        self._last: tuple[str, list[Any]] = ("", [])

    @property
    def scripts(self) -> Scripts:
        """The scripts of this ledger, for the other classes on the same Redis."""
        return self._scripts

    @property
    def _redis(self) -> Any:
        # redis-py's types cannot say that replies are text.
        return self._scripts.redis

    # Reading in --------------------------------------------------------------------------------------------------

    def open(
        self,
        campaign_id: str,
        *,
        name: str,
        options: Mapping[str, Any],
        fingerprint: str,
        cap: float | None = None,
        columns: Sequence[str] = (),
        operator: str | None = None,
    ) -> str:
        """Begin a draft: `created`; `same` where it is known with the same fingerprint, else `conflict`.

        `purged` where the id was that of a campaign that ran and was purged not long ago.
        `columns` names the columns of the list, in its order, for reports; those without a name are numbered there.
        """
        reply = self._scripts.run(
            "campaign_open",
            campaign=campaign_id,
            name=name,
            options=json.dumps(options),
            fingerprint=fingerprint,
            money=None if cap is None else round(cap * 1_000_000),
            columns=json.dumps(list(columns)),
            operator=operator,
            source="operator",
        )
        return str(reply["outcome"])

    def add_chunk(
        self,
        campaign_id: str,
        chunk: int,
        rows: Sequence[CampaignRow],
        left_out: Sequence[LeftOutRow] = (),
        media: Ends | None = None,
    ) -> str:
        """Add the rows of one chunk: `added`, `same` where it is there, `no` where it is no draft.

        `left_out` are the rows of the chunk that are not faxed, which the campaign remembers with their reasons.
        `media` are stored documents that rows name.
        """
        first = chunk * CHUNK + 1
        letters = [NONE] * (rows[-1].row - first + 1 if rows else 0)
        for row in rows:
            letters[row.row - first] = PENDING
        told = [(row.row, row.to, row.fields) if row.fields else (row.row, row.to) for row in rows]
        # How far its line is from its row hardly changes from row to row, so that it takes no room once compressed.
        cells = [(row.row, row.line - row.row, *row.cells) if row.line else (row.row, *row.cells) for row in rows]
        left = [[one.row, one.line, one.kind, one.reason, one.to, *one.cells] for one in left_out]
        reply = self._scripts.run(
            "campaign_rows",
            campaign=campaign_id,
            chunk=chunk,
            first=first,
            letters="".join(letters),
            media=scores(media) if media else None,
            blobs=(_packed(told), _packed(cells), *([_packed(left)] if left else [])),
        )
        return str(reply["outcome"])

    # Moves -------------------------------------------------------------------------------------------------------

    def move(
        self,
        campaign_id: str,
        to: CampaignState,
        *,
        event: str,
        reason: str | None = None,
        operator: str | None = None,
        also_in_flight: bool = False,
        only_from: Collection[CampaignState] | None = None,
        counts: Mapping[str, int] | None = None,
    ) -> tuple[str, CampaignState]:
        """Move a campaign: `moved`, `same` where it stands there already, or `no`; with the state it stands in now.

        `only_from` narrows the states that it may be moved from. `also_in_flight` goes with a cancel, also with one
        that was given before: Telnyx is asked to cancel what is under way, too. `counts` goes with the end of a check.

        Raises:
            NotKnown: there is no such campaign.
        """
        allowed = [state for state, following in CAMPAIGN_MOVES.items() if to in following]
        if only_from is not None:
            allowed = [state for state in allowed if state in only_from]
        reply = self._scripts.run(
            "campaign_move",
            campaign=campaign_id,
            to=to.value,
            allowed=allowed,
            event=event,
            reason=reason,
            operator=operator,
            also_in_flight=also_in_flight or None,
            counts=None if counts is None else json.dumps(dict(counts)),
            source="operator",
        )
        return str(reply["outcome"]), _known(campaign_id, reply)

    def start_at(
        self, campaign_id: str, moment: datetime, *, reason: str | None = None, operator: str | None = None
    ) -> tuple[str, CampaignState]:
        """Let a checked campaign start at a moment: `planned` or `no`, with the state it stands in.

        Raises:
            NotKnown: there is no such campaign.
        """
        at = round(moment.timestamp() * 1000)
        reply = self._scripts.run(
            "campaign_start_at", campaign=campaign_id, at=at, reason=reason, operator=operator, source="operator"
        )
        return str(reply["outcome"]), _known(campaign_id, reply)

    def set_cap(
        self, campaign_id: str, cap: float | None, *, reason: str | None = None, operator: str | None = None
    ) -> tuple[str, CampaignState]:
        """Set what a campaign may cost, None for no cap: `set`, `same`, or `no` where it is over; with its state.

        Raises:
            NotKnown: there is no such campaign.
        """
        money = None if cap is None else round(cap * 1_000_000)
        reply = self._scripts.run(
            "campaign_cap", campaign=campaign_id, money=money, reason=reason, operator=operator, source="operator"
        )
        return str(reply["outcome"]), _known(campaign_id, reply)

    def again(
        self,
        campaign_id: str,
        rows: Sequence[int],
        *,
        generation: int,
        numbers: Mapping[int, str] | None = None,
        reason: str | None = None,
        operator: str | None = None,
    ) -> int:
        """Make failed or cancelled rows pending again, as a new generation; give how many were made so.

        The same generation may be given more rows as long as it has not come to its end. `numbers` are the numbers
        (E.164) that rows are to go to from now on instead of those of the list.

        Raises:
            NotKnown: there is no such campaign.
            Conflict: it is neither finished nor in that generation.
        """
        count = 0
        for page in _pages(rows, CHUNK):
            reply = self._scripts.run(
                "campaign_again",
                campaign=campaign_id,
                rows=page,
                generation=generation,
                numbers={str(row): numbers[row] for row in page if row in numbers} if numbers else None,
                reason=reason,
                operator=operator,
                source="operator",
            )
            state = _known(campaign_id, reply)
            if reply["outcome"] == "no":
                raise Conflict(f"campaign {campaign_id}: only a finished one can be tried again; it is {state}")
            count += reply["rows"]
        return count

    def follow(self, campaign_id: str, generation: int) -> bool:
        """Let a campaign go on as a later generation, of which Telnyx has faxes: see `campaign_follow.lua`.

        Says whether it does; one that was cancelled, or is in that generation or a later one, does not.
        """
        reply = self._scripts.run("campaign_follow", campaign=campaign_id, generation=generation, source="recovery")
        return bool(reply["outcome"] == "followed")

    def sweep(self, campaign_id: str) -> None:
        """Cancel every pending row of a cancelled campaign. Rows that have a job are cancelled one by one by others."""
        first, left = 1, True
        while left:
            reply = self._scripts.run("campaign_sweep", campaign=campaign_id, first=first, page=_PAGE)
            first, left = first + _PAGE, bool(reply.get("left"))

    # Feeding -----------------------------------------------------------------------------------------------------

    def running(self) -> list[str]:
        """Give the ids of the campaigns that run or are paused after they ran."""
        with redis_trouble():
            return sorted(self._redis.smembers("fax:campaigns:running"))

    def starting(self) -> list[str]:
        """Give the ids of the checked campaigns whose moment has come."""
        with redis_trouble():
            found: list[str] = self._redis.zrangebyscore("fax:campaigns:starts", "-inf", self._scripts.clock())
        return found

    def ending(self) -> list[str]:
        """Give the ids of the cancelled campaigns that may still have rows with a job."""
        with redis_trouble():
            return sorted(self._redis.smembers("fax:campaigns:ending"))

    def ended(self, campaign_id: str) -> None:
        """Say that no row of a cancelled campaign has a job any more."""
        with redis_trouble():
            self._redis.srem("fax:campaigns:ending", campaign_id)

    def feed(
        self,
        campaign_id: str,
        rows: Sequence[Mapping[str, Any]],
        *,
        tags: Sequence[str],
        generation: int,
        cursor: int | None,
        limit: int,
        sender: str | None = None,
    ) -> tuple[str, int]:
        """Give up to `limit` rows to the line, parked ones first: `fed` or `finished` with their number, or `no`.

        Each row has `row`, `job`, `to`, `connection`, `sender`, `request` (JSON) and `priority`; one that is not
        pending is passed over. `cursor` is the row after which feeding goes on, `sender` the number that all rows are
        sent from which have none of their own.
        """
        reply = self._scripts.run(
            "feed",
            campaign=campaign_id,
            rows=list(rows),
            tags=json.dumps(list(tags)),
            generation=str(generation),
            cursor=cursor,
            limit=limit,
            sender=sender,
            source="scheduler",
        )
        return str(reply["outcome"]), int(reply.get("fed", 0))

    def pending_rows(self, campaign_id: str, chunk: int) -> list[tuple[int, str, dict[str, Any]]]:
        """Give the pending rows of a chunk: number, number to call, what the row asks besides."""
        letters = self.letters(campaign_id, chunk * CHUNK + 1, chunk * CHUNK + CHUNK)
        if PENDING not in letters:
            return []
        at = chunk * CHUNK + 1
        return [row for row in self.chunk(campaign_id, chunk) if letters[row[0] - at] == PENDING]

    def open_rows(self, campaign_id: str, *, limit: int | None = None) -> list[int]:
        """Give rows that have a job."""
        key = f"fax:campaign:{campaign_id}:open"
        with redis_trouble():
            found = self._redis.srandmember(key, limit) if limit else self._redis.smembers(key)
        return sorted(int(row) for row in found)

    # Looking -----------------------------------------------------------------------------------------------------

    def ids(self) -> list[str]:
        """Give the ids of all campaigns, the newest first."""
        with redis_trouble():
            found: list[str] = self._redis.zrevrange("fax:campaigns", 0, -1)
        return found

    def get(self, campaign_id: str) -> Campaign:
        """Give a campaign.

        Raises:
            NotKnown: there is none of that id.
        """
        with redis_trouble(), self._redis.pipeline() as pipe:
            pipe.hgetall(f"fax:campaign:{campaign_id}")
            pipe.zcard(f"fax:campaign:{campaign_id}:parked")
            pipe.get(f"fax:spend:campaign:{campaign_id}")
            facts, parked, spent = pipe.execute()
        if "state" not in facts:
            raise NotKnown(f"campaign {campaign_id}: not known here")
        return _campaign(campaign_id, facts, parked=parked, spent=int(spent or 0))

    def made(self) -> list[tuple[str, int]]:
        """Give the ids of all campaigns with the moment (milliseconds) at which each was made, the newest first."""
        with redis_trouble():
            found = self._redis.zrevrange("fax:campaigns", 0, -1, withscores=True)
        return [(campaign_id, int(made)) for campaign_id, made in found]

    def some(self, first: int, count: int) -> tuple[list[Campaign], int]:
        """Give so many campaigns from the place `first` (from 0) on, the newest first, and how many there are."""
        found = self._scripts.run("campaign_list", first=first, count=count)
        known = []
        for one in found["campaigns"]:
            facts = flat_hash(one["facts"])
            if "state" in facts:
                known.append(_campaign(one["id"], facts, parked=one["parked"], spent=int(one["spent"])))
        return known, found["count"]

    def causes(self, campaign_id: str) -> dict[str, int]:
        """Give how many rows of the present generation ended without delivery, by cause, the most frequent first."""
        with redis_trouble():
            found: dict[str, str] = self._redis.hgetall(f"fax:campaign:{campaign_id}:causes:count")
        return dict(
            sorted(((cause, int(count)) for cause, count in found.items()), key=lambda pair: (-pair[1], pair[0]))
        )

    def cause_number(self, campaign_id: str, cause: str) -> int | None:
        """Give the number that stands for a cause in the records, None where no row had it."""
        with redis_trouble():
            number = self._redis.hget(f"fax:campaign:{campaign_id}:causes", cause)
        return int(number) if number else None

    def known_causes(self, campaign_id: str) -> set[str]:
        """Give every cause that a row of any generation had."""
        with redis_trouble():
            return set(self._redis.hkeys(f"fax:campaign:{campaign_id}:causes"))

    def letters(self, campaign_id: str, first: int, last: int) -> str:
        """Give the letters of the rows from `first` to `last`; rows past the end have none."""
        with redis_trouble():
            found: str = self._redis.getrange(f"fax:campaign:{campaign_id}:states", first - 1, last - 1)
        # Between the last row of a chunk and the first of the next one Redis fills in zeros.
        return found.replace("\0", NONE)

    def naming(self, campaign_id: str, chunks: Sequence[int], number: str) -> list[int]:
        """Give those of some chunks that may have a row to a number. One chunk at a time is unpacked, and none read."""
        with redis_trouble():
            packed: list[Any] = self._scripts.raw.mget([f"fax:campaign:{campaign_id}:rows:{chunk}" for chunk in chunks])
        corrected = {(row - 1) // CHUNK for row, to in self.corrected(campaign_id).items() if to == number}
        text = json.dumps(number, ensure_ascii=False).encode()
        return [
            chunk
            for chunk, part in zip(chunks, packed, strict=True)
            if chunk in corrected or (part and text in zlib.decompress(part))
        ]

    def chunk(self, campaign_id: str, chunk: int) -> list[tuple[int, str, dict[str, Any]]]:
        """Give the rows of a chunk, in the form of `rows`."""
        told = self._chunk(campaign_id, "rows", chunk)
        corrected = self.corrected(campaign_id)
        return [(row, corrected.get(row, to), rest[0] if rest else {}) for row, to, *rest in told]

    def corrected(self, campaign_id: str) -> dict[int, str]:
        """Give the rows that go to another number than that of the list, each with it."""
        with redis_trouble():
            found = self._redis.hgetall(f"fax:campaign:{campaign_id}:numbers")
        return {int(row): number for row, number in found.items()}

    def row(self, campaign_id: str, row: int) -> tuple[str, dict[str, Any]]:
        """Give the number to call of a row, and what the row asks besides.

        Raises:
            NotKnown: the campaign has no such row.
        """
        for number, to, fields in self.chunk(campaign_id, (row - 1) // CHUNK):
            if number == row:
                return to, fields
        raise NotKnown(f"campaign {campaign_id}: has no row {row}")

    def rows(self, campaign_id: str) -> Iterator[tuple[int, str, dict[str, Any]]]:
        """Give every row in order, a chunk at a time: number, number to call, what the row asks besides."""
        for chunk in range((self.get(campaign_id).size + CHUNK - 1) // CHUNK):
            yield from self.chunk(campaign_id, chunk)

    def holds(self, campaign_id: str) -> dict[HoldReason, int]:
        """Give how many of a campaign's rows are held, by reason, the most frequent first."""
        found = self._scripts.run("campaign_holds", campaign=campaign_id)["holds"]
        most = sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))
        return {HoldReason(reason): count for reason, count in most}

    def listed(self, campaign_id: str) -> Iterator[ListedRow]:
        """Give every row as the list had it, in order, a chunk at a time."""
        for chunk in range((self.get(campaign_id).size + CHUNK - 1) // CHUNK):
            for row, *rest in self._chunk(campaign_id, "cells", chunk):
                apart, cells = (rest[0], rest[1:]) if rest and isinstance(rest[0], int) else (None, rest)
                yield ListedRow(row, None if apart is None else row + apart, cells)

    def left_out(self, campaign_id: str) -> Iterator[LeftOutRow]:
        """Give the rows of the list that are not faxed, in order, a chunk at a time."""
        campaign = self.get(campaign_id)
        rows = max(campaign.size, campaign.counts.get("rows", 0))
        for chunk in range((rows + CHUNK - 1) // CHUNK):
            for row, line, kind, reason, to, *cells in self._chunk(campaign_id, "left", chunk):
                yield LeftOutRow(row, line, kind, reason, to, cells)

    def results(self, campaign_id: str) -> Iterator[RowResult]:
        """Give what became of every row, in order, a block at a time; a row that has not ended has only its letter."""
        with redis_trouble():
            causes = {int(n): cause for cause, n in self._redis.hgetall(f"fax:campaign:{campaign_id}:causes").items()}
            faxes = self._redis.hgetall(f"fax:campaign:{campaign_id}:faxes")
        size = self.get(campaign_id).size
        for block in range((size + _BLOCK - 1) // _BLOCK):
            letters, records = self._block(campaign_id, size, block)
            for at, letter in enumerate(letters):
                if letter != NONE:
                    yield _result(block * _BLOCK + at + 1, letter, records[at * 32 : at * 32 + 32], causes, faxes)

    def results_of(self, campaign_id: str, rows: Sequence[int]) -> list[RowResult]:
        """Give what became of some rows of one chunk, in order."""
        if not rows:
            return []
        key, low, high = f"fax:campaign:{campaign_id}", min(rows), max(rows)
        # Letters before records: a record is there before its letter says that the row has ended.
        letters, records = self.letters(campaign_id, low, high), self.records(campaign_id, low, high)
        with redis_trouble():
            causes = {int(n): cause for cause, n in self._redis.hgetall(f"{key}:causes").items()}
            faxes = dict(zip(map(str, rows), self._redis.hmget(f"{key}:faxes", list(rows)), strict=True))
        size = _RECORD.size
        return [_result(row, letters[row - low], records[(row - low) * size :][:size], causes, faxes) for row in rows]

    def records(self, campaign_id: str, first: int, last: int) -> bytes:
        """Give the records of the rows from `first` to `last`, 32 bytes each; zeros where there is none (yet)."""
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
        """Give the rows whose record has a Telnyx fax, one at most."""
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
        """Give the number of the cause and the second of the end of each row; zeros where it has no record."""
        for _, _, _, cause, _, _, _, moment, _ in _RECORD.iter_unpack(self.records(campaign_id, first, last)):
            yield cause, moment

    def audit(self, campaign_id: str) -> Audit:
        """Count a campaign's rows anew, letter by letter and job by job, all at one moment, also while it runs.

        The records of the rows that have ended are read after that moment; a record does not change any more.

        Raises:
            NotKnown: there is no such campaign.
        """
        reply = self._scripts.run("campaign_audit", campaign=campaign_id)
        _known(campaign_id, reply)
        campaign = _campaign(campaign_id, reply["facts"], parked=reply["parked"], spent=int(reply["spent"]))
        letters = {letter: count for letter in _LETTERS if (count := reply["letters"].count(letter))}
        faults = [*_faults(campaign, letters, reply["open"], reply["states"])]
        if reply["unmarked"]:
            faults.append(f"{reply['unmarked']} rows are listed as open and not marked so")
        if reply["misplaced"]:
            faults.append(f"{reply['misplaced']} open rows have jobs that do not stand in exactly one place")
        if wrong := self._wrong_records(campaign):
            faults.append(f"{wrong} rows have ended and have no record that says so")
        return Audit(campaign, letters, tuple(faults))

    def _wrong_records(self, campaign: Campaign) -> int:
        wrong = 0
        for block in range((campaign.size + _BLOCK - 1) // _BLOCK):
            letters, records = self._block(campaign.id, campaign.size, block)
            # What was cancelled before it had a job has no record, or one that tells of an earlier generation.
            wrong += sum(
                letter in {DELIVERED, FAILED, SUPPRESSED} and records[at * 32 : at * 32 + 1] != letter.encode()
                for at, letter in enumerate(letters)
            )
        return wrong

    def _block(self, campaign_id: str, size: int, block: int) -> tuple[str, bytes]:
        """Give the letters of a block's rows and their records; letters first, since a record is there before them."""
        first = block * _BLOCK + 1
        letters = self.letters(campaign_id, first, min(first + _BLOCK - 1, size))
        with redis_trouble():
            records: Any = self._scripts.raw.get(f"fax:campaign:{campaign_id}:results:{block}") or b""
        return letters, records

    def purge(self, campaign_id: str, *, operator: str | None = None) -> tuple[str, CampaignState | None]:
        """Forget a campaign that has no open rows: `purged`, or `no` where it has some or still runs; with its state.

        One whose purge was interrupted is purged to its end, and has no state any more.

        Raises:
            NotKnown: there is no such campaign.
        """
        reply = self._scripts.run("campaign_purge", campaign=campaign_id, operator=operator, source="operator")
        if reply["outcome"] == "no":
            return "no", _known(campaign_id, reply)
        state = None if reply["outcome"] == "again" else _known(campaign_id, reply)
        with redis_trouble():
            for key in self._redis.scan_iter(f"fax:campaign:{campaign_id}:*", count=1000):
                self._redis.unlink(key)
            if not reply.get("started", True):
                # No row had a job, so nothing has an id that another one could give again.
                self._redis.zrem("fax:campaigns:purged", campaign_id)
        return "purged", state

    def _chunk(self, campaign_id: str, kind: str, chunk: int) -> list[Any]:
        key = f"fax:campaign:{campaign_id}:{kind}:{chunk}"
        if self._last[0] != key:
            with redis_trouble():
                packed: Any = self._scripts.raw.get(key)
            self._last = (key, json.loads(zlib.decompress(packed)) if packed else [])
        return self._last[1]


def job_of_row(campaign_id: str, row: int, generation: int = 1) -> str:
    """Give the id of a row's job: the same for ever, so that no row can have two.

    No row of another campaign has it, whatever the ids of the two.
    """
    return f"{campaign_id}-{row}" if generation == 1 else f"{campaign_id}-{row}_{generation}"


def _campaign(campaign_id: str, facts: Mapping[str, str], *, parked: int, spent: int) -> Campaign:
    return Campaign(
        id=campaign_id,
        name=facts["name"],
        state=CampaignState(facts["state"]),
        reason=facts.get("reason") or None,
        options=json.loads(facts["options"]),
        columns=tuple(json.loads(facts.get("columns") or "[]")),
        rows=int(facts["rows"]),
        size=int(facts["size"]),
        generation=int(facts["generation"]),
        cursor=int(facts["cursor"]),
        created_at=_moment(int(facts["created"]) / 1000),
        changed_at=_moment(int(facts["changed"]) / 1000),
        start_at=_moment(int(facts["start_at"]) / 1000) if facts.get("start_at") else None,
        started_at=_moment(int(facts["started"]) / 1000) if facts.get("started") else None,
        started_by=facts.get("started_by") or None,
        sender=facts.get("sender") or None,
        suppression=_suppression(facts),
        counts=json.loads(facts.get("counts") or "{}"),
        cap=int(facts["cap"]) / 1_000_000 if facts.get("cap") else None,
        spent=spent / 1_000_000,
        pending=int(facts.get(PENDING, 0)),
        open={state: number for state in State if (number := int(facts.get(f"open:{state}", 0)))},
        delivered=int(facts.get(DELIVERED, 0)),
        failed=int(facts.get(FAILED, 0)),
        suppressed=int(facts.get(SUPPRESSED, 0)),
        cancelled=int(facts.get(CANCELLED, 0)),
        also_in_flight=facts.get("also_in_flight") == "1",
        parked=parked,
    )


def _suppression(facts: Mapping[str, str]) -> dict[str, Any] | None:
    if "suppression" not in facts:
        return None
    return {"version": int(facts["suppression"]), "at": _moment(int(facts["checked"]) / 1000).isoformat()}


def _faults(campaign: Campaign, letters: Mapping[str, int], opened: int, states: Mapping[str, int]) -> Iterator[str]:
    counted = {
        PENDING: campaign.pending, OPENED: campaign.opened, DELIVERED: campaign.delivered, FAILED: campaign.failed,
        SUPPRESSED: campaign.suppressed, CANCELLED: campaign.cancelled,
    }  # fmt: skip
    for letter, count in counted.items():
        if letters.get(letter, 0) != count:
            yield f"{letters.get(letter, 0)} rows are marked {letter!r}, {count} are counted"
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


def _result(row: int, letter: str, record: bytes, causes: Mapping[int, str], faxes: Mapping[str, Any]) -> RowResult:
    ended = len(record) == _RECORD.size and record[0] and letter not in {PENDING, OPENED}
    if not ended:
        return RowResult(row, letter, 1, 0, None, 0, 0, 0.0, None, None)
    _, generation, attempts, cause, pages, seconds, cost, moment, fax = _RECORD.unpack(record)
    fax_id = str(UUID(bytes=fax)) if any(fax) else faxes.get(str(row))
    return RowResult(
        row, letter, generation, attempts, causes.get(cause), pages, seconds, cost / 1_000_000, _moment(moment), fax_id
    )


def _packed(rows: list[Any]) -> bytes:
    return zlib.compress(json.dumps(rows, ensure_ascii=False, separators=(",", ":")).encode(), 6)


def _pages(items: Sequence[int], size: int) -> Iterable[list[int]]:
    return ([*items[at : at + size]] for at in range(0, len(items), size))


def _known(campaign_id: str, reply: Mapping[str, Any]) -> CampaignState:
    if reply["state"] == "gone":
        raise NotKnown(f"campaign {campaign_id}: not known here")
    return CampaignState(reply["state"])


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
