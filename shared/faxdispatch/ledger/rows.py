"""Reads the rows of jobs: one by its id, those in a state, and their count."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from faxdispatch.errors import NotKnown
from faxdispatch.events import Event
from faxdispatch.ledger.clock import moment as moment_of
from faxdispatch.ledger.identity import Identity
from faxdispatch.ledger.scripts import Scripts, redis_trouble
from faxdispatch.ledger.view import JobView
from faxdispatch.states import HoldReason, State

_PAGE = 1000
"""Number of jobs that are read at once."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where an open job waits: for its appointment at `at`, or at `position` (from 1) on a waiting list.

    `line` is `channel` or `number`, depending on the list; `holder` is the job that has the number. All are None for a
    job that has ended.
    """

    at: datetime | None = None
    line: str | None = None
    position: int | None = None
    holder: str | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """How many jobs are held for one reason.

    `first` and `last` are the earliest and the latest time until which one of them is held; for a reason of `IN_LINE`,
    and for one that only a person ends, they are the earliest and the latest time since when.
    """

    reason: HoldReason
    count: int
    first: datetime
    last: datetime


class Rows:
    """The rows of all jobs, for reading."""

    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts

    @property
    def scripts(self) -> Scripts:
        """The scripts of this ledger, for the other classes on the same Redis."""
        return self._scripts

    @cached_property
    def identity(self) -> Identity:
        """Which ledger this is."""
        return Identity(self._scripts)

    @property
    def redis(self) -> Any:
        """The `Redis` client of the ledger; its types cannot say that replies are text."""
        return self._scripts.redis

    def job(self, job_id: str, *, history: bool = False) -> JobView:
        """Return a job, with its history if wanted.

        Raises:
            NotKnown: there is none with that id, or it has been deleted.
        """
        with redis_trouble():
            row = self.redis.hgetall(f"fax:job:{job_id}")
            lines = self.redis.lrange(f"fax:history:{job_id}", 0, -1) if history and row else []
        if not row:
            raise NotKnown(f"job {job_id}: not known here; jobs are kept for FAX_RETENTION_DAYS after their end")
        # An entry of the history leaves out the fields that are in the job's row.
        names = {"campaign": "campaign_id", "tags": "tags", "client_state": "client_state"}
        common = {"job_id": job_id} | {names[name]: value for name, value in row.items() if name in names}
        return JobView.from_hash(job_id, row, tuple(Event.from_fields(common | json.loads(line)) for line in lines))

    def jobs(self, job_ids: Sequence[str]) -> list[JobView | None]:
        """Return several jobs in one go, without histories.

        None stands for a job that is unknown, deleted or unreadable; see `JobView.listed`.
        """
        with redis_trouble(), self.redis.pipeline(transaction=False) as pipe:
            for job_id in job_ids:
                pipe.hgetall(f"fax:job:{job_id}")
            rows = pipe.execute()
        return [JobView.listed(job_id, row) for job_id, row in zip(job_ids, rows, strict=True)]

    def jobs_at_once(self, job_ids: Sequence[str]) -> list[JobView | None]:
        """Do the same in one command, for pages."""
        rows = self._scripts.hashes([f"fax:job:{job_id}" for job_id in job_ids])
        return [JobView.listed(job_id, row) for job_id, row in zip(job_ids, rows, strict=True)]

    def unreadable(self, job_ids: Sequence[str]) -> list[str]:
        """Return the jobs, among those given, that are recorded here and that this version cannot read."""
        found: list[str] = []
        for at in range(0, len(job_ids), _PAGE):
            page = job_ids[at : at + _PAGE]
            rows = self._scripts.hashes([f"fax:job:{job_id}" for job_id in page])
            found += [job_id for job_id, row in zip(page, rows, strict=True) if row and not JobView.listed(job_id, row)]
        return found

    def job_of_fax(self, fax_id: str) -> str | None:
        """Return the id of the job whose last attempt is this Telnyx fax, or None if there is none."""
        with redis_trouble():
            job_id = (self.redis.get(f"fax:fax:{fax_id}") or "").rpartition(":")[0]
            current = self.redis.hget(f"fax:job:{job_id}", "fax_id") if job_id else None
        return job_id if current == fax_id else None

    def counts(self) -> dict[State, int]:
        """Count the jobs in each state since the beginning; finished jobs stay counted when their rows are gone."""
        with redis_trouble():
            known = self.redis.hgetall("fax:counts")
        return {state: int(known.get(state, 0)) for state in State}

    def standing(self, state: State, *, limit: int = 50) -> list[tuple[JobView, datetime]]:
        """Return the jobs that have been longest in an open state, each with the time since when.

        For `accepted` it is the time of Telnyx's last news. Finished jobs are not listed.
        """
        with redis_trouble():
            found = self.redis.zrange(f"fax:since:{state}", 0, limit - 1, withscores=True)
        rows = self._scripts.hashes([f"fax:job:{job_id}" for job_id, _ in found])
        return [
            (job, moment_of(since))
            for (job_id, since), row in zip(found, rows, strict=True)
            if (job := JobView.listed(job_id, row))
        ]

    def holds(self) -> list[Held]:
        """Count the held jobs by reason, the most frequent first."""
        with redis_trouble():
            reasons = [HoldReason(reason) for reason in self.redis.smembers("fax:holds") if reason in set(HoldReason)]
            with self.redis.pipeline(transaction=False) as pipe:
                for reason in reasons:
                    pipe.zcard(f"fax:held:{reason}")
                    pipe.zrange(f"fax:held:{reason}", 0, 0, withscores=True)
                    pipe.zrange(f"fax:held:{reason}", -1, -1, withscores=True)
                found = pipe.execute()
        summed = [
            Held(reason, count, moment_of(first[0][1]), moment_of(last[0][1]))
            for reason, count, first, last in zip(reasons, found[0::3], found[1::3], found[2::3], strict=True)
            if count
        ]
        return sorted(summed, key=lambda held: -held.count)

    def held(self, reason: HoldReason, *, limit: int = 50) -> list[JobView]:
        """Return the jobs that are held for a reason: first those that are due first, or were held longest."""
        with redis_trouble():
            found = self.redis.zrange(f"fax:held:{reason}", 0, limit - 1)
        rows = self._scripts.hashes([f"fax:job:{job_id}" for job_id in found])
        return [job for job_id, row in zip(found, rows, strict=True) if (job := JobView.listed(job_id, row))]

    def place(self, job: JobView) -> Place:
        """Return where a job waits."""
        number = f"fax:line:{job.request.to}"
        with redis_trouble(), self.redis.pipeline() as pipe:
            pipe.zscore("fax:agenda", job.job_id)
            pipe.zrank(f"fax:waiting:{job.connection_id}", job.job_id)
            pipe.zrank(f"{number}:waiting", job.job_id)
            pipe.get(number)
            at, for_channel, for_number, holder = pipe.execute()
        if at is not None:
            return Place(at=moment_of(at))
        if for_channel is not None:
            return Place(line="channel", position=for_channel + 1)
        if for_number is not None:
            return Place(line="number", position=for_number + 1, holder=holder)
        return Place()
