"""Judges the canary link by link, from its job and its events. Pure functions."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from faxdispatch.canary.advice import cause_in_words, what_to_do
from faxdispatch.canary.links import INBOUND, Link, Mark, Verdict
from faxdispatch.events import FaxFailed
from faxdispatch.ledger import JobView, Pause
from faxdispatch.operations.next_step import ends_by, pause_line, why_held
from faxdispatch.states import HoldReason, State
from faxdispatch.stream.places import Delivery, moment
from faxdispatch.text.wording import counted

GRACE = timedelta(seconds=10)
"""How long after the fax's end its first webhook may come: the webhooks of its earlier steps are due by then."""

INBOUND_GRACE = timedelta(seconds=30)
"""How long to wait, after the fax's end or the previous event, for an inbound event that was not requested."""

_PATIENCE = {
    Link.TAKEN: timedelta(seconds=10),
    Link.ACCEPTED: timedelta(seconds=15),
    Link.WEBHOOK: timedelta(seconds=30),
    Link.DELIVERED: timedelta(minutes=2),
    Link.RECEIVED: timedelta(minutes=2),
    Link.STORED: timedelta(minutes=2),
}
"""How long after the job was recorded a link may be open before the canary says what may be wrong."""

_FOR_A_PERSON = frozenset(
    {
        HoldReason.TOO_LATE,
        HoldReason.NO_CONNECTION,
        HoldReason.NO_SENDER,
        HoldReason.POLICY_HOOK,
        HoldReason.CONNECTION_PAUSED,
        HoldReason.ACCOUNT_REFUSED,
        HoldReason.SPEND_CAP,
    }
)
"""Holds that end the canary, since a person must fix or decide something first."""


@dataclass(frozen=True, slots=True)
class Wish:
    """The expectations of a canary.

    `inbound`: whether the fax comes in again; `stores`: whether inbound documents are stored here.
    """

    webhook_url: str | None = None
    """`FAX_WEBHOOK_URL`."""
    inbound: bool = False
    stores: bool = False

    def demands(self, link: Link) -> bool:
        """Return whether the installation counts as broken without this link."""
        if link not in INBOUND:
            return True
        return self.inbound and (link is Link.RECEIVED or self.stores)


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known about the canary at one moment, `now`, by Redis' clock.

    `job` comes with its history. `events` are the job's, and `inbound` are those of inbound faxes from our sender
    to the number. Both begin when the job was recorded and are in the order of the stream. `out_of_time` says that
    the wait is over.
    """

    job: JobView
    events: tuple[Delivery, ...]
    inbound: tuple[Delivery, ...]
    now: datetime
    pause: Pause | None = None
    """The pause of the job's connection."""
    out_of_time: bool = False

    def since(self, delivery: Delivery) -> float:
        """Return how many seconds after the recording of the job an event came."""
        return max(0.0, (moment(delivery.entry_id) - self.job.created_at).total_seconds())


def judge(seen: Seen, wish: Wish) -> tuple[Verdict, ...]:
    """Judge every link after the recorded job, in the order of `Link`."""
    verdicts: dict[Link, Verdict] = {}
    for link, one in _JUDGES.items():
        found = one(seen, wish, verdicts)
        verdicts[link] = _with_patience(found, seen, demanded=wish.demands(link))
    return tuple(verdicts.values())


def over(verdicts: tuple[Verdict, ...]) -> bool:
    """Return whether there is nothing more to wait for."""
    return all(verdict.mark is not Mark.WAITING for verdict in verdicts)


Known = dict[Link, Verdict]


def _taken(seen: Seen, _wish: Wish, _known: Known) -> Verdict:
    first = _first(seen.events, _shows_work)
    if first:
        worker = first.event.data.get("worker")
        return _ok(Link.TAKEN, f"by worker {worker}" if worker else "", seen.since(first))
    if seen.job.finished:
        return _ended(Link.TAKEN, seen)
    if seen.job.state is State.HELD:
        return _held(Link.TAKEN, seen)
    remedy = "check whether the workers use this REDIS_URL and CELERY_BROKER_URL, and what their log says"
    return Verdict(Link.TAKEN, Mark.WAITING, "no worker has taken it yet", remedy)


def _shows_work(delivery: Delivery) -> bool:
    """Return whether an event shows that a worker has taken the job."""
    event = delivery.event
    return event.type in {"job.submitted", "job.accepted"} or event.fax_id is not None


def _accepted(seen: Seen, _wish: Wish, known: Known) -> Verdict:
    link = Link.ACCEPTED
    if known[Link.TAKEN].mark is not Mark.OK:
        return Verdict(link, Mark.UNTRIED)
    first = _first(seen.events, lambda d: d.event.fax_id is not None)
    if first:
        return _ok(link, f"as fax {first.event.fax_id}", seen.since(first))
    if seen.job.finished:
        return _ended(link, seen)
    if seen.job.state is State.HELD:
        return _held(link, seen)
    status = f"faxdispatch status {seen.job.job_id} shows what is done about it"
    if seen.job.state is State.UNKNOWN:
        return Verdict(link, Mark.WAITING, "it is not known whether Telnyx accepted it; Telnyx is asked", status)
    return Verdict(link, Mark.WAITING, "Telnyx has not answered yet", status)


