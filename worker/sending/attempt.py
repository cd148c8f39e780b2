"""Attempts to send faxes: prepare → admit → pace → claim → submit → record.

One message may bring one job or many rows of a campaign. Redis is asked once for all of them, but each job is admitted,
claimed, sent and recorded separately. Later news from Telnyx comes by webhook; the scheduler then decides about
failures.
"""

import logging
import math
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import replace
from typing import Any
from uuid import uuid4

from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_exponential

from faxdispatch.errors import InvalidJob, NotKnown, NotSent, OutcomeUnknown, RateLimited, TelnyxError, Unavailable
from faxdispatch.ledger import Claim, JobView
from faxdispatch.observability import tracing
from faxdispatch.observability.tracing import Span
from faxdispatch.states import HoldReason
from faxdispatch.telnyx import Fax, SendRequest
from faxdispatch.telnyx.client_state import encode_client_state
from worker.context import Collaborators
from worker.policy import changes
from worker.sending.preparation import prepare
from worker.sending.record import record
from worker.sending.stages import LATER_VERSION, Admitted, Claimed, Ended, Outcome, Prepared

log = logging.getLogger(__name__)

EARLY = 0.03
"""How many seconds before its slot a fax is claimed: the claim takes a little time, and the slot is for the call."""
TOGETHER = 0.1
"""Faxes with slots within this many seconds are claimed together."""
LATE = 0.05
"""Seconds after its slot from which a call draws a new one: late calls would come too close to those after them."""
PATIENCE = 0.5
"""Seconds for which such a call waits; its claim runs meanwhile."""
SIDE_BY_SIDE = 32
"""Maximum number of calls of one message that are claimed and not answered yet."""
MOMENT = 0.05
"""Answers within this many seconds are recorded together, since each record is a write to disk.

Until then, only their claims are recorded.
"""
COVERS_TOGETHER = 0.2
"""Covers that are made within this many seconds of the first one continue together."""

CLOSED = 5.0
"""Seconds after which a job is checked again if it arrived while nothing may be sent."""

_TELNYX = {field.alias or name for name, field in SendRequest.model_fields.items()} - {"client_state"}
"""The options that go to Telnyx. All others are for faxdispatch; Telnyx gets a client_state that faxdispatch makes."""

Outcomes = dict[str, Outcome]
"""The result of each job's attempt."""


def run_attempt(job_id: str, w: Collaborators) -> Outcome:
    """Try to send a job now.

    Raises:
        NotKnown: there is no such job.
        Unavailable: Redis did not answer; the job keeps its appointment with the scheduler.
    """
    outcomes = run_attempts([job_id], w)
    if job_id not in outcomes:
        raise NotKnown(f"job {job_id}: not known here")
    return outcomes[job_id]


def run_attempts(job_ids: Sequence[str], w: Collaborators) -> Outcomes:
    """Try to send several jobs now; an unknown job is left out of the result.

    Raises:
        Unavailable: Redis did not answer; the jobs keep their appointments with the scheduler.
    """
    outcomes: Outcomes = {}
    if reason := closed(w):
        for job_id in job_ids:
            w.ledger.hold(job_id, reason=reason, due=w.now().timestamp() + CLOSED)
        return dict.fromkeys(job_ids, Outcome.PARKED)
    for ready in _with_covers(list(_prepare(job_ids, outcomes, w)), outcomes, w):
        admitted = list(_admit(ready, outcomes, w))
        _send(sorted(admitted, key=lambda a: a.slot), outcomes, w)
    return outcomes


def closed(w: Collaborators) -> HoldReason | None:
    """Return why this worker may send nothing at present, or None if it may send."""
    if w.account.known() is None:
        return HoldReason.ACCOUNT_UNKNOWN
    return w.watch.closed


def _prepare(job_ids: Sequence[str], outcomes: Outcomes, w: Collaborators) -> Iterator[Prepared]:
    for job in _known(job_ids, outcomes, w):
        try:
            prepared = prepare(job, w)
        except Ended as ended:
            outcomes[job.job_id] = ended.outcome
        except NotKnown:
            log.info("job %s is gone", job.job_id, extra={"job": job.job_id})
        except Unavailable:
            raise
        except Exception:
            # It keeps its appointment with the scheduler, and delays none of the others.
            log.exception("job %s: unexpected error", job.job_id, extra={"job": job.job_id})
            outcomes[job.job_id] = Outcome.PARKED
        else:
            w.reached("prepared")
            yield prepared


