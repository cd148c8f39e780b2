"""`faxdispatch campaign audit`: whether the books of a campaign are right."""

import typer

from faxdispatch.cli.campaigns.words import Id, Json, as_data, campaigns
from faxdispatch.cli.output import show, show_json
from faxdispatch.wording import counted


def audit(campaign: Id, as_json: Json = False) -> None:
    """Count every row of a campaign anew, at one moment, also while it runs. Exit code 1 where something is wrong.

    Rows that were read in are pending, have a job, or have ended, each in exactly one way.
    """
    found = campaigns().audit(campaign)
    if as_json:
        show_json({**as_data(found.campaign), "letters": found.letters, "faults": found.faults}, full=False)
    else:
        for fault in found.faults:
            show(fault)
        if not found.faults:
            show(f"campaign {campaign}: {counted(found.campaign.rows, 'row')}, all accounted for")
    if found.faults:
        raise typer.Exit(1)
