"""`faxdispatch media list` and `show`."""

from typing import Annotated

import typer

from faxdispatch.cli.account import account
from faxdispatch.cli.media.words import NONE_SUCH, Json, Name
from faxdispatch.cli.output import show
from faxdispatch.cli.resources import known, plain, tell, tell_fields, unbroken
from faxdispatch.settings import Settings
from faxdispatch.wording import clock


def list_(
    content_type: Annotated[
        list[str] | None, typer.Option(help="Only this kind, like application/pdf; may be repeated.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print all fields as JSON, one document a line.")] = False,
) -> None:
    """List the documents in the storage: how long each is kept, its kind, its name, as they come.

    Exit code 1 where the list broke off, and is not complete.
    """
    empty = True
    with account(Settings.load()) as telnyx:
        for media in unbroken(telnyx.list_media(content_type or ()), "documents"):
            empty = False
            if as_json:
                tell(media.as_data(), full=True)
            else:
                kept = f"until {clock(media.expires_at)}" if media.expires_at else "no end is told"
                show(f"{kept:<26}  {plain(media.content_type or '-'):<15}  {plain(media.media_name)}")
    if empty and not as_json:
        show("nothing is stored" if not content_type else "nothing of this kind is stored")


def show_(name: Name, as_json: Json = False) -> None:
    """Show what is known of a stored document: its kind, since when and until when it is there."""
    with account(Settings.load()) as telnyx, known(name, NONE_SUCH):
        data = telnyx.get_media(name).as_data()
    if as_json:
        tell(data, full=True)
    else:
        tell_fields(data, full=True)
