"""Reading the rows of jobs: one by its id, those that stand in a state, how many there are."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from faxdispatch.errors import NotKnown
from faxdispatch.events import Event
from faxdispatch.ledger.scripts import Scripts, redis_trouble
from faxdispatch.ledger.view import JobView
from faxdispatch.states import State


@dataclass(frozen=True, slots=True)
class Place:
    """Where an open job waits: for its appointment `at`, or as number `position` (from 1) of a line.

    `line` is `channel` or `number`; `holder` is the job that has the number. All are None for a job that has ended.
    """

    at: datetime | None = None
    line: str | None = None
    position: int | None = None
    holder: str | None = None


class Rows:
    """The rows of all jobs, for reading."""

    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts

    @property
    def redis(self) -> Any:
        """The `Redis` client of the ledger; its types cannot say that replies are text."""
        return self._scripts.redis

    def job(self, job_id: str, *, history: bool = False) -> JobView:
        """Give a job, with its history if wanted.

        Raises:
            NotKnown: where there is none of that id (any more).
        """
        with redis_trouble():
            row = self.redis.hgetall(f"fax:job:{job_id}")
            lines = self.redis.lrange(f"fax:history:{job_id}", 0, -1) if history and row else []
        if not row:
            raise NotKnown(f"job {job_id}: not known here; jobs are kept for FAX_RETENTION_DAYS after their end")
        return JobView.from_hash(job_id, row, tuple(Event.from_fields(json.loads(line)) for line in lines))

    def job_of_fax(self, fax_id: str) -> str | None:
        """Give the id of the job whose last attempt is this Telnyx fax, None where there is none."""
        with redis_trouble():
            job_id = (self.redis.get(f"fax:fax:{fax_id}") or "").rpartition(":")[0]
            current = self.redis.hget(f"fax:job:{job_id}", "fax_id") if job_id else None
        return job_id if current == fax_id else None

    def counts(self) -> dict[State, int]:
        """Count the jobs in each state, all that ever were; finished jobs stay counted when their rows are gone."""
        with redis_trouble():
            known = self.redis.hgetall("fax:counts")
        return {state: int(known.get(state, 0)) for state in State}

    def standing(self, state: State, *, limit: int = 50) -> list[tuple[JobView, datetime]]:
        """Give the jobs that have stood longest in an open state, each with the time since when.

        For `accepted` it is the time of Telnyx's last news. Finished jobs are not listed.
        """
        with redis_trouble():
            found = self.redis.zrange(f"fax:since:{state}", 0, limit - 1, withscores=True)
            with self.redis.pipeline(transaction=False) as pipe:
                for job_id, _ in found:
                    pipe.hgetall(f"fax:job:{job_id}")
                rows = pipe.execute()
        return [
            (JobView.from_hash(job_id, row), _moment(since))
            for (job_id, since), row in zip(found, rows, strict=True)
            if row
        ]

    def place(self, job: JobView) -> Place:
        """Tell where a job waits."""
        number = f"fax:line:{job.request.to}"
        with redis_trouble(), self.redis.pipeline() as pipe:
            pipe.zscore("fax:agenda", job.job_id)
            pipe.zrank(f"fax:waiting:{job.connection_id}", job.job_id)
            pipe.zrank(f"{number}:waiting", job.job_id)
            pipe.get(number)
            at, for_channel, for_number, holder = pipe.execute()
        if at is not None:
            return Place(at=_moment(at))
        if for_channel is not None:
            return Place(line="channel", position=for_channel + 1)
        if for_number is not None:
            return Place(line="number", position=for_number + 1, holder=holder)
        return Place()


def _moment(millis: float) -> datetime:
    return datetime.fromtimestamp(millis / 1000, UTC)
