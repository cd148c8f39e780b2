"""`faxdispatch campaign plan`: what a campaign will cost and when it will end.

Nothing is sent and nothing is recorded.
"""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from faxdispatch.campaign.planning.estimate import RETRY_SHARE, Plan
from faxdispatch.campaign.planning.inputs import Planner
from faxdispatch.cli.campaigns.for_all import Documents
from faxdispatch.cli.lists import Form
from faxdispatch.cli.options import argument, moment, option, refuse
from faxdispatch.cli.output import Answer
from faxdispatch.cli.progress import progress
from faxdispatch.cli.sending import Sending
from faxdispatch.documents.preflight.links import SAMPLE
from faxdispatch.ledger import Scripts
from faxdispatch.lists.given import at_hand
from faxdispatch.settings import Settings
from faxdispatch.text.wording import clock, counted


def plan(
    source: Annotated[str, argument("A list, - for standard input, or a campaign's id.", metavar="FILE|ID")],
    form: Form,
    documents: Documents,
    sending: Sending,
    at: Annotated[datetime | None, moment("When it starts; now if not given.")] = None,
    cap: Annotated[float | None, option("What it may cost, in your currency.", min=0)] = None,
    retry_share: Annotated[float, option("Share dialled as often as allowed, at most.", min=0, max=1)] = RETRY_SHARE,
    sample: Annotated[int, option("How many different linked documents are fetched.", min=0)] = SAMPLE,
) -> Answer:
    """Estimate what a campaign costs, when it ends and what delays it.

    Nothing is sent or recorded. Pages are counted in the documents themselves, if they are PDF, TIFF, JPEG or PNG;
    otherwise they are a guess. For a campaign, the rows that have not begun are counted; options for the faxes, and
    a cap, replace its own.
    """
    settings = Settings.load()
    given = documents.for_all(settings)
    now = datetime.now(UTC)
    planner = Planner(settings, Scripts.from_settings(settings), document=given.document, sample=sample)
    asked, file = sending.asked() | given.options, Path(source)
    if source == "-" or file.is_file():
        with at_hand(file) as path, progress(path.name) as on_progress:
            subject = planner.of_file(
                path,
                asked,
                form.reading(),
                at or now,
                media_dir=documents.media_dir,
                cap=cap,
                on_progress=on_progress,
                on_documents=on_progress.documents,
            )
    else:
        refuse(
            "only for a list, not for a campaign that was made of one",
            asdict(form) | {"media_dir": documents.media_dir},
        )
        subject = planner.of_campaign(source, asked, at, now, cap=cap)
    made = planner.estimate(subject, retry_share=retry_share)
    data = made.as_data() | {"remarks": planner.remarks, "links": planner.links}
    return Answer(data, _lines(made, planner.remarks), full=False)


def _lines(made: Plan, remarks: list[str]) -> Iterator[str]:
    retried = f"if {made.retry_share:.0%} of them are dialled {made.max_attempts} times"
    yield "All figures are estimates."
    yield f"recipients: {made.recipients:,}, with {counted(made.pages, 'page')} in all"
    yield f"cost: {made.cost_low:,.2f} if every fax arrives at the first try, {made.cost_high:,.2f} {retried}"
    yield f"start: {clock(made.start)}"
    yield f"end: {_end(made.end_low)}, or {_end(made.end_high)} {retried}"
    yield f"assumed: {made.capacity.channels:g} at once, {made.capacity.rate:g} new ones a second"
    for place, delay in enumerate(made.delays):
        yield f"delayed {'also' if place else 'most'} by: {delay.words}"
    for remark in remarks:
        yield f"note: {remark}"


def _end(moment: datetime | None) -> str:
    return clock(moment) if moment else "more than three years away"
