"""Run a simulated Telnyx, which sends no fax."""

import os
import sys

import typer

from faxdispatch.supervisor import roles as processes

command = typer.Typer(add_completion=False, rich_markup_mode=None)


@command.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []})
def simulate(context: typer.Context) -> None:
    """Become `python -m simulator`, which takes the same options and prints one line of JSON with its addresses."""
    surroundings = processes.environment({}, inherit=True)
    program = [sys.executable, "-P", "-m", "simulator", *context.args]
    # The simulator replaces this process, so signals, output and exit code are its own.
    os.execve(program[0], program, surroundings)  # noqa: S606 - no shell is wanted
