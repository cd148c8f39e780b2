"""Columns with the kind of a telephone number: `Phone Type`, or `Phone 1 - Label` beside `Phone 1 - Value`. Pure."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from faxdispatch.lists.headers import is_number_name, plain
from faxdispatch.lists.words import BETWEEN, FAX_WORDS, PHONE_WORDS, folded
from faxdispatch.text.wording import counted

_KIND = re.compile(r"(?P<of>.*?)\s*(?:label|type|kind|typ|art|tipo)")
_VALUE = re.compile(r"(?P<of>.*?)\s*(?:value|number|no|nummer|numero|nr|wert)?")
_WAYS = frozenset({"contact", "communication", "telecom", "channel"})
"""Other things than telephone numbers whose kind a column may have."""
_INITIALS = frozenset("fmwhopvct")
"""Kinds of numbers: fax, mobile, work, home, office and so on."""
_KINDS = frozenset(
    {
        "home",
        "work",
        "main",
        "other",
        "office",
        "business",
        "private",
        "privat",
        "direct",
        "pager",
        "landline",
        "custom",
    }
    | {"fijo", "cellulare", "ufficio", "mobiel", "telefoon", "werk", "thuis", "prive", "bureau", "buro", "telemovel"}
    | {"primary", "assistant", "company", "geschaftlich", "arbeit", "sonstige", "maison", "travail", "trabajo", "casa"}
)


class Pair(NamedTuple):
    """A column with numbers and the one with the kind of each; both count from 0."""

    kind: int
    number: int


def is_kind_name(name: str) -> bool:
    """Return whether a column of this name may have the kind of a number."""
    found = _KIND.fullmatch(plain(name))
    return found is not None and (not found["of"] or found["of"] in _WAYS or is_number_name(found["of"]))


def pairs(names: Sequence[str], cells: Sequence[Sequence[str]]) -> tuple[Pair, ...]:
    """Return the pairs among these columns; `cells` are the first rows of the list.

    In a column of kinds, most cells are a kind, and at least one is that of a fax machine.
    """
    found = []
    for kind, name in enumerate(names):
        if not is_kind_name(name):
            continue
        of = _of(_KIND, name)
        numbers = [place for place, other in enumerate(names) if place != kind and _is_number_of(of, other)]
        if len(numbers) == 1:
            found.append(Pair(kind, numbers[0]))
    filled = [row[pair.kind] for pair in found for row in cells if pair.kind < len(row) and row[pair.kind].strip()]
    if not any(map(is_fax, filled)) or 2 * sum(map(_is_kind, filled)) < len(filled):
        return ()
    return tuple(found)


def are_kinds(cells: Sequence[str]) -> bool:
    """Return whether every cell of a nameless column names a kind of number, and one names the kind fax."""
    filled = [cell for cell in cells if cell.strip()]
    fits = any(map(is_fax, filled)) and all(map(_is_kind, filled)) and not any(map(_has_digits, filled))
    # Initials alone may stand for anything.
    return fits and any(len(cell.strip()) > 1 for cell in filled)


def is_fax(kind: str) -> bool:
    """Return whether a kind is that of a fax machine, such as `Work Fax`."""
    return folded(kind) == "f" or any(word in FAX_WORDS for word in re.findall(r"[^\W_]+", folded(kind)))


def fax_numbers(kind: str, number: str) -> str:
    """Return the numbers of fax machines in a cell with several numbers, if another cell has their kinds.

    Raises:
        ValueError: there are several kinds, but not as many as numbers.
    """
    kinds, numbers = kind.split(BETWEEN), number.split(BETWEEN)
    if len(kinds) == 1:
        return number
    if len(kinds) != len(numbers):
        raise ValueError(f"has {counted(len(numbers), 'number')} but {counted(len(kinds), 'kind')}")
    return BETWEEN.join(one for of, one in zip(kinds, numbers, strict=True) if is_fax(of))


def _is_kind(text: str) -> bool:
    words = re.findall(r"[^\W_\d]+", folded(text))
    return folded(text) in _INITIALS or any(word in FAX_WORDS | PHONE_WORDS | _KINDS for word in words)


def _has_digits(text: str) -> bool:
    return any(map(str.isdigit, text))


def _is_number_of(of: str, name: str) -> bool:
    """Return whether a column may have the numbers whose kind is in `<of> type`, or in `type` alone."""
    if not of:
        return is_number_name(name)
    return of in (_of(_VALUE, name), plain(name)) and (is_number_name(name) or "value" in plain(name).split())


def _of(form: re.Pattern[str], name: str) -> str:
    found = form.fullmatch(plain(name))
    return found["of"].strip() if found else ""
