"""Producers' questions to Telnyx, on a separate waiting list until their share of the rate has room."""

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Any

from faxdispatch.ledger.scripts import Scripts, redis_trouble

MOST = 100
"""Maximum number of questions that workers have at a time; more of them would wait in the broker, in no order."""
BACK = 30.0
"""Seconds after which a question is asked again if a worker took it and has not answered."""


@dataclass(frozen=True, slots=True)
class Question:
    """One question: its task, its payload, and the id of the message that brought it."""

    task: str
    payload: Any
    message_id: str

    @property
    def id(self) -> str:
        """The content of the question without the producer, so that the same question is asked only once."""
        return hashlib.sha256(json.dumps([self.task, self.payload], sort_keys=True).encode()).hexdigest()[:32]


class Questions:
    """The waiting list of questions."""

    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts

    def put(self, question: Question) -> None:
        """Put a question on the list, unless it waits there already or is being asked.

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
        """Take at most `limit` questions whose turn it is, fair by producer.

        A question that is not `done` in time comes again.

        Raises:
            Unavailable: Redis did not answer.
        """
        reply = self._scripts.run("question_take", limit=limit, most=MOST, back=round(BACK * 1000))
        return [Question(**json.loads(text)) for text in reply["taken"]]

    def done(self, question_id: str) -> None:
        """Forget a question that was answered, or that cannot be answered.

        Raises:
            Unavailable: Redis did not answer; the question is asked once more.
        """
        with redis_trouble(), self._scripts.redis.pipeline() as pipe:
            pipe.hdel("fax:questions", question_id)
            pipe.zrem("fax:questions:asked", question_id)
            pipe.execute()

    def waiting(self) -> int:
        """Count the questions that wait or are being asked.

        Raises:
            Unavailable: Redis did not answer.
        """
        with redis_trouble():
            return int(self._scripts.redis.hlen("fax:questions"))
