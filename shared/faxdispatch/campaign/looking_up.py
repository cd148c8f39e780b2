"""Finding the documents that a list's rows name while the list is checked."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from faxdispatch.campaign.importing import read_through, see_unchanged
from faxdispatch.documents.local import Document, document_of
from faxdispatch.errors import BadInput, Misconfigured
from faxdispatch.ledger import Campaign, CampaignMedia, Scripts
from faxdispatch.ledger.campaign_media import DUE
from faxdispatch.lists.checking import Check
from faxdispatch.lists.rows import Row
from faxdispatch.settings import Settings

if TYPE_CHECKING:
    from faxdispatch.documents.composition.rows import RowCovers
    from faxdispatch.lists.documents import FetchLink, LookAtLink, OnDocuments, RowDocuments, Storage

_EXTRA = "install faxdispatch with its extra [documents]"


@contextmanager
def row_documents(
    media_dir: Path | str | None,
    folder: Path | None,
    storage: "Callable[[], Storage | None]",
    *,
    look_at_link: "LookAtLink | None" = None,
    fetch_link: "FetchLink | None" = None,
    with_pages: bool = True,
    on_documents: "OnDocuments | None" = None,
) -> Iterator["RowDocuments | None"]:
    """Provide the documents that rows may name: those of `media_dir`, or else of the list's `folder`.

    `fetch_link` is needed if a cover is put before each document.

    Returns None if nothing can be looked up: in an installation without the libraries that examine documents.

    Raises:
        BadInput: `media_dir` is neither a folder nor a ZIP archive.
        Misconfigured: it is given, and those libraries are missing.
    """
    try:
        # A plain install lacks the libraries for this.
        from faxdispatch.documents.media_dir import Folder, open_media_dir  # noqa: PLC0415
        from faxdispatch.lists.documents import RowDocuments  # noqa: PLC0415
    except ModuleNotFoundError as error:
        if media_dir is not None:
            raise Misconfigured(f"media-dir: needs {error.name}: install faxdispatch with its extra [app]") from None
        yield None
        return
    # The list's folder is opened only when a row names a file. If the folder is missing, so is the list, which is
    # reported.
    beside = Folder(folder) if folder else None
    with (
        open_media_dir(media_dir) if media_dir else nullcontext(beside) as place,
        RowDocuments(
            place,
            storage,
            look_at_link=look_at_link,
            fetch_link=fetch_link,
            as_pdf=as_pdf if fetch_link else None,
            with_pages=with_pages,
            on_documents=on_documents,
        ) as documents,
    ):
        yield documents


def document_for_all(document: Path | bytes | Document, *, covered: bool) -> Document:
    """Return the document that every row is sent: as PDF if it is `covered` or a web page.

    Raises:
        BadInput: it cannot be faxed, or nothing here can convert it to PDF.
    """
    if not covered and not isinstance(document, Path):
        return document_of(document)
    from faxdispatch.documents.composition.composing import paged, part  # noqa: PLC0415 - a plain install lacks what it needs

    found = part(document)
    return paged(found) if covered else found


def as_pdf(document: Document) -> Document:
    """Return a document that can be joined with covers; a word processor file is converted here, once.

    Raises:
        BadInput: nothing here can convert it.
    """
    from faxdispatch.documents.composition.composing import paged  # noqa: PLC0415 - a plain install lacks what it needs

    return paged(document)


def link_fetch(unchecked_origins: Collection[str] = ()) -> "FetchLink":
    """Return a function that fetches the documents of links, so that a cover can be put before them.

    `unchecked_origins` are FAX_DANGEROUS_INBOUND_ORIGINS.
    """

    def fetch(link: str) -> Document:
        try:
            from faxdispatch.documents.preflight.links import fetched  # noqa: PLC0415 - a plain install lacks what it needs
        except ModuleNotFoundError as error:
            raise Misconfigured(f"media_url: fetching a link needs {error.name}: {_EXTRA}") from None
        return fetched(link, unchecked_origins)

    return fetch


def covers_of(cover: str | None, columns: Sequence[str], more_fonts: Path | None) -> "RowCovers | None":
    """Return the covers of rows with these columns, or None if there is no cover.

    Raises:
        BadInput: a field of the cover is not a column, or a cover cannot be set.
        Misconfigured: the libraries that set covers are missing.
    """
    if cover is None:
        return None
    try:
        from faxdispatch.documents.composition.rows import RowCovers  # noqa: PLC0415 - a plain install lacks what it needs
    except ModuleNotFoundError as error:
        raise Misconfigured(f"cover: needs {error.name}: {_EXTRA}") from None
    return RowCovers(cover, columns, more_fonts)


def link_look(settings: Settings) -> "LookAtLink | None":
    """Return a function that checks the links of rows according to FAX_LINK_CHECK, or None if that allows no check."""
    # A plain install lacks the libraries for fetching.
    from faxdispatch.documents.preflight.links import look  # noqa: PLC0415

    how, unchecked = settings.fax_link_check, settings.fax_dangerous_inbound_origins
    return None if how == "off" else lambda link: look(link, how, unchecked).problem


def look_up(checking: Check, documents: "RowDocuments | None", *, media_dir: Path | str | None = None) -> Check:
    """Let a check look up the documents of rows, if the list has a column of them.

    Raises:
        BadInput: the list has none, and `media_dir` is given.
    """
    if "media" in checking.table.fields:
        checking.documents = documents
    elif media_dir is not None:
        checking.close()
        raise BadInput("media-dir: the list has no column of documents; name the column, as with --media-column NAME")
    return checking


def keep_documents(campaign: Campaign, scripts: Scripts, check: Callable[[], Check]) -> None:
    """Check that the files of a campaign are those that it was made with, and store again what Telnyx no longer keeps.

    `check` checks the campaign's list from its beginning.

    Raises:
        Conflict: a file has other content now.
        TelnyxError: Telnyx's storage did not answer.
    """
    media = CampaignMedia(scripts)
    with check() as checking:
        documents = checking.documents
        if documents is None:
            return
        known = {name for name, _ in media.all(campaign.id)}
        for row in checking:
            if isinstance(row, Row):
                see_unchanged(campaign.id, (row,), documents, known)
    if not (media.gone(campaign.id) or media.ending(campaign.id, datetime.now(UTC) + DUE, limit=1)):
        return
    documents.for_upload(needed_until(campaign.options))
    with check() as checking:
        read_through(checking)
    media.note(campaign.id, documents.take_ends())


def ends_for_all(
    options: Mapping[str, Any], common: Document | None, storage: "Callable[[], Storage | None]"
) -> dict[str, datetime | None]:
    """Return the time until which Telnyx keeps the stored document of all rows at least.

    `common` is the one just stored.

    Raises:
        BadInput: Telnyx has no document of that name.
        TelnyxError: Telnyx's storage did not answer.
    """
    name = options.get("media_name")
    if common:
        now = datetime.now(UTC)
        return {common.media_name: max(needed_until(options) or now, now) + DUE}
    where = storage() if name else None
    if not name or where is None:
        return {}
    known = where.find(name)
    if known is None:
        raise BadInput(f"media_name: {name!r} is not stored at Telnyx; faxdispatch media list shows what is")
    return {name: known.expires_at}


def storage_of(settings: Settings, scripts: Scripts | None) -> "Storage | None":
    """Return Telnyx's media storage, or None without a key, without a Redis for the shared rate, or in a plain install.

    Raises:
        Misconfigured: the key cannot be used, or is of another account than the ledger's.
        Unavailable: Redis did not answer.
    """
    if scripts is None or settings.telnyx_api_key is None:
        return None
    try:
        from faxdispatch.telnyx.media.uploads import Uploads  # noqa: PLC0415 - a plain install lacks what it needs
    except ModuleNotFoundError:
        return None
    return Uploads.from_settings(settings, scripts)


def needed_until(options: Mapping[str, Any]) -> datetime | None:
    """Return the time after which a campaign begins no more rows, or None if there is none."""
    send_by = options.get("send_by")
    return datetime.fromisoformat(send_by) if send_by else None
