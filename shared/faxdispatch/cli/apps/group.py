"""`faxdispatch apps`: the fax applications of the account at Telnyx; each command is loaded when asked for."""

from faxdispatch.cli.lazy import lazy_group

COMMANDS: dict[str, str] = {
    "list": "faxdispatch.cli.apps.look:list_",
    "show": "faxdispatch.cli.apps.look:show_",
    "create": "faxdispatch.cli.apps.create:command",
    "update": "faxdispatch.cli.apps.update:command",
    "delete": "faxdispatch.cli.apps.delete:delete",
    "setup": "faxdispatch.cli.apps.setup:setup",
}
"""Each command, in the order of the help, with where it is."""

app = lazy_group(
    COMMANDS,
    "Fax applications at Telnyx: look at them, make, change and delete them, set one up for this deployment.",
)
