"""`faxdispatch faxes`: the faxes that Telnyx knows, asked of Telnyx itself; each command is loaded when asked for."""

import typer

from faxdispatch.cli.lazy import group_of

COMMANDS: dict[str, str] = {
    "list": "faxdispatch.cli.faxes.listing:list_",
    "show": "faxdispatch.cli.faxes.show:show_",
    "cancel": "faxdispatch.cli.faxes.cancel:cancel",
    "refresh": "faxdispatch.cli.faxes.refresh:refresh",
    "delete": "faxdispatch.cli.faxes.delete:delete",
}
"""Each command, in the order of the help, with where it is."""

app = typer.Typer(
    cls=group_of(COMMANDS),
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.callback()
def _group() -> None:
    """Look at the faxes that Telnyx knows, in and out, whoever sent them; cancel, refresh or delete one.

    These ask Telnyx themselves and give its answer. What is known of a fax that was sent from here: faxdispatch status.
    """
