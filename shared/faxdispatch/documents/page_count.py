"""How many pages documents have: counted in the document itself. What cannot be counted is not known, never guessed."""

import io
import logging
import struct
import time
from collections.abc import Callable
from urllib.parse import urlsplit

import httpx
from pypdf import PdfReader
from pypdf.errors import DependencyError, PyPdfError

LARGEST = 50_000_000
"""Bytes of a linked document that are fetched; Telnyx faxes no larger one."""
FETCH_SECONDS = 20.0
"""Longest that the fetching of one link may take."""
SAMPLE = 20
"""Different documents of a list that are looked into."""
MOST_PAGES = 350
"""Telnyx sends no document with more."""

# What pypdf finds wrong with a document is no news to who asks for its pages.
logging.getLogger("pypdf").setLevel(logging.CRITICAL)


_UNREADABLE = (
    PyPdfError, DependencyError, ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError, OSError,
)  # fmt: skip
"""How pypdf meets a damaged document, and one that is encrypted in a way that it does not know."""


class NotCounted(Exception):
    """The pages of a document are not known; the message says why."""


def count_pages(content: bytes) -> int:
    """Give the pages of a document.

    Raises:
        NotCounted: it is damaged, encrypted, or of a kind whose pages only its program knows.
    """
    if content.startswith(b"%PDF-"):
        return _in_pdf(content)
    if content.startswith((b"II*\x00", b"MM\x00*")):
        return _in_tiff(content)
    if content.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n")):
        return 1
    raise NotCounted("the pages of a document that is no PDF, TIFF, JPEG or PNG are not known before it is sent")


def fetch(url: str, *, seconds: float = FETCH_SECONDS, largest: int = LARGEST) -> bytes:
    """Fetch a linked document as Telnyx does, without following redirects; `seconds` are for all of it.

    Raises:
        NotCounted: it is not https, does not answer with a document in time, or is too large.
    """
    where = urlsplit(url)
    if where.scheme.lower() != "https":
        raise NotCounted("the link does not begin with https://")
    until = time.monotonic() + seconds
    content = bytearray()
    try:
        with httpx.stream("GET", url, timeout=seconds, follow_redirects=False) as answer:
            if answer.status_code != httpx.codes.OK:
                raise NotCounted(f"{where.hostname} answers {answer.status_code}")
            for part in answer.iter_bytes():
                content += part
                if len(content) > largest:
                    raise NotCounted(f"the document at {where.hostname} is larger than {largest // 1_000_000} MB")
                if time.monotonic() > until:
                    raise NotCounted(f"{where.hostname} took longer than {seconds:g} s")
    except httpx.TimeoutException:
        raise NotCounted(f"{where.hostname} took longer than {seconds:g} s") from None
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise NotCounted(f"{where.hostname} cannot be asked: {type(error).__name__}") from None
    return bytes(content)


class Links:
    """The pages of linked documents: so many different ones are looked into, each once.

    `remarks` says which could not be counted, and why.
    """

    def __init__(self, most: int = SAMPLE, get: Callable[[str], bytes] = fetch) -> None:
        self.remarks: list[str] = []
        self.passed_over = 0
        """How often a document was asked for that was not looked into."""
        self._most = most
        self._get = get
        self._known: dict[str, int | None] = {}

    def pages(self, url: str) -> int | None:
        """Give the pages of a document, None where they are not known."""
        if url not in self._known:
            if len(self._known) >= self._most:
                self.passed_over += 1
                return None
            self._known[url] = self._look(url)
        return self._known[url]

    @property
    def mean(self) -> float | None:
        """The mean pages of those that were counted, None where there are none."""
        counted = [pages for pages in self._known.values() if pages]
        return sum(counted) / len(counted) if counted else None

    def _look(self, url: str) -> int | None:
        try:
            return count_pages(self._get(url))
        except NotCounted as why:
            self.remarks.append(f"a document was not counted: {why}")
            return None


def _in_pdf(content: bytes) -> int:
    try:
        reader = PdfReader(io.BytesIO(content))
        # Every reader opens one that is encrypted with an empty password: it restricts printing, not reading.
        if reader.is_encrypted and not reader.decrypt(""):
            raise NotCounted("the PDF is encrypted with a password: save it without one")
        pages = len(reader.pages)
    except _UNREADABLE as error:
        raise NotCounted(f"the PDF cannot be read: {type(error).__name__}") from None
    if not pages:
        raise NotCounted("the PDF has no pages")
    return pages


def _in_tiff(content: bytes) -> int:
    """Count the directories, which are linked to each other; each is a page."""
    order = "<" if content.startswith(b"II") else ">"
    seen: set[int] = set()
    try:
        (at,) = struct.unpack_from(f"{order}I", content, 4)
        while at and at not in seen:
            seen.add(at)
            (entries,) = struct.unpack_from(f"{order}H", content, at)
            (at,) = struct.unpack_from(f"{order}I", content, at + 2 + 12 * entries)
    except struct.error:
        raise NotCounted("the TIFF breaks off") from None
    if not seen:
        raise NotCounted("the TIFF has no pages")
    return len(seen)
