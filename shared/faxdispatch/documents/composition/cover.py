"""A cover page: text with fields in braces, filled in and set as a PDF.

A line that begins with `# ` is a heading; text after a tab, or after a colon and two blanks, is set as a column. Fields
are the sender's own words, such as the columns of a list, and `sender`, `to`, `date` and `pages`, which counts the
whole fax including its cover. `{name|Sir or Madam}` has words for a value that is empty. `{{` and `}}` stand for
braces.
"""

import re
import unicodedata
from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from faxdispatch.documents.composition.fonts import Fonts, fonts
from faxdispatch.errors import BadInput

if TYPE_CHECKING:
    from fpdf import FPDF

BUILT_IN = ("sender", "to", "date", "pages")
"""Fields that we fill ourselves."""
LONGEST = 4000
"""Maximum length of a cover's text."""
MOST_PAGES = 5

_FIELD = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")
_TAB = re.compile(r"\t|(?<=:) {2,}")
"""A browser's form has no key that writes a tab."""
_LEFT_TO_RIGHT = "\u200e"
_NUMBER = tuple("+0123456789")
"""The beginning of a value that is read from left to right in any language."""
_MARGIN = 22.0
_SIZE, _HEADING, _LINE, _COLUMN, _GAP = 12, 22, 6.0, 28.0, 3.0
_MADE = datetime(2000, 1, 1, tzinfo=UTC)
"""A fixed date, so that the same text always makes the same file."""


def read_cover(given: str) -> str:
    """Return the text of a cover: that of a file if there is one of this name, otherwise the argument itself.

    Raises:
        BadInput: it is empty, too long, or not text.
    """
    text = given
    if "\n" not in given and len(given) < 255 and Path(given).is_file():
        try:
            text = Path(given).read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError):
            raise BadInput(f"cover: {given} cannot be read as text in UTF-8") from None
    see_text(text)
    return text


def see_text(text: str) -> None:
    """Check that a cover has text, and not too much. Raises `BadInput` if not."""
    if not text.strip():
        raise BadInput("cover: is empty")
    if len(text) > LONGEST:
        raise BadInput(f"cover: has {len(text)} characters; at most {LONGEST}")


def fields_of(text: str) -> list[str]:
    """Return the names of a cover's fields, each once.

    Raises:
        BadInput: a brace has no partner, or a field has no name.
    """
    names = dict.fromkeys(_name(match) for match in _FIELD.finditer(text) if match[0] not in {"{{", "}}"})
    return list(names)


def fields_without_words(text: str) -> list[str]:
    """Return the names of the fields that print nothing if their value is empty, each once.

    Raises:
        BadInput: a brace has no partner, or a field has no name.
    """
    found = [match for match in _FIELD.finditer(text) if match[0] not in {"{{", "}}"}]
    return list(dict.fromkeys(_name(match) for match in found if "|" not in match[0]))


def same(name: str) -> str:
    """Return a field's or column's name for comparing: `Fax Number`, `fax_number` and `fax number` are one."""
    return re.sub(r"[\s_\-]+", " ", name).strip().casefold()


def see_fields(text: str, known: Collection[str]) -> None:
    """Check that every field of a cover is known.

    Raises:
        BadInput: it names the unknown ones.
    """
    all_known = {same(name) for name in (*known, *BUILT_IN)}
    if unknown := [name for name in fields_of(text) if same(name) not in all_known]:
        offered = ", ".join(sorted({*known, *BUILT_IN}))
        raise BadInput(f"cover: there is no {', '.join(f'{{{name}}}' for name in unknown)}; there are {offered}")


def filled(text: str, values: Mapping[str, str]) -> str:
    """Fill in the fields.

    Raises:
        BadInput: one is not among the values.
    """
    found = {same(name): value for name, value in values.items()}
    # Among Arabic or Hebrew words, the Unicode rules would print 2026-03-09 as 09-03-2026, and +1 as 1+.
    mark = _LEFT_TO_RIGHT if _has_right_to_left("".join((text, *found.values()))) else ""

    def value(match: re.Match[str]) -> str:
        if match[0] in {"{{", "}}"}:
            return match[0][0]
        name = same(_name(match))
        if name not in found:
            raise BadInput(f"cover: there is no {match[0]}; give it a value")
        put = found[name] if found[name].strip() else match[1].partition("|")[2].strip()
        return f"{mark}{put}" if put[:1] in _NUMBER else put

    return _FIELD.sub(value, text)