def _known(job_ids: Sequence[str], outcomes: Outcomes, w: Collaborators) -> list[JobView]:
    """Return the jobs whose requests this version can read completely. Other jobs do not delay them."""
    known: list[JobView] = []
    for job in w.ledger.jobs(job_ids):
        if job is None:
            continue
        try:
            known.append(job.known())
        except InvalidJob as error:
            log.warning(LATER_VERSION, job.job_id, error, extra={"job": job.job_id})
            outcomes[job.job_id] = Outcome.PARKED
    return known


def _with_covers(prepared: Sequence[Prepared], outcomes: Outcomes, w: Collaborators) -> Iterator[Sequence[Prepared]]:
    """Put the covers before the documents of the faxes that have one, in parallel.

    Faxes without a cover go first; then each goes as soon as its cover is ready, together with others that are ready at
    the same time.
    """
    plain = [one for one in prepared if not one.request.cover]
    if len(plain) == len(prepared):
        yield plain
        return
    # The code that makes documents takes 20 MB, and few workers need a cover.
    from worker.sending.covering import covered  # noqa: PLC0415

    may = _step_aside([one for one in prepared if one.request.cover], outcomes, w)
    making = {w.cover_threads.submit(covered, one, w): one for one in may}
    yield plain
    while making:
        wait(making, return_when=FIRST_COMPLETED)
        made = wait(making, timeout=COVERS_TOGETHER).done
        yield [one for cover in made if (one := _made(cover, making.pop(cover), outcomes))]


def _step_aside(prepared: Sequence[Prepared], outcomes: Outcomes, w: Collaborators) -> list[Prepared]:
    """Return the faxes whose documents may be made now. Meanwhile, a fax with a link holds no channel."""
    asked = [
        (one.job.job_id, one.connection, one.sender, one.request.media_url is not None and one.job.composed is None)
        for one in prepared
    ]
    replies = w.ledger.step_aside_many(asked)
    for one, reply in zip(prepared, replies, strict=True):
        if reply["outcome"] != "go":
            outcomes[one.job.job_id] = _barred(reply["outcome"])
    return [one for one, reply in zip(prepared, replies, strict=True) if reply["outcome"] == "go"]


def _barred(outcome: str) -> Outcome:
    return Outcome.PARKED if outcome == "held" else Outcome.DROPPED


def _made(cover: Future[Prepared], one: Prepared, outcomes: Outcomes) -> Prepared | None:
    """Return a fax with its cover, or None if it cannot be made now."""
    try:
        return cover.result()
    except Ended as ended:
        outcomes[one.job.job_id] = ended.outcome
    except Unavailable:
        raise
    except Exception:
        # The same as in `_prepare`.
        log.exception(
            "job %s: unexpected error while its cover was made", one.job.job_id, extra={"job": one.job.job_id}
        )
        outcomes[one.job.job_id] = Outcome.PARKED
    return None


def _admit(prepared: Sequence[Prepared], outcomes: Outcomes, w: Collaborators) -> Iterator[Admitted]:
    if not prepared:
        return
    replies = w.ledger.admit_many(
        [(p.job.job_id, p.connection, p.sender) for p in prepared],
        composed={p.job.job_id: (p.composed, p.job.composed) for p in prepared if p.composed},
    )
    now = time.monotonic()
    for one, reply in zip(prepared, replies, strict=True):
        if reply["outcome"] != "go":
            outcomes[one.job.job_id] = _barred(reply["outcome"])
            continue
        w.reached("admitted")
        request = one.request
        if one.composed:
            # Another worker may have made one at the same time, and every attempt sends the same.
            request = request.model_copy(update={"media_name": reply["composed"]})
        # The channel may have been given on the connection that was valid when the job joined the waiting list.
        granted = replace(one, request=request, connection=reply["connection"], sender=reply["sender"])
        yield Admitted(granted, now + reply["wait"] / 1_000_000, max(one.job.ladder_step, reply["ladder_step"]))


