"""`faxdispatch find`: any fax, by what is known of it."""

from datetime import datetime
from itertools import chain, islice
from pathlib import Path
from typing import Annotated, Any

import typer

from faxdispatch.calling.written import parse_moment
from faxdispatch.cli.options import Full
from faxdispatch.cli.output import Answer, Csv, Rows, note
from faxdispatch.client import FaxClient
from faxdispatch.reasons.words import short, with_words
from faxdispatch.search import STATES, Found
from faxdispatch.text.wording import clock, counted

Number = Annotated[
    str | None, typer.Option(help="The recipient's number, written in any way, or SIP URI.", show_default=False)
]
Job = Annotated[str | None, typer.Option(help="Id of the job.", show_default=False)]
Fax = Annotated[str | None, typer.Option(help="Telnyx's id of the fax.", show_default=False)]
Key = Annotated[str | None, typer.Option(help="Its idempotency key.", show_default=False)]
Tag = Annotated[str | None, typer.Option(help="One of its tags.", show_default=False)]
OfCampaign = Annotated[str | None, typer.Option("--campaign", help="Id of its campaign.", show_default=False)]
StateWord = Annotated[
    list[str] | None,
    typer.Option("--state", help=f"Its state, one of several: {', '.join(STATES)}.", show_default=False),
]
Cause = Annotated[str | None, typer.Option(help="Why it failed or is unknown, such as user_busy.", show_default=False)]
Since = Annotated[
    str | None,
    typer.Option(
        help="Recorded from then on, like 2026-05-01T08:00:00-05:00; a row of a campaign: ended.", show_default=False
    ),
]
Until = Annotated[str | None, typer.Option(help="Recorded, or ended, before then.", show_default=False)]

_COLUMNS = (
    "job_id", "to", "state", "cause", "cause_in_words", "attempts", "fax_id", "recorded_at", "ended_at", "pages",
    "cost", "sender", "document", "tags", "idempotency_key", "campaign_id", "row",
)  # fmt: skip


def words(
    number: str | None,
    job: str | None,
    fax: str | None,
    key: str | None,
    tag: str | None,
    campaign: str | None,
    state: list[str] | None,
    cause: str | None,
    since: str | None,
    until: str | None,
) -> dict[str, Any]:
    """Return the options of a search as `FaxClient.wanted` takes them."""
    return {
        "number": number,
        "job_id": job,
        "fax_id": fax,
        "idempotency_key": key,
        "tag": tag,
        "campaign_id": campaign,
        "state": state or None,
        "cause": cause,
        "since": _moment(since, "since"),
        "until": _moment(until, "until"),
    }


def find(
    number: Number = None,
    job: Job = None,
    fax: Fax = None,
    key: Key = None,
    tag: Tag = None,
    campaign: OfCampaign = None,
    state: StateWord = None,
    cause: Cause = None,
    since: Since = None,
    until: Until = None,
    limit: Annotated[int | None, typer.Option(min=1, help="How many at most; 50, or all with --csv.")] = None,
    full: Full = False,
    as_csv: Csv = False,
    evidence: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write a ZIP file that proves what became of them.", show_default=False),
    ] = None,
) -> Answer | Rows[Found]:
    """Find faxes, open and ended ones, single ones and rows of campaigns, the newest first.

    A fax must match every option. A single fax is kept for FAX_RETENTION_DAYS after its end, a row as long
    as its campaign. Exit code 1 where there is none.
    """
    client = FaxClient.from_env()
    wanted = client.wanted(**words(number, job, fax, key, tag, campaign, state, cause, since, until))
    most = limit or (None if as_csv or evidence else 50)
    faxes = client.search.all(wanted)
    none = f"no fax is known {'here' if wanted.empty else 'of which all that is true'}"
    if evidence:
        # Only who wants evidence needs it.
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
    return [found.job_id, found.to, clock(when), standing, attempts, pages]


def _moment(text: str | None, name: str) -> datetime | None:
    return parse_moment(text, f"--{name}") if text else None
