"""How one fax, or each of a campaign, is sent: options for the fields of `SendFax`, the documents and the cover."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

from faxdispatch.campaign.for_all import ForAll, for_all
from faxdispatch.cli.options import Options, moment, option, pairs, refuse
from faxdispatch.cli.output import note
from faxdispatch.documents.composition.cover import read_cover
from faxdispatch.documents.local import Document, document_of
from faxdispatch.documents.preflight.examining import examine
from faxdispatch.documents.preflight.report import Report, merged
from faxdispatch.errors import BadInput
from faxdispatch.jobs import Priority
from faxdispatch.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending(Options):
    """Named like the fields of `SendFax`; options that are None are left out."""

    from_: Annotated[str | None, option("Sender's number; FAX_FROM if not given.", "--from")] = None
    connection_id: Annotated[str | None, option("Fax application; FAX_CONNECTION_ID if not given.", "--connection")] = (
        None
    )
    quality: Annotated[str | None, option("normal, high, very_high, ultra_light or ultra_dark.")] = None
    t38_enabled: Annotated[bool | None, option("Whether to try T.38.", "--t38/--no-t38")] = None
    monochrome: Annotated[bool | None, option("Whether to send pure black and white.")] = None
    black_threshold: Annotated[int | None, option("1 to 100, with --monochrome.")] = None
    store_media: Annotated[bool | None, option("Whether Telnyx keeps the document.")] = None
    store_preview: Annotated[bool | None, option("Whether Telnyx keeps a preview.")] = None
    preview_format: Annotated[str | None, option("pdf or tiff.")] = None
    from_display_name: Annotated[str | None, option("Caller's name.")] = None
    webhook_url: Annotated[str | None, option("Where Telnyx reports these faxes.")] = None
    priority: Annotated[Priority | None, option("Which faxes go first; normal if not given, bulk for a campaign.")] = (
        None
    )
    window: Annotated[str | None, option("Like 'mon-fri 08:00-17:00' or '9:00-17:00 America/Chicago'.")] = None
    send_by: Annotated[datetime | None, moment("Give up if no attempt has begun by then.")] = None
    max_attempts: Annotated[int | None, option("How often a fax is dialled at most.")] = None
    pages: Annotated[int | None, option("Pages, for estimates of cost; else counted in a local document.")] = None
    tags: Annotated[list[str] | None, option("Word returned in every event. Repeatable.", "--tag")] = None
    client_state: Annotated[str | None, option("Text returned in every event.")] = None

    def asked(self) -> dict[str, Any]:
        """Return the options under the names of `SendFax`."""
        given = {one.name.rstrip("_"): getattr(self, one.name) for one in fields(self)}
        return {name: value for name, value in given.items() if value is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverPage(Options):
    """The cover page of a single document."""

    cover: Annotated[str | None, option("Cover page: its text, or a file with it. Fields like {name}.")] = None
    cover_field: Annotated[list[str] | None, option("A field of the cover. Repeatable.", metavar="NAME=VALUE")] = None

    def __post_init__(self) -> None:
        if self.cover is None:
            refuse("only with --cover", {"cover_field": self.cover_field})

    def text(self) -> str | None:
        """Return its text, None without a cover. Raises `BadInput` if its file cannot be read."""
        return read_cover(self.cover) if self.cover is not None else None

    def values(self) -> dict[str, str]:
        """Return the values of its fields. Raises `BadInput` if a word is not of the form `name=Dr Smith`."""
        return pairs(self.cover_field, "--cover-field", "NAME=VALUE")


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
        """Return the document and the cover that they name. Raises `BadInput` if one cannot be fetched or read."""
        return for_all(settings, media=self.media, media_name=self.media_name, cover=self.cover)


def report_findings(
    settings: Settings, *, documents: Sequence[Document | Path] = (), link: str | None, quality: str | None
) -> None:
    """Report every warning about local documents or a link's. Raises `BadInput` if one cannot be faxed."""
    for document in documents:
        if not isinstance(document, Path) or document.suffix.lower() not in {".html", ".htm"}:
            found = document_of(document)
            name = found.name if len(documents) > 1 else None
            _report(examine(found, quality=quality), name or "document")
    if link:
        # A plain install lacks the libraries for this.
        from faxdispatch.documents.preflight.links import look  # noqa: PLC0415

        _report(look(link, settings.fax_link_check, settings.fax_dangerous_inbound_origins, quality=quality))


def _report(report: Report, name: str = "document") -> None:
    if report.problem:
        raise BadInput(f"{name}: {report.problem}")
    for one in merged(report.warnings):
        note(f"{name}: {one}")
