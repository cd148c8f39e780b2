"""How one fax, or each of a campaign, is sent: fields of `SendFax` as options; and the cover of a single one."""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Annotated, Any

import typer

from faxdispatch.cli.options import Options, moment, pairs, refuse
from faxdispatch.documents.composition.cover import read_cover
from faxdispatch.jobs import Priority


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending(Options):
    """Named like the fields of `SendFax`; options that are None are left out."""

    from_: Annotated[str | None, typer.Option("--from", help="Sender's number; FAX_FROM if not given.")] = None
    connection_id: Annotated[
        str | None, typer.Option("--connection", help="Fax application; FAX_CONNECTION_ID if not given.")
    ] = None
    quality: Annotated[str | None, typer.Option(help="normal, high, very_high, ultra_light or ultra_dark.")] = None
    t38_enabled: Annotated[bool | None, typer.Option("--t38/--no-t38", help="Whether to try T.38.")] = None
    monochrome: Annotated[bool | None, typer.Option(help="Whether to send pure black and white.")] = None
    black_threshold: Annotated[int | None, typer.Option(help="1 to 100, with --monochrome.")] = None
    store_media: Annotated[bool | None, typer.Option(help="Whether Telnyx keeps the document.")] = None
    store_preview: Annotated[bool | None, typer.Option(help="Whether Telnyx keeps a preview.")] = None
    preview_format: Annotated[str | None, typer.Option(help="pdf or tiff.")] = None
    from_display_name: Annotated[str | None, typer.Option(help="Caller's name.")] = None
    webhook_url: Annotated[str | None, typer.Option(help="Where Telnyx reports these faxes.")] = None
    priority: Annotated[
        Priority | None, typer.Option(help="Which faxes go first; normal if not given, bulk for a campaign.")
    ] = None
    window: Annotated[
        str | None,
        typer.Option(help="Like 'mon-fri 08:00-17:00', by the recipient's clock, or with a zone: '… America/Chicago'."),
    ] = None
    send_by: Annotated[datetime | None, moment("Give up if no attempt has begun by then.")] = None
    max_attempts: Annotated[int | None, typer.Option(help="How often a fax is dialled at most.")] = None
    pages: Annotated[
        int | None,
        typer.Option(help="Pages of the document, for estimates of cost; counted in a local one if not given."),
    ] = None
    tags: Annotated[list[str] | None, typer.Option("--tag", help="Word returned in every event. Repeatable.")] = None
    client_state: Annotated[str | None, typer.Option(help="Text returned in every event.")] = None

    def asked(self) -> dict[str, Any]:
        """Return the options under the names of `SendFax`."""
        given = {one.name.rstrip("_"): getattr(self, one.name) for one in fields(self)}
        return {name: value for name, value in given.items() if value is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverPage(Options):
    """The cover page of a single document."""

    cover: Annotated[
        str | None, typer.Option(help="Cover page before it: its text, or a file with it. Fields like {name}.")
    ] = None
    cover_field: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="Value of a field of the cover. Repeatable.")
    ] = None

    def __post_init__(self) -> None:
        if self.cover is None:
            refuse("only with --cover", {"cover_field": self.cover_field})

    def text(self) -> str | None:
        """Return its text, None without a cover. Raises `BadInput` where its file cannot be read."""
        return read_cover(self.cover) if self.cover is not None else None

    def values(self) -> dict[str, str]:
        """Return the values of its fields. Raises `BadInput` if a word is not of the form `name=Dr Smith`."""
        return pairs(self.cover_field, "--cover-field", "NAME=VALUE")
