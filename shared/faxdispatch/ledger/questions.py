"""Producers' questions to Telnyx, on a waiting list of their own until their share of the rate has room for them."""

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Any

from faxdispatch.ledger.scripts import Scripts, redis_trouble

MOST = 100
"""Questions that workers have at a time; more would wait in the broker, where nobody can order them."""
BACK = 30.0
"""Seconds after which a question that a worker got and has not answered is asked again."""


@dataclass(frozen=True, slots=True)
class Question:
    """One of them: the task that it is, its payload, and the id of the message that brought it."""

    task: str
    payload: Any
    message_id: str

    @property
    def id(self) -> str:
        """What is asked, whoever asks: the same question is asked once."""
        return hashlib.sha256(json.dumps([self.task, self.payload], sort_keys=True).encode()).hexdigest()[:32]


class Questions:
    """The waiting list of questions."""

    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts

    def put(self, question: Question) -> None:
        """Put a question on the list; one that waits there already, or is being asked, is not asked twice.

        Raises:
            Unavailable: Redis did not answer.
        """
        content = question.payload if isinstance(question.payload, dict) else {}
        self._scripts.run(
            "question_put",
            id=question.id,
            text=json.dumps(asdict(question)),
            job=content.get("job_id"),
            fax_id=content.get("fax_id"),
        )

    def take(self, *, limit: int) -> list[Question]:
        """Take at most `limit` whose turn it is, fair by producer. What is not `done` in time comes again.

        Raises:
            Unavailable: Redis did not answer.
        """
        reply = self._scripts.run("question_take", limit=limit, most=MOST, back=round(BACK * 1000))
        return [Question(**json.loads(text)) for text in reply["taken"]]

    def done(self, question_id: str) -> None:
        """Forget a question that has its answer, or none to come.

        Raises:
            Unavailable: Redis did not answer; it is asked once more.
        """
        with redis_trouble(), self._scripts.redis.pipeline() as pipe:
            pipe.hdel("fax:questions", question_id)
            pipe.zrem("fax:questions:asked", question_id)
            pipe.execute()

    def waiting(self) -> int:
        """Count those that wait or are being asked.

        Raises:
            Unavailable: Redis did not answer.
        """
        with redis_trouble():
            return int(self._scripts.redis.hlen("fax:questions"))
