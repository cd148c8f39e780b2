"""`faxdispatch apps`: the fax applications of the account at Telnyx; each command is loaded when asked for."""

from faxdispatch.cli.lazy import Table, lazy_group

COMMANDS: Table = {
    "list": ("faxdispatch.cli.apps.look:list_", "List the account's fax applications; * marks ours."),
    "show": ("faxdispatch.cli.apps.look:show_", "Show an application whole."),
    "create": ("faxdispatch.cli.apps.create:command", "Make a fax application."),
    "update": ("faxdispatch.cli.apps.update:command", "Change fields of a fax application."),
    "delete": ("faxdispatch.cli.apps.delete:delete", "Delete a fax application at Telnyx, for good."),
    "setup": ("faxdispatch.cli.apps.setup:setup", "Make a fax application for this deployment, or mend its own."),
}
"""Each command, in the order of the help, with where it is and what the help says of it."""

app = lazy_group(
    COMMANDS,
    "Fax applications at Telnyx: look at them, make, change and delete them, set one up for this deployment.",
)
