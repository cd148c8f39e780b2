"""The commands as a table, and how their errors are reported."""

import sys
from collections.abc import Sequence
from errno import ENOSPC
from importlib.metadata import version
from typing import Annotated

import typer

from faxdispatch.cli.groups import Group
from faxdispatch.cli.options import option
from faxdispatch.cli.output import unwritable
from faxdispatch.errors import BadInput, FaxError, NotSent
from faxdispatch.text.plain import plain
from faxdispatch.text.privacy import scrub

COMMANDS: dict[str, str] = {
    "demo": "faxdispatch.cli.demo:demo",
    "up": "faxdispatch.cli.up:up",
    "simulate": "faxdispatch.cli.simulate:command",
    "send": "faxdispatch.cli.send:send",
    "preview": "faxdispatch.cli.preview:preview",
    "status": "faxdispatch.cli.status:status",
    "find": "faxdispatch.cli.find:find",
    "holds": "faxdispatch.cli.status:holds",
    "resend": "faxdispatch.cli.find:resend",
    "cancel": "faxdispatch.cli.control:cancel",
    "refresh": "faxdispatch.cli.control:refresh",
    "sync": "faxdispatch.cli.control:sync",
    "evidence": "faxdispatch.cli.evidence:evidence",
    "erase": "faxdispatch.cli.find:erase",
    "resolve": "faxdispatch.cli.control:resolve",
    "release": "faxdispatch.cli.control:release",
    "pause": "faxdispatch.cli.control:pause",
    "resume": "faxdispatch.cli.control:resume",
    "limits": "faxdispatch.cli.limits:app",
    "apps": "faxdispatch.cli.apps:app",
    "faxes": "faxdispatch.cli.faxes:app",
    "media": "faxdispatch.cli.media:app",
    "inbound": "faxdispatch.cli.inbound:app",
    "campaign": "faxdispatch.cli.campaigns:app",
    "suppress": "faxdispatch.cli.suppress:app",
    "numbers": "faxdispatch.cli.numbers:app",
    "backup": "faxdispatch.cli.recover:backup",
    "restore": "faxdispatch.cli.recover:restore",
    "recover": "faxdispatch.cli.recover:recover",
    "ledger": "faxdispatch.cli.ledger:app",
    "deadletters": "faxdispatch.cli.deadletters:app",
    "events": "faxdispatch.cli.events:events",
    "console": "faxdispatch.cli.console:app",
    "canary": "faxdispatch.cli.doctor:canary",
    "charges": "faxdispatch.cli.charges:charges",
    "notices": "faxdispatch.cli.notices:app",
    "doctor": "faxdispatch.cli.doctor:doctor",
}
"""Where each command is, in the order of the help."""


app: typer.Typer = Group(
    None, COMMANDS, pretty_exceptions_enable=False, context_settings={"help_option_names": ["-h", "--help"]}
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"faxdispatch {version('faxdispatch')}")
        raise typer.Exit


@app.callback()
def _root(
    _: Annotated[bool, option("Show the version.", "--version", callback=_show_version, is_eager=True)] = False,
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
        _run(arguments)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 1
    except FaxError as error:
        line = plain(" ".join(scrub(str(error)).split()))
        if isinstance(error, NotSent):
            line += "; look at TELNYX_BASE_URL, the network, and status.telnyx.com"
        sys.stderr.write(f"faxdispatch: {line}\n")
        return 2 if isinstance(error, BadInput) else 1
    return 0


def _run(arguments: Sequence[str] | None) -> None:
    try:
        app(args=None if arguments is None else list(arguments), prog_name="faxdispatch")
    except OSError as error:
        # Only typer writes here (help, version); commands write with `output.show`, which handles this.
        if error.errno == ENOSPC:
            raise unwritable(error) from error
        raise
