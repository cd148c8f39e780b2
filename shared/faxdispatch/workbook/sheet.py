"""The rows of a sheet as a person sees them: under their number formats, and what is hidden or struck through."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import IO, NamedTuple

from faxdispatch.workbook.bounds import CELL, COLUMNS, ROW, ROWS, Damaged, TooLarge
from faxdispatch.workbook.dates import EPOCH_1900, shown_date, shown_duration
from faxdispatch.workbook.elements import elements
from faxdispatch.workbook.number_format import GENERAL, NotShown, shown_number, shown_text
from faxdispatch.workbook.styles import Style
from faxdispatch.workbook.texts import RichText, TextReader

NEVER_CALCULATED = (
    "is a formula that was never calculated: open the workbook in its program and save it, or give the value itself"
)
HALF_STRUCK = "is struck through in part: leave in it the one number that counts"

_TRUE = {"1", "true"}
_LONGEST_FORMULA = 200
_ROW = re.compile(r'\s*<row r="(\d+)"((?: [\w:]+="[^"<&]*")*) ?>', re.ASCII)
_HEIGHT = re.compile(r' (hidden|ht)="([^"]*)"')
_CELL = re.compile(
    r'<c r="([A-Z]{1,3})\d+"(?: s="(\d+)")?(?:(?: t="(?:s|n|str|inlineStr)")? ?/>'
    r'|(?: t="(s|n|str)")?>(?:<f(?: [^<>]*)?(?:/>|>[^<]*</f>))?<v>([^<&\x00-\x08\x0b-\x1f]+)</v></c>'
    r'| t="inlineStr"><is><t(?: xml:space="preserve")?>([^<&\x00-\x08\x0b-\x1f]*)</t></is></c>)',
    re.ASCII,
)
_GROUPS = _CELL.groups + 1
_PLAIN = Style()
_NONE: Mapping[int, str] = MappingProxyType({})


class Row(NamedTuple):
    """One row that is there: its number from 1, what its cells show, and why it is not to be counted, if so.

    `flaws` says of cells, by their place from 0, why what they show does not tell what is meant.
    """

    number: int
    cells: list[str]
    hidden: str = ""
    flaws: Mapping[int, str] = _NONE


@dataclass
class Look:
    """What cells refer to: the workbook's texts and styles, and where its dates begin."""

    texts: Sequence[str] = ()
    styles: Sequence[Style] = (_PLAIN,)
    epoch: datetime = EPOCH_1900
    struck: frozenset[str] = field(init=False)
    """Styles that strike through, by the number that cells have for them."""
    general: frozenset[str | None] = field(init=False)
    """Styles that show what is there, by the same; None is that of cells which name none."""
    has_rich: bool = field(init=False)
    """Whether one of the texts has fonts of its own."""

    def __post_init__(self) -> None:
        named = {str(at): style for at, style in enumerate(self.styles)}
        self.struck = frozenset(at for at, style in named.items() if style.is_struck)
        general = {at for at, style in named.items() if style.number_format == GENERAL}
        self.general = frozenset(general | {None} if "0" in general else general)
        self.has_rich = any(isinstance(text, RichText) for text in self.texts)

    def style(self, number: str | None) -> Style:
        """Give a style by its number; as everywhere, the first is that of cells which name none."""
        place = int(number or 0)
        return self.styles[place] if place < len(self.styles) else _PLAIN

    def shown(self, kind: str | None, style: Style, value: str) -> str:
        """Give what a cell shows.

        Raises:
            NotShown: its format makes no plain number of it.
            Damaged: it is none of what its kind says.
        """
        try:
            if kind == "s":
                value = self.texts[int(value)]
            elif kind in (None, "n"):
                return self._shown_number(style, value)
            elif kind == "b":
                return str(value.strip() in _TRUE)
        except NotShown:
            raise
        except (ValueError, IndexError):
            raise Damaged(f"a cell has {value[:20]!r}, which is none of its kind") from None
        return value if style.number_format == GENERAL else shown_text(value, style.number_format)

    def _shown_number(self, style: Style, value: str) -> str:
        # Most numbers are written as they are shown.
        if style.number_format == GENERAL and value.isascii() and value.isdigit() and value[0] != "0":
            return value
        number = float(value) if any(sign in value for sign in ".eE") else int(value)
        if style.is_duration:
            return shown_duration(number)
        return shown_date(number, self.epoch) if style.is_date else shown_number(number, style.number_format)


