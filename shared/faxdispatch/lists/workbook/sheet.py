"""The rows of a sheet as a person sees them: with number formats, and with what is hidden or struck through."""

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import IO, NamedTuple

from faxdispatch.lists.workbook.bounds import CELL, COLUMNS, ROW, ROWS, Damaged, TooLarge
from faxdispatch.lists.workbook.elements import elements
from faxdispatch.lists.workbook.look import TRUE, Look
from faxdispatch.lists.workbook.number_format import NotShown
from faxdispatch.lists.workbook.texts import RichText, TextReader

NEVER_CALCULATED = (
    "is a formula that was never calculated: open the workbook in its program and save it, or give the value itself"
)
STRUCK = "is struck through"
HALF_STRUCK = "is partly struck through: leave only the number that counts"

_LONGEST_FORMULA = 200
_ROW = r'\s*+<row r="(\d++)"([^<>]*+)>'
_ROW_ATTRIBUTES = re.compile(r'(?: [\w:]+="[^"<&]*")* ?', re.ASCII)
_HEIGHT = re.compile(r' (hidden|ht)="([^"]*)"')
_CELL = (
    r'(?:<c r="{}\d++"([^<>/]*+)(?:>(?:<f(?: [^<>]*)?(?:/>|>[^<]*+</f>))?<v>([^<&\x00-\x08\x0b-\x1f]++)</v></c>'
    r'|><is><t(?: xml:space="preserve")?>([^<&\x00-\x08\x0b-\x1f]++)</t></is></c>|/>))?'
)
"""A cell of one column, or none: its attributes, and its value or the text that stands in it."""
_GROUPS = 3
"""Of a cell."""
_CELL_ATTRIBUTES = re.compile(r'(?: s="(\d+)")?(?: t="([A-Za-z]+)")? ?', re.ASCII)
"""Style and kind."""
_END = "</row>"
_ANYTHING_ELSE = r"|([\s\S]+)"
"""Takes what is left behind the last row that is in the form, so that nothing is skipped."""
_WITH_VALUE = frozenset({"", "s", "n", "str", "b", "e"})
"""Kinds of the cells that have a value."""
_WITH_TEXT = "inlineStr"
"""The kind of those that have their text in them."""

_COLUMN = re.compile(rb'<c r="([A-Z]{1,3})\d+"')
_WIDEST = 500
"""Columns of the widest rows that a pattern reads."""
_LONGEST_RUN, _SHORTEST_RUN = 4096, 8
"""Rows that are read at once. Where there are many that a pattern does not read, it does not pay to look far ahead."""
_NONE: Mapping[int, str] = MappingProxyType({})


class Row(NamedTuple):
    """One existing row: its number from 1, what its cells show, and why it does not count, if so.

    `flaws` says, for certain cells by their position from 0, why what they show is not what was meant.
    """

    number: int
    cells: list[str]
    hidden: str = ""
    flaws: Mapping[int, str] = _NONE


