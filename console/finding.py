"""Finds the faxes that match the text in the search box, which asks whether a fax arrived."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Self

from faxdispatch.calling.written import parse_moment
from faxdispatch.client import FaxClient
from faxdispatch.errors import BadInput, NotKnown
from faxdispatch.search import Found, Page, Wanted

SHOWN = 25
_AT_ONCE = 2
"""Number of blocks of a thousand campaign recipients that the first page reads."""
_FURTHER = 1200
"""Number of blocks that each further page reads: a million recipients, which takes about a second."""
_DIGITS = 7
"""Number of digits from which typed text counts as a telephone number."""
_MOST_DIGITS = 20
_LONGEST = 200
_NUMBER = re.compile(r"[0-9+()./ \t\u00a0-]+")


@dataclass(frozen=True, slots=True)
class Asked:
    """The search. `problem` says why it is not possible."""

    query: str
    filters: dict[str, Any]
    after: str | None
    problem: str | None = None

    @classmethod
    def read(cls, args: Mapping[str, str]) -> Self:
        """Read it from the address of the page."""
        query = args.get("q", "").strip()[:_LONGEST]
        given = {name: args.get(name, "").strip() for name in ("state", "cause", "campaign", "since", "until")}
        filters: dict[str, Any] = {name: value for name, value in given.items() if value}
        problem = None
        try:
            for name in ("since", "until"):
                if name in filters:
                    filters[name] = _moment(filters[name], name)
        except BadInput as error:
            problem = str(error)
        if "campaign" in filters:
            filters["campaign_id"] = filters.pop("campaign")
        return cls(query, filters, args.get("after") or None, problem)

    @property
    def is_number(self) -> bool:
        """Return whether a telephone number was typed."""
        text = self.query
        likely = _DIGITS <= sum(map(str.isdigit, text)) <= _MOST_DIGITS and bool(_NUMBER.fullmatch(text))
        return likely or text.lower().startswith(("sip:", "sips:"))


@dataclass(frozen=True, slots=True)
class Answer:
    """The results: single faxes, and recipients of campaigns. The cursors say that there are more."""

    singles: Page
    rows: Page
    what: str
    """How the query was understood."""
    number: str | None = None
    """The number that was searched, in E.164."""

    @property
    def faxes(self) -> list[Found]:
        """All results, the newest first."""
        both = [*self.singles.faxes, *self.rows.faxes]
        return sorted(both, key=lambda one: one.recorded_at, reverse=True)

    @property
    def unread(self) -> tuple[str, ...]:
        """Faxes that are left out, since this version cannot read them."""
        return self.singles.unread


_NOTHING = Page((), None)


def look(client: FaxClient, asked: Asked) -> Answer:
    """Find the matching faxes, and matching recipients of campaigns as far as that is quick.

    Raises:
        BadInput: a word is wrong.
    """
    wanted, what = meant(client, asked)
    if wanted.job_id or wanted.fax_id or wanted.idempotency_key:
        found = client.search.page(wanted, limit=SHOWN, effort=_AT_ONCE)
        return Answer(replace(found, cursor=None), _NOTHING, what)
    singles = rows = _NOTHING
    if wanted.campaign_id is None:
        singles = client.search.page(wanted, after=asked.after, limit=SHOWN, rows=False)
    if not asked.after:
        rows = client.search.page(wanted, limit=SHOWN, effort=_AT_ONCE, singles=False)
    return Answer(singles, rows, what, wanted.number)


def meant(client: FaxClient, asked: Asked) -> tuple[Wanted, str]:
    """Return which faxes match, and how the query was understood.

    A name is a job's id, Telnyx's id, a key, or else a tag: the first that finds a fax.

    Raises:
        BadInput: a word is wrong.
    """
    if asked.is_number:
        return client.wanted(**asked.filters | {"number": asked.query}), "a recipient's number"
    if not asked.query:
        return client.wanted(**asked.filters), "all faxes"
    for word, what in (("job_id", "a job"), ("fax_id", "a fax of Telnyx's"), ("idempotency_key", "a key")):
        try:
            wanted = client.wanted(**asked.filters | {word: asked.query})
            if client.search.page(wanted, limit=1, effort=_AT_ONCE).faxes:
                return wanted, what
        except (BadInput, NotKnown):
            continue
    return client.wanted(**asked.filters | {"tag": asked.query}), "a tag"


def look_on(client: FaxClient, asked: Asked) -> Answer:
    """Continue among the recipients of campaigns. Raises `BadInput` if a word is wrong."""
    words = asked.filters | (
        {"number": asked.query} if asked.is_number else {"tag": asked.query} if asked.query else {}
    )
    wanted = client.wanted(**words)
    rows = client.search.page(wanted, after=asked.after, limit=SHOWN, effort=_FURTHER, singles=False)
    return Answer(_NOTHING, rows, "recipients of campaigns", wanted.number)


def _moment(text: str, name: str) -> datetime:
    """Read a time, or a day, which begins at midnight UTC."""
    return parse_moment(f"{text}T00:00:00+00:00" if re.fullmatch(r"\d{4}-\d\d-\d\d", text) else text, name)
