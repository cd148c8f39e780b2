"""The alarms that an operator should look at, the worst first."""

from collections.abc import Iterator
from dataclasses import dataclass

from flask import url_for

from console.words import lasting
from faxdispatch.ledger import Overview
from faxdispatch.reasons.pauses import pause_words
from faxdispatch.settings import Settings
from faxdispatch.states import HoldReason, State
from faxdispatch.text.wording import counted, counted_are

_FOR_A_PERSON = {
    HoldReason.TOO_LATE: "its time has passed; a person decides",
    HoldReason.NO_CONNECTION: "no fax application is named, and FAX_CONNECTION_ID is not set",
    HoldReason.NO_SENDER: "no sender is named, and FAX_FROM is not set",
    HoldReason.POLICY_HOOK_FAILED: "the policy hook cannot be asked",
    HoldReason.NEVER_ACCEPTED: "Telnyx never accepted it; a person decides",
    HoldReason.NO_DOCUMENT: "the link of the document cannot be fetched",
    HoldReason.NOT_DURABLE: "Redis cannot protect claims from a crash",
}
_OVERDUE = 10.0
_DECIDING = 10.0
_LAG = 60.0


@dataclass(frozen=True, slots=True)
class Alarm:
    """One alarm: its severity (`bad` or `doubt`), its words, its end if that is known, and a link to more."""

    grave: str
    words: str
    link: str | None = None


def alarms(found: Overview, settings: Settings, webhook_lag: float | None) -> list[Alarm]:
    """Return all alarms."""
    return [*_nobody_works(found), *_money(found), *_unknown(found, settings), *_late(found, webhook_lag), *_for(found)]


def _nobody_works(found: Overview) -> Iterator[Alarm]:
    if found.ledger_behind:
        yield Alarm("bad", "The ledger went back in time: nothing is sent. `faxdispatch recover` restores the rest.")
    if found.workers == 0:
        yield Alarm("bad", "No worker is running: nothing is sent.")
    elif found.leader is None:
        yield Alarm(
            "bad", "No scheduler leads, so due jobs wait. Another takes over within seconds, or look at the log."
        )
    if found.overdue > _OVERDUE:
        yield Alarm("bad", f"The oldest due job has waited for {lasting(found.overdue)}.")
    if found.account.shut_until:
        yield Alarm("doubt", f"Telnyx wants no calls until {found.account.shut_until:%H:%M:%S} UTC.")


def _money(found: Overview) -> Iterator[Alarm]:
    for traffic in found.connections:
        if traffic.pause:
            yield Alarm(
                "bad",
                f"Connection {traffic.connection} is paused until {traffic.pause.until:%Y-%m-%d %H:%M} UTC: "
                f"{pause_words(traffic.pause.reason)}. "
                f"{counted_are(traffic.waiting, 'fax')} waiting.",
                url_for("holds.page"),
            )
    cap = found.account.cap
    if cap and found.account.spent >= 0.9 * cap:
        yield Alarm("doubt", f"Today's faxes have cost {found.account.spent:.2f} of the {cap:.2f} that a day may cost.")


def _unknown(found: Overview, settings: Settings) -> Iterator[Alarm]:
    count, age = found.counts[State.UNKNOWN], found.oldest.get(State.UNKNOWN, 0.0)
    if count:
        late = age > 2 * settings.fax_settle
        yield Alarm(
            "bad" if late else "doubt",
            f"The outcome of {counted(count, 'send')} is unknown, of one for {lasting(age)}"
            + (", longer than the search for it should take." if late else "; most of them are resolved by evidence."),
            url_for("faxes.page", state=State.UNKNOWN.value),
        )
    if found.oldest.get(State.DECIDING, 0.0) > _DECIDING:
        yield Alarm("doubt", "A failed attempt waits for the failure policy: is the scheduler running?")
    if found.oldest.get(State.QUEUED, 0.0) > 2 * settings.hint_after:
        yield Alarm("doubt", f"A fax has waited for a worker for {lasting(found.oldest[State.QUEUED])}.")


def _late(found: Overview, webhook_lag: float | None) -> Iterator[Alarm]:
    if webhook_lag is not None and webhook_lag > _LAG:
        yield Alarm("doubt", f"Telnyx's webhooks come {lasting(webhook_lag)} after the events that they report.")
    if found.strays:
        yield Alarm("bad", f"{counted(found.strays, 'fax')} too many, being cancelled at Telnyx.")


def _for(found: Overview) -> Iterator[Alarm]:
    for reason, words in _FOR_A_PERSON.items():
        if count := found.held.get(reason, 0):
            yield Alarm("bad", f"{counted(count, 'fax')}: {words}.", url_for("holds.page", reason=reason.value))
    if found.dead_letters:
        yield Alarm(
            "doubt", f"{counted(found.dead_letters, 'message')} could not be carried out.", url_for("deadletters.page")
        )
    if found.documents_given_up:
        yield Alarm(
            "bad",
            f"{counted(found.documents_given_up, 'document')} of inbound faxes could not be fetched.",
            url_for("inbound.page"),
        )
    if found.quarantined_webhooks:
        yield Alarm(
            "doubt",
            f"{counted(found.quarantined_webhooks, 'signed webhook')} could not be read, or are for another system.",
        )
