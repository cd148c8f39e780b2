"""`faxdispatch simulate`: the simulated Telnyx alone."""

import os
import sys

import typer

from faxdispatch.supervisor import roles as processes

command = typer.Typer(add_completion=False, rich_markup_mode=None)


@command.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []})
def simulate(context: typer.Context) -> None:
    """Run a simulated Telnyx until it is stopped. Prints one line of JSON that tells where it is. Sends no fax.

    Takes the options of `python -m simulator`: `--port 0` picks a free port, `--list-numbers` says what becomes of
    faxes to which number, `--help` shows them all.
    """
    surroundings = processes.environment({}, inherit=True)
    program = [sys.executable, "-P", "-m", "simulator", *context.args]
    # The simulator replaces this process, so signals, output and exit code are its own.
    os.execve(program[0], program, surroundings)  # noqa: S606 - no shell is wanted
