"""`faxdispatch media`: the documents in Telnyx's media storage; each command is loaded when asked for."""

from faxdispatch.cli.lazy import lazy_group

COMMANDS: dict[str, str] = {
    "list": "faxdispatch.cli.media.listing:list_",
    "show": "faxdispatch.cli.media.listing:show_",
    "upload": "faxdispatch.cli.media.upload:upload",
    "download": "faxdispatch.cli.media.download:download",
    "delete": "faxdispatch.cli.media.delete:delete",
}
"""Each command, in the order of the help, with where it is."""

app = lazy_group(
    COMMANDS,
    "Put documents into Telnyx's media storage, from which faxes are sent by name; look at them, fetch, delete "
    "them.\n\n"
    "These ask Telnyx themselves. A local file that `faxdispatch send` is given goes there by itself.",
)
