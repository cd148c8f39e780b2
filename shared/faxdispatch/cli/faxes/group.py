"""`faxdispatch faxes`: the faxes that Telnyx knows, asked of Telnyx itself; each command is loaded when asked for."""

from faxdispatch.cli.lazy import Table, lazy_group

COMMANDS: Table = {
    "list": ("faxdispatch.cli.faxes.listing:list_", "List the faxes that Telnyx knows."),
    "show": ("faxdispatch.cli.faxes.show:show_", "Show all that Telnyx says of a fax."),
    "cancel": ("faxdispatch.cli.faxes.cancel:cancel", "Cancel an outbound fax."),
    "refresh": ("faxdispatch.cli.faxes.refresh:refresh", "Renew an inbound fax's media link and print it."),
    "delete": ("faxdispatch.cli.faxes.delete:delete", "Delete the records of faxes at Telnyx, for good."),
}
"""Each command, in the order of the help, with where it is and what the help says of it."""

app = lazy_group(
    COMMANDS,
    "Look at the faxes that Telnyx knows, in and out, whoever sent them; cancel, refresh or delete one.\n\n"
    "These ask Telnyx themselves and give its answer. What is known of a fax that was sent from here: "
    "faxdispatch status.",
)
