"""Writes times, money, numbers and states for pages. Telephone numbers are masked unless the page is shown in full."""

from datetime import UTC, datetime
from typing import Any

from flask import g
from markupsafe import Markup

from faxdispatch.campaign.planning.estimate import span
from faxdispatch.reasons.words import plain as in_words
from faxdispatch.search.wanted import PENDING, SUPPRESSED
from faxdispatch.states import State
from faxdispatch.text.plain import plain
from faxdispatch.text.privacy import mask_number, scrub, scrub_digits

NOTHING = "-"
LEFT_OUT = ("invalid", "no_number", "duplicate", "hidden", "opted_out", "suppressed", "quarantined")
"""The counts of a list's check that count left-out rows."""

STATES: dict[str, tuple[str, str]] = {
    State.QUEUED: ("waiting", "waits for a worker"),
    State.HELD: ("waiting", "waits"),
    State.SUBMITTING: ("moving", "is being submitted to Telnyx"),
    State.UNKNOWN: ("doubt", "may or may not have been accepted by Telnyx"),
    State.ACCEPTED: ("moving", "is at Telnyx"),
    State.DECIDING: ("moving", "failed once; the failure policy has not yet decided about the next attempt"),
    State.DELIVERED: ("good", "delivered"),
    State.FAILED: ("bad", "not delivered"),
    State.CANCELLED: ("off", "cancelled"),
    PENDING: ("waiting", "is not begun yet"),
    SUPPRESSED: ("doubt", "is not sent, since the number gets no campaigns"),
}
"""Each state of a fax: the kind that gives its colour, and its meaning for a fax."""


def clock(moment: datetime | None) -> str:
    """Write a time in UTC; the page's script converts it to the browser's time zone."""
    if moment is None:
        return NOTHING
    utc = moment.astimezone(UTC)
    return Markup('<time datetime="{}">{} UTC</time>').format(
        utc.isoformat(timespec="seconds"), f"{utc:%Y-%m-%d %H:%M:%S}"
    )


def lasting(seconds: float | None) -> str:
    """Write a duration."""
    if seconds is None:
        return NOTHING
    return f"{seconds:.0f} s" if seconds < 60 else span(seconds)


def money(amount: float | None, digits: int = 2) -> str:
    """Write an amount in the currency of the settings."""
    return NOTHING if amount is None else f"{amount:,.{digits}f}"


def number(text: str | None) -> str:
    """Write a telephone number, masked unless the page is shown in full."""
    if not text:
        return NOTHING
    return plain(text if g.get("full") else mask_number(text))


def masked(text: Any) -> str:
    """Write text from outside with escapes for invisible characters; numbers and secrets only in full pages."""
    if text is None:
        return NOTHING
    words = plain(str(text))
    return words if g.get("full") else scrub_digits(words)


def seen(value: Any) -> Any:
    """Write text from outside safely; markup stays unchanged."""
    return plain(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def link(address: str | None) -> str:
    """Write the name or the link of a document, without the secret part of the link unless shown in full."""
    return plain((address or NOTHING) if g.get("full") else scrub(address or NOTHING))


def cause(reason: str | None) -> str:
    """Return why a fax was not delivered, in words."""
    if not reason:
        return "No cause is known."
    return plain(in_words(reason))
