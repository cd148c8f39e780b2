"""The documents of a list's rows: each different one looked at once, and had stored at Telnyx before any row goes."""

import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import cached_property
from typing import Protocol

from faxdispatch.documents.local import SPARE, Document, checked
from faxdispatch.documents.media_dir import MediaDir
from faxdispatch.errors import Misconfigured, Refused
from faxdispatch.lists.fields import RowFields
from faxdispatch.preflight.examining import examine
from faxdispatch.wording import counted

AT_ONCE = 4
"""Documents that are looked at and stored side by side."""

OnDocuments = Callable[[int], None]
"""Is told how many different documents have been looked at, and stored where they are to be."""


class Stored(Protocol):
    """A document in that storage."""

    @property
    def expires_at(self) -> datetime | None:
        """When it is deleted there; None where that is not told."""


class Storage(Protocol):
    """Telnyx's media storage. Threads may share it."""

    def keep(self, document: Document, *, until: datetime | None = None) -> str:
        """Have a document stored until then and `SPARE` longer, once for the same content; give its name."""

    def find(self, name: str) -> Stored | None:
        """Give what is known of a stored document, None where there is none of that name."""


class _Unfit(ValueError):
    """A document cannot be faxed; `str()` says why."""


class RowDocuments:
    """What the cells of a list's document column come to.

    A cell names a file of `place`, or else a document in Telnyx's storage. Files are only looked at, until
    `for_upload` says that they are to be stored. Where `storage`, which is called when somebody is to be asked, gives
    None, nobody is asked about the names that are no files. `tell_pages` says whether rows are told the pages of their
    documents.
    """

    def __init__(
        self,
        place: MediaDir | None,
        storage: Callable[[], Storage | None],
        *,
        tell_pages: bool = True,
        on_documents: OnDocuments | None = None,
    ) -> None:
        self.files: set[str] = set()
        """The names in Telnyx's storage of the files that can be faxed."""
        self.ends: dict[str, datetime | None] = {}
        """Until when stored documents are there at least; None is for ever."""
        self.unasked: set[str] = set()
        """Names that are no files, and that nobody was asked about."""
        self._place = place
        self._storage_of = storage
        self._upload = False
        self._until: datetime | None = None
        self._tell_pages = tell_pages
        self._on_documents = on_documents
        self._lock = threading.Lock()
        self._turns: dict[str, threading.Lock] = {}
        self._by_content: dict[str, RowFields | _Unfit] = {}
        self._known: dict[str, RowFields | _Unfit] = {}
        self._elsewhere: set[str] = set()

    def for_upload(self, until: datetime | None) -> None:
        """From now on, have files stored until then (now, unless given) and some time longer, also known ones."""
        self._upload, self._until = True, until
        self._by_content.clear()
        self._known = {name: self._known[name] for name in self._elsewhere}

    def take_ends(self) -> dict[str, datetime | None]:
        """Give `ends` of the documents that were looked at since the last time."""
        ends, self.ends = self.ends, {}
        return ends

    def look_at(self, names: Iterable[str]) -> None:
        """Look at those that were not looked at yet.

        Raises:
            TelnyxError: the storage could not be asked, or takes nothing from this account.
            Unavailable: Redis did not answer, which tells when to ask.
        """
        fresh = [name for name in dict.fromkeys(names) if name not in self._known]
        if not fresh:
            return
        with ThreadPoolExecutor(AT_ONCE, "documents") as threads:
            try:
                for name, found in zip(fresh, threads.map(self._look, fresh), strict=True):
                    self._known[name] = found
                    if self._on_documents:
                        self._on_documents(len(self._known))
            except BaseException:
                threads.shutdown(cancel_futures=True)
                raise

    def of(self, name: str) -> Mapping[str, str | int]:
        """Give what a row whose cell is this asks for: `media_name`; of a file `document_name`, and `pages` if known.

        Raises:
            ValueError: saying why the document cannot be faxed.
        """
        found = self._known[name]
        if isinstance(found, _Unfit):
            raise found
        return dict(found)

    def remarks(self) -> list[str]:
        """Say in words what the rows do not show."""
        stored = len(self._elsewhere) - len(self.unasked)
        remarks = [f"documents of rows: {counted(len(self.files), 'different file')}, {stored:,} looked for at Telnyx"]
        if not self.unasked:
            return remarks if self._known else []
        told = f"{counted(len(self.unasked), 'document')}, such as {min(self.unasked)!r}"
        words = f"no files here, and not looked for at Telnyx, which takes TELNYX_API_KEY and REDIS_URL: {told}"
        return [*remarks, words]

    @property
    def _storage(self) -> Storage | None:
        with self._lock:
            return self._found_storage

    @cached_property
    def _found_storage(self) -> Storage | None:
        return self._storage_of()

    def _look(self, name: str) -> RowFields | _Unfit:
        try:
            document = self._file(name)
        except ValueError as problem:
            return _Unfit(str(problem).removeprefix(f"{name}: "))
        if document is None:
            return self._named(name)
        found = self._once(document)
        if isinstance(found, _Unfit) or document.name is None:
            return found
        return (*found, ("document_name", document.name))

    def _file(self, name: str) -> Document | None:
        """Give the file that is meant, None where there is none. Raises ValueError where it cannot be faxed."""
        place = self._place.find(name) if self._place else None
        if self._place is None or place is None:
            return None
        return checked(name, self._place.read(place))

    def _once(self, document: Document) -> RowFields | _Unfit:
        """Check a file and have it stored; files of the same content are one document."""
        name = document.media_name
        with self._lock:
            turn = self._turns.setdefault(name, threading.Lock())
        with turn:
            if name not in self._by_content:
                self._by_content[name] = self._stored(document)
            return self._by_content[name]

    def _stored(self, document: Document) -> RowFields | _Unfit:
        # Lists have thousands of them, so their pages are not drawn.
        name, report = document.media_name, examine(document, drawn=False)
        if report.problem:
            return _Unfit(report.problem)
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
        return (("media_name", name), ("pages", pages)) if pages and self._tell_pages else (("media_name", name),)

    def _named(self, name: str) -> RowFields | _Unfit:
        """See that Telnyx has a document of that name."""
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
            return _Unfit("is not stored at Telnyx any more")
        self.ends[name] = known.expires_at
        return (("media_name", name),)
