"""The moves of one attempt to send a fax.

Every method makes one atomic move, or returns the reason why it made none.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from redis import Redis

from faxdispatch.ledger.clock import milliseconds
from faxdispatch.ledger.rows import Rows
from faxdispatch.states import HoldReason, Verdict

Scope = Literal["connection", "account"]
"""The account or connection that has no channel free."""

CallOutcome = Literal["answered", "unreachable"]
"""The results of a call to send that created nothing."""

Reply = dict[str, Any]
"""The result of a move: `outcome`, and with `no` the `state` that prevented it."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim of the next attempt of a job; see `Attempts.claim_many`.

    `connection` is the one that it will be sent on; the claim fails if the job waits on another one by now. `telnyx_at`
    is the present time by Telnyx's clock, if known. `trace` is a `traceparent` that the job gets if it has none.
    """

    job_id: str
    owner: str
    facts: Mapping[str, Any]
    cost: int
    ladder_step: int
    connection: str | None = None
    telnyx_at: datetime | None = None
    trace: str | None = None


class Attempts(Rows):
    """The moves of the attempts of all jobs. Times are in seconds."""

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
                "ladder_step": c.ladder_step,
                **({"connection": c.connection} if c.connection else {}),
                **({"telnyx_at": milliseconds(c.telnyx_at.timestamp())} if c.telnyx_at else {}),
                **({"trace": c.trace} if c.trace else {}),
            }
            for c in claims
        ]
        return self._scripts.run_many(
            "claim", on=on, claims=wanted, lease=milliseconds(lease), account=account, witness=witness, source="worker"
        )

    def accept(self, job_id: str, attempt: int, fax_id: str, *, source: str) -> Reply:
        """Record that Telnyx has the attempt: `bound`, `same`, `earlier`, or `surplus` for a second fax of the job."""
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
            delay=milliseconds(delay),
            data=data,
            source="worker",
        )

    def void(self, job_id: str, owner: str, *, reason: HoldReason, delay: float) -> Reply:
        """Put a job back if it is not known whether `owner` has claimed it; the call was not made."""
        data = json.dumps({"reason": reason.value})
        return self._scripts.run(
            "postpone",
            job=job_id,
            owner=owner,
            reason=reason.value,
            delay=milliseconds(delay),
            data=data,
            source="worker",
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
            next=milliseconds(look_after),
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
        """Record a complete listing of `account` without the attempt, requested `age` seconds ago.

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
            settle=milliseconds(settle),
            enough=enough,
            age=milliseconds(age),
            after_claim=None if after_claim is None else milliseconds(after_claim),
            account=account,
            source="listing",
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
        ladder_step: int = 0,
        capacity: Scope | None = None,
        pause: str | None = None,
        spent: int | None = 0,
    ) -> Reply:
        """Plan the next attempt of a failed one in `delay` seconds.

        `counter` is the one of `dials`, `connects` and `holds` that counts the failed attempt, `ladder_step` the next
        attempt's step of the ladder, `spent` the cost of the failed one in millionths, or None for what was reserved.
        `capacity` lowers the channel estimate of connection or account. `pause` is a reason to pause the connection
        until then.
        """
        return self._scripts.run(
            "retry",
            job=job_id,
            attempt=attempt,
            delay=milliseconds(delay),
            counter=counter,
            ladder_step=ladder_step,
            spent=spent,
            tries=dict(tries),
            capacity=capacity,
            pause=pause,
            data=json.dumps(facts),
            source="scheduler",
        )

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
