"""Checks the document behind a link before anything is recorded, by HEAD alone or by reading it."""

import tempfile
from collections.abc import Callable, Collection
from typing import BinaryIO, Literal, Protocol
from urllib.parse import urlsplit

from faxdispatch.documents.local import Document, document_of, document_title
from faxdispatch.documents.preflight.examining import LARGEST, examine
from faxdispatch.documents.preflight.report import Report, error, warning
from faxdispatch.documents.upload_part import MAX_UPLOAD
from faxdispatch.errors import BadInput
from faxdispatch.fetching.link import Answer, Fetched, Links, Patience
from faxdispatch.fetching.trouble import LinkExpired, LinkFailed, LinkRefused

SECONDS = 20.0
"""Time limit for one link."""
SAMPLE = 20
"""How many different linked documents of a list a plan reads, to count their pages."""

How = Literal["off", "head", "read"]

_OK = range(200, 300)
_MOVED = range(300, 400)
_GONE = {404, 410}


class Fetcher(Protocol):
    """Asks about links and fetches them; `fetching.link.Links` is one."""

    def ask(self, url: str) -> Answer:
        """Ask about the link's document by HEAD."""

    def fetch(self, url: str, into: BinaryIO) -> Fetched:
        """Fetch it."""


def look(url: str, how: How, unchecked_origins: Collection[str] = (), *, quality: str | None = None) -> Report:
    """Check a link: ask by `head`, `read` the document, or do neither with `off`.

    `unchecked_origins` are FAX_DANGEROUS_INBOUND_ORIGINS.
    """
    if how == "off":
        return Report()
    by = fetcher(unchecked_origins)
    return ask(url, by) if how == "head" else read(url, by, quality=quality)


def fetcher(unchecked_origins: Collection[str] = ()) -> Links:
    """Return an object that fetches as Telnyx does: without following redirects, and only from the public internet."""
    return Links(max_bytes=LARGEST, redirects=0, unchecked_origins=unchecked_origins, patience=Patience(total=SECONDS))


def ask(url: str, by: Fetcher) -> Report:
    """Ask by HEAD whether Telnyx will find a document there.

    Many servers, above all those of signed links, refuse HEAD: that is a warning, and proves nothing.
    """
    host = urlsplit(url).hostname
    try:
        answer = by.ask(url)
    except LinkRefused as why:
        return Report(findings=(error("link", str(why)),))
    except (LinkFailed, LinkExpired) as why:
        return Report(findings=(warning("link", f"could not be asked: {why}"),))
    if answer.status in _MOVED:
        return Report(findings=(error("link", f"{host} redirects to another address, which Telnyx does not follow"),))
    if answer.status in _GONE:
        return Report(findings=(error("link", f"{host} answers {answer.status}: there is no document"),))
    if answer.status not in _OK:
        return Report(
            findings=(warning("link", f"{host} does not say if there is a document (HEAD: {answer.status})"),)
        )
    if answer.length is not None and answer.length > LARGEST:
        return Report(
            findings=(error("too_large", f"is larger than {LARGEST // 1_000_000} MB, the most that Telnyx faxes"),)
        )
    if (answer.content_type or "").startswith("text/html"):
        return Report(findings=(warning("link", f"{host} says that it is a web page; Telnyx accepts only documents"),))
    return Report()


def read(url: str, by: Fetcher, *, quality: str | None = None) -> Report:
    """Read the document as Telnyx does, and examine it.

    If the answer proves a problem, that is an error; no answer is a warning.
    """
    with tempfile.TemporaryFile(prefix="faxdispatch-") as file:
        try:
            by.fetch(url, file)
        except (LinkRefused, LinkExpired) as why:
            return Report(findings=(error("link", str(why)),))
        except LinkFailed as why:
            return Report(findings=(warning("link", f"could not be read: {why}"),))
        file.seek(0)
        content = file.read()
    try:
        return examine(document_of(content, largest=LARGEST), quality=quality)
    except BadInput as why:
        return Report(findings=(error("not_a_document", str(why).removeprefix("document: ")),))


def fetched(url: str, unchecked_origins: Collection[str] = ()) -> Document:
    """Fetch the document behind a link, to join it with others.

    Raises:
        BadInput: it cannot be fetched, is larger than Telnyx stores, or is of a kind that Telnyx does not fax.
    """
    try:
        return fetched_now(url, unchecked_origins)
    except LinkFailed as why:
        raise BadInput(f"document: the link cannot be fetched: {why}") from None


def fetched_now(url: str, unchecked_origins: Collection[str] = ()) -> Document:
    """Fetch the document behind a link as Telnyx does: within `SECONDS`, and without following redirects.

    Raises:
        BadInput: it cannot be fetched, is larger than Telnyx stores, or is of a kind that Telnyx does not fax.
        LinkFailed: its server did not answer; try again.
    """
    by = Links(max_bytes=MAX_UPLOAD, redirects=0, unchecked_origins=unchecked_origins, patience=Patience(total=SECONDS))
    with tempfile.TemporaryFile(prefix="faxdispatch-") as file:
        try:
            by.fetch(url, file)
        except (LinkRefused, LinkExpired) as why:
            raise BadInput(f"document: the link cannot be fetched: {why}") from None
        file.seek(0)
        content = document_of(file.read())
    return Document(content.content, content.kind, document_title(urlsplit(url).path))


class LinkedPages:
    """The pages of linked documents: a limited number of different ones is read, each once.

    `remarks` says which ones could not be counted, and why.
    """

    def __init__(self, look: Callable[[str], Report], most: int = SAMPLE) -> None:
        self.remarks: list[str] = []
        self.passed_over = 0
        """How often the pages of a document that was not read were requested."""
        self._most = most
        self._look = look
        self._known: dict[str, int | None] = {}

    def pages(self, url: str) -> int | None:
        """Return the pages of a document, or None if they are not known."""
        if url not in self._known:
            if len(self._known) >= self._most:
                self.passed_over += 1
                return None
            report = self._look(url)
            self._known[url] = report.pages
            self.remarks += [f"a linked document: {one}" for one in report.findings]
        return self._known[url]

    @property
    def mean(self) -> float | None:
        """The mean number of pages of the counted documents, or None if there are none."""
        counted = [pages for pages in self._known.values() if pages]
        return sum(counted) / len(counted) if counted else None
