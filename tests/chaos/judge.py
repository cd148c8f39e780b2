"""Judges each order: compares the simulator's count with receipts and ledger."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from faxdispatch import Event, State
from faxdispatch.ledger import JobView
from faxdispatch.operations.recovering import TAG
from faxdispatch.telnyx.client_state import decode_client_state
from tests.chaos.inbox import Document, judge_inbox
from tests.chaos.lists import Ended, List, judge_lists
from tests.chaos.orders import Order
from tests.chaos.restoring import Gone

OPEN_SENDS = frozenset({State.SUBMITTING, State.UNKNOWN})


@dataclass
class Evidence:
    """All evidence that the judge examines."""

    orders: list[Order]
    views: dict[str, JobView]
    """The ledger's rows of all jobs that it knows, with their histories."""
    events: list[Event]
    """The event stream."""
    counts: dict[State, int]
    left_over: dict[str, list[str]]
    """Entries that must be gone once every job has ended: appointments, lines, channels."""
    report: Mapping[str, Any]
    """The simulator's report."""
    faxes: list[dict[str, Any]]
    """The simulator's outbound faxes."""
    inbound: list[dict[str, Any]]
    """Its inbound ones."""
    documents: dict[str, list[Document]]
    """Their stored documents."""
    lists: list[List] = field(default_factory=list)
    """The campaigns that were asked for."""
    campaigns: dict[str, Ended] = field(default_factory=dict)
    """The ledger's figures of campaigns."""
    gone: list[Gone] = field(default_factory=list)
    """The times whose orders may be lost if Telnyx does not know them, since the ledger was set back to before them."""

    def excused(self, moment: float | None) -> bool:
        """Return whether an order that was answered then may be lost."""
        return any(each.has(moment) for each in self.gone)


@dataclass
class Verdict:
    """The faults that the judge found; each list has one kind, with reasons."""

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    double_dials: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    records: list[str] = field(default_factory=list)
    """Gaps, contradictions and remains in what we recorded."""
    inbox: list[str] = field(default_factory=list)
    """Inbound faxes that were lost, published twice, or not stored unchanged."""

    @property
    def ok(self) -> bool:
        """Return whether nothing at all is wrong."""
        return not (self.lost or self.doubled or self.double_dials or self.unknown or self.records or self.inbox)


def judge(evidence: Evidence) -> Verdict:
    """Judge a run."""
    verdict = Verdict()
    faxes = _by_job(evidence.faxes)
    for order in evidence.orders:
        _judge_order(order, evidence, faxes, verdict)
    verdict.lost += _judge_lists(evidence, faxes)
    _judge_sends(evidence.report["client_states"], verdict, set_back=bool(evidence.gone))
    _judge_faxes(faxes, verdict)
    _judge_records(evidence, verdict)
    verdict.inbox += judge_inbox(evidence.inbound, evidence.events, evidence.documents)
    return verdict


def _by_job(faxes: Iterable[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Sort the accepted faxes by job; each carries its attempt."""
    found: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for fax in faxes:
        job_id, attempt, _ = decode_client_state(fax.get("client_state")) or ("", 0, None)
        found[job_id].append({**fax, "attempt": attempt})
    return found


def _judge_order(order: Order, evidence: Evidence, faxes: Mapping[str, list[dict[str, Any]]], verdict: Verdict) -> None:
    if order.refused:
        verdict.lost.append(f"{order.key}: refused: {order.refused}")
    if len(order.job_ids) > 1:
        verdict.doubled.append(f"{order.key}: one key, {len(order.job_ids)} jobs")
    for job_id in order.job_ids:
        job = evidence.views.get(job_id)
        if job is None and job_id not in faxes and evidence.excused(order.given):
            continue
        if job is None:
            verdict.lost.append(f"{job_id}: promised{' by a plain message' if order.plain else ''}, never recorded")
            continue
        if job.state in OPEN_SENDS:
            verdict.unknown.append(f"{job_id}: still {job.state}")
        if not job.finished:
            verdict.lost.append(f"{job_id}: has not ended, is {job.state} ({job.hold_reason or job.cause})")
            continue
        arrived = any(fax["status"] == "delivered" for fax in faxes.get(job_id, ()))
        if arrived is not (job.state is State.DELIVERED):
            verdict.lost.append(f"{job_id}: {job.state} here, {'delivered' if arrived else 'not delivered'} at Telnyx")
        elif not order.cancelled and job.state not in order.ends and TAG not in job.request.tags:
            verdict.lost.append(f"{job_id}: {job.state} ({job.cause}), should be {'/'.join(order.ends)}")


def _judge_lists(evidence: Evidence, faxes: Mapping[str, list[dict[str, Any]]]) -> list[str]:
    made = {name: job.state.value[0] for name, job in evidence.views.items() if job.row is None}
    delivered = Counter({name: sum(fax["status"] == "delivered" for fax in mine) for name, mine in faxes.items()})
    return judge_lists(evidence.lists, evidence.campaigns, made, delivered, evidence.excused)


def _judge_sends(client_states: Mapping[str, Mapping[str, Any]], verdict: Verdict, *, set_back: bool) -> None:
    for client_state, sends in client_states.items():
        job_id, attempt, _ = decode_client_state(client_state) or (client_state, 0, None)
        # A ledger that was set back uses the number of an attempt again if Telnyx never accepted that attempt.
        if sends["posts"] > 1 and not set_back:
            verdict.double_dials.append(f"{job_id}: attempt {attempt} posted {sends['posts']} times")
        if sends["accepted"] > 1:
            verdict.doubled.append(f"{job_id}: attempt {attempt} accepted {sends['accepted']} times")


def _judge_faxes(faxes: Mapping[str, list[dict[str, Any]]], verdict: Verdict) -> None:
    for job_id, mine in faxes.items():
        line = sorted(mine, key=lambda fax: str(fax["created_at"]))
        alive = [fax["attempt"] for fax in line if fax["status"] != "failed"]
        if len(alive) > 1:
            verdict.doubled.append(f"{job_id}: attempts {alive} both arrived")
        for earlier, later in pairwise(line):
            if earlier["status"] == "failed" and earlier["updated_at"] > later["created_at"]:
                verdict.doubled.append(
                    f"{job_id}: attempt {later['attempt']} was accepted while {earlier['attempt']} was under way"
                )


def _judge_records(evidence: Evidence, verdict: Verdict) -> None:
    streamed: defaultdict[str, list[tuple[int, str]]] = defaultdict(list)
    for event in evidence.events:
        if event.job_id:
            streamed[event.job_id].append((event.seq, event.id))
    promised = {job_id for order in evidence.orders for job_id in order.job_ids}
    promised.update(job_id for each in evidence.lists for job_id in each.jobs())
    for job_id, job in evidence.views.items():
        if job.row is not None:
            # Its history ends with it.
            continue
        events = [(event.seq, event.id) for event in job.history]
        if [seq for seq, _ in events] != list(range(1, len(events) + 1)):
            verdict.records.append(f"{job_id}: its history has gaps")
        if events != streamed[job_id]:
            verdict.records.append(f"{job_id}: history and stream differ")
        if job_id not in promised:
            verdict.records.append(f"{job_id}: nobody asked for it")
    found = Counter(job.state for job in evidence.views.values())
    wrong = {state: count for state, count in evidence.counts.items() if count != found[state]}
    if wrong:
        verdict.records.append(f"counts {wrong} do not add up, there are {dict(found)}")
    verdict.records += [f"{what}: left over {names[:5]}" for what, names in evidence.left_over.items() if names]
