"""`faxdispatch find`: any fax, by what you know about it."""

from dataclasses import dataclass
from datetime import datetime
from itertools import chain, islice
from pathlib import Path
from typing import Annotated

import typer

from faxdispatch.cli.lines import unread_words
from faxdispatch.cli.options import Full, Options, moment, option, refuse
from faxdispatch.cli.output import Answer, Csv, Rows, note
from faxdispatch.client import FaxClient
from faxdispatch.reasons.words import short, with_words
from faxdispatch.search import STATES, Found, Wanted
from faxdispatch.text.wording import clock, counted

Job = Annotated[str | None, option("Id of the job.")]
Number = Annotated[str | None, option("The recipient's number, written in any way, or SIP URI.")]
Tag = Annotated[str | None, option("One of its tags.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Known(Options):
    """What is known about a fax. A fax must match everything that is given."""

    number: Number = None
    key: Annotated[str | None, option("Its idempotency key.")] = None
    tag: Tag = None
    campaign: Annotated[str | None, option("Id of its campaign.")] = None
    state: Annotated[list[str] | None, option(f"Its state: {', '.join(STATES)}. Repeatable.")] = None
    cause: Annotated[str | None, option("Why it failed or is unknown, such as user_busy.")] = None
    since: Annotated[datetime | None, moment("Recorded from then on; a row of a campaign: ended.")] = None
    until: Annotated[datetime | None, moment("Recorded, or ended, before then.")] = None

    def wanted(self, client: FaxClient, *, job: str | None = None, fax: str | None = None) -> Wanted:
        """Return the search. Raises `BadInput` if a word cannot be read."""
        return client.wanted(
            number=self.number,
            job_id=job,
            fax_id=fax,
            idempotency_key=self.key,
            tag=self.tag,
            campaign_id=self.campaign,
            state=self.state or None,
            cause=self.cause,
            since=self.since,
            until=self.until,
        )


_COLUMNS = (
    "job_id", "to", "state", "cause", "cause_in_words", "attempts", "fax_id", "recorded_at", "ended_at", "pages",
    "cost", "sender", "document", "tags", "idempotency_key", "campaign_id", "row",
)  # fmt: skip


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
        line=_line,
        full=full,
        limit=most,
        more=f"these are the newest {most}; --limit shows more",
        none=none,
        needed=True,
        columns=_COLUMNS,
    )


def _line(found: Found) -> list[str]:
    when = found.ended_at or found.changed_at or found.recorded_at
    standing = f"{found.state} ({short(found.cause)})" if found.cause else found.state
    attempts = counted(found.attempts, "attempt")
    pages = counted(found.pages, "page") if found.pages else ""
    return [found.job_id, found.to, clock(when), standing, attempts, pages, *unread_words(found.unread)]
