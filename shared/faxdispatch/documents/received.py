"""Judges the kind of a fetched file by its content: a complete PDF, a complete TIFF, or neither."""

import os
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from faxdispatch.documents import kinds
from faxdispatch.errors import FaxError

MOST_PAGES = 10_000
"""A TIFF with more pages is not a fax. The limit stops files that consist of nothing but pages."""

_NEAR = 1024
"""The header of a PDF must be within this many bytes of the start, and its end mark within this many of the end; PDF
readers allow the same."""
_WEB = (b"<!doctype html", b"<html", b"<head", b"<body", b"<?xml", b"<error")
_HEADER, _ENTRY, _LINK = 8, 12, 4
"""Size in bytes of a TIFF's header, of a directory entry, and of the link to the next directory."""


class NotADocument(FaxError):
    """The file is not a document that Telnyx makes from an inbound fax, or not a complete one."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of document: its file name extension, with the dot, and its content type."""

    suffix: str
    content_type: str


PDF = Kind(".pdf", "application/pdf")
TIFF = Kind(".tiff", "image/tiff")


def kind_of(path: Path) -> Kind:
    """Return the kind of a file: PDF or TIFF, which Telnyx makes (help centre, the application's inbound file type).

    Raises:
        NotADocument: it is empty, something else, or incomplete.
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        head = file.read(_NEAR)
        if not head:
            raise NotADocument("the document is empty")
        if head.startswith(kinds.TIFF):
            _check_tiff(file, size, "<" if head.startswith(kinds.TIFF[0]) else ">")
            return TIFF
        text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
        if text.startswith(_WEB):
            raise NotADocument("this is a web page or an XML answer, not a document; a server reports errors like that")
        if text.startswith((b"{", b"[")):
            raise NotADocument("this is JSON, not a document; a server reports errors like that")
        if kinds.PDF not in head:
            raise NotADocument("the document is neither a PDF nor a TIFF")
        file.seek(max(0, size - _NEAR))
        if b"%%EOF" not in file.read(_NEAR):
            raise NotADocument("the PDF breaks off: its end is missing")
        return PDF


def _check_tiff(file: BinaryIO, size: int, order: str) -> None:
    """Walk through the linked directories; each is a page."""
    seen: set[int] = set()
    at = _number(file, f"{order}I", 4)
    if not at:
        raise NotADocument("the TIFF has no pages")
    while at:
        if at in seen or at < _HEADER:
            raise NotADocument("the TIFF is damaged: its list of pages has no end")
        if len(seen) == MOST_PAGES:
            raise NotADocument(f"the TIFF has more than {MOST_PAGES} pages")
        seen.add(at)
        entries = _number(file, f"{order}H", at)
        at += 2 + entries * _ENTRY
        if at + _LINK > size:
            raise NotADocument("the TIFF breaks off: not all of its pages are there")
        at = _number(file, f"{order}I", at)


def _number(file: BinaryIO, form: str, at: int) -> int:
    file.seek(at)
    data = file.read(struct.calcsize(form))
    try:
        (number,) = struct.unpack(form, data)
    except struct.error:
        raise NotADocument("the TIFF breaks off: not all of its pages are there") from None
    return int(number)