def _webhook(seen: Seen, wish: Wish, known: Known) -> Verdict:
    link = Link.WEBHOOK
    if known[Link.ACCEPTED].mark is not Mark.OK:
        return Verdict(link, Mark.UNTRIED)
    first = _first(seen.events, lambda d: d.event.source == "webhook" and d.event.type.startswith("fax."))
    if first:
        return _ok(link, f"{first.event.type}, signed by Telnyx", seen.since(first))
    where = (
        f"FAX_WEBHOOK_URL, {wish.webhook_url}, must reach the web process from outside"
        if wish.webhook_url
        else "FAX_WEBHOOK_URL is not set, so the fax application's webhook_event_url must be our public address"
    )
    remedy = (
        f"{where}; TELNYX_PUBLIC_KEY must be this account's. faxdispatch doctor tests both, faxdispatch apps show "
        f"{seen.job.connection_id or 'CONNECTION'} shows the application, and the web process' log what was refused"
    )
    late = _at_rest(seen.job) and seen.now - seen.job.updated_at > GRACE
    detail = "webhooks do not reach us: none has arrived, and the result is known only from asking Telnyx"
    return Verdict(link, Mark.BROKEN if late else Mark.WAITING, detail if late else "none has come yet", remedy)


def _delivered(seen: Seen, _wish: Wish, known: Known) -> Verdict:
    link = Link.DELIVERED
    if known[Link.ACCEPTED].mark is not Mark.OK:
        return Verdict(link, Mark.UNTRIED)
    first = _first(seen.events, lambda d: d.event.type == "fax.delivered" and not d.event.note)
    if first:
        return _arrived(seen, first)
    if seen.job.finished and seen.job.state is not State.DELIVERED:
        return _ended(link, seen)
    if seen.job.state is State.HELD:
        return _held(link, seen)
    status = seen.job.provider_status
    remedy = f"look at the machine, and at fax {seen.job.fax_id} in Telnyx's portal"
    return Verdict(link, Mark.WAITING, f"Telnyx says: {status}" if status else "Telnyx has it", remedy)


def _arrived(seen: Seen, delivery: Delivery) -> Verdict:
    pages = delivery.event.data.get("page_count")
    how = "" if delivery.event.source == "webhook" else ", according to Telnyx's answer"
    if pages is None:
        return _ok(Link.DELIVERED, f"Telnyx does not say how many pages{how}", seen.since(delivery))
    if pages == 0:
        remedy = "check whether the page was printed; if not, ask Telnyx with the fax id"
        return Verdict(Link.DELIVERED, Mark.BROKEN, "Telnyx reports it as delivered, with no page", remedy)
    return _ok(Link.DELIVERED, f"{counted(pages, 'page')}{how}", seen.since(delivery))


def _received(seen: Seen, wish: Wish, known: Known) -> Verdict:
    link = Link.RECEIVED
    first = _first(seen.inbound, lambda d: d.event.type == "fax.received")
    if first:
        part = ", but only a part of it" if first.event.data.get("partial_content") else ""
        by = "by webhook" if first.event.source == "webhook" else "found by asking Telnyx"
        return _ok(link, f"the number is ours, and the fax came in{part}, {by}", seen.since(first))
    if known[Link.DELIVERED].mark in {Mark.UNTRIED, Mark.BROKEN}:
        return Verdict(link, Mark.UNTRIED)
    failed = _first(seen.inbound, lambda d: isinstance(d.event, FaxFailed))
    if failed:
        reason = failed.event.data.get("failure_reason")
        detail = f"the number is ours, and receiving failed: {cause_in_words(reason)}"
        return Verdict(link, Mark.BROKEN if wish.inbound else Mark.UNTRIED, detail, "run it again")
    begun = bool(seen.inbound)
    if not wish.inbound and (not begun or _past(seen, INBOUND_GRACE)):
        return _unasked(link, seen, known, "it began to arrive here, and nothing more was reported" if begun else "")
    remedy = (
        "check in Telnyx's portal that the number is assigned to the fax application, and that the application's "
        "webhook_event_url is our public address: inbound faxes are reported there"
    )
    return Verdict(link, Mark.WAITING, "it is coming in" if begun else "it has not arrived here", remedy)