def _has_right_to_left(text: str) -> bool:
    return any(unicodedata.bidirectional(character) in {"R", "AL"} for character in text)


def make_cover(
    text: str,
    values: Mapping[str, str],
    *,
    pages: int,
    sender: str,
    to: str,
    today: date,
    more_fonts: Path | None = None,
) -> tuple[bytes, int]:
    """Set a cover as a PDF. Return it and its number of pages.

    `pages` is the number of pages after the cover; `values` has the fields that are not ours.

    Raises:
        BadInput: a field has no value, no font has a character, or it is too long for a cover.
    """
    built_in = {"sender": sender, "to": to, "date": today.isoformat()}
    own = 1
    while True:
        page_count = str(own + pages)
        content, needed = _set(filled(text, {**values, **built_in, "pages": page_count}), fonts(more_fonts))
        if needed > MOST_PAGES:
            raise BadInput(f"cover: has more than {MOST_PAGES} pages")
        if needed <= own:
            return content, needed
        own = needed


def cover_pages(text: str, more_fonts: Path | None = None) -> int:
    """Return the number of pages of a cover whose fields are short: each as long as its name.

    Raises:
        BadInput: no font has a character, or it is too long for a cover.
    """
    values = {name: name for name in fields_of(text)}
    return make_cover(text, values, pages=1, sender="+", to="+", today=_MADE.date(), more_fonts=more_fonts)[1]


def see_characters(text: str, more_fonts: Path | None = None) -> None:
    """Check that some font has each character of a text. Raises `BadInput` if none has."""
    fonts(more_fonts).needed(text)


def _set(text: str, all_fonts: Fonts) -> tuple[bytes, int]:
    # Most faxes have no cover, and this is a third of what a worker loads.
    from fpdf import FPDF  # noqa: PLC0415
    from fpdf.errors import FPDFException  # noqa: PLC0415

    page = FPDF(format="A4")
    page.set_creation_date(_MADE)
    page.set_margins(_MARGIN, _MARGIN)
    page.set_auto_page_break(True, _MARGIN)
    try:
        first, *others = all_fonts.needed(text)
    except BadInput as problem:
        raise BadInput(f"cover: {problem}") from None
    page.add_font(first.name, fname=first.path)
    page.add_font(first.name, "B", fname=all_fonts.bold.path)
    for font in others:
        page.add_font(font.name, fname=font.path)
    page.set_fallback_fonts([font.name for font in others], exact_match=False)
    page.set_text_shaping(True)
    page.add_page()
    try:
        for line in text.splitlines():
            heading = line.startswith("# ")
            page.set_font(first.name, "B" if heading else "", _HEADING if heading else _SIZE)
            height = 2 * _LINE if heading else _LINE
            *label, rest = _TAB.split(line.removeprefix("# "), maxsplit=1)
            if label:
                _set_label(page, label[0], height)
            page.multi_cell(0, height, rest or " ", new_x="LMARGIN", new_y="NEXT", align="L")
    except FPDFException as error:
        raise BadInput(f"cover: cannot be set: {error}") from None
    return bytes(page.output()), page.pages_count


def _set_label(page: "FPDF", label: str, height: float) -> None:
    """Set the label before a column; a long label moves the column, and a very long one gets its own line."""
    wide = page.get_string_width(label) + _GAP
    if wide > page.epw / 2:
        page.multi_cell(0, height, label, new_x="LMARGIN", new_y="NEXT", align="L")
        page.set_x(page.l_margin + _COLUMN)
    else:
        page.cell(max(_COLUMN, wide), height, label)


def _name(match: re.Match[str]) -> str:
    name = (match[1] or "").partition("|")[0].strip()
    if not name:
        raise BadInput(f"cover: {match[0]!r} is not a field; write {{name}}, or two braces for one")
    return name
