"""The gate that every message passes before Celery handles it: size, then form, then the task's name.

Anyone who reaches the broker can write anything into a message, and Celery obeys much of it: compressed bodies,
callbacks, time limits, start times. So Celery never sees a sender's message. The gate returns the request in plain JSON
types: task, id and payload, from which we make our own message. A message that does not pass raises `Refused`, and
becomes a dead letter.
"""

import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from kombu import compression as kombu

from faxdispatch.jobs import JOBS, SendFax
from faxdispatch.observability import tracing
from worker.messaging.envelope import Envelope

# It is not typed.
_compression: Any = kombu

MAX_BYTES = 262_144
"""Largest message that is accepted from the broker: many times the size of the longest fax job."""
MAX_ID = 255
"""Longest id of a message, in characters."""
TOGETHER = "fax.together"
"""The task that carries out several messages. No message can request it, since the gate does not know it."""
_NO_IDENTITY = {"", "none", "null", "nil", "undefined", "nan"}
"""Words that producers write if they have no id: as an id, they would make one fax of many."""
_CALLBACKS = {"callbacks": "link", "errbacks": "link_error", "chain": "chain", "chord": "chord"}
"""The places of callbacks in a body, and Celery's names for them."""
_BATCHES = ("celery.map", "celery.starmap", "celery.chunks", "celery.group", "celery.chain", "celery.chord")
_UTF8 = {None, "", "utf-8", "utf8", "us-ascii", "ascii", "binary"}
_PLAIN = {"datetime", "date", "time", "decimal", "bytes"}
"""Types that kombu's JSON writes as `{"__type__": …, "__value__": text}`."""
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_SOON = 1.0
"""Seconds by which a time in the future still counts as now."""
_PARTS = "not a task message: its body is not [arguments, keyword arguments, …]"


@dataclass(frozen=True, slots=True)
class Asked:
    """The request of a message, in JSON types.

    `facts` go into its first event too; `trace` is the `traceparent` of its sender's trace.
    """

    task: str
    id: str
    payload: Any
    facts: dict[str, Any] = field(default_factory=dict)
    trace: str | None = None


class Refused(Exception):
    """A message that is not a job. `reason` is one word, `problem` one sentence that says what to do."""

    def __init__(self, reason: str, problem: str) -> None:
        super().__init__(problem)
        self.reason = reason
        self.problem = problem


def refuse_compressed() -> None:
    """Keep kombu from unpacking compressed messages on arrival, since nothing limits the size of the result."""

    def refuse(_: bytes) -> bytes:
        raise ValueError("compressed messages are not accepted")

    for kind in _compression.encoders():
        _compression.register(refuse, refuse, kind)


class Gate:
    """Lets through requests for `tasks`, in messages of at most `max_bytes`."""

    def __init__(self, tasks: Collection[str], *, max_bytes: int) -> None:
        self._tasks = frozenset(tasks)
        self._max_bytes = max_bytes

    def read(self, envelope: Envelope) -> Asked:
        """Read the request.

        Raises:
            Refused: it is not a job. Nothing else is ever raised.
        """
        try:
            self._look_outside(envelope)
            return self._look_inside(envelope)
        except Refused:
            raise
        except Exception as error:
            raise Refused("Unreadable", f"not a task message: {type(error).__name__}") from error

    def identity(self, envelope: Envelope) -> str:
        """Return the id under which a message is kept as a dead letter: its own if usable, or else its hash."""
        found = envelope.headers.get("id")
        return found if isinstance(found, str) and is_identity(found) else envelope.digest()

    def kept(self, envelope: Envelope) -> Envelope:
        """Return the part of a message that is kept."""
        return envelope.cut(self._max_bytes)

    def _look_outside(self, envelope: Envelope) -> None:
        size = envelope.size or len(envelope.body)
        if size > self._max_bytes:
            raise Refused(
                "TooLong",
                f"{size} bytes, and a message may have {self._max_bytes}: a document goes as "
                "media_url, or is uploaded and goes as media_name",
            )
        if envelope.headers.get("compression"):
            raise Refused("Compressed", "its content is compressed and was not read: send it without compression")
        if envelope.content_type != "application/json" or envelope.content_encoding not in _UTF8:
            named = f"{envelope.content_type}; {envelope.content_encoding}"[:100]
            raise Refused("Unreadable", f"its content is {named!r}, not JSON in UTF-8: set task_serializer to json")

    def _look_inside(self, envelope: Envelope) -> Asked:
        content = _json(envelope.body, "its body")
        # Text that UTF-8 cannot carry; neither Redis nor Telnyx could store it.
        if _SURROGATE.search(envelope.body):
            json.dumps(content, ensure_ascii=False).encode()
        about: Mapping[str, Any] = envelope.headers
        if isinstance(content, list) and len(content) == 3:
            args, kwargs, afterwards = content
        elif isinstance(content, dict):
            # Celery's first protocol has everything in the body.
            about = content | envelope.headers
            args, kwargs, afterwards = content.get("args") or [], content.get("kwargs") or {}, content
        else:
            raise Refused("Unreadable", _PARTS)
        if not (isinstance(args, list) and isinstance(kwargs, dict) and isinstance(afterwards or {}, dict)):
            raise Refused("Unreadable", _PARTS)
        task = self._task(about.get("task"))
        payload, facts = _timed(task, _payload(args, kwargs), about)
        ignored = [word for name, word in _CALLBACKS.items() if (afterwards or {}).get(name)]
        facts |= {"ignored": ignored} if ignored else {}
        # Celery's instrumentation for OpenTelemetry puts it there.
        return Asked(
            task, _identity(about.get("id")), payload, facts, tracing.parse(envelope.headers.get("traceparent"))
        )

    def _task(self, task: Any) -> str:
        if not isinstance(task, str) or not task:
            raise Refused("Unreadable", "not a task message: it names no task")
        if task.startswith(_BATCHES):
            raise Refused(
                "BatchTask",
                f"{task[:MAX_ID]} is not carried out: send one message of {SendFax.TASK} for each fax, or make a "
                "campaign of the list (docs/campaigns.md)",
            )
        if task not in self._tasks:
            known = ", ".join(kind.TASK for kind in JOBS)
            raise Refused("UnknownTask", f"no task {task[:MAX_ID]!r} here; there are {known}")
        return task


