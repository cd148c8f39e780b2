"""All errors that this project raises on purpose, grouped by what the caller should do.

FaxError
├── BadInput                 fix the request; the message names field, problem and remedy
│   ├── InvalidJob           … a job that cannot be carried out as written
│   └── Misconfigured        … the environment, not the request
├── NotKnown                 no such job or fax here
├── Conflict                 it contradicts what is already recorded
│   └── IdempotencyConflict  … same key, other content
├── Unavailable              Redis or the broker did not answer; nothing was done; try again
└── TelnyxError              what a call to Telnyx came to
    ├── Refused              a definite no, nothing was done; repeating will not help
    │   ├── NoSuchResource   … 404
    │   └── WrongState       … the fax is past the point where this is possible
    ├── AccountRefused       a definite no to the whole account: pause, alarm, repeat later
    ├── RateLimited          a definite no for now; `retry_after` says when
    ├── NotSent              the request provably never left this machine; repeating is safe
    │   └── Unreachable      … since Telnyx could not be reached
    └── OutcomeUnknown       it may have been carried out; only evidence can tell
"""

from typing import Any


class FaxError(Exception):
    """Base of every error of this package."""


class BadInput(FaxError, ValueError):
    """A request that cannot be carried out as written; nothing was done."""


class InvalidJob(BadInput):
    """A job's payload is wrong.

    `problems` holds one `(field, problem)` pair for each field to correct.
    """

    def __init__(self, problems: list[tuple[str, str]]) -> None:
        self.problems = problems
        super().__init__("; ".join(f"{field}: {problem}" if field else problem for field, problem in problems))


class Misconfigured(BadInput):
    """A setting is missing or wrong; the message names the environment variable."""


class NotKnown(FaxError, LookupError):
    """There is no such job or fax in the ledger."""


class Conflict(FaxError):
    """The request contradicts what is already recorded; nothing was changed."""


class IdempotencyConflict(Conflict):
    """An idempotency key was used again with other content.

    `job_id` is the job that the key already belongs to.
    """

    def __init__(self, key: str, job_id: str) -> None:
        self.key = key
        self.job_id = job_id
        super().__init__(
            f"idempotency_key {key!r} already belongs to job {job_id} with other content; "
            "use a new key for a new fax, or send exactly the same content to get the same job"
        )


class Unavailable(FaxError):
    """Redis or the broker could not be reached in time; try again."""


class TelnyxError(FaxError):
    """A call to Telnyx did not succeed.

    `status` is the HTTP status (None if no answer came), `code` Telnyx's own error code, `detail` Telnyx's words.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        code: str | None = None,
        detail: str | None = None,
    ) -> None:
        self.status = status
        self.code = code
        self.detail = detail
        super().__init__(message)

    def as_data(self) -> dict[str, Any]:
        """Return the facts for an event's `data`: error class, status, code and detail, without empty ones."""
        facts = {
            "error": type(self).__name__,
            "message": str(self),
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
        }
        return {name: value for name, value in facts.items() if value is not None}


class Refused(TelnyxError):
    """Telnyx refused this request permanently; nothing was created."""


class NoSuchResource(Refused):
    """Telnyx has no resource under that id."""


class WrongState(Refused):
    """The command is not possible in the fax's present state (Telnyx codes 90080 and 90081)."""


class AccountRefused(TelnyxError):
    """Telnyx refuses the account or the key for any request: wrong key, no funds, blocked, not permitted."""


class RateLimited(TelnyxError):
    """Telnyx answered 429; nothing was created. `retry_after` is in seconds, or None if Telnyx did not say."""

    def __init__(self, message: str, *, retry_after: float | None = None, **facts: Any) -> None:
        self.retry_after = retry_after
        super().__init__(message, **facts)


class NotSent(TelnyxError):
    """The request was provably never sent: name lookup, connect, TLS or pool failure, or the claim's time ran out."""


class Unreachable(NotSent):
    """No connection to Telnyx could be made: name lookup, connect, TLS or pool failure."""


class OutcomeUnknown(TelnyxError):
    """The request may have been carried out: read timeout, reset, protocol error, 5xx, or an unreadable success."""
