"""Parses XML from strangers with expat, without document types, and frequent elements in a faster way.

Programs write the rows of a sheet in only a few forms. If elements have exactly one of these forms, a pattern reads
them. Everything else goes to expat, which never sees those elements; the document that it gets is still well-formed.
"""

from collections.abc import Callable, Iterator
from typing import IO, Any, Protocol, TypeVar
from xml.parsers import expat

from faxdispatch.lists.workbook.bounds import Damaged

_CHUNK = 256 * 1024

Found = TypeVar("Found")


class Handler(Protocol):
    """Is called with elements by their names without prefix, and with attributes by their full names."""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Take the beginning of an element."""

    def end(self, name: str) -> None:
        """Take the end of an element."""

    def text(self, text: str) -> None:
        """Take a piece of text."""


class Collector(Handler, Protocol[Found]):
    """A handler that makes something from each element of one kind."""

    found: list[Found]
    """Results that were not taken yet."""


class _Parser:
    """Expat, with a handler."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self._expat = expat.ParserCreate()
        self._expat.buffer_text = True
        self._expat.StartDoctypeDeclHandler = _no_document_type
        self._expat.XmlDeclHandler = self._declaration
        self._expat.StartElementHandler = self._start
        self._expat.EndElementHandler = self._end
        self._expat.CharacterDataHandler = self._text
        self.is_utf8 = True
        self.ended = ""
        """The element, by its name with prefix, whose end was the last thing that `feed` reached; otherwise empty."""

    def feed(self, data: bytes, *, final: bool = False) -> None:
        """Parse the next part of the document.

        Raises:
            Damaged: it is not well-formed, or declares a document type.
        """
        self.ended = ""
        try:
            self._expat.Parse(data, final)
        except expat.ExpatError as error:
            raise Damaged(str(error)) from None

    def _declaration(self, _version: str, encoding: str | None, _standalone: int) -> None:
        self.is_utf8 = encoding is None or encoding.lower() == "utf-8"

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self.ended = ""
        self._handler.start(name.rpartition(":")[2], attributes)

    def _end(self, name: str) -> None:
        self.ended = name
        self._handler.end(name.rpartition(":")[2])

    def _text(self, text: str) -> None:
        self.ended = ""
        self._handler.text(text)


def _no_document_type(*_: Any) -> None:
    raise Damaged("it declares a document type, which workbooks never do")


def parse(stream: IO[bytes], handler: Handler) -> None:
    """Parse a document.

    Raises:
        Damaged: it is not well-formed, or declares a document type.
    """
    parser = _Parser(handler)
    while chunk := stream.read(_CHUNK):
        parser.feed(chunk)
    parser.feed(b"", final=True)


def elements(
    stream: IO[bytes], name: str, by_pattern: Callable[[list[bytes], int], list[Found]], handler: Collector[Found]
) -> Iterator[list[Found]]:
    """Yield the results for each element of that name, in their order, many at a time.

    `by_pattern` gets elements without their end tags, and the place of the first one to read. It makes something from
    that one and from those behind it, up to the first one that does not match exactly.

    Raises:
        Damaged: the document is not well-formed, or declares a document type.
    """
    parser, closing = _Parser(handler), f"</{name}>".encode()

    def parsed(data: bytes, *, final: bool = False) -> list[Found]:
        parser.feed(data, final=final)
        made, handler.found = handler.found, []
        return made

    # Whether expat is directly behind such an element, so that it need not see the next ones.
    between = False
    rest = b""
    while chunk := stream.read(_CHUNK):
        *complete, rest = (rest + chunk).split(closing)
        place = 0
        while place < len(complete):
            made = by_pattern(complete, place) if between else []
            place += len(made)
            if not made:
                made = parsed(complete[place] + closing)
                place += 1
                # In a comment, it only looks like an element, and in another encoding it may mean anything.
                between = bool(made) and parser.ended == name and parser.is_utf8
            yield made
        if len(rest) > 4 * _CHUNK:
            yield parsed(rest)
            between, rest = False, b""
    yield parsed(rest, final=True)
