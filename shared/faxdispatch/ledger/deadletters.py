"""Messages that were not jobs, or could not be carried out: kept until someone sends them again or drops them."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Self
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, Field, computed_field

from faxdispatch.errors import BadInput, NotKnown
from faxdispatch.jobs import JOBS, Job
from faxdispatch.ledger.scripts import Scripts, redis_trouble

_PAGE = 500
_LONG = 500
"""Maximum length of a text in the facts of a letter."""
_MANY = 20
"""Maximum number of entries of a list in the facts."""
_KINDS: dict[str | None, type[Job]] = {kind.TASK: kind for kind in JOBS}


class DeadLetter(BaseModel):
    """A dead letter. `id` is that of the message, so a fax that is sent again stays the same fax."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)

    id: str
    since: datetime
    task: str | None = None
    """The task that it names, if that could be read."""
    reason: str = "Unknown"
    """Class of the problem, such as `InvalidJob` or `UnknownTask`."""
    problem: str = ""
    problems: tuple[tuple[str, str], ...] = ()
    """Field and problem, if single fields are wrong."""
    positional: tuple[Any, ...] = Field(default=(), alias="args")
    named: dict[str, Any] = Field(default={}, alias="kwargs")
    body: str | None = None
    """The raw body, if the message never reached a task."""
    size: int | None = None
    """Size of the message in bytes, if `body` is only a part of it."""
    sha1: str | None = None
    """The hash of the message if `body` is only a part of it."""
    ignored: tuple[str, ...] = ()
    """The callbacks that it asked for, such as `link` or `chain`; they are never made."""

    @classmethod
    def from_hash(cls, letter_id: str, row: dict[str, str]) -> Self:
        """Build the letter from the ledger's hash."""
        since = datetime.fromtimestamp(int(row["at"]) / 1000, UTC)
        return cls.model_validate({**json.loads(row["letter"]), "id": letter_id, "since": since})

    @computed_field  # type: ignore[prop-decorator] # mypy knows no decorated properties
    @property
    def buried_at(self) -> datetime:
        """The older name of `since`, kept beside it for one version."""
        return self.since

    @property
    def kind(self) -> type[Job]:
        """The kind of job that its task stands for. Raises `BadInput` if it is not one of ours."""
        if self.task in _KINDS:
            return _KINDS[self.task]
        named = f"its task {self.task!r} is not one of ours" if self.task else "it names no task"
        raise BadInput(f"dead letter {self.id}: cannot be sent again: {named}")

    def payload(self) -> dict[str, Any]:
        """Return the task's arguments as one mapping.

        Raises:
            BadInput: they cannot be read as one.
        """
        if self.size is not None:
            raise BadInput(
                f"dead letter {self.id}: cannot be sent again: of its {self.size} bytes only the two ends are kept"
            )
        args, kwargs = (self.positional, self.named) if self.body is None else _parts(self.body)
        content: Any = args[0] if len(args) == 1 and not kwargs else kwargs
        if isinstance(content, str):
            content = _json(content)
        if not isinstance(content, dict) or (args and kwargs) or len(args) > 1:
            raise BadInput(
                f"dead letter {self.id}: cannot be sent again: its content cannot be read as one JSON object"
            )
        return content

    def corrected(self, changes: Mapping[str, Any], *, region: str | None = None) -> dict[str, Any]:
        """Return the payload with `changes`, checked as a worker would; a field set to None is removed.

        `region` (ISO 3166, two letters) is the country of numbers written without `+`.

        Raises:
            BadInput: as for `payload`.
            InvalidJob: something is still wrong; the message names each field.
        """
        payload = self.payload()
        if not changes:
            return payload
        corrected = {name: value for name, value in {**payload, **changes}.items() if value is not None}
        return self.kind.decode(corrected, region=region).encode()


