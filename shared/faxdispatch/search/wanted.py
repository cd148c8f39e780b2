"""The search words, which are checked before the search."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Self

from faxdispatch.calling.numbers import is_sip, normalise
from faxdispatch.errors import BadInput
from faxdispatch.states import OPEN, TERMINAL, State

PENDING, SUPPRESSED = "pending", "suppressed"
"""The states of a row that has no job yet, and of one that was stopped because its number is on the suppression
list."""

_ALL_OF = {
    "open": frozenset({PENDING, *(state.value for state in OPEN)}),
    "ended": frozenset({SUPPRESSED, *(state.value for state in TERMINAL)}),
}
STATES = (*_ALL_OF, PENDING, *(state.value for state in State), SUPPRESSED)
"""The words for a fax's state; `open` and `ended` stand for several states."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """The search words. A fax must match all of them, and fields that are None match everything.

    `number` is E.164 or a SIP URI, `tag` one of the fax's tags, `states` the states that match, each one a word of
    `STATES`. `since` and `until` compare the time when a single fax was recorded. For a row of a campaign, they compare
    its end or, while it is open, the time when its campaign was made.
    """

    number: str | None = None
    job_id: str | None = None
    fax_id: str | None = None
    idempotency_key: str | None = None
    tag: str | None = None
    campaign_id: str | None = None
    states: frozenset[str] | None = None
    cause: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    @classmethod
    def of(cls, *, region: str | None = None, state: str | Sequence[str] | None = None, **words: Any) -> Self:
        """Read a person's words. A number may be written in any way; `region` is the country of one without `+`.

        Raises:
            BadInput: it names the wrong word.
        """
        given: dict[str, Any] = {
            name: value.strip() if isinstance(value, str) else value for name, value in words.items()
        }
        if strange := given.keys() - {field.name for field in fields(cls)}:
            raise BadInput(f"{', '.join(sorted(strange))}: no such search field")
        if empty := [name for name, value in given.items() if value == ""]:
            raise BadInput(f"{', '.join(empty)}: is empty")
        if given.get("number") is not None:
            given["number"] = as_dialled(given["number"], region)
        if state is not None:
            given["states"] = _states([state] if isinstance(state, str) else state)
        for name in ("since", "until"):
            if (moment := given.get(name)) is not None and moment.tzinfo is None:
                raise BadInput(f"{name}: has no time zone; write it like 2026-05-01T08:00:00-05:00")
        wanted = cls(**given)
        if wanted.since and wanted.until and wanted.until <= wanted.since:
            raise BadInput("until: must be after since")
        return wanted

    @property
    def empty(self) -> bool:
        """Return whether every fax matches."""
        return self == type(self)()

    def stands(self, state: str) -> bool:
        """Return whether a fax with this state may match."""
        return self.states is None or state in self.states


def as_dialled(text: str, region: str | None) -> str:
    """Return a number in the form in which it is stored: E.164, or the SIP URI unchanged.

    Raises:
        BadInput: it is not a number.
    """
    if not isinstance(text, str):
        raise BadInput("number: is not a text")
    if is_sip(text):
        return text.strip()
    digits = re.sub(r"\D", "", text)
    spellings = [(text, region)]
    if not text.lstrip().startswith("+"):
        # As dialled from abroad, or with its country code and without `+`.
        spellings += [(f"+{digits.removeprefix('00')}", None)]
    problem = ""
    for spelling, country in spellings:
        try:
            return normalise(spelling, region=country)
        except ValueError as error:
            problem = problem or str(error)
    raise BadInput(f"number: {problem}")


def _states(words: Sequence[str]) -> frozenset[str]:
    found = {word.strip().lower() for word in words}
    if not found or not found.issubset(STATES):
        raise BadInput(f"state: {', '.join(sorted(found - {*STATES})) or 'is empty'}; choose from {', '.join(STATES)}")
    return frozenset().union(*(_ALL_OF.get(word, {word}) for word in found))
