"""`faxdispatch find`, `resend` and `erase`: faxes by what you know about them."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from itertools import chain, islice
from pathlib import Path
from typing import Annotated

import typer

from faxdispatch.cli.lines import unread_words
from faxdispatch.cli.options import Full, Operator, Options, Yes, argument, moment, option, refuse
from faxdispatch.cli.output import Answer, Csv, Rows, confirm, note
from faxdispatch.client import FaxClient, Receipt
from faxdispatch.errors import BadInput, FaxError, Unavailable
from faxdispatch.reasons.words import short, with_words
from faxdispatch.search import STATES, Found, Wanted
from faxdispatch.states import TERMINAL
from faxdispatch.text.wording import are, clock, counted

Job = Annotated[str | None, option("Id of the job.")]
Number = Annotated[str | None, option("The recipient's number, written in any way, or SIP URI.")]
Tag = Annotated[str | None, option("One of its tags.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Known(Options):
    """Search options. A fax must match all that are given."""

    number: Number = None
    idempotency_key: Annotated[str | None, option("Its idempotency key.", "--key")] = None
    tag: Tag = None
    campaign_id: Annotated[str | None, option("Id of its campaign.", "--campaign")] = None
    state: Annotated[list[str] | None, option(f"Its state: {', '.join(STATES)}. Repeatable.")] = None
    cause: Annotated[str | None, option("Why it failed or is unknown, such as user_busy.")] = None
    since: Annotated[datetime | None, moment("Recorded at this time or later; for rows of campaigns, ended.")] = None
    until: Annotated[datetime | None, moment("Recorded before this time; for rows of campaigns, ended.")] = None

    def wanted(self, client: FaxClient, *, job: str | None = None, fax: str | None = None) -> Wanted:
        """Return the search. Raises `BadInput` if a word cannot be read."""
        given = {one.name: getattr(self, one.name) for one in fields(self)} | {"state": self.state or None}
        return client.wanted(job_id=job, fax_id=fax, **given)


_COLUMNS = (
    "job_id", "to", "state", "cause", "cause_in_words", "attempts", "fax_id", "recorded_at", "ended_at", "pages",
    "cost", "sender", "document", "tags", "idempotency_key", "campaign_id", "row",
)  # fmt: skip
_WIDTHS = {"job": 32, "to": 16, "changed": 20, "attempts": 8, "pages": 5, "state": 0}


def find(
    known: Known,
    job: Job = None,
    fax: Annotated[str | None, option("Telnyx's id of the fax.")] = None,
    limit: Annotated[int | None, option("How many at most; 50, or all with --csv.", min=1)] = None,
    full: Full = False,
    as_csv: Csv = False,
    evidence: Annotated[Path | None, option("Write the evidence of them to a ZIP file.", metavar="FILE")] = None,
) -> Answer | Rows[Found]:
    """Find any fax, open or ended, by what you know about it.

    It lists single faxes and rows of campaigns, the newest first; a fax must match every option. A single fax can
    be found for FAX_RETENTION_DAYS after its end, a row as long as its campaign. Exit code 1 if there is none.
    """
    if evidence:
        refuse("not with --evidence, which writes a ZIP file", {"csv": as_csv, "full": full})
    client = FaxClient.from_env()
    wanted = known.wanted(client, job=job, fax=fax)
    most = limit or (None if as_csv or evidence else 50)
    faxes = client.search.all(wanted)
    none = f"no fax {'is known here' if wanted.empty else 'fits all that you gave'}"
    if evidence:
        # Only evidence needs it.
        from faxdispatch.cli.evidence import packed  # noqa: PLC0415

        first = next(faxes, None)
        if first is None:
            note(f"{none}; {evidence} is not written")
            raise typer.Exit(1)
        return packed(client.evidence(evidence, islice(chain([first], faxes), most)))
    return Rows(
        faxes,
        data=lambda found: with_words(found.as_data()),
        line=_found_line,
        widths=_WIDTHS,
        full=full,
        limit=most,
        more=f"these are the newest {most}; --limit shows more",
        none=none,
        needed=True,
        columns=_COLUMNS,
    )


def _found_line(found: Found) -> list[str]:
    when = found.ended_at or found.changed_at or found.recorded_at
    standing = f"{found.state} ({short(found.cause)})" if found.cause else found.state
    pages = f"{found.pages:,}" if found.pages else ""
    state = " ".join([standing, *unread_words(found.unread)])
    return [found.job_id, found.to, clock(when), f"{found.attempts:,}", pages, state]


def resend(
    jobs: Annotated[list[str] | None, argument("Ids of jobs.", metavar="JOB")] = None,
    *,
    known: Known,
    to: Annotated[str | None, option("Another number, if one job is sent again.")] = None,
    yes: Yes = False,
) -> Rows[tuple[str, Receipt]]:
    """Send ended faxes again, none of them twice.

    Each becomes a new job that names the old one. Name JOBs, or give options of `faxdispatch find`: then the
    command first says how many faxes match, and leaves out open faxes and rows of campaigns. The same command given
    twice sends one fax: to send once more, name the newer job.
    """
    client = FaxClient.from_env()
    wanted = known.wanted(client)
    if bool(jobs) == (not wanted.empty):
        raise BadInput("give either JOBs or options such as --tag and --state, which say which faxes are sent again")
    if to is not None and len(jobs or ()) != 1:
        raise BadInput("to: goes with one JOB")
    chosen = list(dict.fromkeys(jobs)) if jobs else _chosen(client, wanted, yes=yes)
    return Rows(
        _sent(client, chosen, to),
        data=lambda one: {"job_id": one[1].job_id, "resend_of": one[0], "created": one[1].created},
        line=lambda one: f"{one[1].job_id}  sends {one[0]} again{'' if one[1].created else '; it was recorded before'}",
    )


def _sent(client: FaxClient, chosen: Sequence[str], to: str | None) -> Iterator[tuple[str, Receipt]]:
    """Send each again, and yield the old job's id with the receipt; exit code 1 if one could not be sent."""
    failed = False
    for job_id in chosen:
        try:
            yield job_id, client.resend(job_id, to)
        except Unavailable:
            raise
        except FaxError as error:
            if len(chosen) == 1:
                raise
            note(str(error))
            failed = True
    if failed:
        raise typer.Exit(1)


