"""What the worker and a hook's process say to each other: one line of JSON a question, one an answer. Pure.

An answer carries its question's number. A hook that forks may make its process answer twice, and what it said of one
fax must never be taken for what it says of the next.

Lines are ASCII: text from Telnyx may hold halves of surrogate pairs, which have no other form that both sides read.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic import AwareDatetime, BaseModel

from faxdispatch.events import AnyEvent, Event
from faxdispatch.hooks import Answer, Change, Hold, Reject
from faxdispatch.jobs import SendFax

START = 0
"""The question that is not asked: whether the hook could be imported. None says that it was."""


class HookFailed(Exception):
    """The hook gave no answer that can be used; the message says why in one sentence."""


class Question(BaseModel):
    """What the hook is called with."""

    number: int
    job: SendFax
    history: tuple[AnyEvent, ...]
    now: AwareDatetime


def write_question(number: int, job: SendFax, history: Sequence[Event], now: datetime) -> bytes:
    """Return the line that asks. `number` is unlike that of every other question to the same process."""
    content = {
        "number": number,
        "job": job.encode(),
        "history": [event.model_dump(mode="json") for event in history],
        "now": now.isoformat(),
    }
    return _line(content)


def read_question(line: bytes) -> Question:
    """Read what `write_question` wrote."""
    return Question.model_validate(json.loads(line))


def write_answer(number: int, answer: object) -> bytes:
    """Return the line that answers with what the hook returned.

    Raises:
        TypeError: it is no answer, or holds values that are none of JSON's.
        ValueError: the same.
    """
    if answer is None:
        return _line({"number": number, "send": None})
    if isinstance(answer, Hold):
        until = answer.until.isoformat() if answer.until else None
        return _line({"number": number, "hold": {"reason": answer.reason, "until": until, "seconds": answer.seconds}})
    if isinstance(answer, Reject):
        return _line({"number": number, "reject": {"reason": answer.reason}})
    if isinstance(answer, Change):
        return _line({"number": number, "change": answer.fields})
    raise TypeError(f"it returned {type(answer).__name__}; it must return Hold, Reject, Change or None")


def write_failure(number: int, why: str) -> bytes:
    """Return the line that says why there is no answer; `why` goes on where "the policy hook" begins."""
    return _line({"number": number, "failed": why})


def read_answer(number: int, line: bytes) -> Answer:
    """Read the answer to the question of that number.

    Raises:
        HookFailed: the process says that there is none, or the line is no answer.
    """
    try:
        return _answer(number, json.loads(line))
    except (ValueError, TypeError, RecursionError):
        raise HookFailed("the policy hook's process answered with something that is no answer") from None


def _answer(number: int, content: Any) -> Answer:
    if not isinstance(content, dict) or content.get("number") != number:
        raise ValueError("not the answer to this question")
    match content:
        case {"send": None}:
            return None
        case {"hold": {"reason": reason, "until": until, "seconds": seconds}}:
            return Hold(reason, until=datetime.fromisoformat(until) if until else None, seconds=seconds)
        case {"reject": {"reason": reason}}:
            return Reject(reason)
        case {"change": dict(fields)}:
            return Change(**fields)
        case {"failed": str(why)}:
            raise HookFailed(f"the policy hook {why}")
    raise ValueError("no answer")


def _line(content: dict[str, Any]) -> bytes:
    return json.dumps(content, allow_nan=False).encode() + b"\n"
