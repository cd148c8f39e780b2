"""`faxdispatch media delete`."""

from typing import Annotated

import typer

from faxdispatch.cli.account import account
from faxdispatch.cli.confirm import confirm
from faxdispatch.cli.media.words import NONE_SUCH
from faxdispatch.cli.removal import delete_each, not_deleted
from faxdispatch.cli.resources import plain
from faxdispatch.errors import NoSuchResource
from faxdispatch.settings import Settings
from faxdispatch.telnyx.client import TelnyxClient


def delete(
    names: Annotated[
        list[str], typer.Argument(metavar="NAME", help="The documents' names in the storage.", show_default=False)
    ],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, one document a line.")] = False,
) -> None:
    """Delete stored documents, for good. A fax that waits to be sent from one will fail.

    Exit code 1 where one is not deleted; the others are.
    """
    with account(Settings.load()) as telnyx:
        found = _there(telnyx, list(dict.fromkeys(names)), as_json=as_json)
        if found:
            what = ", ".join(map(plain, found))
            confirm(f"Delete {what} for good? Faxes that wait to be sent from them fail.", yes=yes)
        done = delete_each(found, telnyx.delete_media, key="media_name", as_json=as_json)
    if not done or len(found) < len(set(names)):
        raise typer.Exit(1)


def _there(telnyx: TelnyxClient, names: list[str], *, as_json: bool) -> list[str]:
    """Give the names that there are, and tell of the others."""
    found = []
    for name in names:
        try:
            telnyx.get_media(name)
            found.append(name)
        except NoSuchResource:
            not_deleted(name, NONE_SUCH, key="media_name", as_json=as_json, outcome="missing")
    return found