def _send(admitted: Sequence[Admitted], outcomes: Outcomes, w: Collaborators) -> None:
    """Claim and submit each at its slot, and record answers that arrive at the same time together."""
    left = list(admitted)
    calls: dict[Future[Fax | TelnyxError], Claimed] = {}
    try:
        while left or calls:
            due = _due(left, SIDE_BY_SIDE - len(calls))
            left = left[len(due) :]
            for claimed in _claim(due, outcomes, w):
                calls[w.call_threads.submit(_submit, claimed, w)] = claimed
            answered = _answered(calls, left)
            if answered:
                w.reached("answered")
                outcomes |= _record([(calls[call], call.result()) for call in answered], w)
                for call in answered:
                    del calls[call]
                w.reached("recorded")
    finally:
        _record_rest(calls, w)


def _record_rest(calls: dict[Future[Fax | TelnyxError], Claimed], w: Collaborators) -> None:
    """Record the answers to calls that were under way when their message failed, since nobody else has them.

    If that fails too, the listing finds them when the claim's lease is over.
    """
    for call, claimed in calls.items():
        try:
            _record([(claimed, call.result())], w)
        except Unavailable:
            log.warning("%d answers of Telnyx could not be recorded", len(calls))
            return
        except Exception:
            log.exception(
                "job %s attempt %d: its answer could not be recorded",
                claimed.job_id,
                claimed.number,
                extra={"job": claimed.job_id},
            )


def _record(answers: Sequence[tuple[Claimed, Fax | TelnyxError]], w: Collaborators) -> Outcomes:
    """Record answers, and end the spans of their attempts."""
    outcomes = record(answers, w)
    for claimed, answer in answers:
        claimed.span.set({"fax.attempt": claimed.number, "fax.outcome": outcomes.get(claimed.job_id)})
        if isinstance(answer, Fax):
            claimed.span.set({"fax.id": answer.id})
        else:
            claimed.span.set({"fax.cause": tracing.word(answer.code) or answer.status})
            claimed.span.fail(answer)
        claimed.span.end()
    return outcomes


def _due(left: Sequence[Admitted], room: int) -> list[Admitted]:
    """Wait for the first slot, then return the faxes, at most `room`, whose slots are near enough to be claimed now."""
    if not left or room <= 0 or left[0].slot - EARLY > time.monotonic():
        return []
    horizon = time.monotonic() + EARLY + TOGETHER
    return [one for one in left[:room] if one.slot <= horizon]


def _answered(
    calls: dict[Future[Fax | TelnyxError], Claimed], left: Sequence[Admitted]
) -> set[Future[Fax | TelnyxError]]:
    """Wait for the answers of a moment or, if there is room for another call, for the next slot.

    Returns the calls that have ended.
    """
    until = left[0].slot - EARLY if left and len(calls) < SIDE_BY_SIDE else math.inf
    if not calls:
        time.sleep(max(0.0, until - time.monotonic()) if left else 0)
        return set()
    first = None if until == math.inf else max(0.0, until - time.monotonic())
    if not wait(calls, timeout=first, return_when=FIRST_COMPLETED).done:
        return set()
    return wait(calls, timeout=max(0.0, min(MOMENT, until - time.monotonic()))).done


def _claim(admitted: Sequence[Admitted], outcomes: Outcomes, w: Collaborators) -> list[Claimed]:
    if not admitted:
        return []
    w.reached("paced")
    # The time is read before the claim, so that the deadline is rather too early than too late.
    deadline = time.monotonic() + w.settings.lease / 2
    spans = [_span(one) for one in admitted]
    wanted = [_wanted(one, span, w) for one, span in zip(admitted, spans, strict=True)]
    try:
        with w.barrier.bound() as connection:
            replies = w.ledger.claim_many(
                wanted,
                lease=w.settings.lease,
                account=w.account.known(),
                witness=w.watch.witness.signature(),
                on=connection,
            )
            w.reached("claimed")
    except Unavailable as error:
        log.warning("%d claims are void and their faxes were not sent: %s", len(wanted), error)
        void(wanted, w)
        outcomes |= dict.fromkeys((claim.job_id for claim in wanted), Outcome.PARKED)
        return []
    w.watch.witness.remember(replies[0])
    claimed: list[Claimed] = []
    for one, span, reply in zip(admitted, spans, replies, strict=True):
        if reply["outcome"] == "claimed":
            claimed.append(Claimed(one, reply["attempt"], deadline, span))
        else:
            outcomes[one.job_id] = _barred(reply["outcome"])
    w.reached("durable")
    return claimed


