"""`faxdispatch campaign create`: from a list and a document to a campaign that waits for its start."""

from collections.abc import Iterator
from typing import Annotated, Any

from faxdispatch.campaign import CampaignState, Imported
from faxdispatch.campaign.looking_up import link_look
from faxdispatch.campaign.requests import options_for_all
from faxdispatch.cli.campaigns.for_all import Documents, report_for_all
from faxdispatch.cli.campaigns.words import standing
from faxdispatch.cli.lists import Form, ListFile, Unsent
from faxdispatch.cli.options import Operator, option
from faxdispatch.cli.output import Answer
from faxdispatch.cli.progress import progress
from faxdispatch.cli.sending import Sending
from faxdispatch.client import FaxClient
from faxdispatch.lists.given import at_hand
from faxdispatch.settings import Settings
from faxdispatch.text.wording import counted


def create(
    file: ListFile,
    documents: Documents,
    sending: Sending,
    form: Form,
    unsent: Unsent,
    name: Annotated[str | None, option("Name for people; the file's name if not given.")] = None,
    campaign_id: Annotated[str | None, option("Id for commands; made of the name if not given.", "--id")] = None,
    cap: Annotated[float | None, option("What it may cost, in your currency; then it pauses.")] = None,
    strict: Annotated[bool, option("Make nothing unless every row can be sent.")] = False,
    start: Annotated[bool, option("Start it at once.")] = False,
    operator: Operator = None,
) -> Answer:
    """Make a campaign from a list. `campaign start` sends it.

    Local documents are uploaded once, those of rows before the campaign exists. Rows that cannot be sent are left
    out. Beside the list, the invalid rows are written to one file, and all rows that are not faxed, with their
    reasons, to another. The same list with the same options again changes nothing; if the import was interrupted,
    it continues.
    """
    settings, read = Settings.load(), form.reading()
    given, asked = documents.for_all(settings), sending.asked()
    # Check this before anything is asked or uploaded; the list itself may still have a column with documents.
    options_for_all(asked | given.options, region=read.region or settings.fax_default_region, media_by_row=True)
    report_for_all(given, settings, sending.quality)
    bad_rows, left_out = unsent.beside(file)
    desk = FaxClient.from_env(settings).campaigns
    with at_hand(file) as path, progress(path.name) as on_progress:
        made = desk.create(
            path,
            name=name,
            campaign_id=campaign_id,
            document=given.document,
            reading=read,
            media_dir=documents.media_dir,
            cap=cap,
            operator=operator,
            strict=strict,
            bad_rows=bad_rows,
            left_out=left_out,
            on_progress=on_progress,
            on_documents=on_progress.documents,
            look_at_link=link_look(settings),
            media_url=given.link,
            media_name=given.media_name,
            cover=given.cover,
            **asked,
        )
    if start and made.campaign.state is CampaignState.CHECKED and made.campaign.generation == 1:
        desk.start(made.campaign.id, operator=operator)
    campaign = desk.get(made.campaign.id)
    return _answer(made, campaign.as_data(), standing(campaign))


def _answer(made: Imported, campaign: dict[str, Any], words: str) -> Answer:
    files = {"bad_rows_file": made.bad_rows, "left_out_file": made.left_out}
    written = {name: str(path) if path else None for name, path in files.items()}
    data = campaign | {"outcome": made.outcome, "guesses": made.guesses, "links": made.links} | written
    line = f"campaign {campaign['id']}: {counted(campaign['rows'], 'row')}, {words}"
    return Answer(data, line, _notes(made, campaign), full=False)


def _notes(made: Imported, campaign: dict[str, Any]) -> Iterator[str]:
    yield from made.guesses
    if made.outcome == "same":
        yield "this list with these options is a campaign already; nothing was changed"
    yield from made.summary.remarks() if made.summary else ()
    yield from map(str, made.summary.bad[:10] if made.summary else ())
    if made.bad_rows:
        yield f"all invalid rows are in {made.bad_rows}"
    if made.left_out:
        yield f"every row that is not faxed, and why, is in {made.left_out}"
    if campaign["state"] == CampaignState.CHECKED:
        yield f"faxdispatch campaign test {campaign['id']} tries it on your own numbers; campaign start sends it"