def _chosen(client: FaxClient, wanted: Wanted, *, yes: bool) -> list[str]:
    """Return the matching jobs, once a person has confirmed their number."""
    found = list(client.search.all(wanted))
    chosen = [fax.job_id for fax in found if fax.row is None and fax.state in set(TERMINAL)]
    left = len(found) - len(chosen)
    more = f" {left:,} more {are(left)} open or of a campaign, and not sent again." if left else ""
    if not chosen:
        raise BadInput(f"no ended single fax fits all that you gave.{more}")
    confirm(f"Send {counted(len(chosen), 'fax')} again?{more}", yes=yes)
    return chosen


_ERASED = {
    "jobs": "single faxes, with their histories",
    "rows": "rows of campaigns",
    "left_out": "rows of lists that were not faxed",
    "inbound": "inbound faxes",
    "documents": "stored documents",
    "dead_letters": "dead letters",
    "events": "events of the stream",
}


def erase(
    number: Number = None,
    job: Job = None,
    tag: Tag = None,
    yes: Yes = False,
    reason: Annotated[str | None, option("Why, for those who read the events; name nobody.")] = None,
    operator: Operator = None,
) -> Answer:
    """Erase all that is stored about a number, a job or a tag.

    Erased are faxes, rows, events, inbound faxes and their documents. It cannot be undone. Faxes that have not ended
    are left and named: cancel them, and erase again (exit code 1 until then). Rows stay as rows without a name, so
    that the counts of their campaigns still add up. The workers delete the faxes at Telnyx. A number on the
    suppression list stays there, since campaigns would send to it again otherwise.
    """
    if sum(word is not None for word in (number, job, tag)) != 1:
        raise BadInput("give one of --number, --job and --tag")
    client = FaxClient.from_env()
    wanted = client.wanted(number=number, job_id=job, tag=tag)
    count = sum(1 for _ in client.search.all(wanted))
    found = f"Erase {counted(count, 'fax')} permanently, with everything that mentions them?"
    none = "There is no such fax. Erase everything else with this number, job or tag permanently?"
    confirm(found if count else none, yes=yes)
    erased = client.erase(number=number, job_id=job, tag=tag, operator=operator, reason=reason)
    return Answer(
        {"erased_at": datetime.now(UTC).replace(microsecond=0), **asdict(erased)},
        [f"{getattr(erased, name):>9,}  {words}" for name, words in _ERASED.items()],
        notes=erased.notes(),
        ok=not erased.open and not erased.unread,
    )
