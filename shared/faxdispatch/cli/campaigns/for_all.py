"""The document and the cover for all rows of a list: the options that name them, and their values."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from faxdispatch.campaign.looking_up import as_pdf, link_fetch
from faxdispatch.cli.options import Options
from faxdispatch.cli.preflight import tell_findings
from faxdispatch.composition.cover import read_cover
from faxdispatch.composition.sources import source_of
from faxdispatch.documents.local import Document
from faxdispatch.settings import Settings


@dataclass(frozen=True, slots=True)
class ForAll:
    """What every row gets: a link, our own document, or the name of one that Telnyx has, and a cover's text."""

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

    def tell(self, settings: Settings, quality: str | None) -> None:
        """Report every warning about the document. Raises `BadInput` if it cannot be faxed."""
        tell_findings(settings, documents=[self.document] if self.document else [], link=self.link, quality=quality)


@dataclass(frozen=True, slots=True, kw_only=True)
class Documents(Options):
    """The documents of a campaign."""

    media: Annotated[str | None, typer.Option(help="Link (https) or local file for every row.")] = None
    media_name: Annotated[str | None, typer.Option(help="Document in Telnyx's media storage for every row.")] = None
    cover: Annotated[
        str | None,
        typer.Option(help="Cover page before each document: its text, or a file with it. Fields are columns: {name}."),
    ] = None
    media_dir: Annotated[
        Path | None,
        typer.Option(
            help="Folder or ZIP archive with the files that rows name as their documents; the list's folder if not "
            "given."
        ),
    ] = None

    def for_all(self, settings: Settings) -> ForAll:
        """Read the options.

        If there is a cover, a link's document is fetched, and a word processor file is converted to PDF.

        Raises:
            BadInput: it cannot be fetched or read, or cannot be faxed.
        """
        link, document = source_of(self.media, self.media_name) if self.media or self.media_name else (None, None)
        text = read_cover(self.cover) if self.cover is not None else None
        if text is not None:
            document = link_fetch(settings.fax_dangerous_inbound_origins)(link) if link else document
            link, document = None, as_pdf(document) if document else None
        return ForAll(link, document, self.media_name, text)
