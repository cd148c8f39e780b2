"""A document's pages as a fax machine prints them: black or white, 1728 dots across, 98 or 196 lines an inch.

Documents come from outside and what reads them is written in C, so each page is drawn by a process of its own, with
bounds on its memory and its time: `drawing.py`.
"""

import subprocess
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

from faxdispatch.documents.kinds import DRAWN, kind_of
from faxdispatch.errors import FaxError
from faxdispatch.subprocesses.bounded import run

_DRAWING = Path(__file__).with_name("drawing.py")
_SECONDS = 30.0
_NO_PAGE = 3


class Lines(IntEnum):
    """Lines an inch (ITU-T T.4): `STANDARD` is what quality `normal` sends, `FINE` what `high` and better do."""

    STANDARD = 98
    FINE = 196


class NotDrawn(FaxError):
    """A page cannot be shown; the message says why. That says nothing about whether Telnyx can send it."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """One page as PNG with one bit a dot, and how many pages the document has."""

    png: bytes
    pages: int


def can_draw(content: bytes) -> bool:
    """Return whether documents of this kind can be drawn here; of the others only their program knows the pages."""
    return kind_of(content, containers=False) in DRAWN


def draw(content: bytes, page: int, lines: Lines = Lines.FINE) -> Drawn:
    """Draw one page, counted from 1.

    Raises:
        NotDrawn: the document is of another kind, damaged or locked, has no such page, or takes too much to draw.
    """
    if not can_draw(content):
        raise NotDrawn("pages are shown of PDF, TIFF, JPEG and PNG; other kinds are laid out by Telnyx")
    try:
        done = run(_DRAWING, page, int(lines), content=content, seconds=_SECONDS)
    except subprocess.TimeoutExpired:
        raise NotDrawn(f"the page takes longer than {_SECONDS:g} s to draw") from None
    if done.returncode == _NO_PAGE:
        raise NotDrawn(f"the document has no page {page}")
    head, _, png = done.stdout.partition(b"\n")
    if done.returncode or not head.isdigit():
        raise NotDrawn("the document cannot be read: it is damaged, locked, or takes too much to draw")
    return Drawn(png, int(head))
