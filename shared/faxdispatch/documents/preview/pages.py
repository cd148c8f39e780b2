"""A document's pages as a fax machine prints them: black or white, 1728 dots across, 98 or 196 lines an inch.

Documents come from outside, and C code reads them, so a separate process (`drawing.py`) draws their pages, with limits
on its memory and on its time for each page.
"""

import subprocess
import sys
import threading
import time
from collections.abc import Generator
from contextlib import closing, suppress
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import IO

from faxdispatch.documents.kinds import DRAWN, kind_of
from faxdispatch.errors import FaxError
from faxdispatch.subprocesses.bounded import converse

_DRAWING = Path(__file__).with_name("drawing.py")
_SECONDS = 30.0
_NO_PAGE = 3


class Lines(IntEnum):
    """Lines an inch (ITU-T T.4): quality `normal` sends `STANDARD`, and `high` and better send `FINE`."""

    STANDARD = 98
    FINE = 196


class NotDrawn(FaxError):
    """A page cannot be shown; the message says why. It does not say whether Telnyx can send it."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """One page as PNG with one bit a dot, and the number of pages of the document."""

    png: bytes
    pages: int


def can_draw(content: bytes) -> bool:
    """Return whether documents of this kind can be drawn here; for the others, only their program knows the pages."""
    return kind_of(content, containers=False) in DRAWN


def draw(content: bytes, page: int, lines: Lines = Lines.FINE) -> Drawn:
    """Draw one page, counted from 1.

    Raises:
        NotDrawn: the document is of another kind, damaged or encrypted, has no such page, or needs too much to draw.
    """
    with closing(draw_all(content, lines, first=page, last=page)) as pages:
        return next(pages)


def draw_all(
    content: bytes, lines: Lines = Lines.FINE, *, first: int = 1, last: int = sys.maxsize
) -> Generator[Drawn, None, None]:
    """Draw the pages from `first` to `last`, or to the end, one after the other.

    Raises:
        NotDrawn: as `draw` does; the pages before were drawn.
    """
    if not can_draw(content):
        raise NotDrawn("only pages of PDF, TIFF, JPEG and PNG are shown; Telnyx lays out other kinds")
    process = converse(_DRAWING, first, last, int(lines))
    said, heard = process.stdin, process.stdout
    assert said is not None and heard is not None  # noqa: S101, PT018 - for the type checker: they are pipes
    try:
        with suppress(BrokenPipeError), said:
            said.write(content)
        number = first
        while number <= last:
            drawn = _next(process, heard, number)
            yield drawn
            number, last = number + 1, min(last, drawn.pages)
    finally:
        process.kill()
        heard.close()
        process.wait()


def _next(process: "subprocess.Popen[bytes]", heard: IO[bytes], number: int) -> Drawn:
    began = time.monotonic()
    patience = threading.Timer(_SECONDS, process.kill)
    patience.start()
    try:
        head = heard.readline().split()
        png = heard.read(int(head[1])) if head else b""
    finally:
        patience.cancel()
    if head and len(png) == int(head[1]):
        return Drawn(png, int(head[0]))
    if process.wait() == _NO_PAGE:
        raise NotDrawn(f"the document has no page {number}")
    if time.monotonic() - began >= _SECONDS:
        raise NotDrawn(f"page {number} takes longer than {_SECONDS:g} s to draw")
    raise NotDrawn("the document cannot be read: it is damaged, locked, or takes too much time or memory to draw")
