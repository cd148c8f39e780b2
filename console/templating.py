"""The filters and the list of pages that every template has."""

from typing import Any

from flask import Flask, g, request, url_for

from console import words
from console.access import is_operator, you
from console.holding import meaning
from console.story import HAPPENINGS
from faxdispatch.calling.windows import window_words
from faxdispatch.lists.rows import sentence
from faxdispatch.states import OPEN
from faxdispatch.text.wording import are, channels_in_use, counted, counted_are, of_cap

NAVIGATION = (
    ("overview.page", "Overview"),
    ("faxes.page", "Faxes"),
    ("campaigns.page", "Campaigns"),
    ("holds.page", "Holds"),
    ("numbers.page", "Numbers"),
    ("suppressions.page", "Suppressions"),
    ("deadletters.page", "Dead letters"),
    ("inbound.page", "Inbound"),
)

_LONG = 24


def teach(app: Flask) -> None:
    """Let the templates use our wording functions."""
    app.jinja_env.filters.update(
        clock=words.clock,
        lasting=words.lasting,
        money=words.money,
        number=words.number,
        masked=words.masked,
        seen=words.seen,
        link=words.link,
        cause=words.cause,
        kind=lambda state: words.STATES[state][0] if state in words.STATES else "off",
        meaning=lambda state: words.STATES[state][1] if state in words.STATES else str(state),
        counted=counted,
        are=are,
        counted_are=counted_are,
        kind_words=lambda name: str(name).replace("_", " "),
        combined=lambda one, other: {**one, **other},
        count=lambda value: f"{value:,}",
        happening=lambda kind: HAPPENINGS.get(kind, kind),
        shortened=lambda text: text if len(text) <= _LONG else f"{text[:10]}…{text[-6:]}",
    )
    app.jinja_env.globals.update(
        is_operator=lambda: g.get("user") is not None and is_operator(),
        you=you,
        pages_of_the_console=NAVIGATION,
        open_states=OPEN,
        of_cap=of_cap,
        sentence=sentence,
        channels_in_use=channels_in_use,
        window_words=window_words,
        hold_meaning=lambda reason: meaning(reason) or f"held for {reason}",
        same_page=same_page,
    )


def same_page(**changes: Any) -> str:
    """Return the address of this page with other arguments; one that becomes None is left out."""
    if request.endpoint is None:
        return "/"
    return url_for(request.endpoint, **{**(request.view_args or {}), **request.args.to_dict(), **changes})
