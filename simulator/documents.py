"""Look into documents just enough to count pages, and make blank ones."""

import io
import logging

from pypdf import PdfReader, PdfWriter
from pypdf.errors import PyPdfError

MAX_PAGES = 350
MAX_BYTES = 50 * 1024 * 1024

# Types Telnyx takes besides PDF; only PDF is opened, the others count as one page.
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

# A broken PDF is an expected guest here; its complaints are no news.
logging.getLogger("pypdf").setLevel(logging.CRITICAL)


def examine(content: bytes, content_type: str) -> tuple[int, str | None]:
    """Return the number of pages and, if Telnyx could not fax it, the failure reason."""
    if len(content) > MAX_BYTES:
        return 0, "file_size_limit_exceeded"
    if not content.startswith(b"%PDF"):
        return (1, None) if content_type in OTHER_TYPES else (0, "file_format_invalid")
    try:
        pages = len(PdfReader(io.BytesIO(content)).pages)
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return 0, "file_format_invalid"
    if pages > MAX_PAGES:
        return pages, "page_count_limit_exceeded"
    return pages, None


def blank_pdf(pages: int) -> bytes:
    """Make a PDF of so many empty letter pages."""
    writer = PdfWriter()
    for _ in range(pages):
        writer.add_blank_page(width=612, height=792)
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()
