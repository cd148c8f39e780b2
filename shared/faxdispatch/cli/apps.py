"""List, show, create, change and delete fax applications."""

import shlex
from collections.abc import Iterator
from typing import Annotated, Any

from faxdispatch.cli.groups import Group
from faxdispatch.cli.options import Yes, argument, option
from faxdispatch.cli.output import Answer, Rows, columns_of, confirm, fields, note
from faxdispatch.cli.resources import account, known, listed
from faxdispatch.errors import BadInput, NoSuchResource, OutcomeUnknown
from faxdispatch.settings import Settings
from faxdispatch.telnyx.application_calls import MIN_SEARCH, ApplicationSort
from faxdispatch.telnyx.applications import (
    CREATE_FIELDS,
    UPDATE_FIELDS,
    AppField,
    Outcome,
    Wanted,
    carry_out,
    complete,
    describe,
    make_plan,
    read_fields,
)
from faxdispatch.telnyx.client import TelnyxClient
from faxdispatch.telnyx.models import FaxApplication
from faxdispatch.telnyx.requests import ApplicationParams
from faxdispatch.text.privacy import hidden
from faxdispatch.text.wording import clock

_WIDTHS = {"": 1, "id": 20, "active": 8, "voice profile": 20, "name": 24, "webhook": 0}

Words = Annotated[list[str] | None, argument("Fields, as listed below.", metavar="FIELD=VALUE")]
Input = Annotated[str | None, option("JSON object with fields; - is standard input.", metavar="FILE")]

_FIELDS = """Names are Telnyx's own, with a dot for the nested ones. --input takes an object such as Telnyx takes, or
one that `apps show --json` printed: of that, what Telnyx alone sets (id, record_type, created_at, updated_at) is left
out. FIELD=VALUE wins over it. `null` clears a field; to give the text null, use --input."""

app = Group(__doc__)


def _about(known: dict[str, AppField]) -> str:
    """Return what the help says about fields; click does not rewrap a paragraph after a backspace sign."""
    table = "\n".join(describe(known))
    return f"{_FIELDS}\n\n\b\n{table}"


@app.command("list")
def list_(
    name_contains: Annotated[str | None, option("Part of the name, 3 characters or more, in any case.")] = None,
    outbound_voice_profile_id: Annotated[str | None, option("Only with this voice profile.", metavar="ID")] = None,
    sort: Annotated[ApplicationSort | None, option("Order; a - in front reverses it.")] = None,
    limit: Annotated[int | None, option("How many at most; all if not given.", min=1)] = None,
) -> Rows[FaxApplication]:
    """List the account's fax applications.

    A * marks the one that faxes are sent with: the first of FAX_CONNECTION_ID.
    """
    settings = Settings.load()
    chosen: dict[str, Any] = {"name_contains": name_contains, "sort": sort}
    chosen["outbound_voice_profile_id"] = outbound_voice_profile_id
    return Rows(
        listed(settings, lambda telnyx: telnyx.list_applications(**chosen), "applications"),
        data=FaxApplication.as_data,
        line=lambda application: _row(application, is_own=application.id == settings.connection_id),
        limit=limit,
        more="there are more; without --limit all are listed",
        widths=_WIDTHS,
        none="no fax application",
        columns=columns_of(FaxApplication),
    )


@app.command("show")
def show_(identity: Annotated[str | None, argument("FAX_CONNECTION_ID if not given.", metavar="ID")] = None) -> Answer:
    """Show all fields of an application.

    What --json prints can be given to `apps create` and `apps update` as --input.
    """
    settings = Settings.load()
    chosen = identity or settings.connection_id
    if not chosen:
        raise BadInput("ID: give the id of an application, or set FAX_CONNECTION_ID; faxdispatch apps list shows them")
    with account(settings) as telnyx:
        application = _find(telnyx, chosen)
    return Answer(application.as_data(), _whole(application))


@app.command(epilog=_about(CREATE_FIELDS))
def create(words: Words = None, input: Input = None) -> Answer:  # noqa: A002 - the option's name
    """Create a fax application."""
    params = ApplicationParams.build(**_given(words, input, CREATE_FIELDS))
    with account(Settings.load()) as telnyx:
        try:
            made = telnyx.create_application(params)
        except OutcomeUnknown as error:
            name = params.application_name
            search = f" --name-contains {shlex.quote(name)}" if len(name) >= MIN_SEARCH else ""
            look = f"look with `faxdispatch apps list{search}` before you try again"
            raise OutcomeUnknown(f"{error}. It may have been created: {look}", status=error.status) from error
    return _done(made, "created")


@app.command(epilog=_about(UPDATE_FIELDS))
def update(
    identity: Annotated[str, argument("Id of the application.", metavar="ID")],
    words: Words = None,
    input: Input = None,  # noqa: A002 - the option's name
) -> Answer:
    """Change the given fields of a fax application.

    All others stay as they are. Name and webhook address, which Telnyx needs in every change, are taken from the
    application if they are not given.
    """
    if "=" in identity:
        raise BadInput(
            f"ID: {identity!r} is a field; the application's id comes first, as faxdispatch apps list shows it"
        )
    given = _given(words, input, UPDATE_FIELDS)
    with account(Settings.load()) as telnyx:
        changed = telnyx.update_application(identity, complete(_find(telnyx, identity), given))
    return _done(changed, "updated")


