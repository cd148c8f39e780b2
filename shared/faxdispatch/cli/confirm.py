"""Asking a person before something that cannot be undone."""

import sys

import typer

from faxdispatch.errors import BadInput
from faxdispatch.text.plain import plain


def confirm(words: str, *, yes: bool) -> None:
    """Continue if the answer is yes, or was given beforehand; otherwise end the command with exit code 1.

    `words` first ask, and then say what follows: "Stop campaign clean? 299 rows will not be sent."

    Raises:
        BadInput: there is nobody to ask.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise BadInput(f"{words} Nobody is here to confirm it: add --yes")
    if not typer.confirm(plain(words), err=True):
        raise typer.Exit(1)
