"""Erasing people: their jobs, rows, events and dead letters."""

import hashlib
import json
import zlib
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from faxdispatch.events import STREAM
from faxdispatch.ledger.campaign_rows import CHUNK
from faxdispatch.ledger.scripts import Scripts, redis_trouble

_PAGE = 1000
_KINDS = ("rows", "cells", "left")
ERASED = "erased"
"""What replaces the parts of a row that identified a person."""


class Erasure:
    """Erases from one Redis.

    Every call may be repeated. Every call raises Unavailable if Redis cannot be reached.
    """

    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts

    @property
    def _redis(self) -> Any:
        # redis-py's types cannot say that replies are text.
        return self._scripts.redis

    def job(self, job_id: str, faxes: Collection[str]) -> str:
        """Erase an ended single job and the Telnyx faxes of its attempts: `erased`, `open`, or `gone`."""
        return str(self._scripts.run("erase_job", job=job_id, faxes=sorted(faxes))["outcome"])

    def rows(self, campaign_id: str, chunk: int, rows: Collection[int], left_out: Collection[int] = ()) -> str:
        """Erase personal data from rows of a chunk, and from rows that were left out: `erased`, `open`, or `gone`."""
        while True:
            key = f"fax:campaign:{campaign_id}"
            with redis_trouble():
                found: Any = self._scripts.raw.mget([f"{key}:{kind}:{chunk}" for kind in _KINDS])
            parts = {kind: part for kind, part in zip(_KINDS, found, strict=True) if part is not None}
            if not parts:
                return "gone"
            gone = {"rows": rows, "cells": rows, "left": left_out}
            reply = self._scripts.run(
                "campaign_erase",
                campaign=campaign_id,
                chunk=chunk,
                rows=sorted(rows),
                kinds=list(parts),
                was=[hashlib.sha1(part, usedforsecurity=False).hexdigest() for part in parts.values()],
                blobs=[_without(kind, part, gone[kind]) for kind, part in parts.items()],
            )
            if reply["outcome"] != "changed":
                return str(reply["outcome"])

    def left_out(self, campaign_id: str, rows: int, number: str) -> dict[int, list[int]]:
        """Return the left-out rows that name a number, by chunk, for a list with this many rows."""
        found: dict[int, list[int]] = {}
        for chunk in range((rows + CHUNK - 1) // CHUNK):
            with redis_trouble():
                part: Any = self._scripts.raw.get(f"fax:campaign:{campaign_id}:left:{chunk}")
            text = zlib.decompress(part) if part else b""
            if number.encode() in text:
                found[chunk] = [row for row, _, _, _, to, *_ in json.loads(text) if to == number]
        return found

    def events(self, of: Callable[[Mapping[str, str]], bool]) -> int:
        """Remove entries from the streams. Return how many."""
        with redis_trouble():
            streams = [STREAM, "fax:quarantine", *self._redis.scan_iter(f"{STREAM}:dead:*", count=_PAGE)]
            return sum(self._entries(stream, of) for stream in streams)

    def _entries(self, stream: str, of: Callable[[Mapping[str, str]], bool]) -> int:
        count, first = 0, "-"
        while page := self._redis.xrange(stream, min=first, count=_PAGE):
            if ids := [entry for entry, fields in page if fields and of(fields)]:
                count += self._redis.xdel(stream, *ids)
            first = f"({page[-1][0]}"
        return count

    def number(self, number: str) -> None:
        """Delete everything that is stored about a number, except its place on the suppression list."""
        with redis_trouble(), self._redis.pipeline() as pipe:
            pipe.delete(f"fax:ladder:{number}", f"fax:bad:{number}")
            pipe.zrem("fax:quarantined", number)
            pipe.execute()

    def inbound(self, fax_id: str) -> None:
        """Erase an inbound fax, and have it deleted at Telnyx."""
        with redis_trouble(), self._redis.pipeline() as pipe:
            pipe.delete(f"fax:inbound:{fax_id}")
            for place in ("fax:coming", "fax:documents:wanted", "fax:documents:stored", "fax:documents:given_up"):
                pipe.zrem(place, fax_id)
            pipe.zadd("fax:deletions", {fax_id: self._scripts.clock()})
            pipe.execute()

    def inbound_from(self, number: str) -> Iterable[str]:
        """Yield the inbound faxes that came from a number."""
        with redis_trouble():
            for key in self._redis.scan_iter("fax:inbound:*", count=_PAGE):
                if self._redis.hget(key, "from") == number:
                    yield key.partition(":inbound:")[2]


def _without(kind: str, part: bytes, rows: Collection[int]) -> bytes:
    entries = json.loads(zlib.decompress(part))
    empty = {"rows": lambda one: [one[0], ERASED], "cells": lambda one: [one[0]], "left": _unnamed}[kind]
    kept = [empty(one) if one[0] in rows else one for one in entries]
    return zlib.compress(json.dumps(kept, ensure_ascii=False, separators=(",", ":")).encode(), 6)


def _unnamed(one: list[Any]) -> list[Any]:
    row, line, kind, reason, *_ = one
    return [row, line, kind, reason if kind != "invalid" else ERASED, None]
