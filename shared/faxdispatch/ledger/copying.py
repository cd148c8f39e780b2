"""A consistent copy of the ledger: what the server would send to a replica."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from redis.exceptions import RedisError

from faxdispatch.errors import FaxError, Misconfigured
from faxdispatch.ledger.identity import KEY
from faxdispatch.ledger.scripts import Scripts, redis_trouble

_PATIENCE = 120.0
"""Seconds within which the server must send something; it begins to send only when its copy is ready."""
_MAGIC = (b"REDIS", b"VALKEY")
_PIECE = 1 << 20


class CopyError(FaxError):
    """The server did not send a complete copy."""


def copy_ledger(scripts: Scripts, target: Path) -> int:
    """Write everything on the server to `target` as an RDB file, as of one moment. Return its size in bytes.

    The copy contains a mark that it is one: workers on a server that was started with it send nothing before a
    recovery. The server must allow us to ask as a replica does (`SYNC`), which managed servers do not. `target` is
    either written completely or not at all.

    Raises:
        CopyError: the server does not give copies, or broke off.
        Misconfigured: the file cannot be written.
        Unavailable: Redis did not answer.
    """
    part = target.with_name(f"{target.name}.part")
    try:
        part.touch(mode=0o600)
        with part.open("wb") as file:
            with _marked(scripts):
                _receive(scripts, file)
            file.flush()
            os.fsync(file.fileno())
            size = file.tell()
        part.replace(target)
    except OSError as error:
        raise Misconfigured(f"{target}: cannot be written: {error.strerror or error}") from None
    finally:
        part.unlink(missing_ok=True)
    return size


def is_copy(file: Path) -> bool:
    """Return whether a file begins as a copy does.

    Raises:
        Misconfigured: it cannot be read.
    """
    try:
        with file.open("rb") as opened:
            return opened.read(len(_MAGIC[1])).startswith(_MAGIC)
    except OSError as error:
        raise Misconfigured(f"{file}: cannot be read: {error.strerror or error}") from None


@contextmanager
def _marked(scripts: Scripts) -> Iterator[None]:
    """Record in the ledger that it is being copied, and on which run of the server.

    On any other run, it is the copy.
    """
    redis: Any = scripts.redis
    with redis_trouble():
        run = redis.info("server")["run_id"]
        redis.hset(KEY, "copied", json.dumps({"run": run, "at": scripts.clock()}))
    try:
        yield
    finally:
        with redis_trouble():
            redis.hdel(KEY, "copied")


def _receive(scripts: Scripts, file: Any) -> None:
    pool: Any = scripts.redis.connection_pool
    connection = pool.get_connection()
    try:
        connection.send_command("REPLCONF", "capa", "eof")
        connection.read_response()
        connection.send_command("SYNC")
        # From here on, the server does not speak the protocol that the client reads.
        line = connection._sock  # noqa: SLF001 - there is no other way to it
        line.settimeout(_PATIENCE)
        _read_copy(line, file)
    except (RedisError, OSError) as error:
        if isinstance(error, OSError) and error.filename:
            raise
        raise CopyError(f"Redis sent no copy: {error or type(error).__name__}") from error
    finally:
        connection.disconnect()
        pool.release(connection)


def _read_copy(line: Any, file: Any) -> None:
    """Read a copy of a given length, or up to a given text (as `redis-cli --rdb` does)."""
    head, rest = _head(line)
    if head.startswith(b"-"):
        words = head[1:].decode(errors="replace")
        raise CopyError(f"Redis sends no copy of itself ({words}); use the snapshots of whoever runs it")
    if not head.startswith(b"$"):
        raise CopyError("Redis answered a request for a copy with something else")
    length = None if head.startswith(b"$EOF:") else int(head[1:])
    end = head[5:] if length is None else b""
    kept, written = rest, 0
    while length is not None or not kept.endswith(end):
        if length is not None and written + len(kept) >= length:
            kept = kept[: length - written]
            break
        # The end may contain a part of the mark, so it is held back.
        ready = len(kept) - len(end)
        if ready > 0:
            written += file.write(_checked(kept[:ready], written))
            kept = kept[ready:]
        piece = line.recv(_PIECE)
        if not piece:
            raise CopyError("Redis closed the connection in the middle of the copy; try again")
        kept += piece
    kept = kept[: len(kept) - len(end)]
    file.write(_checked(kept, written))


def _checked(piece: bytes, written: int) -> bytes:
    if written == 0 and not piece.startswith(_MAGIC):
        raise CopyError("what Redis sent is not a copy")
    return piece


def _head(line: Any) -> tuple[bytes, bytes]:
    """Read the line before the copy; while the server prepares the copy, it sends empty lines."""
    got = b""
    while b"\r\n" not in got.lstrip(b"\n"):
        piece = line.recv(_PIECE)
        if not piece:
            raise CopyError("Redis closed the connection; does the user of REDIS_URL have the right to SYNC?")
        got += piece
    head, _, rest = got.lstrip(b"\n").partition(b"\r\n")
    return head, rest
