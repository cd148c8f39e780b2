"""Messages between workers over the broker.

Lost reminders are sent again; if one arrives twice, the second finds nothing to do.
"""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from faxdispatch.jobs import ATTEMPT, Identifier, Job

DISPATCH = "fax.dispatch"
"""Queue of the jobs that were given a channel; messages of producers never delay it."""
CHECKS = "fax.checks"
"""Queue of our own questions to Telnyx."""


class _Reminder(Job):
    """A message from a worker to the workers."""

    QUEUE: ClassVar[str] = CHECKS


class Attempt(_Reminder):
    """Try to send a recorded job."""

    TASK: ClassVar[str] = ATTEMPT
    QUEUE: ClassVar[str] = DISPATCH

    job_id: Identifier


class Attempts(_Reminder):
    """Try to send several recorded jobs in parallel, since it is their turn."""

    TASK: ClassVar[str] = "fax.rows.v1"
    QUEUE: ClassVar[str] = DISPATCH

    jobs: Annotated[tuple[Identifier, ...], Field(max_length=1000)]


class Reconcile(_Reminder):
    """Look for evidence of an unknown attempt."""

    TASK: ClassVar[str] = "fax.reconcile.v1"

    job_id: Identifier


class Ask(_Reminder):
    """Ask Telnyx the question of that task and payload; `question` is its id on the producers' waiting list."""

    TASK: ClassVar[str] = "fax.ask.v1"

    task: Literal["fax.sync.v1", "fax.refresh.v1", "fax.find.v1"]
    payload: dict[str, Any]
    question: Identifier | None = None
    message_id: str | None = None


class Fetch(_Reminder):
    """Fetch and store documents of inbound faxes."""

    TASK: ClassVar[str] = "fax.inbound.fetch.v1"


class Look(_Reminder):
    """Ask Telnyx about a fax that is on its way in."""

    TASK: ClassVar[str] = "fax.inbound.look.v1"

    fax_id: Identifier


class Remove(_Reminder):
    """Remove the documents whose retention is over."""

    TASK: ClassVar[str] = "fax.inbound.remove.v1"


class Forget(_Reminder):
    """Delete a fax at Telnyx."""

    TASK: ClassVar[str] = "fax.forget.v1"

    fax_id: Identifier


class Charges(_Reminder):
    """Read what the faxes of past days cost."""

    TASK: ClassVar[str] = "fax.charges.v1"


class KeepMedia(_Reminder):
    """Extend the time for which Telnyx keeps documents of campaigns."""

    TASK: ClassVar[str] = "fax.media.keep.v1"


REMINDERS: tuple[type[Job], ...] = (Attempt, Attempts, Reconcile, Ask, Fetch, Look, Remove, Forget, Charges, KeepMedia)
"""All reminders."""
