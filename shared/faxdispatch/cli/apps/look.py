"""`faxdispatch apps list` and `show`."""

from itertools import islice
from typing import Annotated

import typer

from faxdispatch.cli.account import account
from faxdispatch.cli.apps.words import Json, find, show_whole
from faxdispatch.cli.output import note, show, show_json
from faxdispatch.cli.resources import plain, unbroken
from faxdispatch.errors import BadInput
from faxdispatch.privacy import hidden
from faxdispatch.settings import Settings
from faxdispatch.telnyx.application_calls import ApplicationSort
from faxdispatch.telnyx.models import FaxApplication

_ROW = "{mark:<1} {id:<20} {active:<8} {profile:<20} {name:<24} {url}"


def list_(
    name_contains: Annotated[
        str | None, typer.Option(help="Part of the name, 3 characters or more, in any case.", show_default=False)
    ] = None,
    outbound_voice_profile_id: Annotated[
        str | None, typer.Option(metavar="ID", help="Only those with this outbound voice profile.", show_default=False)
    ] = None,
    sort: Annotated[
        ApplicationSort | None, typer.Option(help="Order; a - in front turns it round.", show_default=False)
    ] = None,
    page_size: Annotated[
        int | None, typer.Option(min=1, max=250, help="How many Telnyx gives at a time.", show_default=False)
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="How many at most; all if not given.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, one object a line.")] = False,
) -> None:
    """List the account's fax applications, through all pages; * marks the one that is FAX_CONNECTION_ID."""
    settings = Settings.load()
    shown = 0
    with account(settings) as telnyx:
        listing = telnyx.list_applications(
            name_contains=name_contains,
            outbound_voice_profile_id=outbound_voice_profile_id,
            sort=sort,
            page_size=page_size,
        )
        found = unbroken(listing, "applications")
        for application in islice(found, limit):
            if as_json:
                show_json(application.as_data())
            else:
                if not shown:
                    show(
                        _ROW.format(
                            mark="", id="id", active="active", profile="voice profile", name="name", url="webhook"
                        )
                    )
                show(_row(application, ours=application.id == settings.fax_connection_id))
            shown += 1
        more = not as_json and shown == limit and next(found, None) is not None
    if more:
        note("there are more; without --limit all are listed")
    if not shown and not as_json:
        show("no fax application")


def show_(
    identity: Annotated[
        str | None, typer.Argument(metavar="ID", help="FAX_CONNECTION_ID if not given.", show_default=False)
    ] = None,
    as_json: Json = False,
) -> None:
    """Show an application whole. What --json prints can be given to `apps create` and `apps update` as --input."""
    settings = Settings.load()
    chosen = identity or settings.fax_connection_id
    if not chosen:
        raise BadInput("ID: give the id of an application, or set FAX_CONNECTION_ID; faxdispatch apps list shows them")
    with account(settings) as telnyx:
        application = find(telnyx, chosen)
    if as_json:
        show_json(application.as_data())
    else:
        show_whole(application)


def _row(application: FaxApplication, *, ours: bool) -> str:
    outbound = application.outbound
    return _ROW.format(
        mark="*" if ours else "",
        id=application.id or "-",
        active="-" if application.active is None else "yes" if application.active else "NO",
        profile=(outbound and outbound.outbound_voice_profile_id) or "none",
        name=plain(hidden(application.application_name or "-")),
        url=plain(hidden(application.webhook_event_url or "-")),
    )
