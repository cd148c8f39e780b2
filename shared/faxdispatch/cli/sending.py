"""How one fax, or each of a campaign, is sent: fields of `SendFax` as options; and the cover of a single one."""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Annotated, Any

from faxdispatch.cli.options import Options, moment, option, pairs, refuse
from faxdispatch.documents.composition.cover import read_cover
from faxdispatch.jobs import Priority


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

    cover: Annotated[str | None, option("Cover page before it: its text, or a file with it. Fields like {name}.")] = (
        None
    )
    cover_field: Annotated[list[str] | None, option("A field of the cover. Repeatable.", metavar="NAME=VALUE")] = None

    def __post_init__(self) -> None:
        if self.cover is None:
            refuse("only with --cover", {"cover_field": self.cover_field})

    def text(self) -> str | None:
        """Return its text, None without a cover. Raises `BadInput` where its file cannot be read."""
        return read_cover(self.cover) if self.cover is not None else None

    def values(self) -> dict[str, str]:
        """Return the values of its fields. Raises `BadInput` if a word is not of the form `name=Dr Smith`."""
        return pairs(self.cover_field, "--cover-field", "NAME=VALUE")
