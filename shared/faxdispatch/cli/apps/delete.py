"""`faxdispatch apps delete`."""

from typing import Annotated

import typer

from faxdispatch.cli.account import account
from faxdispatch.cli.apps.words import Json, find, tell
from faxdispatch.cli.confirm import confirm
from faxdispatch.cli.output import note
from faxdispatch.errors import NoSuchResource
from faxdispatch.settings import Settings


def delete(
    identity: Annotated[str, typer.Argument(metavar="ID", help="Id of the application.", show_default=False)],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    as_json: Json = False,
) -> None:
    """Delete a fax application at Telnyx, for good. Telnyx refuses it while numbers are assigned to it."""
    settings = Settings.load()
    with account(settings) as telnyx:
        application = find(telnyx, identity)
        if warning := _warning(identity, settings):
            note(f"WARNING: {warning}")
        name = application.application_name or "without a name"
        confirm(f"Delete the fax application {name!r} ({application.id}) at Telnyx for good?", yes=yes)
        try:
            application = telnyx.delete_application(identity)
        except NoSuchResource:
            # It was there a moment ago: an earlier try of this call, or somebody else, has deleted it.
            note("it was gone already when Telnyx was asked to delete it")
    tell(application, "deleted", as_json=as_json)


def _warning(identity: str, settings: Settings) -> str | None:
    if identity == settings.fax_connection_id:
        return (
            "this is FAX_CONNECTION_ID of this environment: without it no fax can be sent, and results of faxes that "
            "are under way may never be reported"
        )
    if identity in settings.fax_connections:
        return "this is one of FAX_CONNECTIONS of this environment: faxes that are sent with it fail from then on"
    return None
