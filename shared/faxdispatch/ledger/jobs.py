"""The moves of one job. Every method is one atomic move, or says why it was not made."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from redis import Redis

from faxdispatch.errors import IdempotencyConflict
from faxdispatch.jobs import SendFax
from faxdispatch.ledger.deadletters import DeadLetters, bounded
from faxdispatch.ledger.index import mark
from faxdispatch.ledger.rows import Rows
from faxdispatch.states import WAIVABLE, HoldReason, State, Verdict

Scope = Literal["connection", "account"]
"""What may have run out of channels."""

CallOutcome = Literal["answered", "unreachable"]
"""The results of a call to send that created nothing."""

Reply = dict[str, Any]
"""The result of a move: `outcome`, and with `no` the `state` that prevented it."""


@dataclass(frozen=True, slots=True)
class New:
    """A job to be recorded; see `Ledger.create`.

    `message` is a queue of the broker on the same Redis, and the text that is put there by the step that records the
    job. `facts` go into its first event. `trace` is the `traceparent` of the trace that it belongs to. With `in_time`,
    a job whose `send_by` has passed is not recorded: the outcome is `late`.
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
            "send_by": round(job.send_by.timestamp() * 1000) if self.in_time and job.send_by else None,
        }
        return {name: value for name, value in given.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim of the next attempt of a job; see `Ledger.claim_many`.

    `connection` is the one that it will be sent on; the claim fails if the job waits on another by now. `telnyx_at` is
    the present time by Telnyx's clock, if known. `trace` is a `traceparent` that the job gets if it has none.
    """

    job_id: str
    owner: str
    facts: Mapping[str, Any]
    cost: int
    rung: int
    connection: str | None = None
    telnyx_at: datetime | None = None
    trace: str | None = None


class Ledger(Rows):
    """The rows of all jobs and all moves that they can make. Times are in seconds."""

    # Beginning ---------------------------------------------------------------------------------------------------

    def create(self, job_id: str, job: SendFax, *, source: str) -> Reply:
        """Record a job. The same key and content, or the same id, is the same job: `outcome` is `created` or `same`.

        Its first tag is the group with which it takes its turns.

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

        `unfetched` counts that its document could not be fetched; the first ten times are each reported.
        """
        millis = None if due is None else _ms(due)
        return self._scripts.run(
            "hold", job=job_id, reason=reason.value, due=millis, detail=detail, unfetched=unfetched, source=source
        )

    def release(self, job_id: str, *, why: str, operator: str | None = None) -> Reply:
        """Release a held job from a hold of its own: `released`, or `shared` if the hold is not its own.

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
        self, asked: Sequence[tuple[str, str, str]], *, letters: Mapping[str, tuple[str, str | None]] | None = None
    ) -> list[Reply]:
        """Ask whether jobs, each with its connection and its sender, may be sent now. Returns an answer for each job.

        `letters` names the documents that were made for some of them of a cover and a link, by job, each with the one
        that was recorded when the job was read. If another worker has recorded one meanwhile, that one stays.

        Its `outcome` is `go`, `held` with `reason` (it is parked), `no` or `gone`. With `go` come `wait`, the
        microseconds until its slot of the rate, the `connection` and `sender` to use, `rung`, the step of the ladder
        with which a fax last came through to its number, and `letter`, the recorded document if there is one.
        """
        jobs = []
        for job, connection, sender in asked:
            letter, knew = (letters or {}).get(job, (None, None))
            jobs.append(
                {"job": job, "connection": connection, "sender": sender, "letter": letter or "", "knew": knew or ""}
            )
        return self._scripts.run_many("admit", jobs=jobs, source="worker")

    # An attempt --------------------------------------------------------------------------------------------------

    def claim_many(
        self,
        claims: Sequence[Claim],
        *,
        lease: float,
        account: str | None = None,
        witness: Mapping[str, Any] | None = None,
        on: Redis | None = None,
    ) -> list[Reply]:
        """Claim the next attempts of jobs; each succeeds or fails by itself. Returns an answer for each claim.

        Its `outcome` is `claimed` with its number `attempt`, `held`, `no` or `gone`.

        `account` is the account at Telnyx that sends them: only its listings are evidence. `witness` is the signature
        of the process; each answer has what `Witness.remember` takes.
        """
        wanted = [
            {
                "job": c.job_id,
                "owner": c.owner,
                "data": json.dumps(c.facts),
                "cost": c.cost,
                "rung": c.rung,
                **({"connection": c.connection} if c.connection else {}),
                **({"telnyx_at": _ms(c.telnyx_at.timestamp())} if c.telnyx_at else {}),
                **({"trace": c.trace} if c.trace else {}),
            }
            for c in claims
        ]
        return self._scripts.run_many(
            "claim", on=on, claims=wanted, lease=_ms(lease), account=account, witness=witness, source="worker"
        )

    def accept(self, job_id: str, attempt: int, fax_id: str, *, source: str) -> Reply:
        """Record that Telnyx has the attempt: `bound`, `same`, `earlier`, or `stray` for a surplus fax."""
        [reply] = self.accept_many([(job_id, attempt, fax_id)], source=source)
        return reply

    def accept_many(self, seen: Sequence[tuple[str, int, str]], *, source: str) -> list[Reply]:
        """Record several at once: job, attempt and fax id of each. See `accept`."""
        accepts = [{"job": job, "attempt": attempt, "fax_id": fax_id} for job, attempt, fax_id in seen]
        return self._scripts.run_many("accept", accepts=accepts, source=source)

    def postpone(
        self,
        job_id: str,
        attempt: int,
        *,
        reason: HoldReason,
        delay: float,
        facts: Mapping[str, Any],
        capacity: Scope | None = None,
        pause: str | None = None,
        may_be_alone: bool = False,
        call: CallOutcome | None = None,
    ) -> Reply:
        """Put a claimed job back for `delay` seconds: nothing was created, no attempt is charged.

        `capacity` lowers the channel estimate of connection or account. `pause` is the reason for which Telnyx refused
        the account: the connection is paused for that time. If `may_be_alone` says that the refusal may concern only
        this fax, and Telnyx refused this fax before and accepted another in between, the answer is `alone`, and nothing
        is moved. `call` is the result of the call, or None if none was made.
        """
        data = json.dumps({"reason": reason.value, **facts})
        return self._scripts.run(
            "postpone",
            job=job_id,
            attempt=attempt,
            reason=reason.value,
            capacity=capacity,
            pause=pause,
            may_be_alone=may_be_alone or None,
            call=call,
            delay=_ms(delay),
            data=data,
            source="worker",
        )

    def void(self, job_id: str, owner: str, *, reason: HoldReason, delay: float) -> Reply:
        """Put a job back if it is not known whether `owner` has claimed it; the call was not made."""
        data = json.dumps({"reason": reason.value})
        return self._scripts.run(
            "postpone", job=job_id, owner=owner, reason=reason.value, delay=_ms(delay), data=data, source="worker"
        )

    def doubt(
        self,
        job_id: str,
        attempt: int,
        *,
        cause: str,
        look_after: float,
        facts: Mapping[str, Any],
        failing: bool = False,
        source: str = "worker",
    ) -> Reply:
        """Record that the attempt's outcome is unknown; the first search for evidence is in `look_after` seconds.

        `failing`: Telnyx answered with a 5xx, which may pause the connection.
        """
        data = json.dumps({"reason": cause, **facts})
        return self._scripts.run(
            "unknown",
            job=job_id,
            attempt=attempt,
            cause=cause,
            next=_ms(look_after),
            failing=failing or None,
            data=data,
            source=source,
        )

    def not_listed(
        self,
        job_id: str,
        attempt: int,
        *,
        look: str,
        settle: float,
        enough: int,
        age: float = 0,
        after_claim: float | None = None,
        account: str | None = None,
    ) -> Reply:
        """Record a complete listing of `account` without the attempt, asked for `age` seconds ago.

        It proves nothing if the attempt was made with another account: `elsewhere`.

        After `enough` listings, the last one requested `settle` seconds after the attempt became unknown: `requeued`,
        or `held` if too many attempts were never accepted. `after_claim` is how long after the claim it was requested,
        by a clock other than Redis', if there is one; the listing counts only up to that time.
        """
        return self._scripts.run(
            "listed",
            job=job_id,
            attempt=attempt,
            look=look,
            settle=_ms(settle),
            enough=enough,
            age=_ms(age),
            after_claim=None if after_claim is None else _ms(after_claim),
            account=account,
            source="listing",
        )

    # Ending ------------------------------------------------------------------------------------------------------

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

    def retry(
        self,
        job_id: str,
        attempt: int,
        *,
        delay: float,
        counter: str,
        tries: Mapping[str, int],
        facts: Mapping[str, Any],
        rung: int = 0,
        capacity: Scope | None = None,
        pause: str | None = None,
        spent: int | None = 0,
    ) -> Reply:
        """Plan the next attempt of a failed one in `delay` seconds.

        `counter` is the one of `dials`, `connects` and `holds` that counts the failed attempt, `rung` the next
        attempt's step of the ladder, `spent` the cost of the failed one in millionths, or None for what was reserved.
        `capacity` lowers the channel estimate of connection or account. `pause` is a reason to pause the connection
        until then.
        """
        return self._scripts.run(
            "retry",
            job=job_id,
            attempt=attempt,
            delay=_ms(delay),
            counter=counter,
            rung=rung,
            spent=spent,
            tries=dict(tries),
            capacity=capacity,
            pause=pause,
            data=json.dumps(facts),
            source="scheduler",
        )

    def cancel(self, job_id: str, *, source: str, why: str | None = None, operator: str | None = None) -> Reply:
        """Cancel: `cancelled` at once, `wished` if Telnyx must be asked, `over`, or `gone`."""
        return self._scripts.run("cancel", job=job_id, why=why, operator=operator, source=source)

    def resolve(
        self,
        job_id: str,
        verdict: Verdict,
        *,
        reason: str,
        operator: str | None = None,
        fax_id: str | None = None,
        attempt: int | None = None,
    ) -> Reply:
        """Record an operator's decision on an attempt: `resolved`, or `repeated` if it was recorded before.

        Otherwise `no` with the state that prevents it, `gone`, or `taken` if the fax belongs to another attempt, which
        `by` names. Without `attempt` it is about the last one.
        """
        return self._scripts.run(
            "resolve",
            job=job_id,
            verdict=verdict.value,
            fax_id=fax_id,
            attempt=attempt,
            reason=reason,
            operator=operator,
            source="operator",
        )

    # Publishing -----------------------------------------------------------------------------------------------------

    def publish(
        self, kind: str, *, subject: str, fax_id: str | None = None, facts: Mapping[str, Any], source: str
    ) -> None:
        """Publish a fact that moves no job and belongs to none."""
        self._scripts.run("publish", kind=kind, subject=subject, fax_id=fax_id, data=json.dumps(facts), source=source)

    @property
    def dead_letters(self) -> DeadLetters:
        """The messages that `dead_letter` has kept."""
        return DeadLetters(self._scripts)

    def dead_letter(
        self, message_id: str, *, letter: Mapping[str, Any], facts: Mapping[str, Any], source: str
    ) -> Reply:
        """Keep a message that is not a job as a dead letter and report it, once.

        Another message under the same id is another letter, whose id ends in a part of its hash. `letter` is its
        content; `facts`, what is wrong with it, are shortened if they are long, since they may repeat a stranger's
        text.
        """
        content = [letter.get(part) for part in ("body", "sha1", "args", "kwargs")]
        told = bounded(facts)
        return self._scripts.run(
            "invalid",
            id=message_id,
            letter=json.dumps({**told, **letter}),
            content=hashlib.sha256(json.dumps(content).encode()).hexdigest()[:16],
            data=json.dumps(told),
            source=source,
        )


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
