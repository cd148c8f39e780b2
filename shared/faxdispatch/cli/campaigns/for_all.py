"""The options that name the document and the cover for all rows of a list."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from faxdispatch.campaign.for_all import ForAll, for_all
from faxdispatch.cli.options import Options, option
from faxdispatch.cli.preflight import report_findings
from faxdispatch.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Documents(Options):
    """The documents of a campaign."""

    media: Annotated[str | None, option("Link (https) or local file for every row.")] = None
    media_name: Annotated[str | None, option("Document in Telnyx's media storage for every row.")] = None
    cover: Annotated[str | None, option("Cover page: its text, or a file with it. Fields are columns: {name}.")] = None
    media_dir: Annotated[
        Path | None, option("Folder or ZIP archive with the files that rows name; the list's folder if not given.")
    ] = None

    def for_all(self, settings: Settings) -> ForAll:
        """Return what they name. Raises `BadInput` if it cannot be fetched or read."""
        return for_all(settings, media=self.media, media_name=self.media_name, cover=self.cover)


def report_for_all(found: ForAll, settings: Settings, quality: str | None) -> None:
    """Report every warning about the document. Raises `BadInput` if it cannot be faxed."""
    report_findings(settings, documents=[found.document] if found.document else [], link=found.link, quality=quality)
