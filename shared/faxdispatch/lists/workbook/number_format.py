"""What a spreadsheet shows for a value with the number format of its cell. Pure.

A telephone number that was typed as a number has lost its zeros and its `+`. If the cell has a suitable format, such as
`0000000000` or `"+"0`, people see them nevertheless (ECMA-376 part 1, 18.8.31).
"""

import operator
import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import NamedTuple

GENERAL = "General"
"""The format that shows a number as it is."""

_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"|\\(?P<escaped>.)|_(?P<blank>.)|\*(?P<fill>.)|\[(?P<bracket>[^\]]*)\]'
    r"|(?P<general>General)|(?P<exponent>E[+-])|(?P<digit>[0#?])|(?P<text>@)|(?P<other>.)",
    re.IGNORECASE | re.DOTALL,
)
_CONDITION = re.compile(r"(<=|>=|<>|<|>|=)(-?\d+(?:\.\d+)?)")
_CURRENCY = re.compile(r"\$([^-]*)(?:-[0-9A-Fa-f]+)?")
_OPERATORS: dict[str, Callable[[float, float], bool]] = {
    "<=": operator.le, ">=": operator.ge, "<>": operator.ne, "<": operator.lt, ">": operator.gt, "=": operator.eq,
}  # fmt: skip
_SHOWN = frozenset("$-+(): !^&'~{}<>=")
"""Characters that stand for themselves without quotes.

A slash needs quotes, since it makes a fraction between digits.
"""


class NotShown(ValueError):
    """A format turns a number into something else, such as a date or a percentage; `str()` says which."""


class _Section(NamedTuple):
    """One of the up to four parts of a format. A token is a kind and its text."""

    tokens: tuple[tuple[str, str], ...]
    holds: Callable[[float], bool] | None


def shown_number(value: float, number_format: str) -> str:
    """Return what a cell with this number shows, without thousands separators, and without decimals if they are zeros.

    Raises:
        NotShown: the format does not make a plain number from it.
    """
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        value = int(value)
    if isinstance(value, float) and "%" in number_format:
        return f"{100 * value:.15g}%"
    if number_format in (GENERAL, "") or isinstance(value, float):
        return str(value)
    if not number_format.strip("0") and value >= 0:
        # Most formats for telephone numbers are this one.
        return str(value).zfill(len(number_format))
    sections = _sections(number_format)
    section, signed = _section_for(value, sections)
    if any(kind == "exponent" for kind, _ in section.tokens):
        # The number has all its digits, even if few of them are shown.
        return str(value)
    return ("-" if signed and value < 0 else "") + _filled(abs(value), section, number_format)


def shown_text(value: str, number_format: str) -> str:
    """Return what a cell with this text shows."""
    if "@" not in number_format:
        return value
    section = _sections(number_format)[-1]
    return "".join(value if kind == "text" else text for kind, text in section.tokens if kind in ("text", "literal"))


@lru_cache(maxsize=1000)
def _sections(number_format: str) -> tuple[_Section, ...]:
    parts: list[list[tuple[str, str]]] = [[]]
    conditions: list[Callable[[float], bool] | None] = [None]
    for found in _TOKEN.finditer(number_format):
        kind, text = str(found.lastgroup), found[0]
        if text == ";":
            parts.append([])
            conditions.append(None)
            continue
        if kind == "bracket":
            conditions[-1] = _condition(found["bracket"]) or conditions[-1]
            currency = _CURRENCY.fullmatch(found["bracket"])
            kind, text = "literal", currency[1] if currency else ""
        elif kind in ("quoted", "escaped"):
            kind, text = "literal", found[kind]
        elif kind == "blank":
            kind, text = "literal", " "
        elif kind == "fill":
            continue
        elif kind == "other" and text in _SHOWN:
            kind = "literal"
        parts[-1].append((kind, text))
    return tuple(_Section(tuple(part), holds) for part, holds in zip(parts, conditions, strict=True))


def _condition(bracket: str) -> Callable[[float], bool] | None:
    found = _CONDITION.fullmatch(bracket)
    if not found:
        return None
    compare, limit = _OPERATORS[found[1]], float(found[2])
    return lambda value: compare(value, limit)


def _section_for(value: float, sections: Sequence[_Section]) -> tuple[_Section, bool]:
    """Return the section for a value, and whether its sign must still be shown."""
    numeric = sections[:3]
    if any(section.holds for section in numeric):
        found = next((section for section in numeric if section.holds is None or section.holds(value)), numeric[-1])
        return found, True
    if value == 0 and len(numeric) > 2:
        return numeric[2], False
    if value < 0 and len(numeric) > 1:
        return numeric[1], False
    return numeric[0], True


def _filled(value: int, section: _Section, number_format: str) -> str:
    """Put a number's digits into the places of a section, from the right; digits left over go to the first."""
    tokens = _without_decimals(section.tokens)
    if any(kind == "general" for kind, _ in tokens):
        return "".join(str(value) if kind == "general" else text for kind, text in tokens)
    for kind, text in tokens:
        if kind in ("other", "text"):
            what = "a date or time" if text.lower() in "ymdhsb" else repr(text)
            raise NotShown(f"its format {number_format!r} shows {what}, not a plain number; format the column as text")
    places = sum(kind == "digit" for kind, _ in tokens)
    digits = list(str(value)) if value else []
    shown, place = [], places
    for kind, text in reversed(tokens):
        if kind != "digit":
            shown.append(text)
            continue
        place -= 1
        taken = "".join(digits) if place == 0 else digits[-1] if digits else ""
        del digits[0 if place == 0 else -1 :]
        shown.append(taken or {"0": "0", "?": " "}.get(text, ""))
    return "".join(reversed(shown))


def _without_decimals(tokens: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Remove thousands separators and the places behind the point; the value is whole.

    A comma after the last place would divide it by a thousand, which would destroy a telephone number: it stays.
    """
    last = max((place for place, (kind, _) in enumerate(tokens) if kind == "digit"), default=-1)
    kept: list[tuple[str, str]] = []
    after_point = False
    for place, (kind, text) in enumerate(tokens):
        if kind == "other" and text == ".":
            after_point = True
        elif (kind == "digit" and after_point) or (kind == "other" and text == "," and place < last):
            continue
        else:
            kept.append((kind, text))
    return kept
