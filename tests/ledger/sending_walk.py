"""The common parts of walks of single faxes and of rows: workers, a Telnyx, its webhooks and its listings.

Workers may die between any two steps, Telnyx accepts with or without an answer, webhooks come early, late, twice or
never, listings lag, and the clock jumps. A walk assumes only promises of the documents: a claim's call leaves
before half of its lease is over, and a listing shows a fax within the settle time.
"""

from abc import ABC, abstractmethod
from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

from faxdispatch.ledger import Appointment, Observation
from faxdispatch.states import HoldReason, State
from tests.ledger.campaign_desk import CampaignDesk
from tests.ledger.desk import EVENT, SENDER
from tests.ledger.steps import admit_one, claim_one
from tests.ledger.walk import SeededWalk

LEASE, SETTLE, LAG, LISTINGS = 60, 600, 300, 3


@dataclass
class Call:
    """A worker in the middle of an attempt."""

    job: str
    attempt: int
    claimed_at: float
    cost: int = 0
    answer: str | None = None
    fax: str | None = None


@dataclass
class Fax:
    """A fax at Telnyx."""

    id: str
    job: str
    attempt: int
    at: float
    cost: int = 0
    status: str = "queued"
    reason: str | None = None

    @property
    def over(self) -> bool:
        return self.status in {"delivered", "failed"}


class SendingWalk(SeededWalk, ABC):
    desk: CampaignDesk

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.messages: list[str] = []
        self.admitted: list[str] = []
        self.calls: list[Call] = []
        self.faxes: list[Fax] = []
        self.webhooks: list[Observation] = []
        self.reconciles: list[str] = []
        self.posts: Counter[tuple[str, int]] = Counter()
        self.looks = self.owners = 0

    @property
    def now(self) -> float:
        assert self.desk.scripts.now is not None
        return self.desk.scripts.now / 1000

    @property
    def flying(self) -> list[Fax]:
        return [fax for fax in self.faxes if not fax.over]

    def connection_of(self, _: str) -> str:
        return "c"

    # Workers -------------------------------------------------------------------------------------------------------

    def claimed(self, job: str, cost: int = 5) -> Any:
        self.owners += 1
        return claim_one(self.desk.ledger, job, owner=f"w{self.owners}", lease=LEASE, facts={}, cost=cost)

    def answers(self) -> list[str]:
        """Telnyx's possible answers; one that is listed more often is more likely."""
        return ["accepted"] * 5 + ["accepted, no answer"] * 2 + ["refused", "no answer", "not sent"]

    def call_telnyx(self) -> None:
        call = self.one([call for call in self.calls if not call.answer])
        late = self.now >= call.claimed_at + LEASE / 2
        call.answer = "not sent" if late else self.one(self.answers())
        if call.answer not in {"not sent", "not reached"}:
            self.post(call)

    def post(self, call: Call) -> None:
        self.posts[call.job, call.attempt] += 1
        assert self.posts[call.job, call.attempt] == 1, f"{call} was posted twice"
        if str(call.answer).startswith("accepted"):
            call.fax = f"f{len(self.faxes)}"
            self.faxes.append(Fax(call.fax, call.job, call.attempt, self.now, call.cost))

    def record(self) -> None:
        call = self.one([call for call in self.calls if call.answer])
        self.calls.remove(call)
        for _ in range(self.one([0, 1, 1, 1, 2])):
            self.record_answer(call)

    def record_answer(self, call: Call) -> None:
        ledger = self.desk.ledger
        if call.answer == "accepted":
            assert call.fax
            outcome = ledger.accept(call.job, call.attempt, call.fax, source="worker")["outcome"]
            assert outcome in {"bound", "same", "earlier", "gone"}, outcome
        elif call.answer == "refused":
            states = [State.SUBMITTING, State.UNKNOWN]
            ledger.end(call.job, event="job.rejected", cause="422", states=states, attempt=call.attempt)
        elif call.answer == "not sent":
            ledger.postpone(call.job, call.attempt, reason=HoldReason.NOT_SENT, delay=5, facts={})
        else:
            self.doubt(call.job, call.attempt)

    def doubt(self, job: str, attempt: int, **options: Any) -> None:
        self.desk.ledger.doubt(job, attempt, cause="no_answer", look_after=15, facts={}, **options)

    def send(self, job: str) -> None:
        """Let a job be sent without any fault."""
        sender = {"connection": self.connection_of(job), "sender": SENDER}
        if admit_one(self.desk.ledger, job, **sender)["outcome"] != "go":
            return
        reply = self.claimed(job)
        if reply["outcome"] == "claimed":
            call = Call(job, reply["attempt"], self.now, 5, "accepted")
            self.post(call)
            self.record_answer(call)

    # Telnyx --------------------------------------------------------------------------------------------------------

    def said(self, fax: Fax, source: str = "webhook") -> Observation:
        """Telnyx's report about a fax. In answers to questions, it names no job."""
        kind = EVENT.get(fax.status, f"fax.{fax.status}")
        seen = Observation(f"{source}:{fax.id}:{fax.status}", fax.status, kind, source, fax.id, status=fax.status)
        seen = replace(seen, failure_reason=fax.reason)
        return seen if source == "poll" else replace(seen, job_id=fax.job, attempt=fax.attempt)

    # The scheduler -------------------------------------------------------------------------------------------------

    def tick(self) -> None:
        for due in self.desk.agenda.due():
            if due.state in {State.QUEUED, State.HELD}:
                self.messages.append(due.job_id)
            elif due.state is State.SUBMITTING:
                self.doubt(due.job_id, due.attempt, source="scheduler")
            elif due.state is State.UNKNOWN:
                self.reconciles.append(due.job_id)
            elif due.state is State.ACCEPTED:
                self._poll(due)
            else:
                self.decide(due.job_id)
        assert self.desk.agenda.surplus_faxes() == [], "a fax too many"

    def _poll(self, due: Appointment) -> None:
        fax = next(fax for fax in self.faxes if fax.id == due.fax_id)
        if due.cancel_requested and not fax.over:
            fax.status, fax.reason = "failed", "sender_canceled"
        self.desk.observations.record(self.said(fax, "poll"))

    @abstractmethod
    def decide(self, job_id: str) -> None:
        """Do what the failure policy does with a job whose attempt has failed."""

    def reconcile(self) -> None:
        job = self.take(self.reconciles)
        if self.chance(0.9):
            self.look(job, times=self.one([1, 1, 1, 2]))

    def look(self, job_id: str, *, times: int = 1) -> None:
        """List the faxes at Telnyx. A fax is listed once the lag is over; before, it may or may not."""
        [job] = self.desk.ledger.jobs([job_id])
        if not job or job.state is not State.UNKNOWN:
            return
        self.looks += 1
        sent = [fax for fax in self.faxes if (fax.job, fax.attempt) == (job_id, job.attempt)]
        found = [fax.id for fax in sent if fax.at + LAG <= self.now]
        for _ in range(times):
            if found:
                self.desk.ledger.accept(job_id, job.attempt, found[0], source="listing")
            else:
                look = f"look{self.looks}"
                self.desk.ledger.not_listed(job_id, job.attempt, look=look, settle=SETTLE, enough=LISTINGS)
