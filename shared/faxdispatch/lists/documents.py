"""The documents of a list's rows: each different one is examined once, and stored at Telnyx before any row is sent."""

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Protocol, Self

from faxdispatch.documents.local import SPARE, Document, checked
from faxdispatch.documents.media_dir import MediaDir
from faxdispatch.documents.preflight.examining import examine
from faxdispatch.documents.preflight.lookers import Lookers
from faxdispatch.documents.preflight.report import merged
from faxdispatch.errors import Misconfigured, Refused
from faxdispatch.lists.fields import RowFields
from faxdispatch.lists.words import BETWEEN
from faxdispatch.text.wording import counted

AT_ONCE = 4
"""How many documents are examined and stored in parallel."""
LINKS_AT_ONCE = 16
"""How many links are checked in parallel."""
LINKS_SECONDS = 120.0
"""Time limit for checking all of a list's links together.

The links that are left are accepted unchecked, and a note says so.
"""

LookAtLink = Callable[[str], str | None]
"""Returns why Telnyx cannot fax the document behind a link, or None if it can."""
FetchLink = Callable[[str], Document]
"""Fetches the document behind a link. Raises ValueError with the reason why it cannot be fetched or faxed."""
OnDocuments = Callable[[int], None]
"""Is called with how many different documents have been examined and, if needed, stored."""


class Stored(Protocol):
    """A document in that storage."""

    @property
    def expires_at(self) -> datetime | None:
        """When it is deleted there, or None if that is not known."""


class Storage(Protocol):
    """Telnyx's media storage. Threads may share it."""

    def keep(self, document: Document, *, until: datetime | None = None) -> str:
        """Store a document until then and `SPARE` longer, once for the same content. Return its name."""

    def find(self, name: str) -> Stored | None:
        """Return what is known about a stored document, or None if there is none with that name."""


class _Unfit(ValueError):
    """A document cannot be faxed; `str()` says why."""