def is_identity(text: str) -> bool:
    """Return whether an id distinguishes one message from all others."""
    return len(text) <= MAX_ID and text.isprintable() and text.strip().lower() not in _NO_IDENTITY


def _identity(found: Any) -> str:
    if not isinstance(found, str) or not is_identity(found):
        raise Refused("Unreadable", "not a task message: its id, which identifies its fax, is missing or invalid")
    return found


def _json(text: str | bytes, what: str) -> Any:
    try:
        return json.loads(text, object_hook=_plain)
    except (ValueError, RecursionError) as error:
        raise Refused("Unreadable", f"{what} is not readable as JSON: {type(error).__name__}") from error


def _plain(found: dict[str, Any]) -> Any:
    """Return values that kombu's JSON wraps as their plain text; kombu would look for a class."""
    if found.keys() != {"__type__", "__value__"}:
        return found
    kind, value = found["__type__"], found["__value__"]
    if kind == "uuid" and isinstance(value, dict):
        value = value.get("hex")
    elif kind not in _PLAIN:
        return found
    return value if isinstance(value, str) else found


def _payload(args: list[Any], kwargs: dict[str, Any]) -> Any:
    """Make one value from positional and named arguments."""
    if not args:
        return kwargs
    content: Any = args[0] if len(args) == 1 and not kwargs else {"args": args, **kwargs}
    return _json(content, "its argument") if isinstance(content, str) else content


def _timed(task: str, payload: Any, about: Mapping[str, Any]) -> tuple[Any, dict[str, Any]]:
    """Turn Celery's two times into a fax's own, and report them; only a fax can wait or expire."""
    moments = {name: _moment(name, about[name]) for name in ("eta", "expires") if about.get(name) is not None}
    if not moments:
        return payload, {}
    if task == SendFax.TASK:
        if isinstance(payload, dict):
            payload = payload | dict(_deadlines(payload, moments))
        return payload, {name: moment.isoformat() for name, moment in moments.items()}
    now = datetime.now(UTC)
    if "eta" in moments and (moments["eta"] - now).total_seconds() > _SOON:
        raise Refused(
            "NotNow",
            f"eta: {task} is carried out as soon as it arrives; send it at the time at which it is to be carried out",
        )
    if "expires" in moments and moments["expires"] <= now:
        raise Refused("Expired", "expires: it had expired when it reached a worker")
    return payload, {}


def _moment(name: str, value: Any) -> datetime:
    try:
        moment = datetime.fromisoformat(value)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        raise Refused("Unreadable", f"{name}: not a time like 2026-05-01T08:00:00+00:00") from None


def _deadlines(payload: Mapping[str, Any], moments: Mapping[str, datetime]) -> Iterator[tuple[str, str]]:
    """Yield `send_at` and `send_by`: the later and the earlier one of the payload's own and Celery's."""
    for name, option, choose in (("eta", "send_at", max), ("expires", "send_by", min)):
        if name in moments:
            try:
                own = payload.get(option)
                yield option, choose(datetime.fromisoformat(own) if own else moments[name], moments[name]).isoformat()
            except (TypeError, ValueError):
                # Not a time, or without a zone: this is reported when the payload is read.
                continue
