"""The index by which single faxes are found: a record of 32 bytes for each, in the order in which they were recorded.

The scripts write it, see `lua/shared/index.lua`. It is read in blocks of 1024 records.
"""

import hashlib
import re
import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from faxdispatch.ledger.scripts import Scripts, redis_trouble

BLOCK = 1024
_RECORD = struct.Struct(">BBB3sI6s16s")
_HEX, _UUID, _NAMED = range(3)
_IS_HEX = re.compile(r"[0-9a-f]{32}")
_IS_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_PART = 64
_TOGETHER = 100
"""Number of blocks of 32 kB to read at a time if the newest block does not have the result."""
_TAG_BITS = 24


@dataclass(frozen=True, slots=True)
class Entry:
    """A record of the index. `code` is `o` for an open job, otherwise `d`, `f` or `c`; `recorded` is in seconds."""

    n: int
    job_id: str
    code: str
    cause: int
    recorded: int


@dataclass(frozen=True, slots=True)
class Looked:
    """What to look for in the index; None matches everything.

    `codes` are the codes that match, `causes` the numbers of causes, `number` the result of `number_key`, `tag` that of
    `tag_bits`; `since` and `until` are seconds. Numbers and tags are hashed, so a match may belong to another number or
    tag: check the job.
    """

    codes: str | None = None
    causes: frozenset[int] | None = None
    number: bytes | None = None
    tag: int | None = None
    since: float | None = None
    until: float | None = None


class Index:
    """The index of one Redis, for reading and for its upkeep.

    Every call raises Unavailable if Redis cannot be reached.
    """

    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts

    @property
    def _redis(self) -> Any:
        # redis-py's types cannot say that replies are text.
        return self._scripts.redis

    def span(self) -> range:
        """Return the numbers of the records that may exist, in the order of recording."""
        with redis_trouble():
            following, first = self._redis.hmget("fax:index", "next", "first")
        return range(int(first or 0), int(following or 0))

    def cause_numbers(self, causes: Sequence[str]) -> frozenset[int]:
        """Return the numbers that stand for causes; causes with which no job has ended have none."""
        with redis_trouble():
            found = self._redis.hmget("fax:index:causes", list(causes))
        return frozenset(int(number) for number in found if number)

    def before(self, second: float, numbers: range) -> int:
        """Return the number after the last record that was made before a second."""
        low, high = numbers.start, numbers.stop
        while low < high:
            middle = (low + high) // 2
            made = self._recorded(middle, high)
            if made is not None and made < second:
                low = middle + 1
            else:
                high = middle
        return low

    def _recorded(self, n: int, high: int) -> int | None:
        """Return the time of a record, or that of the next one in its block if it is gone."""
        block, slot = divmod(n, BLOCK)
        last = min(BLOCK, high - block * BLOCK)
        with redis_trouble():
            found: Any = self._scripts.raw.getrange(_key(block), slot * _RECORD.size, last * _RECORD.size - 1)
        return next((made for code, _, _, _, made, _, _ in _records(found) if code), None)

    def contents(self, blocks: Sequence[int]) -> Iterator[list[tuple[int, bytes]]]:
        """Yield blocks with their contents as they are read: first a single one, then many at a time."""
        at = 0
        while at < len(blocks):
            several = blocks[at : at + (_TOGETHER if at else 1)]
            with redis_trouble():
                found: Any = self._scripts.raw.mget([_key(block) for block in several])
            yield [(block, content or b"") for block, content in zip(several, found, strict=True)]
            at += len(several)

    def block(self, block: int, found: bytes, looked: Looked, numbers: range) -> list[Entry]:
        """Return the matches in one block among the records of `numbers`, the newest first."""
        if looked.number is not None and looked.number not in found:
            return []
        if looked.codes is not None and not set(looked.codes.encode()).intersection(found[:: _RECORD.size]):
            return []
        first = block * BLOCK
        entries = []
        for n, record in enumerate(_records(found), start=first):
            if n in numbers and _fits(record, looked):
                code, cause, kind, _, made, _, name = record
                entries.append((n, chr(code), cause, kind, made, name))
        return [*self._named(block, reversed(entries))]

    def _named(self, block: int, entries: Iterator[tuple[int, str, int, int, int, bytes]]) -> Iterator[Entry]:
        names: dict[int, dict[str, str]] = {}
        for n, code, cause, kind, made, name in entries:
            slot = n % BLOCK
            part = slot // _PART
            if kind == _NAMED and part not in names:
                with redis_trouble():
                    names[part] = self._redis.hgetall(f"{_key(block)}:names:{part}")
            job_id = names[part].get(str(slot), "") if kind == _NAMED else _written(kind, name)
            yield Entry(n, job_id, code, cause, made)

    def sweep(self) -> None:
        """Remove the jobs that have expired."""
        block, more = 0, True
        while more:
            reply = self._scripts.run("index_sweep", block=block)
            block, more = reply.get("next", 0), reply["more"]


def mark(job_id: str, to: str, tags: Sequence[str]) -> list[int]:
    """Return what the index stores about a job, as whole numbers, for the script that records it."""
    if _IS_HEX.fullmatch(job_id):
        kind, name = _HEX, bytes.fromhex(job_id)
    elif _IS_UUID.fullmatch(job_id):
        kind, name = _UUID, UUID(job_id).bytes
    else:
        kind, name = _NAMED, bytes(16)
    bits = 0
    for tag in tags:
        bits |= tag_bits(tag)
    return [kind, bits >> 16, bits & 0xFFFF, *struct.unpack(">HI", number_key(to)), *struct.unpack(">IIII", name)]


def number_key(number: str) -> bytes:
    """Return the six bytes that stand for a number (E.164) or a SIP URI in the index."""
    return hashlib.blake2b(number.encode(), digest_size=6).digest()


def tag_bits(tag: str) -> int:
    """Return the bits, two of 24, that are set if a job has a tag."""
    found = zlib.crc32(tag.encode())
    first, step = found % _TAG_BITS, found // _TAG_BITS % (_TAG_BITS - 1) + 1
    return 1 << first | 1 << (first + step) % _TAG_BITS


def _records(found: bytes) -> Iterator[Any]:
    return _RECORD.iter_unpack(found[: len(found) // _RECORD.size * _RECORD.size])


def _fits(record: tuple[int, int, int, bytes, int, bytes, bytes], looked: Looked) -> bool:
    code, cause, _, tags, made, number, _ = record
    return (
        code != 0
        and (looked.codes is None or chr(code) in looked.codes)
        and (looked.causes is None or code == ord("o") or cause in looked.causes)
        and (looked.number is None or number == looked.number)
        and (looked.tag is None or int.from_bytes(tags) & looked.tag == looked.tag)
        and (looked.since is None or made >= int(looked.since))
        and (looked.until is None or made < looked.until)
    )


def _written(kind: int, name: bytes) -> str:
    return name.hex() if kind == _HEX else str(UUID(bytes=name))


def _key(block: int) -> str:
    return f"fax:index:{block}"
