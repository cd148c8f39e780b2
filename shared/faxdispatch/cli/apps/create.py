"""`faxdispatch apps create`."""

import shlex

import typer

from faxdispatch.applications import CREATE_FIELDS
from faxdispatch.cli.account import account
from faxdispatch.cli.apps.words import Input, Json, Words, given_fields, help_of, tell
from faxdispatch.errors import OutcomeUnknown
from faxdispatch.settings import Settings
from faxdispatch.telnyx.application_calls import MIN_SEARCH
from faxdispatch.telnyx.requests import ApplicationParams

command = typer.Typer(add_completion=False, rich_markup_mode=None)


@command.command(help=help_of("Make a fax application.", CREATE_FIELDS))
def create(fields: Words = None, input: Input = None, as_json: Json = False) -> None:  # noqa: A002 - the option's name
    """Make a fax application of the fields that are given."""
    params = ApplicationParams.build(**given_fields(fields, input, CREATE_FIELDS))
    with account(Settings.load()) as telnyx:
        try:
            made = telnyx.create_application(params)
        except OutcomeUnknown as error:
            look = _how_to_look(params.application_name)
            raise OutcomeUnknown(
                f"{error}. It may have been created: look with `{look}` before you try again", status=error.status
            ) from error
    tell(made, "created", as_json=as_json)


def _how_to_look(name: str) -> str:
    search = f" --name-contains {shlex.quote(name)}" if len(name) >= MIN_SEARCH else ""
    return f"faxdispatch apps list{search}"
