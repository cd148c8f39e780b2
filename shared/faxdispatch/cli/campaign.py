"""`faxdispatch campaign`: one document, or one each, to a list of recipients; each command is loaded when asked for."""

import typer

from faxdispatch.cli.lazy import group_of

COMMANDS: dict[str, str] = {
    "check": "faxdispatch.cli.campaign_check:check",
    "plan": "faxdispatch.cli.campaign_plan:plan",
    "create": "faxdispatch.cli.campaign_create:create",
    "test": "faxdispatch.cli.campaign_test:send_test",
    "start": "faxdispatch.cli.campaign_moves:start",
    "pause": "faxdispatch.cli.campaign_moves:pause",
    "resume": "faxdispatch.cli.campaign_moves:resume",
    "cancel": "faxdispatch.cli.campaign_moves:cancel",
    "cap": "faxdispatch.cli.campaign_moves:cap",
    "status": "faxdispatch.cli.campaign_status:status",
    "list": "faxdispatch.cli.campaign_status:list_",
    "watch": "faxdispatch.cli.campaign_watch:watch",
    "report": "faxdispatch.cli.campaign_report:report",
    "retry": "faxdispatch.cli.campaign_retry:retry",
    "audit": "faxdispatch.cli.campaign_audit:audit",
    "purge": "faxdispatch.cli.campaign_moves:purge",
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
    """Send to a list of recipients: check it, make a campaign of it, start and stop it, see what came of it."""
