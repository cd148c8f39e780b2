"""Send to a list of recipients: check it, start, follow, report."""

from faxdispatch.cli.groups import Group, Table

COMMANDS: Table = {
    "check": "faxdispatch.cli.campaigns.making:check",
    "plan": "faxdispatch.cli.campaigns.making:plan",
    "create": "faxdispatch.cli.campaigns.making:create",
    "test": "faxdispatch.cli.campaigns.moves:send_test",
    "start": "faxdispatch.cli.campaigns.moves:start",
    "pause": "faxdispatch.cli.campaigns.moves:pause",
    "resume": "faxdispatch.cli.campaigns.moves:resume",
    "finish": "faxdispatch.cli.campaigns.moves:finish",
    "cancel": "faxdispatch.cli.campaigns.moves:cancel",
    "cap": "faxdispatch.cli.campaigns.moves:cap",
    "status": "faxdispatch.cli.campaigns.status:status",
    "list": "faxdispatch.cli.campaigns.status:list_",
    "watch": "faxdispatch.cli.campaigns.watch:watch",
    "report": "faxdispatch.cli.campaigns.status:report",
    "evidence": "faxdispatch.cli.evidence:of_campaign",
    "retry": "faxdispatch.cli.campaigns.moves:retry",
    "audit": "faxdispatch.cli.campaigns.status:audit",
    "purge": "faxdispatch.cli.campaigns.moves:purge",
}
"""Where each command is, in the order of the help."""

app = Group(__doc__, COMMANDS)
