"""The rows of a campaign as they were in its list: compressed chunks, with a state code for each row."""

import json
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple

import orjson

from faxdispatch.errors import NotKnown
from faxdispatch.ledger.campaign import NONE, PENDING, Campaign, campaign_of
from faxdispatch.ledger.scripts import Scripts, redis_trouble

CHUNK = 1000
"""Rows in a chunk: chunk k (from 0) has the rows k·1000+1 to k·1000+1000."""


class CampaignRow(NamedTuple):
    """One recipient: the number of the row, the number to call (E.164), the row's own options, and its cells.

    `line` is its line in the file of the list, from 1, if known.
    """

    row: int
    to: str
    fields: Mapping[str, Any]
    cells: Sequence[str]
    line: int | None = None


@dataclass(frozen=True, slots=True)
class ListedRow:
    """A recipient as in the list: its row, its line in the file (from 1) if known, and its cells."""

    row: int
    line: int | None
    cells: Sequence[str]


@dataclass(frozen=True, slots=True)
class LeftOutRow:
    """A row of the list that is not faxed. `kind` is the reason in a word or two, from an open set; `reason` says more.

    `to` is the number (E.164), if the row has a valid one.
    """

    row: int
    line: int
    kind: str
    reason: str
    to: str | None
    cells: Sequence[str]


class CampaignRows:
    """Reads the rows of every campaign of one Redis."""

    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts
        # Feeding reads the same chunk for many pages, and chunks never change.
        self._last: tuple[str, list[Any]] = ("", [])

    @property
    def scripts(self) -> Scripts:
        """The scripts of this ledger, for the other classes on the same Redis."""
        return self._scripts

    @property
    def _redis(self) -> Any:
        # redis-py's types cannot say that replies are text.
        return self._scripts.redis

    def get(self, campaign_id: str) -> Campaign:
        """Return a campaign.

        Raises:
            NotKnown: there is none with that id.
        """
        with redis_trouble(), self._redis.pipeline() as pipe:
            pipe.hgetall(f"fax:campaign:{campaign_id}")
            pipe.zcard(f"fax:campaign:{campaign_id}:parked")
            pipe.get(f"fax:spend:campaign:{campaign_id}")
            facts, parked, spent = pipe.execute()
        if "state" not in facts:
            raise NotKnown(f"campaign {campaign_id}: not known here")
        return campaign_of(campaign_id, facts, parked=parked, spent=int(spent or 0))

    def codes(self, campaign_id: str, first: int, last: int) -> str:
        """Return the codes of the rows from `first` to `last`; rows past the end have none."""
        with redis_trouble():
            found: str = self._redis.getrange(f"fax:campaign:{campaign_id}:states", first - 1, last - 1)
        # Redis fills the space between the last row of a chunk and the first row of the next one with zeros.
        return found.replace("\0", NONE)

    def chunk(self, campaign_id: str, chunk: int) -> list[tuple[int, str, dict[str, Any]]]:
        """Return the rows of a chunk, in the form of `rows`."""
        return self._as_corrected(campaign_id, self._chunk(campaign_id, "rows", chunk))

    def _as_corrected(self, campaign_id: str, rows: Iterable[Any]) -> list[tuple[int, str, dict[str, Any]]]:
        corrected = self.corrected(campaign_id)
        return [(row, corrected.get(row, to), rest[0] if rest else {}) for row, to, *rest in rows]

    def corrected(self, campaign_id: str) -> dict[int, str]:
        """Return the rows whose number was corrected after the list was read, each with the new number."""
        with redis_trouble():
            found = self._redis.hgetall(f"fax:campaign:{campaign_id}:numbers")
        return {int(row): number for row, number in found.items()}

    def row(self, campaign_id: str, row: int) -> tuple[str, dict[str, Any]]:
        """Return a row's number to call and its own options.

        Raises:
            NotKnown: the campaign has no such row.
        """
        for number, to, fields in self.chunk(campaign_id, (row - 1) // CHUNK):
            if number == row:
                return to, fields
        raise NotKnown(f"campaign {campaign_id}: has no row {row}")

    def rows(self, campaign_id: str) -> Iterator[tuple[int, str, dict[str, Any]]]:
        """Yield every row in order, a chunk at a time: number, number to call, the row's own options."""
        for chunk in range((self.get(campaign_id).size + CHUNK - 1) // CHUNK):
            yield from self.chunk(campaign_id, chunk)

    def pending_rows(
        self, campaign_id: str, chunk: int, *, after: int = 0, limit: int | None = None
    ) -> list[tuple[int, str, dict[str, Any]]]:
        """Return the pending rows of a chunk: number, number to call, the row's own options.

        It returns only rows after `after`, at most `limit` of them.
        """
        codes = self.codes(campaign_id, chunk * CHUNK + 1, chunk * CHUNK + CHUNK)
        if PENDING not in codes:
            return []
        at = chunk * CHUNK + 1
        rows = self._chunk(campaign_id, "rows", chunk)
        pending = (one for one in rows if one[0] > after and codes[one[0] - at] == PENDING)
        return self._as_corrected(campaign_id, islice(pending, limit))

    def open_rows(self, campaign_id: str, *, limit: int | None = None) -> list[int]:
        """Return rows that have a job."""
        key = f"fax:campaign:{campaign_id}:open"
        with redis_trouble():
            found = self._redis.srandmember(key, limit) if limit else self._redis.smembers(key)
        return sorted(int(row) for row in found)

    def naming(self, campaign_id: str, chunks: Sequence[int], number: str) -> list[int]:
        """Return the chunks, among those given, that may have a row to a number.

        Unpacks one chunk at a time and parses none.
        """
        with redis_trouble():
            packed: list[Any] = self._scripts.raw.mget([f"fax:campaign:{campaign_id}:rows:{chunk}" for chunk in chunks])
        corrected = {(row - 1) // CHUNK for row, to in self.corrected(campaign_id).items() if to == number}
        text = json.dumps(number, ensure_ascii=False).encode()
        return [
            chunk
            for chunk, part in zip(chunks, packed, strict=True)
            if chunk in corrected or (part and text in zlib.decompress(part))
        ]

    def listed(self, campaign_id: str) -> Iterator[ListedRow]:
        """Yield every row as it was in the list, in order, a chunk at a time."""
        for chunk in range((self.get(campaign_id).size + CHUNK - 1) // CHUNK):
            for row, *rest in self._chunk(campaign_id, "cells", chunk):
                apart, cells = (rest[0], rest[1:]) if rest and isinstance(rest[0], int) else (None, rest)
                yield ListedRow(row, None if apart is None else row + apart, cells)

    def left_out(self, campaign_id: str) -> Iterator[LeftOutRow]:
        """Yield the rows of the list that are not faxed, in order, a chunk at a time."""
        campaign = self.get(campaign_id)
        rows = max(campaign.size, campaign.counts.get("rows", 0))
        for chunk in range((rows + CHUNK - 1) // CHUNK):
            for row, line, kind, reason, to, *cells in self._chunk(campaign_id, "left", chunk):
                yield LeftOutRow(row, line, kind, reason, to, cells)

    def _chunk(self, campaign_id: str, kind: str, chunk: int) -> list[Any]:
        key = f"fax:campaign:{campaign_id}:{kind}:{chunk}"
        if self._last[0] != key:
            with redis_trouble():
                packed: Any = self._scripts.raw.get(key)
            self._last = (key, orjson.loads(zlib.decompress(packed)) if packed else [])
        return self._last[1]
