"""The document and the cover that every row of a campaign gets."""

from dataclasses import dataclass
from typing import Any

from faxdispatch.campaign.looking_up import as_pdf, link_fetch
from faxdispatch.documents.composition.cover import read_cover
from faxdispatch.documents.composition.sources import source_of
from faxdispatch.documents.local import Document
from faxdispatch.settings import Settings


@dataclass(frozen=True, slots=True)
class ForAll:
    """The document of every row (a link, our own document, or the name of one that Telnyx has) and the cover's text."""

    link: str | None
    document: Document | None
    media_name: str | None
    cover: str | None

    @property
    def options(self) -> dict[str, Any]:
        """Return it as fields of `SendFax`; our own document under its name at Telnyx."""
        name = self.document.media_name if self.document else self.media_name
        return {"media_url": self.link, "media_name": name, "cover": self.cover}

    def __bool__(self) -> bool:
        return any(value is not None for value in self.options.values())


def for_all(settings: Settings, *, media: str | None, media_name: str | None, cover: str | None) -> ForAll:
    """Read a link or a file, a name in Telnyx's media storage, and a cover: its text, or a file with it.

    If there is a cover, a link's document is fetched, and a word processor file is converted to PDF.

    Raises:
        BadInput: it cannot be fetched or read, or cannot be faxed.
    """
    link, document = source_of(media, media_name) if media or media_name else (None, None)
    text = read_cover(cover) if cover is not None else None
    if text is not None:
        document = link_fetch(settings.fax_dangerous_inbound_origins)(link) if link else document
        link, document = None, as_pdf(document) if document else None
    return ForAll(link, document, media_name, text)
