"""`faxdispatch faxes`: the faxes that Telnyx knows, asked of Telnyx itself; each command is loaded when asked for."""

from faxdispatch.cli.lazy import lazy_group

COMMANDS: dict[str, str] = {
    "list": "faxdispatch.cli.faxes.listing:list_",
    "show": "faxdispatch.cli.faxes.show:show_",
    "cancel": "faxdispatch.cli.faxes.cancel:cancel",
    "refresh": "faxdispatch.cli.faxes.refresh:refresh",
    "delete": "faxdispatch.cli.faxes.delete:delete",
}
"""Each command, in the order of the help, with where it is."""

app = lazy_group(
    COMMANDS,
    "Look at the faxes that Telnyx knows, in and out, whoever sent them; cancel, refresh or delete one.\n\n"
    "These ask Telnyx themselves and give its answer. What is known of a fax that was sent from here: "
    "faxdispatch status.",
)
