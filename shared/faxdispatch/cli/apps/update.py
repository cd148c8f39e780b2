"""`faxdispatch apps update`."""

from typing import Annotated

import typer

from faxdispatch.applications import UPDATE_FIELDS, complete
from faxdispatch.cli.account import account
from faxdispatch.cli.apps.words import Input, Json, Words, find, given_fields, help_of, tell
from faxdispatch.errors import BadInput
from faxdispatch.settings import Settings

command = typer.Typer(add_completion=False, rich_markup_mode=None)

_FIRST = """Change the fields of a fax application that are given; all others stay as they are. Name and webhook
address, which Telnyx needs in every change, are taken from the application where they are not given."""


@command.command(help=help_of(_FIRST, UPDATE_FIELDS))
def update(
    identity: Annotated[str, typer.Argument(metavar="ID", help="Id of the application.", show_default=False)],
    fields: Words = None,
    input: Input = None,  # noqa: A002 - the option's name
    as_json: Json = False,
) -> None:
    """Change the fields that are given."""
    if "=" in identity:
        raise BadInput(
            f"ID: {identity!r} is a field; the application's id comes first, as faxdispatch apps list shows it"
        )
    given = given_fields(fields, input, UPDATE_FIELDS)
    with account(Settings.load()) as telnyx:
        changed = telnyx.update_application(identity, complete(find(telnyx, identity), given))
    tell(changed, "updated", as_json=as_json)
