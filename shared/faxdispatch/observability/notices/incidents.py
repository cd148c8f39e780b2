"""Finds incidents, and names the command that helps. No incident contains a recipient's number."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from faxdispatch.ledger import Campaign, Overview
from faxdispatch.reasons.pauses import pause_words
from faxdispatch.states import CampaignState, State
from faxdispatch.text.plain import plain
from faxdispatch.text.privacy import scrub
from faxdispatch.text.wording import clock, counted, counted_are

NEAR = 0.8
"""The fraction of a cap at which spending becomes an incident."""
NEWS = timedelta(days=1)
"""How long ago a campaign may have ended to be reported."""


@dataclass(frozen=True, slots=True)
class Incident:
    """An incident, which is reported once while it lasts."""

    key: str
    """It stays the same while the incident lasts, and no other incident has it."""
    grave: Literal["info", "warning", "failure"]
    title: str
    text: str
    command: str
    """The command that fixes it, or shows more."""

    @property
    def body(self) -> str:
        """The text with the command."""
        return f"{self.text}\n{self.command}"


def incidents(found: Overview, campaigns: Iterable[Campaign], *, settle: float, since: datetime) -> Iterator[Incident]:
    """Yield all present incidents.

    `settle` is FAX_SETTLE, in seconds; campaigns that ended before `since` are not reported.
    """
    yield from _nothing_is_sent(found)
    yield from _held_up(found, settle)
    for campaign in campaigns:
        yield from _campaign(campaign, max(since, found.now - NEWS))


def _nothing_is_sent(found: Overview) -> Iterator[Incident]:
    if found.workers == 0:
        text = "No worker has reported for a minute, so nothing is sent. Nothing is lost: start the workers."
        yield Incident("no_worker", "failure", "No worker is running", text, "faxdispatch doctor")
    if found.ledger_behind:
        text = (
            "The ledger went back in time, so faxes that it has lost could be sent twice. "
            "Nothing is sent until it is recovered."
        )
        yield Incident("ledger_behind", "failure", "The ledger went back in time", text, "faxdispatch recover")
    for traffic in found.connections:
        if traffic.pause:
            text = (
                f"Until {clock(traffic.pause.until)}, {_clean(pause_words(traffic.pause.reason))}. "
                f"{counted_are(traffic.waiting, 'fax')} waiting. Once the cause is fixed:"
            )
            name = _clean(traffic.connection)
            yield Incident(
                f"connection:{traffic.connection}",
                "failure",
                f"Connection {name} is paused",
                text,
                f"faxdispatch resume {name}",
            )


def _held_up(found: Overview, settle: float) -> Iterator[Incident]:
    cap, spent = found.account.cap, found.account.spent
    if cap and spent >= NEAR * cap:
        text = (
            f"Today's faxes cost {spent:.2f} of the {cap:.2f} that FAX_SPEND_DAY allows. "
            "At the cap, all faxes wait for midnight UTC."
        )
        yield Incident(
            f"spend:{found.now:%Y-%m-%d}", "warning", "The daily cap is nearly spent", text, "faxdispatch status"
        )
    if found.oldest.get(State.UNKNOWN, 0.0) > 2 * settle:
        text = (
            f"It is not known of {counted(found.counts[State.UNKNOWN], 'send')} whether Telnyx took it, of one for "
            "longer than evidence should take. Look for it in Telnyx's portal, then use `faxdispatch resolve`."
        )
        yield Incident(
            "unknown", "failure", "A send has been unknown for too long", text, "faxdispatch status --state unknown"
        )
    if count := found.documents_given_up:
        text = f"{counted(count, 'document')} of inbound faxes could not be fetched and are not tried again."
        command = "faxdispatch inbound list --place given_up"
        yield Incident("documents_given_up", "failure", "Inbound documents were given up", text, command)


def _campaign(campaign: Campaign, since: datetime) -> Iterator[Incident]:
    name, key = _clean(campaign.id), f"campaign:{campaign.id}:{campaign.generation}"
    if campaign.state is CampaignState.PAUSED:
        text = f"The reason: {_clean(campaign.reason or 'none was given')}. Once that is fixed:"
        command = f"faxdispatch campaign resume {name}"
        yield Incident(f"{key}:paused", "warning", f"Campaign {name} is paused", text, command)
    if campaign.state is CampaignState.FINISHED and campaign.changed_at >= since:
        text = f"Of {counted(campaign.rows, 'row')} {campaign.delivered} were delivered, {campaign.failed} failed."
        command = f"faxdispatch campaign report {name}"
        yield Incident(f"{key}:finished", "info", f"Campaign {name} is finished", text, command)
    if campaign.state is CampaignState.RUNNING and campaign.cap and campaign.spent >= NEAR * campaign.cap:
        text = f"It has cost {campaign.spent:.2f} of the {campaign.cap:.2f} that it may cost; at its cap it is paused."
        command = f"faxdispatch campaign cap {name} AMOUNT"
        yield Incident(f"{key}:cap", "warning", f"Campaign {name} is near its cap", text, command)


def _clean(text: str) -> str:
    return plain(scrub(text))
