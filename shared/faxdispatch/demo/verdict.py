"""Compares the result of each fax in the ledger, the events and the simulator's own count with the expected one."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from faxdispatch.demo.recipients import Recipient
from faxdispatch.demo.run import Run
from faxdispatch.events import Event
from faxdispatch.ledger import JobView
from faxdispatch.telnyx.client_state import decode_client_state
from faxdispatch.text.wording import counted

_SAID = {
    "job.queued": "queued",
    "job.submitted": "submitted",
    "job.accepted": "accepted",
    "job.unknown": "unknown",
    "job.cancelling": "cancelling",
    "job.cancelled": "cancelled",
    "job.rejected": "rejected",
    "job.exhausted": "given up",
    "job.retrying": "retry",
    "fax.sending.started": "sending",
    "fax.delivered": "delivered",
}


@dataclass(frozen=True)
class FaxVerdict:
    """One fax: what was expected, what happened, and every difference."""

    job_id: str
    recipient: str
    number: str
    document: str
    story: str
    expected: str
    actual: str
    attempts: int
    accepted_by_telnyx: int
    way: list[str]
    problems: list[str]


@dataclass(frozen=True)
class Verdict:
    """The whole demonstration."""

    faxes: list[FaxVerdict]
    problems: list[str]
    seconds: float
    events_read: int
    simulator: dict[str, Any]

    @property
    def ok(self) -> bool:
        """Return whether everything happened as expected."""
        return not self.problems and not any(fax.problems for fax in self.faxes)

    def as_json(self) -> dict[str, Any]:
        """Return it for programs."""
        return {"simulation": True, "ok": self.ok, **asdict(self)}


def judge(run: Run, report: Mapping[str, Any]) -> Verdict:
    """Compare a run with its recipients; `report` is the simulator's own."""
    sends: defaultdict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for client_state, sent in report["client_states"].items():
        job = decode_client_state(client_state)
        sends[job[0] if job else ""].append(sent)
    faxes = [
        _judge_fax(recipient, run.views[job_id], run.events[job_id], sends.pop(job_id, []))
        for job_id, recipient in run.jobs.items()
        if job_id in run.views
    ]
    problems = [f"{job_id}: a repeated request made a second fax" for job_id in run.doubled]
    if any(sends.values()):
        problems.append(f"the simulator got faxes that belong to no recipient: {sorted(sends)}")
    return Verdict(
        faxes=faxes,
        problems=problems,
        seconds=round(run.seconds, 1),
        events_read=sum(map(len, run.events.values())),
        simulator={name: report[name] for name in ("posts_total", "accepted_total", "delivered", "failed", "webhooks")},
    )


def _judge_fax(
    recipient: Recipient, view: JobView, events: list[Event], sends: Iterable[Mapping[str, Any]]
) -> FaxVerdict:
    accepted = [int(one["accepted"]) for one in sends]
    problems = []
    if view.state is not recipient.expected:
        problems.append(f"expected {recipient.expected}, is {view.state}")
    if recipient.cause and view.cause != recipient.cause:
        problems.append(f"expected to fail with {recipient.cause}, did with {view.cause}")
    if sum(accepted) != recipient.calls:
        problems.append(f"Telnyx should have accepted {counted(recipient.calls, 'fax')}, did {sum(accepted)}")
    if any(count > 1 for count in accepted):
        problems.append("Telnyx accepted one attempt twice")
    if [event.seq for event in events] != list(range(1, len(events) + 1)):
        problems.append("the consumer did not read every event once and in order")
    return FaxVerdict(
        job_id=view.job_id,
        recipient=recipient.name,
        number=recipient.number,
        document=recipient.document,
        story=recipient.story,
        expected=recipient.expected,
        actual=view.state,
        attempts=view.attempt,
        accepted_by_telnyx=sum(accepted),
        way=[word for event in events if (word := _word(event))],
        problems=problems,
    )


def _word(event: Event) -> str | None:
    """Return an event as a step in the fax's course, or None if it says nothing new."""
    if event.note:
        return None
    if event.type == "job.held":
        return f"held: {event.data.get('reason')}"
    if event.type == "fax.failed":
        return f"failed: {event.data.get('failure_reason')}"
    return _SAID.get(event.type)
