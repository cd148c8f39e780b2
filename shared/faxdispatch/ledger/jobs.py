"""The moves of one job. Every method is one atomic move, or says why it was not made."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from faxdispatch.errors import IdempotencyConflict
from faxdispatch.jobs import SendFax
from faxdispatch.ledger.attempts import Attempts, Reply
from faxdispatch.ledger.clock import milliseconds
from faxdispatch.ledger.deadletters import DeadLetters
from faxdispatch.ledger.index import mark
from faxdispatch.states import WAIVABLE, HoldReason, State


@dataclass(frozen=True, slots=True)
class New:
    """A job to be recorded; see `Ledger.create`.

    `message` is a queue of the broker on the same Redis, and the text that the step that records the job puts there.
    `facts` go into its first event. `trace` is the `traceparent` of the trace that it belongs to. With `in_time`, a job
    whose `send_by` has passed is not recorded: the outcome is `late`.
    """

    job_id: str
    job: SendFax
    message: tuple[str, str] | None = None
    facts: Mapping[str, Any] | None = None
    in_time: bool = False
    trace: str | None = None

    def arguments(self) -> dict[str, Any]:
        """Return it in the form that the script takes."""
        job, (queue, message) = self.job, self.message or (None, None)
        given = {
            "job": self.job_id,
            "idem": job.idempotency_key,
            "fingerprint": job.fingerprint(),
            "request": json.dumps(job.encode() | {"job_id": self.job_id}),
            "to": job.to,
            "sender": job.from_,
            "connection": job.connection_id,
            "priority": job.priority.value,
            "tags": json.dumps(job.tags),
            "client_state": job.client_state,
            "mark": mark(self.job_id, job.to, job.tags),
            "group": next(iter(job.tags), None),
            "queue": queue,
            "message": message,
            "trace": self.trace,
            "data": json.dumps(self.facts) if self.facts else None,
            "send_by": milliseconds(job.send_by.timestamp()) if self.in_time and job.send_by else None,
        }
        return {name: value for name, value in given.items() if value is not None}


class Ledger(Attempts):
    """The rows of all jobs, and all moves that they and their attempts can make. Times are in seconds."""

    def create(self, job_id: str, job: SendFax, *, source: str) -> Reply:
        """Record a job. The same key and content, or the same id, is the same job: `outcome` is `created` or `same`.

        Its first tag is the group by which its turn is counted.

        Raises:
            IdempotencyConflict: key or id belong to other content.
        """
        [reply] = self.create_many([New(job_id, job)], source=source)
        if reply["outcome"] == "conflict":
            raise IdempotencyConflict(job.idempotency_key or job_id, reply["job"])
        return reply

    def create_many(self, new: Sequence[New], *, source: str) -> list[Reply]:
        """Record several jobs at once; each succeeds or fails on its own. See `create`.

        If key or id belong to other content, `outcome` is `conflict`, and `job` is the one that they belong to. With
        `created` comes `told`, if the job's message was put into its queue.
        """
        return self._scripts.run_many("create", jobs=[one.arguments() for one in new], source=source)

    def hold(
        self,
        job_id: str,
        *,
        reason: HoldReason,
        due: float | None,
        detail: str | None = None,
        unfetched: bool = False,
        source: str = "worker",
    ) -> Reply:
        """Park a job that is not claimed until `due` (seconds since 1970), or until a person decides.

        `unfetched` counts that its document could not be fetched; each of the first ten failures is reported.
        """
        millis = None if due is None else milliseconds(due)
        return self._scripts.run(
            "hold", job=job_id, reason=reason.value, due=millis, detail=detail, unfetched=unfetched, source=source
        )

    def release(self, job_id: str, *, why: str, operator: str | None = None) -> Reply:
        """Release a held job: `released`, or `shared` if the reason for the hold applies to other jobs, too.

        Otherwise `no` with the state that prevented it, or `gone`.
        """
        waivable = {reason.value: True for reason in WAIVABLE}
        return self._scripts.run(
            "release", job=job_id, waivable=waivable, why=why, operator=operator, source="operator"
        )

    def step_aside_many(self, asked: Sequence[tuple[str, str, str, bool]]) -> list[Reply]:
        """Ask whether the documents of jobs, each with its connection and its sender, may be made now.

        Returns an answer for each job, as `admit_many` does. With `go`, a job whose document is `slow` to make (the
        last of the four) holds neither a channel nor a number until it is admitted.
        """
        jobs = [
            {"job": job, "connection": connection, "sender": sender, "slow": slow}
            for job, connection, sender, slow in asked
        ]
        return self._scripts.run_many("step_aside", jobs=jobs, source="worker")

    def admit_many(
        self, asked: Sequence[tuple[str, str, str]], *, composed: Mapping[str, tuple[str, str | None]] | None = None
    ) -> list[Reply]:
        """Ask whether jobs, each with its connection and its sender, may be sent now. Returns an answer for each job.

        `composed` has, by job, the documents that were made from a cover and a link for some of them, each with the one
        that was recorded when the job was read. If another worker has recorded one meanwhile, that one stays.

        Its `outcome` is `go`, `held` with `reason` (it is parked), `no` or `gone`. With `go` come `wait`, the
        microseconds until its slot of the rate, the `connection` and `sender` to use, `ladder_step`, the step of the
        ladder with which the last fax to its number was delivered, and `composed`, the recorded document, if any.
        """
        jobs = []
        for job, connection, sender in asked:
            document, knew = (composed or {}).get(job, (None, None))
            jobs.append(
                {"job": job, "connection": connection, "sender": sender, "composed": document or "", "knew": knew or ""}
            )
        return self._scripts.run_many("admit", jobs=jobs, source="worker")

    def end(
        self,
        job_id: str,
        *,
        event: str,
        cause: str,
        states: Iterable[State],
        attempt: int | None = None,
        facts: Mapping[str, Any] | None = None,
        counter: str | None = None,
        blames_number: bool = False,
        spent: int | None = 0,
        source: str = "worker",
    ) -> Reply:
        """End a job in one of `states` as failed, reported by `event` (`job.rejected` or `job.exhausted`).

        `counter` is the one that counts the last attempt; `spent` is its cost in millionths, or None for what was
        reserved; `blames_number` counts towards the quarantine of the number.
        """
        data = json.dumps({"reason": cause, **(facts or {})})
        return self._scripts.run(
            "reject",
            job=job_id,
            attempt=attempt,
            event=event,
            cause=cause,
            data=data,
            states=[state.value for state in states],
            counter=counter,
            blames=blames_number or None,
            spent=spent,
            source=source,
        )

    def cancel(self, job_id: str, *, source: str, why: str | None = None, operator: str | None = None) -> Reply:
        """Cancel: `cancelled` at once, `wished` if Telnyx must be asked, `over`, or `gone`."""
        return self._scripts.run("cancel", job=job_id, why=why, operator=operator, source=source)

    def publish(
        self, kind: str, *, subject: str, fax_id: str | None = None, facts: Mapping[str, Any], source: str
    ) -> None:
        """Publish a fact that belongs to no job and changes no state."""
        self._scripts.run("publish", kind=kind, subject=subject, fax_id=fax_id, data=json.dumps(facts), source=source)

    @property
    def dead_letters(self) -> DeadLetters:
        """The messages that are not jobs."""
        return DeadLetters(self._scripts)
