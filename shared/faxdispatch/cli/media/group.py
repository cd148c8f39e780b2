"""`faxdispatch media`: the documents in Telnyx's media storage; each command is loaded when asked for."""

import typer

from faxdispatch.cli.lazy import group_of

COMMANDS: dict[str, str] = {
    "list": "faxdispatch.cli.media.listing:list_",
    "show": "faxdispatch.cli.media.listing:show_",
    "upload": "faxdispatch.cli.media.upload:upload",
    "download": "faxdispatch.cli.media.download:download",
    "delete": "faxdispatch.cli.media.delete:delete",
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
    """Put documents into Telnyx's media storage, from which faxes are sent by name; look at them, fetch, delete them.

    These ask Telnyx themselves. A local file that `faxdispatch send` is given goes there by itself.
    """
