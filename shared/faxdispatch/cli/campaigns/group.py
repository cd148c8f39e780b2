"""`faxdispatch campaign`: one document, or one each, to a list of recipients; each command is loaded when asked for."""

from faxdispatch.cli.groups import Table, lazy_group

COMMANDS: Table = {
    "check": ("faxdispatch.cli.campaigns.check:check", "Check a list of recipients before anything is sent."),
    "plan": ("faxdispatch.cli.campaigns.plan:plan", "Estimate cost, end, and what stands in the way."),
    "create": ("faxdispatch.cli.campaigns.create:create", "Make a campaign of a list."),
    "test": ("faxdispatch.cli.campaigns.moves:send_test", "Send what a row would get to numbers of your own."),
    "start": ("faxdispatch.cli.campaigns.moves:start", "Let a campaign be sent, now or at a moment."),
    "pause": ("faxdispatch.cli.campaigns.moves:pause", "Begin no further row."),
    "resume": ("faxdispatch.cli.campaigns.moves:resume", "Let a paused campaign go on where it was."),
    "finish": ("faxdispatch.cli.campaigns.moves:finish", "Give up the rows that Telnyx never took."),
    "cancel": ("faxdispatch.cli.campaigns.moves:cancel", "Send no row any more that has not left."),
    "cap": ("faxdispatch.cli.campaigns.moves:cap", "Set what a campaign may cost."),
    "status": ("faxdispatch.cli.campaigns.status:status", "Tell how a campaign stands."),
    "list": ("faxdispatch.cli.campaigns.status:list_", "List campaigns, the newest first."),
    "watch": ("faxdispatch.cli.campaigns.watch:watch", "Follow a campaign to its end."),
    "report": ("faxdispatch.cli.campaigns.report:report", "Write what became of each recipient."),
    "evidence": ("faxdispatch.cli.evidence:of_campaign", "Write a ZIP file that proves what was sent."),
    "retry": ("faxdispatch.cli.campaigns.moves:retry", "Send chosen rows of a finished campaign again."),
    "audit": ("faxdispatch.cli.campaigns.status:audit", "Count every row again, and compare with the totals."),
    "purge": ("faxdispatch.cli.campaigns.moves:purge", "Forget a campaign with its rows and results."),
}
"""Each command, in the order of the help, with its module and its line in the help."""

app = lazy_group(
    COMMANDS, "Send to a list of recipients: check it, make a campaign of it, start and stop it, see what came of it."
)
