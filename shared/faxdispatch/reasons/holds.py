"""The reasons for holds, in words: their meaning, what ends them, and why a person cannot always release a fax."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from faxdispatch.errors import Conflict, FaxError, NotKnown
from faxdispatch.states import TERMINAL, HoldReason, State

_RELEASE = "faxdispatch release JOB sends it without waiting for that"


@dataclass(frozen=True, slots=True)
class Meaning:
    """One reason: `text` says in one sentence what it means, `ends` what ends it, with complete commands."""

    text: str
    ends: str


MEANINGS: dict[HoldReason, Meaning] = {
    HoldReason.SEND_AT: Meaning(
        "It must not be sent before the time that was requested.", f"That time; or {_RELEASE}."
    ),
    HoldReason.WINDOW: Meaning("Its window of days and hours is closed.", f"The opening; or {_RELEASE}."),
    HoldReason.TOO_LATE: Meaning(
        "Its time passed more than FAX_TOO_LATE ago while nothing ran, so it may no longer be wanted.",
        "A person: faxdispatch release JOB sends it now, faxdispatch cancel JOB drops it.",
    ),
    HoldReason.NO_CONNECTION: Meaning(
        "It names no fax application, and neither does FAX_CONNECTION_ID.",
        "A person: set FAX_CONNECTION_ID and restart the workers, which check it every five minutes.",
    ),
    HoldReason.NO_SENDER: Meaning(
        "It names no sender, and neither does FAX_FROM.",
        "A person: set FAX_FROM and restart the workers, which check it every five minutes.",
    ),
    HoldReason.POLICY_HOOK: Meaning(
        "The policy hook holds it back.",
        "The time that the hook named, when it is asked again; or faxdispatch release JOB: the hook is asked, and "
        "may still reject or change it, but not hold it.",
    ),
    HoldReason.POLICY_HOOK_FAILED: Meaning(
        "The policy hook could not be asked, and nothing is sent without its answer.",
        "The hook is asked again within seconds; if it keeps failing, fix it: the workers' log and "
        "faxdispatch doctor say what is wrong.",
    ),
    HoldReason.CONNECTION_PAUSED: Meaning(
        "Nothing is sent on its connection for now.",
        "The end of the pause; once the cause is fixed, faxdispatch resume CONNECTION ends the pause at once.",
    ),
    HoldReason.DESTINATION_BUSY: Meaning(
        "Another fax to its number is under way, and only one at a time may call a number.", "The end of that fax."
    ),
    HoldReason.NO_CHANNEL: Meaning(
        "It waits for a free channel.",
        "A channel that becomes free; if Telnyx gives you more, raise FAX_CHANNELS and FAX_ACCOUNT_CHANNELS.",
    ),
    HoldReason.RATE: Meaning(
        "FAX_RATE or FAX_CONNECTION_RATE has no room for its call at present.",
        "Its turn; a higher rate brings it sooner.",
    ),
    HoldReason.RATE_LIMITED: Meaning("Telnyx wants no calls at present (429).", "The time that Telnyx named."),
    HoldReason.SPEND_CAP: Meaning(
        "It would exceed the day's budget.",
        "Midnight UTC; or faxdispatch limits set --day-cap AMOUNT --reason WHY.",
    ),
    HoldReason.CAMPAIGN_PAUSED: Meaning(
        "Its campaign is paused.", "faxdispatch campaign resume, once the cause of the pause is fixed."
    ),
    HoldReason.CAMPAIGN_ORDER: Meaning(
        "Its retry waits, since the whole list of its campaign is tried once before any row is tried again.",
        "The first try of the last row.",
    ),
    HoldReason.RETRY: Meaning(
        "The last attempt failed, and the next one is planned.",
        "The time of the next attempt; or faxdispatch release JOB makes it now.",
    ),
    HoldReason.NO_CHANNEL_AT_TELNYX: Meaning(
        "Telnyx had no channel free.",
        "A pause of up to a minute; meanwhile fewer are sent at once: faxdispatch limits show says how many, "
        "limits reset discards the estimate.",
    ),
    HoldReason.ACCOUNT_REFUSED: Meaning(
        "Telnyx refused the account or the connection, and the connection is paused; the fax waits with it, as "
        "connection_paused.",
        "The end of the pause; once the cause is fixed, faxdispatch resume CONNECTION ends the pause at once.",
    ),
    HoldReason.NO_DOCUMENT: Meaning(
        "The link of its document could not be fetched, and the fax has a cover, which must be joined with it.",
        "The link is tried again after 5 s, 15 s, 1 min, then every 5 min; fix its server. faxdispatch status JOB "
        "says what is wrong, faxdispatch cancel JOB drops the fax, and faxdispatch campaign finish ends the rows of a "
        "campaign.",
    ),
    HoldReason.NOT_SENT: Meaning(
        "Telnyx could not be reached, and nothing was sent.",
        "The pause, at most a minute; fix the network. If more fail, the connection is paused and one fax tries.",
    ),
    HoldReason.NEVER_ACCEPTED: Meaning(
        "Telnyx never accepted three attempts: it gave no clear answer, and no listing shows them.",
        "A person: faxdispatch status JOB shows the answers; faxdispatch release JOB allows as many tries again, "
        "faxdispatch cancel JOB drops it, and faxdispatch campaign finish ends the rows of a campaign.",
    ),
    HoldReason.ACCOUNT_UNKNOWN: Meaning(
        "Telnyx has not yet said whether TELNYX_API_KEY belongs to this ledger's account.",
        "Telnyx is asked every few seconds; faxdispatch doctor says what is wrong.",
    ),
    HoldReason.LEDGER_BEHIND: Meaning(
        "The ledger went back in time: it was restored or emptied, or a replica with missing data took over. Faxes "
        "that it has lost could be sent twice.",
        "A person: faxdispatch doctor says what is missing, and faxdispatch recover restores it.",
    ),
    HoldReason.NOT_DURABLE: Meaning(
        "Redis could not make the claim crash-safe, so no call was made.",
        "It is tried again every few seconds; faxdispatch doctor says what is wrong with disk or replicas.",
    ),
}
"""Every reason."""

FOR_A_PERSON = (
    HoldReason.TOO_LATE,
    HoldReason.NO_CONNECTION,
    HoldReason.NO_SENDER,
    HoldReason.POLICY_HOOK_FAILED,
    HoldReason.ACCOUNT_UNKNOWN,
    HoldReason.NEVER_ACCEPTED,
    HoldReason.LEDGER_BEHIND,
    HoldReason.NOT_DURABLE,
)
"""Holds that do not end before a person does something."""


def ending(reason: HoldReason, *, job_id: str | None = None, connection: str | None = None) -> str:
    """Return what ends a hold, with the ids in its commands if they are known."""
    words = MEANINGS[reason].ends
    for word, known in (("JOB", job_id), ("CONNECTION", connection)):
        words = words.replace(f" {word}", f" {known}") if known else words
    return words


def refusal(job_id: str, reply: Mapping[str, Any], *, connection: str | None = None) -> FaxError:
    """Return the error for a job that the ledger did not release."""
    if reply["outcome"] == "gone":
        return NotKnown(f"job {job_id}: not known here")
    state = State(reply["state"])
    if reply["outcome"] == "shared":
        reason = HoldReason(reply["reason"])
        return Conflict(
            f"job {job_id}: cannot be released from {reason}. {MEANINGS[reason].text} "
            f"What ends it: {ending(reason, job_id=job_id, connection=connection)}"
        )
    why = "it has ended" if state in TERMINAL else "only a held job can be released"
    return Conflict(f"job {job_id}: cannot be released while it is {state}: {why}")