class Sheet:
    """A sheet of rows, from its XML. `hidden_columns` (from 0) are known once the first row is."""

    def __init__(self, stream: IO[bytes], look: Look) -> None:
        self._stream = stream
        self._look = look
        self._handler = _Cells(look)

    @property
    def hidden_columns(self) -> frozenset[int]:
        """The columns that the sheet does not show."""
        return frozenset(self._handler.hidden_columns)

    def rows(self) -> Iterator[Row]:
        """Give its rows in their order, once.

        Raises:
            TooLarge: it is beyond a bound.
            Damaged: it is no sheet, or not whole.
        """
        for count, row in enumerate(elements(self._stream, "row", self._by_pattern, self._handler), start=1):
            if max(count, row.number) > ROWS:
                raise TooLarge(f"it has more than {ROWS:,} rows")
            if len(row.cells) * CELL > ROW and sum(map(len, row.cells)) > ROW:
                raise TooLarge(f"row {row.number} has more than {ROW:,} characters")
            yield row

    def _by_pattern(self, element: bytes) -> Row | None:
        """Read a row in which everything is plain, nothing is struck through and everything can be shown."""
        try:
            head, *parts = _CELL.split(element.decode())
            found = _ROW.fullmatch(head)
            if not found or any(parts[_GROUPS - 1 :: _GROUPS]):
                return None
            cells = self._shown(parts[1::_GROUPS], parts[2::_GROUPS], parts[3::_GROUPS], parts[4::_GROUPS])
        except (NotShown, UnicodeDecodeError):
            return None
        if cells is None or (len(element) > CELL and max(map(len, cells)) > CELL) or b"_x" in element:
            return None
        return self._handler.row(int(found[1]), dict(_HEIGHT.findall(found[2])), parts[0::_GROUPS], cells)

    def _shown(
        self,
        styles: Sequence[str | None],
        kinds: Sequence[str | None],
        values: Sequence[str | None],
        inlines: Sequence[str | None],
    ) -> list[str] | None:
        look, general = self._look, self._look.general
        if not look.struck.isdisjoint(styles):
            return None
        cells = []
        for style, kind, value, inline in zip(styles, kinds, values, inlines, strict=True):
            if inline is not None:
                cells.append(inline if style in general else look.shown("str", look.style(style), inline))
            elif value is None:
                cells.append("")
            else:
                cells.append(look.shown(kind, look.style(style), value))
        return None if look.has_rich and any(isinstance(cell, RichText) for cell in cells) else cells


