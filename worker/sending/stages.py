"""The stages of an attempt, and its possible outcomes."""

from dataclasses import dataclass
from enum import StrEnum

from faxdispatch.jobs import SendFax
from faxdispatch.ledger import JobView
from faxdispatch.observability.tracing import Span

LATER_VERSION = "job %s waits for a worker of the version that recorded it: %s"
"""The log line about a job with fields that this version does not know."""


class Outcome(StrEnum):
    """The result of one attempt, as far as the worker can see."""

    ACCEPTED = "accepted"
    PARKED = "parked"
    REFUSED = "refused"
    EXPIRED = "expired"
    UNKNOWN = "unknown"
    DROPPED = "dropped"
    """Nothing to do: another worker has the job, or it has ended."""


class Ended(Exception):
    """The attempt ends before the call."""

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome
        super().__init__(outcome.value)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A job that no condition of its own holds back, with everything that Telnyx needs.

    `request` is the request, with the policy hook's changes. `composed` is the stored document that was made from its
    cover and a link, if it is to be recorded.
    """

    job: JobView
    request: SendFax
    connection: str
    sender: str
    composed: str | None = None


@dataclass(frozen=True, slots=True)
class Admitted:
    """A job that has a channel, its number and a slot of the rate.

    It may leave at `slot` (monotonic seconds), with the settings of the first `ladder_step` steps of the ladder.
    """

    prepared: Prepared
    slot: float
    ladder_step: int

    @property
    def job_id(self) -> str:
        """Id of the job."""
        return self.prepared.job.job_id


@dataclass(frozen=True, slots=True)
class Claimed:
    """Attempt `number` belongs to this worker until `deadline` (monotonic seconds).

    `span` is its step in the fax's trace.
    """

    admitted: Admitted
    number: int
    deadline: float
    span: Span

    @property
    def prepared(self) -> Prepared:
        """The prepared fax."""
        return self.admitted.prepared

    @property
    def job_id(self) -> str:
        """Id of the job."""
        return self.admitted.job_id
