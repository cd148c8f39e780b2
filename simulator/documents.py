"""Reads documents as far as needed to count their pages, and makes blank ones."""

import io
import logging
import struct
from collections.abc import Callable

from pypdf import PdfReader, PdfWriter
from pypdf.errors import PyPdfError

MAX_PAGES = 350
MAX_BYTES = 50 * 1024 * 1024

# Types that Telnyx accepts besides PDF; pages are counted in PDF and TIFF, the others count as one page.
OTHER_TYPES = frozenset(
    {
        "application/tiff",
        "image/tiff",
        "image/jpeg",
        "image/png",
        "application/msword",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "application/rtf",
        "text/plain",
    }
)

# Broken PDFs are expected here; the library's complaints are not worth logging.
logging.getLogger("pypdf").setLevel(logging.CRITICAL)


def examine(content: bytes, content_type: str) -> tuple[int, str | None]:
    """Return the number of pages and, if Telnyx could not fax it, the failure reason."""
    if len(content) > MAX_BYTES:
        return 0, "file_size_limit_exceeded"
    is_tiff = content.startswith((b"II*\0", b"MM\0*"))
    if not content.startswith(b"%PDF") and not is_tiff:
        return (1, None) if content_type in OTHER_TYPES else (0, "file_format_invalid")
    try:
        pages = _tiff_pages(content) if is_tiff else len(PdfReader(io.BytesIO(content)).pages)
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, RecursionError, struct.error):
        return 0, "file_format_invalid"
    if pages > MAX_PAGES:
        return pages, "page_count_limit_exceeded"
    return pages, None


def _tiff_pages(content: bytes) -> int:
    """Count the directories of a TIFF, one for each page, up to one more than Telnyx takes."""
    order = "<" if content.startswith(b"II") else ">"
    (at,) = struct.unpack_from(f"{order}I", content, 4)
    pages = 0
    while at and pages <= MAX_PAGES:
        (entries,) = struct.unpack_from(f"{order}H", content, at)
        (at,) = struct.unpack_from(f"{order}I", content, at + 2 + 12 * entries)
        pages += 1
    return pages


def blank_pdf(pages: int) -> bytes:
    """Make a PDF with this many empty letter pages."""
    writer = PdfWriter()
    for _ in range(pages):
        writer.add_blank_page(width=612, height=792)
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()


# Letter size at 100 dots an inch, black and white, one strip a page; PackBits writes each blank row in two bytes.
_WIDTH, _HEIGHT, _DPI = 850, 1100, 100
_BLANK = bytes([0x101 - (_WIDTH + 7) // 8, 0x00]) * _HEIGHT
_SHORT, _LONG, _RATIONAL = 3, 4, 5


def blank_tiff(pages: int) -> bytes:
    """Make a TIFF with this many empty letter pages, as a fax machine does: bilevel, with a directory for each page."""
    made = bytearray(struct.pack("<2sHI", b"II", 42, 8))
    for page in range(pages):
        made += _tiff_page(len(made), page, pages)
    return bytes(made)


def _tiff_page(start: int, page: int, pages: int) -> bytes:
    """Return one page that begins at an offset in the file: its directory, its resolution, its strip."""
    resolution = start + 2 + 12 * 14 + 4
    strip = resolution + 8
    end = strip + len(_BLANK)
    entries = [
        (254, _LONG, 1, 2),  # a page of several
        (256, _LONG, 1, _WIDTH),
        (257, _LONG, 1, _HEIGHT),
        (258, _SHORT, 1, 1),  # bits a pixel
        (259, _SHORT, 1, 32773),  # PackBits
        (262, _SHORT, 1, 0),  # 0 is white
        (273, _LONG, 1, strip),
        (277, _SHORT, 1, 1),  # samples a pixel
        (278, _LONG, 1, _HEIGHT),  # rows in the strip
        (279, _LONG, 1, len(_BLANK)),
        (282, _RATIONAL, 1, resolution),
        (283, _RATIONAL, 1, resolution),
        (296, _SHORT, 1, 2),  # the unit is an inch
        (297, _SHORT, 2, page | pages << 16),
    ]
    directory = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    following = end if page + 1 < pages else 0
    return struct.pack("<H", len(entries)) + directory + struct.pack("<III", following, _DPI, 1) + _BLANK


# The documents that can be made: content type, and the function that makes one with this many pages.
KINDS: dict[str, tuple[str, Callable[[int], bytes]]] = {
    "pdf": ("application/pdf", blank_pdf),
    "tiff": ("image/tiff", blank_tiff),
}
