"""What will happen to a job next, and when."""

from datetime import timedelta

from faxdispatch.cli.output import clock
from faxdispatch.ledger import JobView, Place
from faxdispatch.settings import Settings
from faxdispatch.states import State


def outlook(job: JobView, place: Place, settings: Settings) -> str:
    """Say in a sentence what happens next to a job."""
    if job.finished:
        return "nothing more: the job has ended"
    when = clock(place.at)
    if place.line:
        return _in_line(job, place)
    if job.state is State.UNKNOWN:
        return f"looked for again at {when}; {_settling(job, settings)}"
    if job.state is State.ACCEPTED and job.cancel_requested:
        return f"Telnyx is asked to cancel it at {when}"
    return {
        State.QUEUED: f"sent as soon as a worker takes it; a worker is reminded at {when}",
        State.HELD: f"tried again at {when}",
        State.SUBMITTING: f"a worker is calling Telnyx; without its word by {when} the outcome counts as unknown",
        State.ACCEPTED: f"Telnyx reports by webhook; without news it is asked at {when}",
    }.get(job.state, f"the failure policy decides at {when}")


def _in_line(job: JobView, place: Place) -> str:
    if place.line == "number":
        return f"number {place.position} in line for the recipient's number, which job {place.holder or '-'} has"
    return f"number {place.position} in line for a free channel of connection {job.connection_id}"


def _settling(job: JobView, settings: Settings) -> str:
    since = job.unknown_since or job.updated_at
    end = since + timedelta(seconds=settings.fax_settle)
    then = "cancelled" if job.cancel_requested else "sent again"
    return (
        f"taken as never accepted, and {then}, after {clock(end)} if by then {settings.fax_settle_listings} complete "
        f"listings miss it ({job.listings} so far); or settle it: faxdispatch resolve {job.job_id}"
    )
