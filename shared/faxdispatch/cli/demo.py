"""`faxdispatch demo`: everything on one machine, in a minute, against a simulated Telnyx."""

import os
import sys

import typer
from rich.console import Console

from faxdispatch.cli.output import Answer, Json
from faxdispatch.demo.run import Run
from faxdispatch.demo.stage import Stage, stage
from faxdispatch.demo.verdict import judge
from faxdispatch.demo.view import LABEL, progress, show
from faxdispatch.supervisor.checkout import checkout
from faxdispatch.supervisor.roles import SETTINGS
from faxdispatch.supervisor.signals import StopSignal, stop_signals
from faxdispatch.text.plain import plain

_WIDTH = 150
"""The width if no terminal tells it."""


def demo(
    as_json: Json = False,
) -> Answer:
    """Send real documents to a simulated Telnyx; check the results.

    Real processes do the work on this machine; no fax leaves it. Exit code 0 if every fax ended as it must, 1 if
    one did not.
    """
    documents = checkout() / "examples" / "documents"
    _forget_settings()
    stream = sys.stderr if as_json else sys.stdout
    console = Console(file=stream, highlight=False, width=None if stream.isatty() else _WIDTH)
    console.print(LABEL)
    try:
        with stop_signals(), stage() as set_up:
            run = Run(set_up, documents)
            with progress(console) as look:
                run.play(look)
            verdict = judge(run, set_up.control("GET", "/report"))
            if not verdict.ok:
                _show_log(set_up)
    except StopSignal as told:
        raise typer.Exit(told.exit_code) from None
    if not as_json:
        show(verdict, console)
    return Answer(verdict.as_json(), ok=verdict.ok)


def _forget_settings() -> None:
    # Celery itself reads CELERY_BROKER_URL, whatever address it is given: the messages would go to a real broker.
    for name in SETTINGS & os.environ.keys():
        del os.environ[name]


def _show_log(set_up: Stage) -> None:
    print("Last lines of the processes:", *map(plain, set_up.log), sep="\n", file=sys.stderr)
