"""Says why a job is held, what will happen to it next, and when."""

from datetime import timedelta

from faxdispatch.ledger import JobView, Pause, Place
from faxdispatch.reasons.holds import MEANINGS, ending
from faxdispatch.settings import Settings
from faxdispatch.states import HoldReason, State
from faxdispatch.text.wording import clock


def next_step(job: JobView, place: Place, settings: Settings, pause: Pause | None = None) -> str:
    """Say in one sentence what happens next to a job. `pause` is that of its connection."""
    if job.finished:
        return "nothing more: the job has ended"
    when = clock(place.at)
    if place.line:
        return _waiting(job, place, pause)
    if job.state is State.HELD:
        return _held(job, when, pause)
    if job.state is State.UNKNOWN:
        return f"Telnyx is asked for it again at {when}; {_settling(job, settings)}"
    if job.state is State.ACCEPTED and job.cancel_requested:
        return f"Telnyx is asked to cancel it at {when}"
    return {
        State.QUEUED: f"sent as soon as a worker takes it; a new message is sent at {when}",
        State.SUBMITTING: f"a worker is calling Telnyx; if it reports nothing by {when}, the outcome counts as unknown",
        State.ACCEPTED: f"Telnyx reports by webhook; if it does not, it is asked at {when}",
    }.get(job.state, f"the failure policy decides at {when}")


def why_held(job: JobView) -> str | None:
    """Return in one sentence why a job is held, with details from its last event, or None if nothing holds it.

    This needs the job's history. The details may contain numbers.
    """
    reason = _holding(job)
    if reason is None:
        return None
    text, detail = MEANINGS[reason].text, _detail(job)
    return f"{text} ({detail})" if detail else text


def ends_by(job: JobView) -> str | None:
    """Say what ends the hold of a job, or None if nothing holds it. This needs the job's history."""
    reason = _holding(job)
    return ending(reason, job_id=job.job_id, connection=job.connection_id) if reason else None


def pause_line(pause: Pause) -> str:
    """Write the end and the reason of a connection's pause."""
    if pause.trying:
        return f"paused ({pause.reason}) until a fax that is tried now has gone through"
    return f"paused ({pause.reason}) until {clock(pause.until)}"


def _holding(job: JobView) -> HoldReason | None:
    """Return why a job is held; None if it is not held, or is held for a reason of a later version."""
    if job.state is not State.HELD or job.hold_reason not in set(HoldReason) or _let_go(job):
        return None
    return HoldReason(job.hold_reason)


def _let_go(job: JobView) -> bool:
    return bool(job.history) and job.history[-1].type == "job.released"


def _detail(job: JobView) -> str | None:
    for event in reversed(job.history):
        if event.type == "job.retrying":
            return event.data.get("reason") if job.hold_reason == HoldReason.RETRY else None
        if event.type == "job.held":
            same_reason = event.data.get("reason") == job.hold_reason
            return event.data.get("detail") or event.data.get("message") if same_reason else None
    return None


def _held(job: JobView, when: str, pause: Pause | None) -> str:
    if _let_go(job):
        return f"tried as soon as a worker takes it, since a person released it; a new message is sent at {when}"
    if job.hold_reason in {HoldReason.TOO_LATE, HoldReason.NEVER_ACCEPTED}:
        return f"nothing by itself: faxdispatch release {job.job_id} sends it, faxdispatch cancel {job.job_id} drops it"
    stop = f", but its connection {job.connection_id} is {pause_line(pause)}" if pause else ""
    return f"tried again at {when}{stop}"


def _waiting(job: JobView, place: Place, pause: Pause | None) -> str:
    at = f"number {place.position} on the waiting list for"
    if place.line == "number":
        return f"{at} the recipient's number, which job {place.holder or '-'} has"
    stop = f", which is {pause_line(pause)}: faxdispatch resume {job.connection_id}" if pause else ""
    return f"{at} a free channel of connection {job.connection_id}{stop}"


def _settling(job: JobView, settings: Settings) -> str:
    since = job.unknown_since or job.updated_at
    end = since + timedelta(seconds=settings.fax_settle)
    then = "cancelled" if job.cancel_requested else "sent again"
    return (
        f"treated as never accepted, and {then}, after {clock(end)} if by then {settings.settle_listings} complete "
        f"listings miss it ({job.listings} so far); or settle it: faxdispatch resolve {job.job_id}"
    )
