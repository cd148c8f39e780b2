"""`faxdispatch campaign check`: what would be sent to a list of recipients. Nothing is recorded and nothing is sent."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from faxdispatch.campaign.checking import OF_THE_VALID, as_data, checked, counts, guesses_of, not_sent, write_down
from faxdispatch.cli.campaigns.for_all import Documents, report_for_all
from faxdispatch.cli.lists import Form, ListFile, Unsent
from faxdispatch.cli.options import option
from faxdispatch.cli.output import Answer
from faxdispatch.cli.progress import progress
from faxdispatch.cli.sending import Sending
from faxdispatch.ledger import Scripts
from faxdispatch.lists.badrows import refuse_existing
from faxdispatch.lists.checking import Check
from faxdispatch.lists.given import at_hand
from faxdispatch.lists.summary import Summary
from faxdispatch.settings import Settings


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
    it also checks what would be sent to each row. Suppressed numbers and those in quarantine are looked up if
    REDIS_URL is set. Files that rows name as their documents are examined and not uploaded; if TELNYX_API_KEY is
    set too, Telnyx is asked about names that are not files.

    Exit code 0: there is something to send and no bad row; 1: there are bad rows, or nothing to send; 2: the file
    or the usage is wrong.
    """
    settings = Settings.load()
    refuse_existing(unsent.bad_rows, unsent.left_out)
    scripts = Scripts.from_settings(settings) if settings.redis_url else None
    given = documents.for_all(settings)
    report_for_all(given, settings, sending.quality)
    asked = sending.asked() | given.options
    with (
        at_hand(file) as path,
        progress(path.name) as on_progress,
        checked(
            path,
            form.reading(),
            asked,
            settings,
            scripts,
            media_dir=documents.media_dir,
            first_bad=limit,
            on_progress=on_progress,
            on_documents=on_progress.documents,
        ) as checking,
    ):
        written, left = write_down(checking, not_sent(checking, asked, settings), *unsent.beside(file))
    return _answer(checking, written, left, asked=scripts is not None)


def _answer(checking: Check, written: Path | None, left: Path | None, *, asked: bool) -> Answer:
    guesses = guesses_of(checking)
    data = as_data(checking) | {
        "guesses": guesses,
        "bad_rows_file": str(written) if written else None,
        "left_out_file": str(left) if left else None,
        "asked": {"suppressed": asked, "quarantined": asked},
    }
    summary = checking.summary
    notes = [] if asked else ["REDIS_URL is not set: suppressed and quarantined numbers were not looked up"]
    ok = bool(summary.valid and not summary.invalid)
    return Answer(data, [*guesses, *_lines(summary, written, left)], notes, ok=ok)


def _lines(summary: Summary, written: Path | None, left: Path | None) -> Iterator[str]:
    yield ""
    for name, count in counts(summary).items():
        yield f"{name.replace('_', ' '):<12} {count:>11,}{_more(name, summary)}"
    if summary.bad:
        yield ""
    yield from map(str, summary.bad)
    if written:
        rest = summary.invalid - len(summary.bad)
        yield f"{f'and {rest:,} more; ' if rest else ''}all invalid rows are in {written}"
    if left:
        yield f"every row that is not faxed, and why, is in {left}"


def _more(name: str, summary: Summary) -> str:
    """Add an explanation to a count that needs one."""
    if name == "foreign" and summary.countries:
        most = sorted(summary.countries.items(), key=lambda pair: -pair[1])
        return f"  of the valid: {', '.join(f'{country} {count:,}' for country, count in most[:10])}"
    if name == "own_number" and summary.own_number:
        return "  of the valid: these faxes would come back to FAX_FROM"
    if name == "unconfirmed" and summary.unconfirmed:
        return "  of the valid: possible numbers of ranges that no list knows (yet)"
    return "  of the valid" if name in OF_THE_VALID else ""
