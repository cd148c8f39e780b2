"""`faxdispatch media upload`."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from faxdispatch.cli.account import account
from faxdispatch.cli.media.words import Json
from faxdispatch.cli.moments import parse_span
from faxdispatch.cli.output import note, show, show_json
from faxdispatch.cli.resources import plain
from faxdispatch.documents.local import SPARE, Document, read_document
from faxdispatch.errors import BadInput, Conflict
from faxdispatch.media.uploads import KEEP, find, put
from faxdispatch.settings import Settings
from faxdispatch.telnyx.client import TelnyxClient
from faxdispatch.telnyx.media_calls import MAX_TTL
from faxdispatch.telnyx.models import MediaResource
from faxdispatch.wording import clock

_KEEP = int(KEEP.total_seconds())

_WORDS = {
    "stored": "stored",
    "replaced": "stored in the place of what was there",
    "kept": "the same document was there already, and stays",
}


def upload(
    source: Annotated[
        str, typer.Argument(metavar="FILE|URL", help="Local file, or link that Telnyx fetches.", show_default=False)
    ],
    name: Annotated[
        str | None,
        typer.Option(help="Its name there. If not given, a file is named by its content; a link's Telnyx makes up."),
    ] = None,
    ttl: Annotated[
        str | None,
        typer.Option(
            "--ttl",
            "--ttl-seconds",
            help="How long it is kept, like 30d, 12h or 600 (seconds); 30d if not given.",
            show_default=False,
        ),
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Take the place of what --name names; faxes that wait send this then.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Store a document and print its name, for `faxdispatch send --media-name`.

    A file is checked first to be of a kind that can be faxed. Without --name the same content is stored once.
    """
    if replace and name is None:
        raise BadInput("--replace: give with --name the name of what is to be replaced")
    settings = Settings.load()
    lifetime = parse_span(ttl, "ttl", longest=MAX_TTL) if ttl is not None else None
    document = None if _is_link(source) else read_document(Path(source))
    with account(settings) as telnyx:
        if document is not None and name is None:
            outcome, media = _once(telnyx, document, lifetime)
        else:
            outcome, media = _named(telnyx, document or source, name, lifetime or _KEEP, replace=replace)
    _tell(outcome, media, as_json=as_json)


def _once(telnyx: TelnyxClient, document: Document, lifetime: int | None) -> tuple[str, MediaResource]:
    """Store a document under the name of its content, unless it is there for long enough already.

    Its time is never made shorter: a fax that waits may need it.
    """
    name = document.media_name
    known = find(telnyx, name)
    needed = datetime.now(UTC) + (SPARE if lifetime is None else timedelta(seconds=lifetime))
    if known and (known.expires_at is None or known.expires_at >= needed):
        return "kept", known
    return "stored", put(telnyx, document, name, lifetime or _KEEP, replace=known is not None)


def _named(
    telnyx: TelnyxClient, source: Document | str, name: str | None, lifetime: int, *, replace: bool
) -> tuple[str, MediaResource]:
    known = find(telnyx, name) if name is not None else None
    if known and not replace:
        raise Conflict(
            f"name: {plain(name)} is stored there already, and faxes may wait for it; give another name, or --replace"
        )
    outcome = "replaced" if known else "stored"
    if isinstance(source, Document):
        return outcome, put(telnyx, source, name or source.media_name, lifetime, replace=known is not None)
    if known:
        return outcome, telnyx.update_media(str(name), source, ttl_seconds=lifetime)
    return outcome, telnyx.upload_media(source, media_name=name, ttl_seconds=lifetime)


def _is_link(source: str) -> bool:
    scheme = re.match(r"([A-Za-z][A-Za-z0-9+.-]+)://", source)
    if scheme and scheme[1].lower() not in ("https", "http"):
        raise BadInput(f"{scheme[0]}… is no link that Telnyx fetches; give one that begins with https://, or a file")
    return scheme is not None


def _tell(outcome: str, media: MediaResource, *, as_json: bool) -> None:
    if as_json:
        show_json({"outcome": outcome} | media.as_data())
    else:
        show(str(media.media_name))
        note(
            f"{_WORDS[outcome]}; " + (f"kept until {clock(media.expires_at)}" if media.expires_at else "no end is told")
        )