def _stored(seen: Seen, wish: Wish, known: Known) -> Verdict:
    link = Link.STORED
    received = _first(seen.inbound, lambda d: d.event.type == "fax.received")
    if received is None:
        waits = known[Link.RECEIVED].mark is Mark.WAITING and wish.stores
        return Verdict(link, Mark.WAITING if waits else Mark.UNTRIED)
    of_fax = [d for d in seen.inbound if d.event.fax_id == received.event.fax_id]
    kept = _first(tuple(of_fax), lambda d: d.event.type == "fax.stored")
    if kept:
        return _ok(link, "its document is stored", seen.since(kept))
    if not wish.stores:
        return Verdict(link, Mark.UNTRIED, "FAX_INBOUND_DIR is not set, so inbound documents are not stored")
    remedy = f"faxdispatch inbound show {received.event.fax_id} says why"
    if _first(tuple(of_fax), lambda d: d.event.type == "fax.store.failed"):
        return Verdict(link, Mark.BROKEN if wish.inbound else Mark.UNTRIED, "storing it was given up", remedy)
    if not wish.inbound and seen.now - moment(received.entry_id) > INBOUND_GRACE:
        return Verdict(link, Mark.UNTRIED, "its document is not stored yet", remedy)
    return Verdict(link, Mark.WAITING, "its document is not stored yet", remedy)


_JUDGES: dict[Link, Callable[[Seen, Wish, Known], Verdict]] = {
    Link.TAKEN: _taken,
    Link.ACCEPTED: _accepted,
    Link.WEBHOOK: _webhook,
    Link.DELIVERED: _delivered,
    Link.RECEIVED: _received,
    Link.STORED: _stored,
}


def _with_patience(verdict: Verdict, seen: Seen, *, demanded: bool) -> Verdict:
    """Leave out advice that comes too early; once the time is over, the canary waits for nothing more."""
    if verdict.mark is not Mark.WAITING:
        return verdict
    if seen.out_of_time:
        mark = Mark.BROKEN if demanded else Mark.UNTRIED
        return replace(verdict, mark=mark, detail=f"not in time: {verdict.detail}" if verdict.detail else "not in time")
    early = seen.now - seen.job.created_at < _PATIENCE[verdict.link]
    return replace(verdict, remedy="") if early else verdict


def _ok(link: Link, detail: str, seconds: float) -> Verdict:
    return Verdict(link, Mark.OK, detail, seconds=seconds)


def _held(link: Link, seen: Seen) -> Verdict:
    """Say why it is held.

    The canary does not wait for a hold that a person must end. A failed attempt explains more than a hold.
    """
    job = seen.job
    detail, remedy = why_held(job) or f"It is held: {job.hold_reason}.", ends_by(job) or ""
    if job.hold_reason == HoldReason.CONNECTION_PAUSED:
        more = (_refusal(seen), pause_line(seen.pause) if seen.pause else None)
        detail = " ".join(filter(None, [detail, "; ".join(filter(None, more))]))
    if failed := _failure(seen):
        detail, remedy = f"{cause_in_words(failed)} {detail}", f"{what_to_do(failed)}. {remedy}"
    return Verdict(link, Mark.BROKEN if _at_rest(job) else Mark.WAITING, detail, remedy)


def _ended(link: Link, seen: Seen) -> Verdict:
    """Say why it ended before this link."""
    job = seen.job
    if job.state is State.CANCELLED:
        return Verdict(link, Mark.BROKEN, "it was cancelled", "run it again")
    rejected = _first(seen.events, lambda d: d.event.type == "job.rejected")
    said = rejected.event.data if rejected else {}
    if "error" in said:
        remedy = "fix what Telnyx refuses; faxdispatch doctor checks the key and the fax application"
        return Verdict(link, Mark.BROKEN, str(said.get("message") or said["error"]), remedy)
    cause = str(said.get("reason") or _failure(seen) or job.cause or "") or None
    more = said.get("problem") or said.get("detail")
    detail = f"{cause_in_words(cause)} {more}" if more else cause_in_words(cause)
    return Verdict(link, Mark.BROKEN, detail, what_to_do(cause))


def _refusal(seen: Seen) -> str | None:
    """Return Telnyx's message if it refused the account for this fax."""
    holds = [d.event.data for d in seen.events if d.event.type == "job.held"]
    return next((data["message"] for data in reversed(holds) if data.get("message")), None)


def _failure(seen: Seen) -> str | None:
    """Return the reason of the last attempt that Telnyx reported as failed."""
    failed = [d.event for d in seen.events if isinstance(d.event, FaxFailed) and not d.event.note]
    return failed[-1].failure_reason or "unknown" if failed else None


def _at_rest(job: JobView) -> bool:
    """Return whether nothing more will happen to it, or nothing until a person acts."""
    return job.finished or (job.state is State.HELD and job.hold_reason in _FOR_A_PERSON)


def _past(seen: Seen, grace: timedelta) -> bool:
    return seen.job.finished and seen.now - seen.job.updated_at > grace


def _unasked(link: Link, seen: Seen, known: Known, detail: str) -> Verdict:
    """Leave out a link that was not requested, once the fax itself has ended."""
    waits = known[Link.DELIVERED].mark is Mark.WAITING and not seen.out_of_time
    return Verdict(link, Mark.WAITING if waits else Mark.UNTRIED, detail)


def _first(deliveries: tuple[Delivery, ...], wanted: Callable[[Delivery], bool]) -> Delivery | None:
    return next((delivery for delivery in deliveries if wanted(delivery)), None)
