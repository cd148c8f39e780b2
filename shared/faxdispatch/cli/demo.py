"""`faxdispatch demo`: everything on one machine, in a minute, against a simulated Telnyx."""

import sys

import typer
from rich.console import Console

from faxdispatch.cli.output import Answer, Json
from faxdispatch.demo.demonstration import demonstrate
from faxdispatch.demo.view import LABEL, show
from faxdispatch.supervisor.signals import StopSignal

_WIDTH = 150
"""The width if there is no terminal."""


def demo(as_json: Json = False) -> Answer:
    """Send real documents to a simulated Telnyx; check the results.

    Real processes do the work on this machine; no fax leaves it. Exit code 0 if every fax ended as it must, 1 if
    one did not.
    """
    stream = sys.stderr if as_json else sys.stdout
    console = Console(file=stream, highlight=False, width=None if stream.isatty() else _WIDTH)
    console.print(LABEL)
    try:
        verdict = demonstrate(console)
    except StopSignal as stopped:
        raise typer.Exit(stopped.exit_code) from None
    if not as_json:
        show(verdict, console)
    return Answer(verdict.as_json(), ok=verdict.ok)
