"""Inbound faxes: what Telnyx reported about them, and where their documents are."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Literal, Self

from faxdispatch.errors import Conflict, NotKnown
from faxdispatch.ledger.clock import moment as moment_of
from faxdispatch.ledger.scripts import Scripts, redis_trouble

_PAUSE = 10.0
"""Seconds before a document is fetched again; the pause doubles up to `_PAUSE_CAP`."""
_PAUSE_CAP = 1800.0
_MOST_REFUSED = 3
"""Number of times that a document may be refused."""
_LAST_PAUSE = 900.0
"""The pause before the last try. An outage that passes may deliver half a document, or a web page in its place."""
_PAGE = 500


class DocumentPlace(StrEnum):
    """Where the document of an inbound fax is."""

    COMING = "coming"
    """The fax is on its way in."""
    WANTED = "wanted"
    """At Telnyx; it is fetched as soon as a worker is free, if there is a place to store it."""
    STORED = "stored"
    GIVEN_UP = "given_up"
    """It could not be fetched or stored; a person must decide."""
    REMOVED = "removed"
    """It was stored, for as long as documents are kept."""
    NONE = "none"
    """The fax failed without a document."""


ListedPlace = Literal["given_up", "wanted", "coming", "stored"]
"""The places that have a list, in the order in which they are shown."""

_SETS = {
    DocumentPlace.COMING: "fax:coming",
    DocumentPlace.WANTED: "fax:documents:wanted",
    DocumentPlace.GIVEN_UP: "fax:documents:given_up",
    DocumentPlace.STORED: "fax:documents:stored",
}


@dataclass(frozen=True, slots=True)
class InboundFax:
    """An inbound fax as the ledger knows it."""

    fax_id: str
    status: str | None
    """Telnyx's last word."""
    place: DocumentPlace
    sender: str | None
    recipient: str | None
    connection_id: str | None
    page_count: int | None
    call_duration_secs: int | None
    partial_content: bool | None
    """Only a part came through, or None if Telnyx does not say."""
    failure_reason: str | None
    media_url: str | None
    """The last link that Telnyx gave; it lives ten minutes (Telnyx developer guide, "Receive a fax")."""
    first_seen: datetime
    ended_at: datetime | None
    """When it was received, or failed."""
    problem: str | None
    """Why the last try to fetch its document failed."""
    problems: int
    """How many tries to fetch it failed since a person last asked for it."""
    file: str | None
    """Where its document is stored."""
    name: str | None
    """The name under which it is stored there."""
    sha256: str | None
    size: int | None
    """In bytes."""
    stored_at: datetime | None

    def as_data(self) -> dict[str, Any]:
        """Return it for programs, under Telnyx's names for the parties."""
        facts = asdict(self)
        facts["from"], facts["to"] = facts.pop("sender"), facts.pop("recipient")
        return facts

    @classmethod
    def from_hash(cls, fax_id: str, row: Mapping[str, str]) -> Self:
        """Build it from the ledger's hash."""
        return cls(
            fax_id=fax_id,
            status=row.get("status"),
            place=DocumentPlace(row["place"]),
            sender=row.get("from"),
            recipient=row.get("to"),
            connection_id=row.get("connection"),
            page_count=_whole(row.get("pages")),
            call_duration_secs=_whole(row.get("duration")),
            partial_content={"1": True, "0": False}.get(row.get("partial", "")),
            failure_reason=row.get("reason"),
            media_url=row.get("link"),
            first_seen=moment_of(row["first"]),
            ended_at=moment_of(row["ended"]) if "ended" in row else None,
            problem=row.get("problem") or None,
            problems=int(row.get("problems") or 0),
            file=row.get("file"),
            name=row.get("name"),
            sha256=row.get("sha256"),
            size=_whole(row.get("size")),
            stored_at=moment_of(row["stored"]) if "stored" in row else None,
        )


@dataclass(frozen=True, slots=True)
class Due:
    """What to do for inbound faxes now: ask Telnyx about some, and fetch this many documents."""

    asked: tuple[str, ...]
    wanted: int