class RowDocuments:
    """The documents that the cells of a list's document column name.

    A cell is a link, or names a file of `place`, several with `:::` between them, or else a document in Telnyx's
    storage. Files are only looked at, until `for_upload` says that they are to be stored. `storage` is called when a
    name must be looked up. If it returns None, names that are not files are not looked up. `with_pages` says whether
    rows get the pages of their documents.

    If a cover is to be put before each document, `fetch_link` fetches the documents of links, and `as_pdf` converts a
    file to PDF; both are then treated like other files. `close` it, or use it in a `with` statement.
    """

    def __init__(
        self,
        place: MediaDir | None,
        storage: Callable[[], Storage | None],
        *,
        look_at_link: LookAtLink | None = None,
        fetch_link: FetchLink | None = None,
        as_pdf: Callable[[Document], Document] | None = None,
        with_pages: bool = True,
        on_documents: OnDocuments | None = None,
    ) -> None:
        self.files: set[str] = set()
        """The names in Telnyx's storage of the files that can be faxed."""
        self.ends: dict[str, datetime | None] = {}
        """The time until which Telnyx keeps each stored document at least; None means forever."""
        self.unasked: set[str] = set()
        """Names that are not files, and that were not looked up at Telnyx."""
        self.links_asked = 0
        """Different links that were checked."""
        self.links_unasked = 0
        """Rows with a link that was not checked."""
        self._place = place
        self._storage_of = storage
        self._upload = False
        self._until: datetime | None = None
        self._look_at_link = look_at_link
        self._fetch_link = fetch_link
        self._as_pdf = as_pdf
        self._with_pages = with_pages
        self._on_documents = on_documents
        self._lock = threading.Lock()
        self._turns: dict[str, threading.Lock] = {}
        self._by_content: dict[str, RowFields | _Unfit] = {}
        self._known: dict[str, RowFields | _Unfit] = {}
        self._elsewhere: set[str] = set()
        self._warned: dict[str, str] = {}
        self._links: dict[str, str | None] = {}
        self._links_seconds = LINKS_SECONDS if look_at_link else 0.0
        self._lookers = Lookers()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the processes that examine documents."""
        self._lookers.close()

    def for_upload(self, until: datetime | None) -> None:
        """Store files, including known ones, from now on, until the given time (by default now) and somewhat longer."""
        self._upload, self._until, self.links_unasked = True, until, 0
        self._by_content.clear()
        self._known = {name: self._known[name] for name in self._elsewhere}

    def take_ends(self) -> dict[str, datetime | None]:
        """Return `ends` of the documents that were examined since the last call."""
        ends, self.ends = self.ends, {}
        return ends

    def look_at(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Examine the documents of rows, given as the rows' own options, that were not examined yet.

        Raises:
            TelnyxError: the storage did not answer, or accepts nothing from this account.
            Unavailable: Redis did not answer, so it is not known when to ask.
        """
        said = list(rows)
        links = [row["media_url"] for row in said if "media_url" in row]
        fresh = dict.fromkeys(row["media_name"] for row in said if "media_name" in row)
        if self._fetch_link:
            fresh |= dict.fromkeys(links)
        else:
            self._ask_links(links)
        self._look_at_names([name for name in fresh if name not in self._known])

    def of(self, row: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return a row's own options, with its document as it is sent.

        That is `media_name`, for a file with `document_name`, and `pages` if known; a link stays as it is, unless its
        document is fetched.

        Raises:
            ValueError: it says why the document cannot be faxed.
        """
        if problem := self._links.get(row.get("media_url", "")):
            raise _Unfit(problem)
        found = self._known.get(row.get("media_name") or row.get("media_url", ""))
        if found is None:
            return row
        if isinstance(found, _Unfit):
            raise _Unfit(str(found))
        rest = {name: value for name, value in row.items() if name not in ("media_name", "media_url")}
        return {**rest, **dict(found)}

    def remarks(self) -> list[str]:
        """Return remarks that the rows themselves do not show."""
        remarks = []
        if self._known:
            asked = len(self._elsewhere) - len(self.unasked)
            files = counted(len(self.files), "different file")
            remarks.append(f"documents of rows: {files}, {asked:,} looked for at Telnyx")
        if self.unasked:
            examples = f"{counted(len(self.unasked), 'document')}, such as {min(self.unasked)!r}"
            words = "no files here, and not looked for at Telnyx, which needs TELNYX_API_KEY and REDIS_URL"
            remarks.append(f"{words}: {examples}")
        if self._warned:
            name, words = next(iter(self._warned.items()))
            remarks.append(f"warnings about {counted(len(self._warned), 'document')}, such as {name!r}: {words}")
        if self.links_unasked:
            remarks.append(
                f"links of rows: {self.links_asked:,} different ones were asked, those of "
                f"{counted(self.links_unasked, 'row')} were not{self._why_unasked()}"
            )
        return remarks

    def links(self) -> dict[str, int]:
        """Return, for JSON, how many different links were checked, and how many rows have one that was not."""
        return {"asked": self.links_asked, "rows_not_asked": self.links_unasked}

    def _why_unasked(self) -> str:
        return f": that ends after {LINKS_SECONDS:.0f} s" if self._look_at_link else ""

    @property
    def _storage(self) -> Storage | None:
        with self._lock:
            return self._found_storage

    @cached_property
    def _found_storage(self) -> Storage | None:
        return self._storage_of()

    def _look_at_names(self, names: Sequence[str]) -> None:
        if not names:
            return
        with ThreadPoolExecutor(AT_ONCE, "documents") as threads:
            try:
                for name, found in zip(names, threads.map(self._look, names), strict=True):
                    self._known[name] = found
                    if self._on_documents:
                        self._on_documents(len(self._known))
            except BaseException:
                threads.shutdown(cancel_futures=True)
                raise

    def _ask_links(self, links: Sequence[str]) -> None:
        """Check the links of rows, each different one once, as long as there is time."""
        fresh = [link for link in dict.fromkeys(links) if link not in self._links]
        if fresh and self._look_at_link and self._links_seconds > 0:
            begun = time.monotonic()
            with ThreadPoolExecutor(LINKS_AT_ONCE, "links") as threads:
                list(threads.map(self._ask_link, fresh, [begun + self._links_seconds] * len(fresh)))
            self._links_seconds -= time.monotonic() - begun
            self.links_asked = len(self._links)
        self.links_unasked += sum(link not in self._links for link in links)

    def _ask_link(self, link: str, until: float) -> None:
        if self._look_at_link and time.monotonic() < until:
            self._links[link] = self._look_at_link(link)

    def _look(self, name: str) -> RowFields | _Unfit:
        try:
            document = self._file(name)
        except ValueError as problem:
            return _Unfit(str(problem).removeprefix(f"{name}: ").removeprefix("document: "))
        if document is None:
            return self._named(name)
        found = self._once(document)
        if isinstance(found, _Unfit) or document.name is None:
            return found
        return (*found, ("document_name", document.name))

    def _file(self, name: str) -> Document | None:
        """Return the file or the link's document, or None if there is no file. Raises ValueError if it is unfit."""
        if BETWEEN in name:
            return self._joined(name, [part.strip() for part in name.split(BETWEEN)])
        if self._fetch_link and "://" in name:
            found = self._fetch_link(name)
            return self._as_pdf(found) if self._as_pdf else found
        place = self._place.find(name) if self._place else None
        if self._place is None or place is None:
            return None
        found = checked(name, self._place.read(place))
        return self._as_pdf(found) if self._as_pdf else found

    def _joined(self, name: str, parts: Sequence[str]) -> Document:
        """Return the files of one cell as one document, in their order. Raises ValueError if one is unfit."""
        files = []
        for part in parts:
            file = self._file(part)
            if file is None:
                where = f" in {self._place.words}" if self._place else ", but no folder of files is given"
                raise ValueError(f"has {part!r}, which is not a file{where}; only files can be joined")
            if problem := examine(file, drawn=False, lookers=self._lookers).problem:
                raise ValueError(f"{part}: {problem}")
            files.append(file)
        # Loaded only when it is needed: its libraries take 20 MB.
        from faxdispatch.documents.composition.joining import joined  # noqa: PLC0415

        return replace(joined(files), name=name)

    def _once(self, document: Document) -> RowFields | _Unfit:
        """Check a file and store it; files with the same content are one document."""
        name = document.media_name
        with self._lock:
            turn = self._turns.setdefault(name, threading.Lock())
        with turn:
            if name not in self._by_content:
                self._by_content[name] = self._stored(document)
            return self._by_content[name]

    def _stored(self, document: Document) -> RowFields | _Unfit:
        # Lists have thousands of them, so their pages are not drawn.
        name, report = document.media_name, examine(document, drawn=False, lookers=self._lookers)
        if report.problem:
            return _Unfit(report.problem)
        if report.warnings:
            self._warned[document.name or name] = str(merged(report.warnings)[0])
        pages = report.pages
        if self._upload:
            storage = self._storage
            if storage is None:
                raise Misconfigured("TELNYX_API_KEY: not set; documents of rows are stored at Telnyx with it")
            try:
                storage.keep(document, until=self._until)
            except Refused as refusal:
                return _Unfit(f"was refused by Telnyx's media storage: {refusal}")
            now = datetime.now(UTC)
            self.ends[name] = max(self._until or now, now) + SPARE
        self.files.add(name)
        return (("media_name", name), ("pages", pages)) if pages and self._with_pages else (("media_name", name),)

    def _named(self, name: str) -> RowFields | _Unfit:
        """Check that Telnyx has a document of that name."""
        self._elsewhere.add(name)
        storage = self._storage
        if storage is None:
            self.unasked.add(name)
            return (("media_name", name),)
        known = storage.find(name)
        if known is None:
            return _Unfit(
                f"is neither a file in {self._place.words} nor stored at Telnyx"
                if self._place
                else "is not stored at Telnyx"
            )
        if known.expires_at and known.expires_at <= datetime.now(UTC):
            return _Unfit("is no longer stored at Telnyx")
        self.ends[name] = known.expires_at
        return (("media_name", name),)
