"""Texts of a workbook, in its table of strings and in cells, and which parts are struck through."""

import itertools
import re
from collections.abc import Iterator
from typing import IO, Self

from faxdispatch.lists.workbook.bounds import CELL, Damaged, TooLarge
from faxdispatch.lists.workbook.elements import elements

_PLAIN = re.compile(rb'<si><t(?: xml:space="preserve")?>([^<&\x00-\x08\x0b-\x1f]*)</t>')
_MARKED = re.compile("[<&\x00-\x08\x0b-\x1f]")
_ESCAPE = re.compile("_x([0-9A-Fa-f]{4})_")
_NOT_XML = re.compile("[\x00-\x08\x0b-\x1f]")
_FALSE = {"0", "false"}


class RichText(str):
    """A text of several runs.

    `crossed` says for each that is not blank whether it is struck through, or None if only its cell's style shows it.
    """

    __slots__ = ("crossed",)

    def __new__(cls, text: str, crossed: tuple[bool | None, ...]) -> Self:
        """Return the text."""
        made = super().__new__(cls, text)
        made.crossed = crossed
        return made

    crossed: tuple[bool | None, ...]


class TextReader:
    """Reads the content of an `si` or `is`: plain text, or runs with their own fonts; phonetic hints are skipped."""

    def __init__(self) -> None:
        self._runs: list[tuple[str, bool | None]] = []
        self._crossed: bool | None = None
        self._pieces: list[str] | None = None
        self._spoken = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Take the beginning of an element in it."""
        if name == "t":
            self._pieces = None if self._spoken else []
        elif name == "rPh":
            self._spoken = True
        elif name == "rPr":
            self._crossed = False
        elif name == "strike" and self._crossed is not None:
            self._crossed = attributes.get("val", "1") not in _FALSE

    def end(self, name: str) -> None:
        """Take the end of an element in it."""
        if name == "t" and self._pieces is not None:
            self._runs.append(("".join(self._pieces), self._crossed))
            self._pieces = None
        elif name == "r":
            self._crossed = None
        elif name == "rPh":
            self._spoken = False

    def text(self, text: str) -> None:
        """Take a piece of text."""
        if self._pieces is not None:
            self._pieces.append(text)

    def take(self) -> str:
        """Return what was read since the last call."""
        runs, self._runs = self._runs, []
        whole = unescaped("".join(text for text, _ in runs))
        if all(crossed is None for _, crossed in runs):
            return whole
        return RichText(whole, tuple(crossed for text, crossed in runs if text.strip()))


def unescaped(text: str) -> str:
    """Return a text of a cell without the characters that XML cannot have, which are written `_x000D_`.

    Raises:
        TooLarge: it is longer than a cell may be.
    """
    if len(text) > CELL:
        raise TooLarge(f"a cell has more than {CELL:,} characters")
    if "_x" not in text:
        return text
    return _NOT_XML.sub("", _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text))


class _Strings:
    """Collects the texts of the table."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self._reader = TextReader()

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._reader.start(name, attributes)

    def end(self, name: str) -> None:
        if name == "si":
            self.found.append(self._reader.take())
        else:
            self._reader.end(name)

    def text(self, text: str) -> None:
        self._reader.text(text)


def strings(stream: IO[bytes]) -> Iterator[str]:
    """Return the texts of the table of strings.

    Raises:
        TooLarge: one is longer than a cell may be.
        Damaged: the table is not well-formed.
    """
    return itertools.chain.from_iterable(elements(stream, "si", _plain_strings, _Strings()))


def _plain_strings(elements: list[bytes], place: int) -> list[str]:
    try:
        return (_all_plain(elements) if place == 0 else None) or _first_plain(elements, place)
    except UnicodeDecodeError as error:
        raise Damaged(str(error)) from None


def _all_plain(elements: list[bytes]) -> list[str] | None:
    """Return the texts of elements; None unless all are plain."""
    table = b"</si>".join(elements).decode().replace('<t xml:space="preserve">', "<t>")
    begin, end = "<si><t>", "</t>"
    if not (table.startswith(begin) and table.endswith(end)):
        return None
    texts = table[len(begin) : -len(end)].split("</t></si><si><t>")
    joined = "".join(texts)
    if _MARKED.search(joined):
        return None
    is_plain = "_x" not in joined and max(map(len, texts)) <= CELL
    return texts if is_plain else list(map(unescaped, texts))


def _first_plain(elements: list[bytes], place: int) -> list[str]:
    texts = []
    while place < len(elements) and (found := _PLAIN.fullmatch(elements[place])):
        texts.append(unescaped(found[1].decode()))
        place += 1
    return texts