class Inbox:
    """The inbound faxes. Times are in seconds."""

    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts

    @property
    def _redis(self) -> Any:
        # redis-py's types cannot say that replies are text.
        return self._scripts.redis

    def get(self, fax_id: str) -> InboundFax:
        """Return an inbound fax.

        Raises:
            NotKnown: there is none with that id, or it has been deleted.
        """
        with redis_trouble():
            row = self._redis.hgetall(f"fax:inbound:{fax_id}")
        if not row:
            raise NotKnown(f"inbound fax {fax_id}: not known here; `faxdispatch inbound find` looks for it at Telnyx")
        return InboundFax.from_hash(fax_id, row)

    def at(self, place: DocumentPlace) -> Iterator[InboundFax]:
        """Yield the faxes whose document is at `place`: the longest there first, but of stored ones the newest first.

        Raises:
            ValueError: faxes without a document have no list.
        """
        if place not in _SETS:
            raise ValueError(f"{place}: there is no such list")
        start = 0
        while True:
            with redis_trouble():
                found = self._redis.zrange(_SETS[place], start, start + _PAGE - 1, desc=place is DocumentPlace.STORED)
            rows = self._scripts.hashes([f"fax:inbound:{fax_id}" for fax_id in found])
            yield from (InboundFax.from_hash(fax_id, row) for fax_id, row in zip(found, rows, strict=True) if row)
            if len(found) < _PAGE:
                return
            start += _PAGE

    def count(self, place: DocumentPlace) -> int:
        """Count the faxes whose document is at `place`."""
        with redis_trouble():
            return int(self._redis.zcard(_SETS[place]))

    def due(self, *, limit: int = 100) -> Due:
        """Take the faxes to ask about and set each one's next appointment. Count the documents to fetch."""
        reply = self._scripts.run("inbound_due", limit=limit)
        return Due(tuple(reply["asked"]), reply["wanted"])

    def take(self, *, lease: float) -> InboundFax | None:
        """Take the document that has waited longest; if nothing is reported about it for `lease`, it is taken again."""
        reply = self._scripts.run("inbound_take", lease=round(lease * 1000))
        return self.get(reply["fax_id"]) if reply["outcome"] == "taken" else None

    def stored(
        self, fax_id: str, *, file: str, name: str, sha256: str, size: int, data: str, source: str = "worker"
    ) -> str:
        """Record that a document is stored; `data` is the event's data as JSON. Returns `stored`, `known` or `gone`."""
        reply = self._scripts.run(
            "inbound_stored",
            fax_id=fax_id, file=file, name=name, sha256=sha256, size=size, data=data, source=source,
        )  # fmt: skip
        return str(reply["outcome"])

    def failed(self, fax_id: str, *, kind: str, problem: str, refused: bool, give_up: float) -> str:
        """Record that a document could not be fetched: `again`, or `given_up` after too long or too many refusals.

        `refused` means that we refuse the document; `kind` is the reason, in one word.
        """
        reply = self._scripts.run(
            "inbound_failed",
            fax_id=fax_id, kind=kind, problem=problem, refused=refused or None, most_refused=_MOST_REFUSED,
            pause=round(_PAUSE * 1000), pause_cap=round(_PAUSE_CAP * 1000), last_pause=round(_LAST_PAUSE * 1000),
            give_up=round(give_up * 1000), source="worker",
        )  # fmt: skip
        return str(reply["outcome"])

    def again(self, fax_id: str) -> None:
        """Have a document fetched again, from the beginning.

        Raises:
            NotKnown: there is no such fax.
            Conflict: it has no document, or is still arriving.
        """
        outcome = self._scripts.run("inbound_again", fax_id=fax_id)["outcome"]
        if outcome == "gone":
            raise NotKnown(f"inbound fax {fax_id}: not known here; `faxdispatch inbound find` looks for it at Telnyx")
        if outcome != "wanted":
            why = "is still arriving" if outcome == "coming" else "failed and has no document"
            raise Conflict(f"inbound fax {fax_id} {why}")

    def outlived(self, *, limit: int = 100) -> list[InboundFax]:
        """Return stored documents whose retention is over, the oldest first. None if they are kept forever."""
        kept = self._scripts.rules.documents_kept
        if kept is None:
            return []
        before = self._scripts.clock() - round(kept * 1000)
        with redis_trouble():
            found = self._redis.zrangebyscore("fax:documents:stored", "-inf", before, start=0, num=limit)
        known = []
        for fax_id in found:
            try:
                known.append(self.get(fax_id))
            except NotKnown:
                self.removed(fax_id)
        return known

    def keep_on(self, fax_id: str, seconds: float) -> None:
        """Keep `outlived` from returning a document again for this many seconds."""
        kept = self._scripts.rules.documents_kept or 0
        with redis_trouble():
            due = self._scripts.clock() + round((seconds - kept) * 1000)
            self._redis.zadd("fax:documents:stored", {fax_id: due}, xx=True)

    def removed(self, fax_id: str) -> None:
        """Record that a stored document is gone."""
        self._scripts.run("inbound_removed", fax_id=fax_id, source="worker")

    def may_list(self, *, every: float) -> bool:
        """Return whether it is time to list Telnyx's inbound faxes; if it is, the next time comes after `every`."""
        with redis_trouble():
            return bool(self._redis.set("fax:inbound-listing", "1", nx=True, px=round(every * 1000)))

    def listed_until(self) -> datetime | None:
        """Return the time from which Telnyx must be listed, or None if there were not enough listings yet."""
        with redis_trouble():
            known = self._redis.get("fax:inbound-listed")
        return moment_of(known) if known else None

    def listed(self, begun: datetime, *, settle: float, enough: int, skew: float) -> None:
        """Record a complete listing that was requested at `begun`.

        A time is no longer listed once `enough` listings were requested after it, the last one `settle` after the
        first; `skew` is the allowance between the clocks.
        """
        self._scripts.run(
            "inbound_listed",
            begun=round(begun.timestamp() * 1000),
            settle=round(settle * 1000),
            enough=enough,
            skew=round(skew * 1000),
        )

    def now(self) -> datetime:
        """Return the present moment by Redis' clock."""
        return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=self._scripts.clock())


def _whole(text: str | None) -> int | None:
    return int(text) if text else None