class DeadLetters:
    """The dead letters of this Redis. They are kept for as long as finished jobs."""

    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts

    @property
    def _redis(self) -> Any:
        # redis-py's types cannot say that replies are text.
        return self._scripts.redis

    def add(
        self, message_id: str, *, letter: Mapping[str, Any], facts: Mapping[str, Any], source: str
    ) -> dict[str, Any]:
        """Keep a message that is not a job as a dead letter and report it, once.

        Another message under the same id is another letter, whose id ends in a part of its hash. `letter` is its
        content; `facts`, what is wrong with it, are shortened if they are long, since they may repeat a stranger's
        text.
        """
        content = [letter.get(part) for part in ("body", "sha1", "args", "kwargs")]
        short = {name: _short(value) for name, value in facts.items()}
        return self._scripts.run(
            "invalid",
            id=message_id,
            letter=json.dumps({**short, **letter}),
            content=hashlib.sha256(json.dumps(content).encode()).hexdigest()[:16],
            data=json.dumps(short),
            source=source,
        )

    def count(self) -> int:
        """Count the letters."""
        with redis_trouble():
            number: int = self._redis.zcount("fax:deadletters", self._scripts.oldest_kept(), "+inf")
        return number

    def newest(self, *, limit: int | None = 50, reason: str | None = None) -> list[DeadLetter]:
        """Return letters, the newest first, at most `limit`; only those with this `reason`, if given."""
        found: list[DeadLetter] = []
        for page in self._pages():
            found += [letter for letter in page if reason in {None, letter.reason}]
            if limit is not None and len(found) >= limit:
                return found[:limit]
        return found

    def get(self, letter_id: str) -> DeadLetter:
        """Return one letter. Raises `NotKnown` if there is none with that id, or it has been deleted."""
        with redis_trouble():
            row = self._redis.hgetall(f"fax:deadletter:{letter_id}")
        if not row:
            raise _missing(letter_id)
        return DeadLetter.from_hash(letter_id, row)

    def take_out(self, letter_id: str) -> str:
        """Announce that a letter is about to be sent again, and return the token for `sent`.

        The letter stays until then. If the message comes back as invalid meanwhile, it is kept again under the same id.

        Raises:
            NotKnown: there is no such letter.
        """
        token = uuid4().hex
        if self._scripts.run("redrive", id=letter_id, sent=token)["outcome"] == "gone":
            raise _missing(letter_id)
        return token

    def sent(self, letter_id: str, token: str) -> None:
        """Forget a letter that the broker has accepted, unless it has come back already."""
        self._scripts.run("drop", id=letter_id, sent=token)

    def drop(self, letter_id: str) -> None:
        """Forget a letter. Raises `NotKnown` if there is none with that id."""
        if self._scripts.run("drop", id=letter_id)["outcome"] == "gone":
            raise _missing(letter_id)

    def _pages(self) -> Iterator[list[DeadLetter]]:
        """Yield the letters in pages, the newest first; forget the ids of those whose time is over."""
        with redis_trouble():
            self._redis.zremrangebyscore("fax:deadletters", "-inf", self._scripts.oldest_kept())
            letter_ids = self._redis.zrevrange("fax:deadletters", 0, -1)
        for first in range(0, len(letter_ids), _PAGE):
            page = letter_ids[first : first + _PAGE]
            rows = self._scripts.hashes([f"fax:deadletter:{letter_id}" for letter_id in page])
            yield [DeadLetter.from_hash(name, row) for name, row in zip(page, rows, strict=True) if row]


def _parts(body: str) -> tuple[Any, Any]:
    """Return positional and named arguments of a raw Celery body; empty ones if it has none."""
    content = _json(body)
    if isinstance(content, list) and len(content) == 3 and isinstance(content[0], list):
        return content[0], content[1]
    if isinstance(content, dict):
        # Celery's first protocol.
        args = content.get("args")
        return args if isinstance(args, list) else [], content.get("kwargs")
    return [], None


def _short(value: Any) -> Any:
    """Shorten a fact of a letter to what an event may hold: a short text or a short list."""
    if isinstance(value, str):
        return value if len(value) <= _LONG else f"{value[:_LONG]}…"
    if isinstance(value, (list, tuple)):
        return [_short(part) for part in value[:_MANY]]
    return value


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _missing(letter_id: str) -> NotKnown:
    return NotKnown(f"dead letter {letter_id}: not known here; they are kept for FAX_RETENTION_DAYS")
