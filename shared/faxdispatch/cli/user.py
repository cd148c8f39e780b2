"""Who says so, for what is recorded with a person's name."""

import getpass
from typing import Annotated

import typer

Operator = Annotated[
    str | None,
    typer.Option(help="Who gives the command; the user's name if not given.", show_default=False, envvar="USER"),
]


def user() -> str | None:
    """Return the name of the user who runs the command, or None if the system does not tell it."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return None