class Sheet:
    """A sheet of rows, from its XML. `hidden_columns` (from 0) are known once the first row is."""

    def __init__(self, stream: IO[bytes], look: Look) -> None:
        self._stream = stream
        self._look = look
        self._handler = _Cells(look)
        self._width = 0
        self._form = _form(0)
        self._longest = _LONGEST_RUN

    @property
    def hidden_columns(self) -> frozenset[int]:
        """The columns that the sheet does not show."""
        return frozenset(self._handler.hidden_columns)

    def rows(self) -> Iterator[list[Row]]:
        """Yield its rows in their order, once, many at a time.

        Raises:
            TooLarge: it exceeds a limit.
            Damaged: it is not a sheet, or not complete.
        """
        count = 0
        for rows in elements(self._stream, "row", self._by_pattern, self._handler):
            count += len(rows)
            if count > ROWS or max((row.number for row in rows), default=0) > ROWS:
                raise TooLarge(f"it has more than {ROWS:,} rows")
            for row in rows:
                if len(row.cells) * CELL > ROW and sum(map(len, row.cells)) > ROW:
                    raise TooLarge(f"row {row.number} has more than {ROW:,} characters")
            yield rows

    def _by_pattern(self, elements: list[bytes], place: int) -> list[Row]:
        """Read rows in which everything is plain, nothing is struck through and everything can be shown."""
        run = self._run(elements, place)
        if not run and self._widen(elements[place]):
            run = self._run(elements, place)
        if not run:
            return []
        rows = self._rows(run)
        if rows is not None:
            self._longest = min(2 * self._longest, _LONGEST_RUN)
            return rows
        # One of them is to be looked at more closely.
        self._longest = max(self._longest // 4, _SHORTEST_RUN)
        alone = itertools.takewhile(lambda row: row is not None, (self._rows([groups]) for groups in run))
        return [row for rows in alone for row in rows or ()]

    def _run(self, elements: list[bytes], place: int) -> list[tuple[str, ...]]:
        """Return the groups of the row at a place, and of those behind it that have the same form."""
        asked = elements[place : place + self._longest]
        if max(map(len, asked)) > CELL or any(b"_x" in element for element in asked):
            asked = list(itertools.takewhile(lambda element: len(element) <= CELL and b"_x" not in element, asked))
        try:
            joined = _END.encode().join([*asked, b""]).decode()
        except UnicodeDecodeError:
            return []
        run: list[tuple[str, ...]] = self._form.findall(joined)
        if run and run[-1][-1]:
            run.pop()
            self._longest = max(self._longest // 4, _SHORTEST_RUN)
        return run

    def _widen(self, element: bytes) -> bool:
        """Add the columns of a row to the form of rows; return whether there is a new one."""
        places = [_place(column.decode()) for column in _COLUMN.findall(element)]
        width = max(places, default=-1) + 1
        if not self._width < width <= _WIDEST:
            return False
        self._width = width
        self._form = _form(width)
        return True

    def _rows(self, run: list[tuple[str, ...]]) -> list[Row] | None:
        """Return the rows of groups, or None if a cell is to be looked at more closely."""
        numbers, attributes, *groups, _ = zip(*run, strict=True)
        hides = dict[str, str]()
        for text in set(attributes):
            if not _ROW_ATTRIBUTES.fullmatch(text):
                return None
            hides[text] = "hidden" if self._handler.hides(dict(_HEIGHT.findall(text))) else ""
        columns = []
        for place in range(0, len(groups), _GROUPS):
            column = self._column(*groups[place : place + _GROUPS])
            if column is None:
                return None
            columns.append(column)
        cells = list(map(list, zip(*columns, strict=True))) if columns else [list[str]() for _ in run]
        if columns and not all(columns[-1]):
            cells = list(map(_trimmed, cells))
        values = zip(map(int, numbers), cells, map(hides.__getitem__, attributes), itertools.repeat(_NONE))
        # A million calls of the class itself would take half a second.
        rows = list(map(tuple.__new__, itertools.repeat(Row), values))
        self._handler.last = rows[-1].number
        return rows

    def _column(self, attributes: Sequence[str], values: Sequence[str], texts: Sequence[str]) -> list[str] | None:
        """Return what the cells of a column show, or None if one needs a closer look."""
        said = dict[str, tuple[str, ...]]()
        for one in set(attributes):
            if not (found := _CELL_ATTRIBUTES.fullmatch(one)):
                return None
            said[one] = found.groups("")
        styles, kinds = zip(*map(said.__getitem__, attributes), strict=True)
        if any(texts):
            if any(text and kind != _WITH_TEXT for kind, text in zip(kinds, texts, strict=True)):
                return None
            kinds = tuple("str" if text else kind for kind, text in zip(kinds, texts, strict=True))
            values = tuple(value or text for value, text in zip(values, texts, strict=True))
        if not all(values):
            # What is said of an empty cell shows nowhere.
            styles = tuple(style if value else "" for style, value in zip(styles, values, strict=True))
            kinds = tuple(kind if value else "" for kind, value in zip(kinds, values, strict=True))
        return self._look.column(styles, kinds, values) if _WITH_VALUE.issuperset(kinds) else None


def _form(width: int) -> re.Pattern[str]:
    """Return the pattern of rows with this many columns at most."""
    cells = "".join(_CELL.format(_letters(place)) for place in range(width))
    return re.compile(f"{_ROW}{cells}{_END}{_ANYTHING_ELSE}", re.ASCII)


class _Cells(TextReader):
    """Collects the rows that expat reads, and the columns that are not shown."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.found: list[Row] = []
        self.hidden_columns: set[int] = set()
        self._look = look
        self._in_data = False
        self._attributes: dict[str, str] = {}
        self._cells: list[_Cell] = []
        self._cell: _Cell | None = None
        self.last = 0
        """Number of the last row that was read."""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "col":
            self._hide(attributes)
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
                raise _too_wide(self.last + 1)
        elif name in ("v", "f", "is") and self._cell:
            super().end("t")
            setattr(self._cell, {"v": "value", "f": "formula", "is": "inline"}[name], self.take())
        else:
            super().end(name)

    def _hide(self, attributes: Mapping[str, str]) -> None:
        if attributes.get("hidden") in TRUE or float(attributes.get("width", 1)) == 0:
            first = int(attributes["min"])
            self.hidden_columns.update(range(first - 1, min(int(attributes.get("max", first)), COLUMNS)))

    def _end_row(self) -> None:
        columns, texts, struck, flaws = list[str](), list[str](), list[bool](), dict[int, str]()
        for cell in self._cells:
            text, is_struck, flaw = cell.shown(self._look)
            if text.strip():
                struck.append(is_struck)
                flaw = flaw or (STRUCK if is_struck else "")
            if flaw:
                flaws[len(texts)] = flaw
            columns.append(cell.column)
            texts.append(text)
        number = int(self._attributes.get("r", self.last + 1))
        self.last = number
        if columns != _LETTERS[: len(columns)]:
            texts, flaws = _placed(number, columns, texts, flaws)
        is_struck = bool(struck) and 2 * sum(struck) >= len(struck)
        hidden = "hidden" if self.hides(self._attributes) else "struck through" if is_struck else ""
        self.found.append(Row(number, _trimmed(texts), hidden, flaws))

    def hides(self, attributes: Mapping[str, str]) -> bool:
        """Return whether a row with these attributes is hidden."""
        if "hidden" in attributes:
            return attributes["hidden"] in TRUE
        # Rows that are not listed may be hidden by default, but not those that are.
        return float(attributes.get("ht", 1)) == 0


class _Cell:
    """A cell as in the XML."""

    def __init__(self, attributes: Mapping[str, str]) -> None:
        self.column = attributes.get("r", "").rstrip("0123456789")
        self.value: str | None = None
        self.inline: str | None = None
        self.formula: str | None = None
        self._kind = attributes.get("t")
        self._style = attributes.get("s")

    def shown(self, look: Look) -> tuple[str, bool, str]:
        """Return what it shows, whether that is struck through, and what is wrong with it."""
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


def _trimmed(texts: list[str]) -> list[str]:
    """Remove the empty cells at the end."""
    while texts and not texts[-1]:
        texts.pop()
    return texts


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
    """Return a column's place from 0."""
    place = 0
    for letter in column:
        if not "A" <= letter <= "Z" or place > COLUMNS:
            raise Damaged(f"it has a column {column[:10]!r}")
        place = 26 * place + ord(letter) - ord("A") + 1
    return place - 1


def _letters(place: int) -> str:
    """Return the name of a column by its place from 0, below 702."""
    return f"{_LETTERS[place // 26 - 1] if place > 25 else ''}{_LETTERS[place % 26]}"


def _too_wide(row: int) -> TooLarge:
    return TooLarge(f"row {row} has more than {COLUMNS:,} columns")


_LETTERS = [chr(ord("A") + place) for place in range(26)]