@app.command()
def delete(identity: Annotated[str, argument("Id of the application.", metavar="ID")], yes: Yes = False) -> Answer:
    """Delete a fax application at Telnyx, for good.

    Telnyx refuses this while numbers are assigned to it.
    """
    settings = Settings.load()
    with account(settings) as telnyx:
        application = _find(telnyx, identity)
        if warning := _warning(identity, settings):
            note(f"WARNING: {warning}")
        name = application.application_name or "without a name"
        confirm(f"Delete the fax application {name!r} ({application.id}) at Telnyx for good?", yes=yes)
        try:
            application = telnyx.delete_application(identity)
        except NoSuchResource:
            # It existed a moment ago: an earlier try of this call, or somebody else, has deleted it.
            note("it was already deleted when Telnyx was asked to delete it")
    return _done(application, "deleted")


def _row(one: FaxApplication, *, is_own: bool) -> list[str | None]:
    active = {None: "-", True: "yes", False: "NO"}[one.active]
    profile = (one.outbound and one.outbound.outbound_voice_profile_id) or "none"
    name, url = hidden(one.application_name or "-"), hidden(one.webhook_event_url or "-")
    return ["*" if is_own else "", one.id or "-", active, profile, name, url]


def _given(words: list[str] | None, source: str | None, fields: dict[str, AppField]) -> dict[str, Any]:
    given, left_out = read_fields(words or [], source, fields)
    if left_out:
        note(f"left out of the input, since it cannot be set: {', '.join(left_out)}")
    return given


def _find(telnyx: TelnyxClient, identity: str) -> FaxApplication:
    with known(f"fax application {identity}", "Telnyx has none of this id; faxdispatch apps list shows them"):
        return telnyx.get_application(identity)


def _done(application: FaxApplication, what: str) -> Answer:
    name = hidden(application.application_name or "no name")
    return Answer(application.as_data(), f"{what} {application.id} ({name})")


def _whole(application: FaxApplication) -> Iterator[str]:
    """Write every field of an application on its own line, nested ones with a dot."""
    data: dict[str, Any] = {}
    for name, value in application.as_data().items():
        data |= {f"{name}.{inner}": part for inner, part in value.items()} if isinstance(value, dict) else {name: value}
    data |= {name: clock(getattr(application, name)) for name in ("created_at", "updated_at")}
    del data["record_type"]
    yield from fields({name: "-" if value in (None, "", []) else hidden(value) for name, value in data.items()})


def _warning(identity: str, settings: Settings) -> str | None:
    if identity == settings.connection_id:
        return "faxes are sent with it (FAX_CONNECTION_ID): without it none can be, and results under way may be lost"
    if identity in settings.known_connections:
        return "it is one of FAX_CONNECTION_ID: faxes that are sent with it fail from then on"
    return None


@app.command()
def setup(
    name: Annotated[str | None, option("Its name; faxdispatch for a new one, if not given.")] = None,
    webhook_url: Annotated[str | None, option("FAX_WEBHOOK_URL if not given.", metavar="URL")] = None,
    failover_url: Annotated[str | None, option("Where webhooks go when that does not answer.", metavar="URL")] = None,
    timeout: Annotated[int | None, option("Seconds Telnyx waits for an answer.", min=0, max=30)] = None,
    profile: Annotated[str | None, option("Outbound voice profile for outgoing faxes.", metavar="ID")] = None,
    identity: Annotated[str | None, option("Id of the application to use.", "--id", metavar="ID")] = None,
    dry_run: Annotated[bool, option("Change nothing; say what would be done.")] = False,
) -> Answer:
    """Set up a fax application for this deployment.

    It creates one, or changes the existing one: the one of --id; else FAX_CONNECTION_ID, if Telnyx knows it; else
    the one of that name. Fields that are not given stay as they are. Running it again changes nothing.

    The settings to export go to standard output as lines for a shell, so that eval "$(faxdispatch apps setup)" sets
    them. All other output, such as what is still missing, goes to standard error. A dry run prints no settings.
    """
    settings = Settings.load()
    wanted = Wanted(
        name=name,
        webhook_url=webhook_url or settings.webhook_url,
        failover_url=failover_url,
        timeout_secs=timeout,
        outbound_voice_profile_id=profile,
    )
    with account(settings) as telnyx:
        plan = make_plan(telnyx, wanted, application_id=identity, connection_id=settings.connection_id)
        made = plan.found if dry_run else carry_out(telnyx, plan, on_unknown=_note_unknown)
    outcome = Outcome(plan, made, dry_run)
    missing = list(outcome.missing(settings, named=identity is not None))
    return Answer(
        outcome.as_data(settings) | {"missing": missing},
        [f"export {variable}={shlex.quote(value)}" for variable, value in outcome.exported(settings).items()],
        notes=[hidden(line) for line in (*outcome.lines(), *missing)],
    )


def _note_unknown(error: OutcomeUnknown) -> None:
    note(hidden(f"{error}; looking whether it was created"))
