"""The messages between the worker and a hook's process: one line of JSON for each question, one for each answer. Pure.

An answer carries its question's number. A hook that forks may make its process answer twice, and the answer about one
fax must never be taken for the answer about the next.

Lines are ASCII: text from Telnyx may contain halves of surrogate pairs, which both sides can read in no other form.
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
"""The number of the first answer, which belongs to no question: whether the hook could be imported."""


class HookFailed(Exception):
    """The hook gave no usable answer; the message says why in one sentence."""


class Question(BaseModel):
    """The arguments of the hook."""

    number: int
    job: SendFax
    history: tuple[AnyEvent, ...]
    now: AwareDatetime


def write_question(number: int, job: SendFax, history: Sequence[Event], now: datetime) -> bytes:
    """Return the line of a question. `number` differs from that of every other question to the same process."""
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
    """Return the line that answers with the hook's result.

    Raises:
        TypeError: it is not an answer, or contains values that JSON does not have.
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
    """Return the line with the reason why there is no answer; `why` continues "the policy hook …"."""
    return _line({"number": number, "failed": why})


def read_answer(number: int, line: bytes) -> Answer:
    """Read the answer to the question of that number.

    Raises:
        HookFailed: the process says that there is none, or the line is not an answer.
    """
    try:
        return _answer(number, json.loads(line))
    except (ValueError, TypeError, RecursionError):
        raise HookFailed("the policy hook's process sent something that is not an answer") from None


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
