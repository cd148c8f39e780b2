"""`faxdispatch media`: the documents in Telnyx's media storage; each command is loaded when asked for."""

from faxdispatch.cli.lazy import Table, lazy_group

COMMANDS: Table = {
    "list": ("faxdispatch.cli.media.listing:list_", "List the documents in the storage."),
    "show": ("faxdispatch.cli.media.listing:show_", "Show what is known of a stored document."),
    "upload": ("faxdispatch.cli.media.upload:upload", "Store a document and print its name."),
    "download": ("faxdispatch.cli.media.download:download", "Fetch a stored document into a file."),
    "delete": ("faxdispatch.cli.media.delete:delete", "Delete stored documents, for good."),
}
"""Each command, in the order of the help, with where it is and what the help says of it."""

app = lazy_group(
    COMMANDS,
    "Put documents into Telnyx's media storage, from which faxes are sent by name; look at them, fetch, delete "
    "them.\n\n"
    "These ask Telnyx themselves. A local file that `faxdispatch send` is given goes there by itself.",
)