class _Cells(TextReader):
    """Collects the rows that expat reads, and the columns that are not shown."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.found: list[Row] = []
        self.hidden_columns: set[int] = set()
        self._look = look
        self._hides_rows = False
        self._in_data = False
        self._attributes: dict[str, str] = {}
        self._cells: list[_Cell] = []
        self._cell: _Cell | None = None
        self._last = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "col":
            self._hide(attributes)
        elif name == "sheetFormatPr":
            self._hides_rows = attributes.get("zeroHeight") in _TRUE
        elif name == "sheetData":
            self._in_data = True
        elif not self._in_data:
            return
        elif name == "row":
            self._attributes, self._cells = attributes, []
        elif name == "c":
            self._cell = _Cell(attributes)
        elif name in ("v", "f"):
            super().start("t", attributes)
        else:
            super().start(name, attributes)

    def end(self, name: str) -> None:
        if not self._in_data:
            return
        if name == "row":
            self._end_row()
        elif name == "sheetData":
            self._in_data = False
        elif name == "c" and self._cell:
            self._cells.append(self._cell)
            if len(self._cells) > COLUMNS:
                raise _too_wide(self._last + 1)
        elif name in ("v", "f", "is") and self._cell:
            super().end("t")
            setattr(self._cell, {"v": "value", "f": "formula", "is": "inline"}[name], self.take())
        else:
            super().end(name)

    def _hide(self, attributes: Mapping[str, str]) -> None:
        if attributes.get("hidden") in _TRUE or float(attributes.get("width", 1)) == 0:
            first = int(attributes["min"])
            self.hidden_columns.update(range(first - 1, min(int(attributes.get("max", first)), COLUMNS)))

    def _end_row(self) -> None:
        columns, texts, struck, flaws = list[str](), list[str](), list[bool](), dict[int, str]()
        for cell in self._cells:
            text, is_struck, flaw = cell.shown(self._look)
            if flaw:
                flaws[len(texts)] = flaw
            columns.append(cell.column)
            texts.append(text)
            if text.strip():
                struck.append(is_struck)
        number = int(self._attributes.get("r", self._last + 1))
        row = self.row(number, self._attributes, columns, texts, flaws)
        self.found.append(row._replace(hidden="struck through") if not row.hidden and struck and all(struck) else row)

    def row(
        self,
        number: int,
        attributes: Mapping[str, str],
        columns: Sequence[str],
        texts: list[str],
        flaws: Mapping[int, str] = _NONE,
    ) -> Row:
        """Put what cells show into their places."""
        self._last = number
        if columns != _LETTERS[: len(columns)]:
            texts, flaws = _placed(number, columns, texts, flaws)
        hidden = "hidden" if self._hides(attributes) else ""
        return Row(number, texts, hidden, flaws)

    def _hides(self, attributes: Mapping[str, str]) -> bool:
        if "hidden" in attributes:
            return attributes["hidden"] in _TRUE
        return float(attributes["ht"]) == 0 if "ht" in attributes else self._hides_rows


class _Cell:
    """A cell as it stands in the XML."""

    def __init__(self, attributes: Mapping[str, str]) -> None:
        self.column = attributes.get("r", "").rstrip("0123456789")
        self.value: str | None = None
        self.inline: str | None = None
        self.formula: str | None = None
        self._kind = attributes.get("t")
        self._style = attributes.get("s")

    def shown(self, look: Look) -> tuple[str, bool, str]:
        """Give what it shows, whether that is struck through, and what is wrong with it."""
        style = look.style(self._style)
        kind, value = ("str", self.inline) if self._kind == "inlineStr" else (self._kind, self.value)
        if not value:
            never = self.formula is not None and kind != "str"
            return (
                (f"={self.formula}"[:_LONGEST_FORMULA], style.is_struck, NEVER_CALCULATED) if never else ("", False, "")
            )
        rich = look.texts[int(value)] if kind == "s" and value.isdigit() and int(value) < len(look.texts) else value
        crossed = (
            [style.is_struck if one is None else one for one in rich.crossed] if isinstance(rich, RichText) else []
        )
        if any(crossed) and not all(crossed):
            return str(rich), False, HALF_STRUCK
        is_struck = all(crossed) if crossed else style.is_struck
        try:
            return look.shown(kind, style, value), is_struck, ""
        except NotShown as problem:
            return value, is_struck, str(problem)


def _placed(
    number: int, columns: Sequence[str], texts: Sequence[str], flaws: Mapping[int, str]
) -> tuple[list[str], dict[int, str]]:
    places: list[int] = []
    for column in columns:
        places.append(_place(column) if column else places[-1] + 1 if places else 0)
    if max(places, default=0) >= COLUMNS:
        raise _too_wide(number)
    placed = [""] * (max(places, default=-1) + 1)
    for place, text in zip(places, texts, strict=True):
        placed[place] = text
    return placed, {places[at]: flaw for at, flaw in flaws.items()}


def _place(column: str) -> int:
    """Give a column's place from 0."""
    place = 0
    for letter in column:
        if not "A" <= letter <= "Z" or place > COLUMNS:
            raise Damaged(f"it has a column {column[:10]!r}")
        place = 26 * place + ord(letter) - ord("A") + 1
    return place - 1


def _too_wide(row: int) -> TooLarge:
    return TooLarge(f"row {row} has more than {COLUMNS:,} columns")


_LETTERS = [chr(ord("A") + place) for place in range(26)]
