"""`faxdispatch campaign`: one document, or one each, to a list of recipients; each command is loaded when asked for."""

from faxdispatch.cli.lazy import lazy_group

COMMANDS: dict[str, str] = {
    "check": "faxdispatch.cli.campaigns.check:check",
    "plan": "faxdispatch.cli.campaigns.plan:plan",
    "create": "faxdispatch.cli.campaigns.create:create",
    "test": "faxdispatch.cli.campaigns.test:send_test",
    "start": "faxdispatch.cli.campaigns.moves:start",
    "pause": "faxdispatch.cli.campaigns.moves:pause",
    "resume": "faxdispatch.cli.campaigns.moves:resume",
    "cancel": "faxdispatch.cli.campaigns.moves:cancel",
    "cap": "faxdispatch.cli.campaigns.moves:cap",
    "status": "faxdispatch.cli.campaigns.status:status",
    "list": "faxdispatch.cli.campaigns.status:list_",
    "watch": "faxdispatch.cli.campaigns.watch:watch",
    "report": "faxdispatch.cli.campaigns.report:report",
    "retry": "faxdispatch.cli.campaigns.retry:retry",
    "audit": "faxdispatch.cli.campaigns.audit:audit",
    "purge": "faxdispatch.cli.campaigns.moves:purge",
}
"""Each command, in the order of the help, with where it is."""

app = lazy_group(
    COMMANDS,
    "Send to a list of recipients: check it, make a campaign of it, start and stop it, see what came of it.",
)
