"""A workbook's parts: its sheets and where they are, its styles and its texts (ECMA-376 part 1, 12.3, 18.2; part 2)."""

import posixpath
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from string import ascii_letters
from typing import IO, NamedTuple

from faxdispatch.documents.contents import TooManyFiles, see_contents
from faxdispatch.lists.workbook.bounds import FILES, PART, RATIO, SHEETS, SMALL, WHOLE, Damaged, TooLarge
from faxdispatch.lists.workbook.dates import EPOCH_1900, EPOCH_1904
from faxdispatch.lists.workbook.elements import Handler, parse
from faxdispatch.lists.workbook.finding import may_be_in_rows, texts_with
from faxdispatch.lists.workbook.look import Look
from faxdispatch.lists.workbook.sheet import Sheet
from faxdispatch.lists.workbook.styles import Style, read_styles
from faxdispatch.lists.workbook.texts import TextReader, strings

_TRUE = {"1", "true"}
_USUAL = "xl/workbook.xml"
_MOST_FOUND = 1_000_000
"""Maximum number of characters of texts that are judged one by one."""


class Title(NamedTuple):
    """A sheet by its name, and whether the workbook shows it."""

    name: str
    is_visible: bool
    part: str


class Book:
    """A workbook in a file.

    Raises:
        TooLarge: it exceeds a limit.
        Damaged: it is not a workbook, or not complete.
    """

    def __init__(self, file: IO[bytes]) -> None:
        try:
            see_contents(file, FILES)
        except TooManyFiles:
            raise TooLarge(f"it has more than {FILES:,} parts") from None
        self._archive = zipfile.ZipFile(file)
        self._parts = {info.filename: info for info in self._archive.infolist()}
        main = next((target for kind, target in self._related("").values() if kind == "officeDocument"), _USUAL)
        related = self._related(main)
        named = dict(related.values())
        handler = _Titles()
        self._parse(main, handler, SMALL)
        self.sheets = [
            Title(name, is_visible, related[relation][1])
            for name, is_visible, relation in handler.found
            if relation in related and related[relation][0] == "worksheet"
        ]
        styles, self.strikes_by_rule = self._styles(named.get("styles", ""))
        """Whether a conditional format may strike cells through, which is not evaluated here."""
        self._look = Look(self._texts(named.get("sharedStrings", "")), styles, handler.epoch)

    @contextmanager
    def open(self, place: int) -> Iterator[Sheet]:
        """Open the sheet at a place among `sheets`."""
        with self._part(self.sheets[place].part, PART) as stream:
            yield Sheet(stream, self._look)

    def comments(self, place: int) -> list[tuple[int, str, str]]:
        """Return the comments of the sheet at a place: the row, from 1, the cell's name, and the text."""
        parts = [part for kind, part in self._related(self.sheets[place].part).values() if kind == "comments"]
        handler = _Comments()
        for part in parts:
            self._parse(part, handler, WHOLE["comments"])
        return handler.found

    def texts_with(self, place: int, first: int, words: Sequence[str]) -> list[str] | None:
        """Return every text with one of the words, in any case, that the row `first` or one below it may show.

        None if one of these rows may also show such a text in another way, or if there are too many texts.

        Raises:
            TooLarge: the sheet has too many rows.
        """
        formats = [style.number_format for style in self._look.styles]
        with self._part(self.sheets[place].part, PART) as stream:
            if may_be_in_rows(stream, words, first) or texts_with(formats, words):
                return None
        # Such a format shows a text together with others.
        if any("@" in written and written != "@" for written in formats):
            return None
        found = texts_with(self._look.texts, words)
        return found if sum(map(len, found)) <= _MOST_FOUND else None

    def _texts(self, name: str) -> list[str]:
        if name not in self._parts:
            return []
        with self._part(name, WHOLE["strings"]) as stream:
            return list(strings(stream))

    def _styles(self, name: str) -> tuple[list[Style], bool]:
        if name not in self._parts:
            return [Style()], False
        with self._part(name, WHOLE["styles"]) as stream:
            styles, strikes_by_rule = read_styles(stream)
        return styles or [Style()], strikes_by_rule

    def _related(self, name: str) -> dict[str, tuple[str, str]]:
        """Return the kind and the name of each part to which this part refers, by the id of the reference."""
        folder, base = posixpath.split(name)
        relations = posixpath.join(folder, "_rels", f"{base}.rels")
        if relations not in self._parts:
            return {}
        handler = _Relations(folder)
        self._parse(relations, handler, SMALL)
        return handler.found

    def _parse(self, name: str, handler: Handler, most: int) -> None:
        with self._part(name, most) as stream:
            parse(stream, handler)

    def _part(self, name: str, most: int) -> IO[bytes]:
        info = self._parts.get(name)
        if info is None:
            raise Damaged(f"it has no {name}")
        if info.file_size > most:
            raise TooLarge(
                f"{name} in it unpacks to {info.file_size / 1e6:,.0f} MB, and at most {most / 1e6:,.0f} are taken"
            )
        if info.file_size > SMALL and info.file_size > RATIO * info.compress_size:
            raise TooLarge(f"{name} in it unpacks to more than {RATIO} times its size, which lists never do")
        return self._archive.open(info)


class _Relations:
    """Collects the references of a part."""

    def __init__(self, folder: str) -> None:
        self.found: dict[str, tuple[str, str]] = {}
        self._folder = folder

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "Relationship" and "Id" in attributes:
            target = posixpath.normpath(posixpath.join("/", self._folder, attributes.get("Target", "")))
            self.found[attributes["Id"]] = (attributes.get("Type", "").rpartition("/")[2], target.lstrip("/"))

    def end(self, name: str) -> None:
        pass

    def text(self, text: str) -> None:
        pass


class _Comments(TextReader):
    """Collects the comments of a sheet."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[int, str, str]] = []
        self._cell = ""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "comment":
            self._cell = attributes.get("ref", "")
        super().start(name, attributes)

    def end(self, name: str) -> None:
        super().end(name)
        if name == "comment":
            row = self._cell.lstrip(ascii_letters)
            self.found.append((int(row) if row.isdecimal() else 0, self._cell, str(self.take())))


class _Titles:
    """Collects the sheets of a workbook: name, whether it is shown, and the id of its part."""

    def __init__(self) -> None:
        self.found: list[tuple[str, bool, str]] = []
        self.epoch = EPOCH_1900

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "workbookPr" and attributes.get("date1904") in _TRUE:
            self.epoch = EPOCH_1904
        elif name == "sheet":
            relation = next((text for key, text in attributes.items() if key.rpartition(":")[2] == "id"), "")
            is_visible = attributes.get("state", "visible") == "visible"
            self.found.append((attributes.get("name", ""), is_visible, relation))
            if len(self.found) > SHEETS:
                raise TooLarge(f"it has more than {SHEETS} sheets")

    def end(self, name: str) -> None:
        pass

    def text(self, text: str) -> None:
        pass
