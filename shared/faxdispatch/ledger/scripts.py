"""Runs the Lua scripts in `lua/`, with JSON as argument and reply. Every failure of Redis becomes `Unavailable`."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any, Self

from redis import Redis
from redis.exceptions import ConnectionError as NotConnected
from redis.exceptions import NoScriptError, RedisError, ResponseError

from faxdispatch.errors import BadInput, Unavailable
from faxdispatch.ledger.connection import Patience, connect
from faxdispatch.ledger.library import script
from faxdispatch.ledger.refusals import passes
from faxdispatch.ledger.rules import Rules
from faxdispatch.redis.namespace import USUAL, key_name
from faxdispatch.settings import Settings
from faxdispatch.text.trouble import why

_written = json.JSONEncoder(separators=(",", ":")).encode


@contextmanager
def redis_trouble() -> Iterator[None]:
    """Turn every failure of Redis in the block into `Unavailable`; a mistake in a script keeps its own error.

    Raises:
        BadInput: a text has characters that UTF-8 cannot carry.
    """
    try:
        yield
    except UnicodeEncodeError as error:
        raise BadInput("a text has characters that cannot be encoded in UTF-8; leave them out") from error
    except RedisError as error:
        if _is_mistake(error):
            raise
        what = "cannot be reached" if isinstance(error, NotConnected) else "refused the command"
        raise Unavailable(f"Redis {what}: {why(error)}") from error


def flat_hash(flat: Sequence[str]) -> dict[str, str]:
    """Return a hash from a script's list of alternating names and values."""
    return dict(zip(flat[::2], flat[1::2], strict=True)) if flat else {}


def _is_mistake(error: RedisError) -> bool:
    """Return whether an error is a fault of the script, and not a server's refusal to write, which looks similar."""
    return type(error) is ResponseError and "user_script" in str(error) and not passes(error)


class Scripts:
    """The scripts of the ledger on one Redis.

    `rules` are a part of their texts. `now` (milliseconds) stands in for Redis' own clock in tests.
    """

    def __init__(self, redis: Redis, rules: Rules | None = None) -> None:
        self.redis = redis
        self.now: int | None = None
        self.rules = rules or Rules()
        self._scripts: dict[str, tuple[str, str]] = {}

    @classmethod
    def from_settings(cls, settings: Settings, patience: Patience = Patience.WORKER) -> Self:
        """Build them for the Redis that the settings name. Nothing connects before the first call.

        Raises:
            Misconfigured: `REDIS_URL` is missing or not an address.
        """
        return cls(connect(settings.redis, patience), Rules.from_settings(settings))

    @cached_property
    def namespace(self) -> str:
        """The namespace of the keys."""
        return str(self.redis.connection_pool.connection_kwargs.get("namespace", USUAL))

    @cached_property
    def raw(self) -> Redis:
        """A client of the same Redis for values that are not text."""
        pool = self.redis.connection_pool
        options = {**pool.connection_kwargs, "decode_responses": False}
        return Redis(connection_pool=type(pool)(connection_class=pool.connection_class, **options))

    def run(
        self, name: str, /, *, on: Redis | None = None, blobs: Iterable[bytes] = (), **arguments: Any
    ) -> dict[str, Any]:
        """Run a script; arguments that are None are left out.

        `on` runs it over another client or connection of the same Redis; `blobs` are passed unchanged.

        Raises:
            Unavailable: Redis did not answer in time or refused. The script may have run; repeat it.
        """
        reply: dict[str, Any] = json.loads(self._answer(name, on, blobs, arguments))
        return reply

    def run_many(self, name: str, /, *, on: Redis | None = None, **arguments: Any) -> list[dict[str, Any]]:
        """Run a script that replies for each of several jobs, as `run` does."""
        replies: list[dict[str, Any]] = json.loads(self._answer(name, on, (), arguments))
        return replies

    def _answer(self, name: str, on: Redis | None, blobs: Iterable[bytes], arguments: dict[str, Any]) -> Any:
        with redis_trouble():
            text, sha = self._script(name)
            asked: Any = on or self.redis
            words = (0, self.arguments(**arguments), *blobs)
            try:
                return asked.execute_command("EVALSHA", sha, *words)
            except NoScriptError:
                asked.script_load(text)
                return asked.execute_command("EVALSHA", sha, *words)

    def _script(self, name: str) -> tuple[str, str]:
        """Return a script's text, and the hash by which a server that has seen the text knows it."""
        found = self._scripts.get(name)
        if found is None:
            text = script(name, self.rules.arguments(), self.namespace)
            digest = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
            found = self._scripts[name] = text, digest
        return found

    def hashes(self, keys: Sequence[str]) -> list[dict[str, str]]:
        """Read several hashes in one command; a missing one is returned empty."""
        if not keys:
            return []
        found = self.run("hashes", keys=[key_name(self.namespace, key) for key in keys])["hashes"]
        return [flat_hash(flat) for flat in found]

    def clock(self) -> int:
        """Return the present moment by Redis' clock, in milliseconds.

        Raises:
            Unavailable: Redis did not answer.
        """
        if self.now is not None:
            return self.now
        with redis_trouble():
            seconds, micros = self.redis.time()
        return seconds * 1000 + micros // 1000

    def oldest_kept(self) -> int:
        """Return the time (milliseconds) before which everything with a limited retention has expired."""
        return self.clock() - round(self.rules.retention * 1000)

    def arguments(self, **arguments: Any) -> str:
        """Return the one argument of a script as JSON."""
        given = {name: value for name, value in arguments.items() if value is not None}
        if self.now is not None:
            given["now"] = self.now
        return _written(given)
