"""The commands as a table, and how their errors are reported."""

import sys
from collections.abc import Sequence
from importlib.metadata import version
from typing import Annotated

import typer

from faxdispatch.cli.groups import group_of
from faxdispatch.errors import BadInput, FaxError, NotSent
from faxdispatch.text.plain import plain
from faxdispatch.text.privacy import scrub

COMMANDS: dict[str, tuple[str, str]] = {
    "demo": ("faxdispatch.cli.demo:demo", "Send real documents to a simulated Telnyx, and judge."),
    "up": ("faxdispatch.cli.up:up", "Run web, workers and, where needed, a private Valkey."),
    "simulate": ("faxdispatch.cli.simulate:command", "Run a simulated Telnyx."),
    "send": ("faxdispatch.cli.send:send", "Record one fax and hand it to the workers."),
    "preview": ("faxdispatch.cli.preview:preview", "Write a document's pages as a fax machine prints them."),
    "status": ("faxdispatch.cli.status:status", "Show the state of a job, or count jobs by state."),
    "find": ("faxdispatch.cli.find:find", "Find any fax, open or ended, by what you know about it."),
    "holds": ("faxdispatch.cli.holds:holds", "Show why faxes are held, and what ends each hold."),
    "resend": ("faxdispatch.cli.resend:resend", "Send ended faxes again."),
    "cancel": ("faxdispatch.cli.control:cancel", "Cancel a fax through the workers."),
    "refresh": ("faxdispatch.cli.control:refresh", "Let the workers renew an inbound fax's link."),
    "sync": ("faxdispatch.cli.control:sync", "Let the workers read a fax's status from Telnyx and record it."),
    "evidence": ("faxdispatch.cli.evidence:evidence", "Check a ZIP file of evidence."),
    "erase": ("faxdispatch.cli.erase:erase", "Erase a person: all that is stored about a number, job or tag."),
    "resolve": ("faxdispatch.cli.operator:resolve", "Settle by hand an attempt whose outcome is unknown."),
    "release": ("faxdispatch.cli.operator:release", "Let a held fax go now."),
    "pause": ("faxdispatch.cli.operator:pause", "Send nothing on a connection for a while."),
    "resume": ("faxdispatch.cli.operator:resume", "End the pause of a connection."),
    "limits": ("faxdispatch.cli.limits:app", "Rate, channels and the day's cap, at run time."),
    "apps": ("faxdispatch.cli.apps:app", "Fax applications at Telnyx: list, change, set up."),
    "faxes": ("faxdispatch.cli.faxes:app", "Ask Telnyx itself about faxes; cancel or delete one."),
    "media": ("faxdispatch.cli.media:app", "Documents in Telnyx's media storage."),
    "inbound": ("faxdispatch.cli.inbound:app", "Inbound faxes and their documents."),
    "campaign": ("faxdispatch.cli.campaigns.group:app", "Send to a list of recipients."),
    "suppress": ("faxdispatch.cli.suppress:app", "Keep numbers out of campaigns."),
    "numbers": ("faxdispatch.cli.numbers:app", "Numbers in quarantine, which no fax calls."),
    "backup": ("faxdispatch.cli.backup:backup", "Write a copy of the whole ledger to a file."),
    "restore": ("faxdispatch.cli.backup:restore", "Make the private Valkey of a copy."),
    "recover": ("faxdispatch.cli.recover:recover", "Bring back from Telnyx what a restored ledger has forgotten."),
    "ledger": ("faxdispatch.cli.ledger:app", "The ledger as a whole: its id, its account."),
    "deadletters": ("faxdispatch.cli.deadletters:app", "Messages that the workers could not carry out."),
    "events": ("faxdispatch.cli.events:events", "Print events from the stream."),
    "console": ("faxdispatch.cli.console:app", "Users of the console in the browser."),
    "canary": ("faxdispatch.cli.canary:canary", "Send one real page through the whole chain, and judge it."),
    "charges": ("faxdispatch.cli.charges:charges", "Show what faxes cost, beside what was estimated."),
    "notices": ("faxdispatch.cli.notices:app", "Notices of incidents to mail, chat and webhooks."),
    "doctor": ("faxdispatch.cli.doctor:doctor", "Check settings, services, Telnyx and webhook."),
}
"""Each command, in the order of the help, with its module and its line in the help."""


app = typer.Typer(
    cls=group_of(COMMANDS),
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"faxdispatch {version('faxdispatch')}")
        raise typer.Exit


@app.callback()
def _root(
    _: Annotated[
        bool, typer.Option("--version", help="Show the version and stop.", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    """Send faxes through Telnyx: none lost, none sent twice.

    Settings come from the environment and from .env; `faxdispatch doctor` says what is missing.
    """


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command, by default with the process's arguments. Return the exit code.

    An error that the package raises on purpose becomes one line, without numbers and keys: 2 if the request or the
    environment must be fixed, 1 for everything else.
    """
    try:
        app(args=None if arguments is None else list(arguments), prog_name="faxdispatch")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 1
    except FaxError as error:
        line = plain(" ".join(scrub(str(error)).split()))
        if isinstance(error, NotSent):
            line += "; look at TELNYX_BASE_URL, the network, and status.telnyx.com"
        sys.stderr.write(f"faxdispatch: {line}\n")
        return 2 if isinstance(error, BadInput) else 1
    return 0