# If Redis stays unreachable, attempts that it did record become unknown when their lease ends, and the listing resolves
# them.
@retry(
    retry=retry_if_exception_type(Unavailable),
    wait=wait_exponential(multiplier=0.1, max=2),
    stop=stop_after_delay(30),
    reraise=True,
)
def void(claims: Sequence[Claim], w: Collaborators) -> None:
    """Put back the jobs of claims that may have been made, but for which Telnyx was not called.

    Raises:
        Unavailable: Redis did not answer for half a minute.
    """
    for claim in claims:
        w.ledger.void(claim.job_id, claim.owner, reason=HoldReason.NOT_DURABLE, delay=CLOSED)


def _span(admitted: Admitted) -> Span:
    """Begin the span of an attempt; it is exported only if the attempt is claimed and its answer recorded."""
    job = admitted.prepared.job
    return tracing.begin(
        "fax attempt", parent=job.trace, facts={"fax.job": job.job_id, "fax.campaign": job.campaign_id}
    )


def _wanted(admitted: Admitted, span: Span, w: Collaborators) -> Claim:
    changed = changes(admitted.ladder_step, w.settings)
    facts: dict[str, Any] = {"connection_id": admitted.prepared.connection, "worker": w.name}
    if changed:
        facts["changed"] = changed
    if admitted.prepared.request.cover:
        facts["letter"] = admitted.prepared.request.media_name
    return Claim(
        admitted.job_id,
        uuid4().hex,
        facts,
        cost=w.settings.prices.of(admitted.prepared.request.pages),
        ladder_step=admitted.ladder_step,
        connection=admitted.prepared.connection,
        telnyx_at=w.telnyx_clock.now(),
        trace=None if admitted.prepared.job.trace else span.trace,
    )


def _submit(claimed: Claimed, w: Collaborators) -> Fax | TelnyxError:
    """Call Telnyx once. An error of the call counts as its answer."""
    try:
        with claimed.span.entered(), w.telnyx.borrow() as telnyx:
            request = _request(claimed, w)
            _wait_for_slot(claimed, w)
            w.reached("leaving")
            return telnyx.send_fax(request, deadline=claimed.deadline)
    except TelnyxError as error:
        return error
    except Exception as error:
        log.exception(
            "job %s attempt %d: unexpected error", claimed.job_id, claimed.number, extra={"job": claimed.job_id}
        )
        return OutcomeUnknown(f"unexpected {type(error).__name__}")


def _wait_for_slot(claimed: Claimed, w: Collaborators) -> None:
    """Wait for the slot; if a busy machine has let it pass, wait for another one.

    Raises:
        RateLimited: no other slot comes soon; nothing was sent.
        NotSent: Redis does not answer; nothing was sent.
    """
    ahead = claimed.admitted.slot - time.monotonic()
    if ahead < -LATE:
        try:
            slot, again = w.limits.reserve(look_ahead=PATIENCE, on=claimed.prepared.connection)
        except Unavailable as error:
            raise NotSent("its slot has passed, and Redis gives no other") from error
        if slot is None:
            raise RateLimited("its slot has passed, and no other is free soon", retry_after=again)
        ahead = slot
    time.sleep(max(0.0, ahead))


def _request(claimed: Claimed, w: Collaborators) -> SendRequest:
    asked: dict[str, Any] = claimed.prepared.request.encode()
    options = {name: value for name, value in asked.items() if name in _TELNYX}
    options |= changes(claimed.admitted.ladder_step, w.settings)
    options["from"] = claimed.prepared.sender
    options["connection_id"] = claimed.prepared.connection
    options["client_state"] = encode_client_state(claimed.job_id, claimed.number, w.ledger.identity.id)
    if w.settings.webhook_url:
        options.setdefault("webhook_url", w.settings.webhook_url)
    return SendRequest.build(**options)
