"""An operator's verdict on an attempt: its required parts, its consequence, and the reasons for a refusal."""

from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError

from faxdispatch.errors import BadInput, Conflict, FaxError, NotKnown
from faxdispatch.jobs import Identifier
from faxdispatch.states import TERMINAL, State, Verdict

MAX_REASON = 500
"""Maximum length of a reason, in characters."""

_FAX_ID: TypeAdapter[str] = TypeAdapter(Identifier)
_NOTHING_LEFT = "no attempt has been sent; `faxdispatch cancel` stops it"
_AGAINST: dict[State, str] = {
    State.QUEUED: _NOTHING_LEFT,
    State.HELD: "the last attempt is resolved and the next has not begun; `faxdispatch cancel` stops it",
    State.SUBMITTING: "a worker may be calling Telnyx right now; after its lease it is unknown and can be resolved",
    State.UNKNOWN: "the verdict is about an attempt that is already resolved",
    State.ACCEPTED: "Telnyx has given it a fax id; only --failed is possible, if Telnyx no longer knows that fax",
    State.DECIDING: "Telnyx has reported its result, and the failure policy decides next",
}


def check(verdict: Verdict | str, *, reason: str, fax_id: str | None) -> Verdict:
    """Check that a verdict is complete. Return it.

    Raises:
        BadInput: it is none, the reason is missing or too long, or a fax id is missing, wrong or out of place.
    """
    if verdict not in list(Verdict):
        raise BadInput(f"verdict: {verdict!r} is not a verdict; write one of {', '.join(Verdict)}")
    verdict = Verdict(verdict)
    check_reason(reason)
    if (verdict is Verdict.ACCEPTED) != (fax_id is not None):
        raise BadInput("fax_id: is needed for the verdict accepted, and not allowed for any other")
    try:
        if fax_id is not None:
            _FAX_ID.validate_python(fax_id)
    except ValidationError:
        raise BadInput(f"fax_id: {fax_id!r} is not the id of a fax at Telnyx") from None
    return verdict


def check_reason(reason: str) -> None:
    """Check that an operator's reason is acceptable. Raises BadInput if it is empty or too long."""
    if not isinstance(reason, str):
        raise BadInput("reason: is not a text")
    try:
        reason.encode()
    except UnicodeEncodeError:
        raise BadInput("reason: has characters that cannot be encoded in UTF-8; leave them out") from None
    if not reason.strip():
        raise BadInput("reason: is missing; say how you know, for people who read the history")
    if len(reason) > MAX_REASON:
        raise BadInput(f"reason: {len(reason)} characters long; at most {MAX_REASON} are kept")


def consequence(verdict: Verdict, fax_id: str | None = None) -> str:
    """Return in one sentence what will happen, for the person who confirms it."""
    if verdict is Verdict.ACCEPTED:
        return (
            f"The attempt counts as accepted by Telnyx as fax {fax_id}; faxdispatch asks Telnyx about that fax at once."
        )
    if verdict is Verdict.NOT_SENT:
        return "The fax may be sent again at once. If Telnyx did accept it, the recipient may get it twice."
    return "The job ends as failed and is not sent again. If Telnyx has the fax after all, it may still arrive."


def refusal(job_id: str, reply: Mapping[str, Any]) -> FaxError:
    """Return the error for a verdict that the ledger did not accept."""
    if reply["outcome"] == "gone":
        return NotKnown(f"job {job_id}: not known here")
    if reply["outcome"] == "taken":
        job, _, attempt = str(reply["by"]).rpartition(":")
        return Conflict(f"job {job_id}: cannot be resolved in this way: that fax is attempt {attempt} of job {job}")
    state = State(reply["state"])
    why = "it has ended" if state in TERMINAL else _AGAINST[state]
    if state in {State.QUEUED, State.HELD} and reply["attempt"] == 0:
        why = _NOTHING_LEFT
    return Conflict(f"job {job_id}: cannot be resolved in this way while it is {state}: {why}")
