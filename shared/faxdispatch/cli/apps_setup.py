"""`faxdispatch apps setup`."""

import shlex
from typing import Annotated

from faxdispatch.cli.options import option
from faxdispatch.cli.output import Answer, note
from faxdispatch.cli.resources import account
from faxdispatch.errors import OutcomeUnknown
from faxdispatch.settings import Settings
from faxdispatch.telnyx.applications import Outcome, Wanted, carry_out, make_plan
from faxdispatch.text.privacy import hidden


def setup(
    name: Annotated[str | None, option("Its name; faxdispatch for a new one, if not given.")] = None,
    webhook_url: Annotated[str | None, option("FAX_WEBHOOK_URL if not given.", metavar="URL")] = None,
    failover_url: Annotated[str | None, option("Where webhooks go when that does not answer.", metavar="URL")] = None,
    timeout: Annotated[int | None, option("Seconds Telnyx waits for an answer.", min=0, max=30)] = None,
    profile: Annotated[str | None, option("Outbound voice profile, to send by.", metavar="ID")] = None,
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
        webhook_url=webhook_url or settings.fax_webhook_url,
        failover_url=failover_url,
        timeout_secs=timeout,
        outbound_voice_profile_id=profile,
    )
    with account(settings) as telnyx:
        plan = make_plan(telnyx, wanted, application_id=identity, connection_id=settings.fax_connection_id)
        made = plan.found if dry_run else carry_out(telnyx, plan, on_unknown=_looking)
    outcome = Outcome(plan, made, dry_run)
    missing = list(outcome.missing(settings, named=identity is not None))
    return Answer(
        outcome.as_data() | {"missing": missing},
        [f"export {variable}={shlex.quote(value)}" for variable, value in outcome.exported().items()],
        notes=[hidden(line) for line in (*outcome.lines(), *missing)],
    )


def _looking(error: OutcomeUnknown) -> None:
    note(hidden(f"{error}; looking whether it was created"))
