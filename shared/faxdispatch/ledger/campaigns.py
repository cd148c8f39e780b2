"""Campaigns in Redis: creating, moving, feeding and deleting them."""

import json
import zlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from importlib import import_module
from typing import Any

import orjson

from faxdispatch.errors import BadInput, Conflict
from faxdispatch.ledger.campaign import NONE, PENDING, Campaign, campaign_of, state_in
from faxdispatch.ledger.campaign_media import Ends, scores
from faxdispatch.ledger.campaign_results import CampaignResults
from faxdispatch.ledger.campaign_rows import CHUNK, CampaignRow, LeftOutRow
from faxdispatch.ledger.scripts import flat_hash, redis_trouble
from faxdispatch.states import CAMPAIGN_MOVES, CampaignState, HoldReason

_PAGE = 65_536

_compress: Callable[[bytes], bytes]
try:
    # It is installed with the extra `app`. What it packs is 2 % larger and takes a sixth of the time; zlib reads it.
    _compress = partial(import_module("isal.isal_zlib").compress, level=1)
except ImportError:
    _compress = partial(zlib.compress, level=4)


class Campaigns(CampaignResults):
    """Creates, moves, feeds and deletes the campaigns of one Redis."""

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
        """Begin a draft: `created`; `same` if it is known with the same fingerprint; otherwise `conflict`.

        `purged` means that a campaign with that id ran and was purged not long ago. `columns` names the columns of the
        list in order, for reports; columns without a name are numbered there.
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
        """Add the rows of one chunk: `added`, `same` if the chunk exists already, `no` if the campaign is not a draft.

        `left_out` are the rows of the chunk that are not faxed; the campaign keeps them with their reasons. `media` are
        stored documents that rows name.
        """
        first = chunk * CHUNK + 1
        codes = [NONE] * (rows[-1][0] - first + 1 if rows else 0)
        packed_rows, packed_cells = [], []
        for row, to, fields, cells, line in rows:
            codes[row - first] = PENDING
            packed_rows.append((row, to, fields) if fields else (row, to))
            # The distance between a row and its line hardly changes from row to row, so it compresses to almost
            # nothing.
            packed_cells.append((row, line - row, *cells) if line else (row, *cells))
        left = [[one.row, one.line, one.kind, one.reason, one.to, *one.cells] for one in left_out]
        reply = self._scripts.run(
            "campaign_rows",
            campaign=campaign_id,
            chunk=chunk,
            first=first,
            codes="".join(codes),
            media=scores(media) if media else None,
            blobs=(_packed(packed_rows), _packed(packed_cells), *([_packed(left)] if left else [])),
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
        """Move a campaign: `moved`, `same` if it is already in that state, or `no`; also returns its present state.

        `only_from` narrows the states from which it may be moved. `also_in_flight` belongs to a cancel, also to one
        that was given before: Telnyx is asked to cancel faxes under way, too. `counts` belongs to the end of a check.

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
        return str(reply["outcome"]), state_in(campaign_id, reply)

    def start_at(
        self, campaign_id: str, moment: datetime, *, reason: str | None = None, operator: str | None = None
    ) -> tuple[str, CampaignState]:
        """Let a checked campaign start at a moment: `planned` or `no`, with its present state.

        Raises:
            NotKnown: there is no such campaign.
        """
        at = round(moment.timestamp() * 1000)
        reply = self._scripts.run(
            "campaign_start_at", campaign=campaign_id, at=at, reason=reason, operator=operator, source="operator"
        )
        return str(reply["outcome"]), state_in(campaign_id, reply)

    def set_cap(
        self, campaign_id: str, cap: float | None, *, reason: str | None = None, operator: str | None = None
    ) -> tuple[str, CampaignState]:
        """Set a campaign's cost cap, or None for no cap: `set`, `same`, or `no` if it is over; also returns its state.

        Raises:
            NotKnown: there is no such campaign.
        """
        money = None if cap is None else round(cap * 1_000_000)
        reply = self._scripts.run(
            "campaign_cap", campaign=campaign_id, money=money, reason=reason, operator=operator, source="operator"
        )
        return str(reply["outcome"]), state_in(campaign_id, reply)

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
        """Make failed or cancelled rows pending again, as a new generation. Return how many.

        More rows can be added to the same generation until it has ended. `numbers` are new numbers (E.164) for rows,
        used from now on instead of those of the list.

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
            state = state_in(campaign_id, reply)
            if reply["outcome"] == "no":
                raise Conflict(f"campaign {campaign_id}: only a finished one can be tried again; it is {state}")
            count += reply["rows"]
        return count

    def follow(self, campaign_id: str, generation: int) -> bool:
        """Let a campaign continue as a later generation, since Telnyx has faxes of it: see `campaign_follow.lua`.

        Return whether it does. A cancelled campaign does not, nor does one that is in that generation or a later one.
        """
        reply = self._scripts.run("campaign_follow", campaign=campaign_id, generation=generation, source="recovery")
        return bool(reply["outcome"] == "followed")

    def sweep(self, campaign_id: str) -> None:
        """Cancel every pending row of a cancelled campaign. Others cancel the rows that have a job, one by one."""
        first, left = 1, True
        while left:
            reply = self._scripts.run("campaign_sweep", campaign=campaign_id, first=first, page=_PAGE)
            first, left = first + _PAGE, bool(reply.get("left"))

    # Feeding -----------------------------------------------------------------------------------------------------

    def running(self) -> list[str]:
        """Return the ids of the campaigns that run, or that ran and are paused."""
        with redis_trouble():
            return sorted(self._redis.smembers("fax:campaigns:running"))

    def starting(self) -> list[str]:
        """Return the ids of the checked campaigns whose start is due."""
        with redis_trouble():
            found: list[str] = self._redis.zrangebyscore("fax:campaigns:starts", "-inf", self._scripts.clock())
        return found

    def ending(self) -> list[str]:
        """Return the ids of the cancelled campaigns that may still have rows with a job."""
        with redis_trouble():
            return sorted(self._redis.smembers("fax:campaigns:ending"))

    def ended(self, campaign_id: str) -> None:
        """Record that no row of a cancelled campaign still has a job."""
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
        """Let up to `limit` rows wait for a channel, parked ones first: `fed` or `finished` with their number, or `no`.

        The rows come in the order of their numbers. Each has `row`, `job`, `to`, `connection`, `sender`, `request`
        (JSON) and `priority`; one that is not pending is passed over. `cursor` is the row after which feeding
        continues, `sender` the sender's number of all rows that set none.
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

    # Looking -----------------------------------------------------------------------------------------------------

    def ids(self) -> list[str]:
        """Return the ids of all campaigns, the newest first."""
        with redis_trouble():
            found: list[str] = self._redis.zrevrange("fax:campaigns", 0, -1)
        return found

    def made(self) -> list[tuple[str, int]]:
        """Return the ids of all campaigns with the moment (milliseconds) at which each was made, the newest first."""
        with redis_trouble():
            found = self._redis.zrevrange("fax:campaigns", 0, -1, withscores=True)
        return [(campaign_id, int(made)) for campaign_id, made in found]

    def some(self, first: int, count: int) -> tuple[list[Campaign], int]:
        """Return up to `count` campaigns from the place `first` (from 0) on, the newest first, and the total number."""
        found = self._scripts.run("campaign_list", first=first, count=count)
        known = []
        for one in found["campaigns"]:
            facts = flat_hash(one["facts"])
            if "state" in facts:
                known.append(campaign_of(one["id"], facts, parked=one["parked"], spent=int(one["spent"])))
        return known, found["count"]

    def holds(self, campaign_id: str) -> dict[HoldReason, int]:
        """Return how many of a campaign's rows are held, by reason, the most frequent first."""
        found = self._scripts.run("campaign_holds", campaign=campaign_id)["holds"]
        most = sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))
        return {HoldReason(reason): count for reason, count in most}

    def last_hold_ends(self, campaign_id: str, *, most: int = 1000) -> datetime | None:
        """Return when the last hold of its rows ends, of those that end at a time, such as a wait for the next attempt.

        Of more than `most` rows that have a job, a random sample is read, so that the cost is bounded.
        """
        last = self._scripts.run("campaign_holds", campaign=campaign_id, most=most).get("last")
        return datetime.fromtimestamp(last / 1000, UTC) if last else None

    def purge(self, campaign_id: str, *, operator: str | None = None) -> tuple[str, CampaignState | None]:
        """Delete a campaign that has no open rows: `purged`, or `no` if it has some or still runs; with its state.

        If a purge was interrupted, this completes it; such a campaign no longer has a state.

        Raises:
            NotKnown: there is no such campaign.
        """
        reply = self._scripts.run("campaign_purge", campaign=campaign_id, operator=operator, source="operator")
        if reply["outcome"] == "no":
            return "no", state_in(campaign_id, reply)
        state = None if reply["outcome"] == "again" else state_in(campaign_id, reply)
        with redis_trouble():
            for key in self._redis.scan_iter(f"fax:campaign:{campaign_id}:*", count=1000):
                self._redis.unlink(key)
            if not reply.get("started", True):
                # No row had a job, so its ids can be used again.
                self._redis.zrem("fax:campaigns:purged", campaign_id)
        return "purged", state


# What is put into a chunk is made for it, so it contains no shared references.
def _packed(rows: list[Any]) -> bytes:
    try:
        encoded = orjson.dumps(rows)
    except TypeError as error:
        raise BadInput("a text has characters that cannot be encoded in UTF-8; leave them out") from error
    return _compress(encoded)


def _pages(items: Sequence[int], size: int) -> Iterable[list[int]]:
    return ([*items[at : at + size]] for at in range(0, len(items), size))
