"""List, upload, download and delete documents at Telnyx.

Faxes are sent from Telnyx's media storage by the document's name. `faxdispatch send` uploads a local file by itself.
These commands need TELNYX_API_KEY and ask Telnyx themselves.
"""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from faxdispatch.calling.written import parse_span
from faxdispatch.cli.groups import Group
from faxdispatch.cli.options import Yes, argument, option
from faxdispatch.cli.output import Answer, Rows, columns_of, fields, is_terminal, note, show
from faxdispatch.cli.resources import Deletion, account, deleted, deletions, known, listed
from faxdispatch.documents.local import is_link, read_document
from faxdispatch.errors import BadInput
from faxdispatch.settings import Settings
from faxdispatch.telnyx.media.by_hand import store_named, store_once
from faxdispatch.telnyx.media.local_name import target
from faxdispatch.telnyx.media_calls import MAX_TTL
from faxdispatch.telnyx.models import MediaResource
from faxdispatch.text.wording import clock

_NONE_SUCH = "Telnyx stores nothing under this name; it may have expired"
_WORDS = {
    "stored": "stored",
    "replaced": "stored in place of the earlier document",
    "kept": "the same document was stored already, and stays",
}

Name = Annotated[str, argument("The document's name in the storage.", metavar="NAME")]

app = Group(__doc__)


@app.command("list")
def list_(
    content_type: Annotated[list[str] | None, option("Only this kind, like application/pdf; may be repeated.")] = None,
) -> Rows[MediaResource]:
    """List the stored documents: how long each is kept, kind, name.

    Exit code 1 if the list was interrupted and is not complete.
    """
    return Rows(
        listed(Settings.load(), lambda telnyx: telnyx.list_media(content_type or []), "documents"),
        data=MediaResource.as_data,
        line=lambda media: (clock(media.expires_at), media.content_type or "-", media.media_name),
        widths={"kept until": 20, "kind": 15, "name": 0},
        none="nothing is stored" if not content_type else "nothing of this kind is stored",
        columns=columns_of(MediaResource),
    )


@app.command("show")
def show_(name: Name) -> Answer:
    """Show a stored document's kind, and how long it is kept."""
    with account(Settings.load()) as telnyx, known(name, _NONE_SUCH):
        data = telnyx.get_media(name).as_data()
    return Answer(data, fields(data))


@app.command()
def upload(
    source: Annotated[str, argument("Local file, or link that Telnyx fetches.", metavar="FILE|URL")],
    name: Annotated[str | None, option("Its name there; else made from a file's content, or by Telnyx.")] = None,
    ttl: Annotated[str | None, option("How long it is kept, like 12h or 600 (seconds); 30d if not given.")] = None,
    replace: Annotated[bool, option("Replace the document called --name; waiting faxes then send this one.")] = False,
) -> Answer:
    """Store a document and print its name, for `send --media-name`.

    A file is first checked to be of a kind that can be faxed. Without --name the same content is stored once.
    """
    if replace and name is None:
        raise BadInput("--replace: give the name of the document to replace as --name")
    settings = Settings.load()
    lifetime = parse_span(ttl, "ttl", longest=MAX_TTL) if ttl is not None else None
    document = None if _is_link(source) else read_document(Path(source))
    with account(settings) as telnyx:
        if document is not None and name is None:
            outcome, media = store_once(telnyx, document, lifetime)
        else:
            outcome, media = store_named(telnyx, document or source, name, lifetime, replace=replace)
    kept = f"kept {_kept(media)}" if media.expires_at else _kept(media)
    notes = [f"{_WORDS[outcome]}; {kept}"]
    return Answer({"outcome": outcome} | media.as_data(), str(media.media_name), notes=notes)


@app.command()
def download(
    name: Name,
    file: Annotated[
        str | None, argument("Where to, - for standard output; else its name, made safe.", metavar="FILE|FOLDER|-")
    ] = None,
    force: Annotated[bool, option("Overwrite an existing file.")] = False,
) -> None:
    """Fetch a stored document and print the name of its file.

    Only its owner can read the file, which appears complete or not at all.
    """
    settings = Settings.load()
    if file == "-":
        _to_stdout(name, settings)
        return
    to = target(name, file, force=force)
    try:
        with account(settings) as telnyx, known(name, _NONE_SUCH):
            size = telnyx.download_media(name, to)
    except OSError as error:
        raise BadInput(f"{to}: cannot be written: {error.strerror}") from None
    show(str(to))
    note(f"{size:,} bytes")


@app.command()
def delete(
    names: Annotated[list[str], argument("The documents' names in the storage.", metavar="NAME")], yes: Yes = False
) -> Rows[Deletion]:
    """Delete stored documents, for good.

    A fax that waits to be sent from one of them will fail. Exit code 1 if one is not deleted; the others are.
    """
    return deletions(_deleted(names, yes=yes), "media_name")


def _deleted(names: list[str], *, yes: bool) -> Iterator[Deletion]:
    with account(Settings.load()) as telnyx:

        def look(name: str) -> str:
            telnyx.get_media(name)
            return name

        question = "Delete {} for good? Faxes that wait to be sent from them will fail."
        yield from deleted(names, look, telnyx.delete_media, question=question, none_such=_NONE_SUCH, yes=yes)


def _kept(media: MediaResource) -> str:
    return f"until {clock(media.expires_at)}" if media.expires_at else "no end is known"


def _is_link(source: str) -> bool:
    if is_link(source) and not source.lower().startswith(("https://", "http://")):
        raise BadInput(
            f"{source.partition(':')[0]}://… is no link that Telnyx fetches; give one with https://, or a file"
        )
    return is_link(source)


def _to_stdout(name: str, settings: Settings) -> None:
    if is_terminal():
        raise BadInput("standard output is a terminal, which a document would upset; give a file, or a pipe")
    with tempfile.TemporaryDirectory(prefix="faxdispatch-") as folder:
        copy = Path(folder) / "document"
        with account(settings) as telnyx, known(name, _NONE_SUCH):
            telnyx.download_media(name, copy)
        with copy.open("rb") as content:
            shutil.copyfileobj(content, sys.stdout.buffer)
    sys.stdout.buffer.flush()
