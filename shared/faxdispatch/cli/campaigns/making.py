"""`faxdispatch campaign check`, `plan` and `create`: from a list and a document to a campaign."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

from faxdispatch.campaign import Campaign, CampaignState, Imported, Reading
from faxdispatch.campaign.checking import OF_THE_VALID, as_data, checked, counts, guesses_of, not_sent, write_down
from faxdispatch.campaign.for_all import ForAll
from faxdispatch.campaign.looking_up import link_look
from faxdispatch.campaign.planning.estimate import RETRY_SHARE, Plan
from faxdispatch.campaign.planning.inputs import Planner
from faxdispatch.campaign.requests import options_for_all
from faxdispatch.cli.campaigns.status import standing
from faxdispatch.cli.lists import Form, ListFile, Unsent
from faxdispatch.cli.lists import progress as showing
from faxdispatch.cli.options import Operator, argument, moment, option, refuse
from faxdispatch.cli.output import Answer
from faxdispatch.cli.sending import Documents, Sending, report_findings
from faxdispatch.client import FaxClient
from faxdispatch.documents.preflight.links import SAMPLE
from faxdispatch.ledger import Scripts
from faxdispatch.lists.badrows import refuse_existing
from faxdispatch.lists.given import at_hand
from faxdispatch.lists.summary import Summary
from faxdispatch.settings import Settings
from faxdispatch.text.wording import clock, counted


def check(
    file: ListFile,
    form: Form,
    documents: Documents,
    sending: Sending,
    unsent: Unsent,
    limit: Annotated[int, option("How many bad rows to show.", min=0)] = 10,
) -> Answer:
    """Check a list of recipients before anything is sent.

    The command counts what can be sent, and writes down the bad rows. With the document and the cover for all rows,
    it also checks each row's whole fax. Suppressed numbers and those in quarantine are looked up if
    REDIS_URL is set. Files that rows name as their documents are examined and not uploaded; if TELNYX_API_KEY is
    set too, Telnyx is asked about names that are not files.

    Exit code 0: there is something to send and no bad row; 1: there are bad rows, or nothing to send; 2: the file
    or the usage is wrong.
    """
    refuse_existing(unsent.bad_rows, unsent.left_out)
    settings, how = Settings.load(), form.reading()
    scripts = Scripts.from_settings(settings) if settings.redis_url else None
    given, options = _for_all(documents, sending, how, settings)
    options |= given.options
    with (
        _reading(file) as (path, progress),
        checked(
            path, how, options, settings, scripts, media_dir=documents.media_dir, first_bad=limit, **progress
        ) as checking,
    ):
        files = write_down(checking, not_sent(checking, options, settings), *unsent.beside(file))
    guesses, summary, asked = guesses_of(checking), checking.summary, scripts is not None
    data = {"guesses": guesses, **_data_of(*files), "asked": {"suppressed": asked, "quarantined": asked}}
    notes = [] if asked else ["REDIS_URL is not set: suppressed and quarantined numbers were not looked up"]
    ok = bool(summary.valid and not summary.invalid)
    return Answer(as_data(checking) | data, [*guesses, *_counts(summary), *_bad_rows(summary, *files)], notes, ok=ok)


def _counts(summary: Summary) -> Iterator[str]:
    most = sorted(summary.countries.items(), key=lambda pair: -pair[1])[:10]
    more = {
        "foreign": f": {', '.join(f'{country} {count:,}' for country, count in most)}" if most else "",
        "own_number": ": these faxes would come back to FAX_FROM" if summary.own_number else "",
        "unconfirmed": ": possible numbers of ranges that no list knows (yet)" if summary.unconfirmed else "",
    }
    yield ""
    for name, count in counts(summary).items():
        of_the_valid = f"  of the valid{more.get(name, '')}" if name in OF_THE_VALID else ""
        yield f"{name.replace('_', ' '):<12} {count:>11,}{of_the_valid}"
    if summary.bad:
        yield ""


def plan(
    source: Annotated[str, argument("A list, - for standard input, or a campaign's id.", metavar="FILE|ID")],
    form: Form,
    documents: Documents,
    sending: Sending,
    at: Annotated[datetime | None, moment("When it starts; now if not given.")] = None,
    cap: Annotated[float | None, option("Most that it may cost, in your currency.", min=0)] = None,
    retry_share: Annotated[
        float, option("Share of recipients that need every attempt, for the high estimate.", min=0, max=1)
    ] = RETRY_SHARE,
    sample: Annotated[int, option("How many different linked documents are fetched.", min=0)] = SAMPLE,
) -> Answer:
    """Estimate what a campaign costs, when it ends and what delays it.

    Nothing is sent or recorded. Pages are counted in the documents themselves, if they are PDF, TIFF, JPEG or PNG;
    otherwise they are a guess. For a campaign, the rows that have not begun are counted; options for the faxes, and
    a cap, replace its own.
    """
    settings, now = Settings.load(), datetime.now(UTC)
    given = documents.for_all(settings)
    planner = Planner(settings, Scripts.from_settings(settings), document=given.document, sample=sample)
    asked, file, media_dir = sending.asked() | given.options, Path(source), documents.media_dir
    if source == "-" or file.is_file():
        with _reading(file) as (path, progress):
            how = form.reading()
            subject = planner.of_file(path, asked, how, at or now, media_dir=media_dir, cap=cap, **progress)
    else:
        refuse("only for a list, not for a campaign that was made of one", asdict(form) | {"media_dir": media_dir})
        subject = planner.of_campaign(source, asked, at, now, cap=cap)
    made = planner.estimate(subject, retry_share=retry_share)
    data = made.as_data() | {"remarks": planner.remarks, "links": planner.links}
    return Answer(data, _estimates(made, planner.remarks), full=False)


def _estimates(made: Plan, remarks: list[str]) -> Iterator[str]:
    retried = f"if {made.retry_share:.0%} of them are dialled {made.max_attempts} times"
    soon, late = (clock(end) if end else "more than three years away" for end in (made.end_low, made.end_high))
    yield "All figures are estimates."
    yield f"recipients: {made.recipients:,}, with {counted(made.pages, 'page')} in all"
    yield f"cost: {made.cost_low:,.2f} if every fax arrives at the first try, {made.cost_high:,.2f} {retried}"
    yield f"start: {clock(made.start)}"
    yield f"end: {soon}, or {late} {retried}"
    yield f"assumed: {made.capacity.channels:g} at once, {made.capacity.rate:g} new ones a second"
    for place, delay in enumerate(made.delays):
        yield f"delayed {'also' if place else 'most'} by: {delay.words}"
    yield from (f"note: {remark}" for remark in remarks)


def create(
    file: ListFile,
    documents: Documents,
    sending: Sending,
    form: Form,
    unsent: Unsent,
    name: Annotated[str | None, option("Name for people; the file's name if not given.")] = None,
    campaign_id: Annotated[str | None, option("Id for commands; made of the name if not given.", "--id")] = None,
    cap: Annotated[float | None, option("Most that it may cost, in your currency; then it pauses.")] = None,
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
    settings, how = Settings.load(), form.reading()
    given, options = _for_all(documents, sending, how, settings)
    order = {"name": name, "campaign_id": campaign_id, "cap": cap, "strict": strict, "operator": operator}
    bad_rows, left_out = unsent.beside(file)
    desk = FaxClient.from_env(settings).campaigns
    with _reading(file) as (path, progress):
        made = desk.create(
            path,
            reading=how,
            document=given.document,
            media_dir=documents.media_dir,
            bad_rows=bad_rows,
            left_out=left_out,
            look_at_link=link_look(settings),
            media_url=given.link,
            media_name=given.media_name,
            cover=given.cover,
            **order | progress | options,
        )
    if start and made.campaign.state is CampaignState.CHECKED and made.campaign.generation == 1:
        desk.start(made.campaign.id, operator=operator)
    found = desk.get(made.campaign.id)
    data = {"outcome": made.outcome, "guesses": made.guesses, "links": made.links}
    line = f"campaign {found.id}: {counted(found.rows, 'row')}, {standing(found)}"
    result = found.as_data() | data | _data_of(made.bad_rows, made.left_out)
    return Answer(result, line, _notes(made, found), full=False)


def _notes(made: Imported, found: Campaign) -> Iterator[str]:
    yield from made.guesses
    if made.outcome == "same":
        yield "this list with these options is a campaign already; nothing was changed"
    if made.summary:
        yield from made.summary.remarks()
        yield from _bad_rows(made.summary, made.bad_rows, made.left_out)
    if found.state is CampaignState.CHECKED:
        yield f"next: `faxdispatch campaign test {found.id}` sends it to your own numbers, `campaign start` to its rows"


@contextmanager
def _reading(file: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yield the path of a list, and the arguments that show the progress of reading it."""
    with at_hand(file) as path, showing(path.name) as shown:
        yield path, {"on_progress": shown, "on_documents": shown.documents}


def _for_all(documents: Documents, sending: Sending, how: Reading, settings: Settings) -> tuple[ForAll, dict[str, Any]]:
    """Return the document for all rows, whose warnings are reported, and the other options for all rows."""
    given, options = documents.for_all(settings), sending.asked()
    # Checked before a link is asked; the list itself may still have a column with documents.
    options_for_all(options | given.options, region=how.region or settings.fax_default_region, media_by_row=True)
    report_findings(
        settings, documents=[given.document] if given.document else [], link=given.link, quality=sending.quality
    )
    return given, options


def _data_of(bad: Path | None, left: Path | None) -> dict[str, str | None]:
    return {"bad_rows_file": str(bad) if bad else None, "left_out_file": str(left) if left else None}


def _bad_rows(summary: Summary, bad: Path | None, left: Path | None) -> Iterator[str]:
    yield from map(str, summary.bad)
    if bad:
        rest = summary.invalid - len(summary.bad)
        yield f"{f'and {rest:,} more; ' if rest else ''}all invalid rows are in {bad}"
    if left:
        yield f"every row that is not faxed, and why, is in {left}"
