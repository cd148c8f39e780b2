"""`faxdispatch campaign report`: what became of each recipient, as files."""

from pathlib import Path
from typing import Annotated

from faxdispatch.campaign.report.files import write_report
from faxdispatch.campaign.report.totals import RESULTS
from faxdispatch.cli.campaigns.words import Id
from faxdispatch.cli.options import option
from faxdispatch.cli.output import Answer
from faxdispatch.cli.progress import progress
from faxdispatch.ledger import Campaigns, Scripts
from faxdispatch.settings import Settings


def report(
    campaign: Id,
    to: Annotated[Path, option("Where the files go.", metavar="FOLDER")] = Path(),
    force: Annotated[bool, option("Overwrite an earlier report there.")] = False,
) -> Answer:
    """Write what became of each recipient to files.

    ID-delivered.csv has the delivered rows, ID-failed.csv those that ended otherwise and why, ID-open.csv those
    that have not ended, and ID.html the totals, for a browser. The CSV files have the list's own columns. All files
    name the recipients: store them as carefully as the list.
    """
    campaigns = Campaigns(Scripts.from_settings(Settings.load()))
    with progress(campaign) as on_progress:
        written = write_report(campaigns, campaign, to, force=force, on_progress=on_progress)
    counts = written.totals.results
    words = ", ".join(f"{counts[code]:,} {name}" for code, name in RESULTS.items() if counts[code]) or "no rows"
    return Answer(written.as_data(), [words, *map(str, written.files.values())])
