"""Numbers to which no campaign sends, because their owners or the law do not want it. Single faxes are not affected."""

import itertools
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from faxdispatch.ledger.clock import moment as moment_of
from faxdispatch.ledger.scripts import Scripts, redis_trouble

_PAGE = 1000


@dataclass(frozen=True, slots=True)
class Suppression:
    """A number on the list. `source` says where the wish was recorded; without `until` the entry stays forever."""

    number: str
    reason: str
    source: str
    until: datetime | None = None
    at: datetime | None = None
    """When it was put on the list; set by the list."""
    operator: str | None = None


@dataclass(frozen=True, slots=True)
class Changed:
    """How many numbers were new on the list, were on it with another reason, source or end, or were on it unchanged."""

    added: int = 0
    changed: int = 0
    same: int = 0


class Suppressions:
    """The suppression list of one Redis. Numbers are E.164, or SIP URIs.

    A number whose suppression has ended is not on it.

    Every call raises Unavailable if Redis does not answer.
    """

    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts

    @property
    def _redis(self) -> Any:
        # redis-py's types cannot say that replies are text.
        return self._scripts.redis

    def add(self, wanted: Suppression, *, operator: str | None = None) -> Changed:
        """Put a number on the list; an event reports it, unless it was on the list unchanged."""
        return self._add([wanted], operator, report=True)

    def add_many(
        self, wanted: Iterable[Suppression], *, reason: str, source: str, operator: str | None = None
    ) -> Changed:
        """Put many on the list, as they come; one event reports all of them, with `reason` and `source`.

        If this breaks off, the numbers before that are on the list; doing it again changes nothing more.
        """
        total = Changed()
        rest = iter(wanted)
        try:
            while page := list(itertools.islice(rest, _PAGE)):
                total = _sum(total, self._add(page, operator, report=False))
        finally:
            if total.added or total.changed:
                self._scripts.run(
                    "suppressed_reported",
                    added=total.added,
                    changed=total.changed,
                    reason=reason,
                    origin=source,
                    operator=operator,
                    source="operator",
                )
        return total

    def remove(self, number: str, *, reason: str, operator: str | None = None) -> bool:
        """Take a number off the list; an event reports it. Return False if it is not on it."""
        reply = self._scripts.run("unsuppress", number=number, reason=reason, operator=operator, source="operator")
        return bool(reply["outcome"] == "removed")

    def get(self, number: str) -> Suppression | None:
        """Return the entry of a number, or None if it is not on the list."""
        with redis_trouble():
            record = self._redis.hget("fax:suppressed", number)
        found = _suppression(number, record) if record else None
        return found if found and not self._over(found) else None

    def among(self, numbers: Sequence[str]) -> set[str]:
        """Return those of the numbers that are on the list."""
        if not numbers:
            return set()
        with redis_trouble():
            # This is asked a thousand times for a list of recipients, and the suppression list is usually empty.
            if not self._redis.exists("fax:suppressed"):
                return set()
            records = self._redis.hmget("fax:suppressed", list(numbers))
        found = [_suppression(number, record) for number, record in zip(numbers, records, strict=True) if record]
        now = self._now() if any(one.until for one in found) else None
        return {one.number for one in found if now is None or one.until is None or one.until > now}

    def count(self) -> int:
        """Return how many are on the list."""
        self._sweep()
        with redis_trouble():
            return int(self._redis.hlen("fax:suppressed"))

    def all(self) -> Iterator[Suppression]:
        """Yield every number on the list, in no order, a page at a time; a number may come twice if that changes."""
        self._sweep()
        cursor = 0
        while True:
            with redis_trouble():
                cursor, page = self._redis.hscan("fax:suppressed", cursor, count=_PAGE)
            yield from (_suppression(number, record) for number, record in page.items())
            if not cursor:
                return

    def _add(self, page: Sequence[Suppression], operator: str | None, *, report: bool) -> Changed:
        entries = [
            {"number": one.number, "reason": one.reason, "origin": one.source}
            | ({"until": round(one.until.timestamp() * 1000)} if one.until else {})
            for one in page
        ]
        reply = self._scripts.run(
            "suppress", entries=entries, operator=operator, report=report or None, source="operator"
        )
        return Changed(**reply)

    def _sweep(self) -> None:
        while self._scripts.run("suppressed_sweep")["left"]:
            pass

    def _over(self, found: Suppression) -> bool:
        return found.until is not None and found.until <= self._now()

    def _now(self) -> datetime:
        return moment_of(self._scripts.clock())


def _suppression(number: str, record: str) -> Suppression:
    facts = json.loads(record)
    return Suppression(
        number,
        facts["reason"],
        facts["source"],
        until=moment_of(facts["until"]) if facts.get("until") else None,
        at=moment_of(facts["at"]),
        operator=facts.get("operator"),
    )


def _sum(one: Changed, other: Changed) -> Changed:
    return replace(one, added=one.added + other.added, changed=one.changed + other.changed, same=one.same + other.same)
