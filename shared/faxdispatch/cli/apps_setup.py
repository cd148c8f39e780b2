"""`faxdispatch apps setup`."""

import shlex
from typing import Annotated, Any

import typer

from faxdispatch.applications import Plan, Wanted, carry_out, differences, make_plan, shortcomings
from faxdispatch.cli.output import Answer, note
from faxdispatch.cli.resources import account
from faxdispatch.errors import OutcomeUnknown
from faxdispatch.settings import Settings
from faxdispatch.telnyx.models import FaxApplication
from faxdispatch.text.privacy import hidden


def setup(
    name: Annotated[str | None, typer.Option(help="Its name; faxdispatch for a new one, if not given.")] = None,
    webhook_url: Annotated[str | None, typer.Option(metavar="URL", help="FAX_WEBHOOK_URL if not given.")] = None,
    failover_url: Annotated[
        str | None, typer.Option(metavar="URL", help="Where webhooks go when that does not answer.")
    ] = None,
    timeout: Annotated[int | None, typer.Option(min=0, max=30, help="Seconds Telnyx waits for an answer.")] = None,
    profile: Annotated[str | None, typer.Option(metavar="ID", help="Outbound voice profile, to send by.")] = None,
    identity: Annotated[str | None, typer.Option("--id", metavar="ID", help="Id of the application to use.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Change nothing; tell what would be done.")] = False,
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
        webhook_url=webhook_url or settings.fax_webhook_url,
        failover_url=failover_url,
        timeout_secs=timeout,
        outbound_voice_profile_id=profile,
    )
    with account(settings) as telnyx:
        plan = make_plan(telnyx, wanted, application_id=identity, connection_id=settings.fax_connection_id)
        application = plan.found if dry_run else carry_out(telnyx, plan, on_unknown=_looking)
    missing = list(_missing(plan, application, settings, identity, dry_run=dry_run))
    lines = (*_done(plan, application, dry_run=dry_run), *missing)
    exported = {} if dry_run or application is None else _to_export(application)
    return Answer(
        _as_json(plan, application, missing, exported, dry_run=dry_run),
        [f"export {variable}={shlex.quote(value)}" for variable, value in exported.items()],
        notes=[hidden(line) for line in lines],
    )


def _looking(error: OutcomeUnknown) -> None:
    note(hidden(f"{error}; looking whether it was created"))


def _outcome(plan: Plan, *, dry_run: bool) -> str:
    if plan.found is None:
        return "would_create" if dry_run else "created"
    if not plan.differences:
        return "unchanged"
    return "would_update" if dry_run else "updated"


def _done(plan: Plan, application: FaxApplication | None, *, dry_run: bool) -> list[str]:
    """Say what was done, or would be."""
    if application is None:
        fields = differences(FaxApplication(), plan.wanted.fields())
        given = [f"{field.name}: {_value(field.new)}" for field in fields if field.name != "application_name"]
        return [f"would create the application {plan.wanted.search_name!r}", *given]
    which = f"the application {application.application_name!r} ({application.id})"
    if plan.found is None:
        return [f"created {which}"]
    if not plan.differences:
        return [f"{which} is as it should be; nothing {'would be' if dry_run else 'was'} changed"]
    changes = [f"{change.name}: {_value(change.old)} → {_value(change.new)}" for change in plan.differences]
    return [f"{'would update' if dry_run else 'updated'} {which}", *changes]


def _missing(
    plan: Plan, application: FaxApplication | None, settings: Settings, identity: str | None, *, dry_run: bool
) -> list[str]:
    """Return what is not as it should be yet, each in one line."""
    lines = []
    ours = settings.fax_connection_id
    if ours and identity is None and (plan.found is None or plan.found.id != ours):
        lines.append(f"FAX_CONNECTION_ID is {ours}, which is no fax application of this account: replace it")
    if application is None:
        if not plan.wanted.outbound_voice_profile_id:
            lines.append(
                "it would have no outbound voice profile, so every fax would fail with no_outbound_profile: give one "
                "with --profile"
            )
        return lines
    if not dry_run:
        lines += [
            f"Telnyx keeps {change.name} as {_value(change.old)}, not as {_value(change.new)}"
            for change in differences(application, plan.wanted.fields())
        ]
    return [*lines, *shortcomings(application, settings)]


def _to_export(application: FaxApplication) -> dict[str, str]:
    values = {"FAX_CONNECTION_ID": application.id, "FAX_WEBHOOK_URL": application.webhook_event_url}
    return {variable: value for variable, value in values.items() if value}


def _as_json(
    plan: Plan, application: FaxApplication | None, missing: list[str], exported: dict[str, str], *, dry_run: bool
) -> dict[str, Any]:
    return {
        "outcome": _outcome(plan, dry_run=dry_run),
        "dry_run": dry_run,
        "changed": {change.name: {"old": change.old, "new": change.new} for change in plan.differences},
        "settings": exported,
        "missing": missing,
        "application": application.as_data() if application else None,
    }


def _value(value: Any) -> str:
    return "nothing" if value in (None, "") else str(value)
