"""`faxdispatch find`: any fax, by what is known of it."""

import csv
import sys
from collections.abc import Iterator
from datetime import datetime
from itertools import chain, islice
from pathlib import Path
from typing import Annotated, Any

import typer

from faxdispatch.cli.moments import parse_moment
from faxdispatch.cli.output import note, show, show_json
from faxdispatch.client import FaxClient
from faxdispatch.errors import BadInput
from faxdispatch.lists.badrows import safe_cell
from faxdispatch.plain import plain
from faxdispatch.privacy import hidden
from faxdispatch.search import STATES, Found
from faxdispatch.wording import clock, counted

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
    typer.Option("--state", help=f"Where it stands, one of several: {', '.join(STATES)}.", show_default=False),
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
    "job_id", "to", "state", "cause", "attempts", "fax_id", "recorded_at", "ended_at", "pages", "cost", "sender",
    "document", "tags", "idempotency_key", "campaign_id", "row",
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
    """Give the options of a search as `FaxClient.wanted` takes them."""
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
    full: Annotated[bool, typer.Option("--full", help="Show numbers and links in full.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV, numbers in full.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")] = False,
    evidence: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write a ZIP file that proves what became of them.", show_default=False),
    ] = None,
) -> None:
    """Find faxes, open and ended ones, single ones and rows of campaigns, the newest first.

    Every option given must be true of a fax. A single fax is kept for FAX_RETENTION_DAYS after its end, a row as long
    as its campaign. Exit code 1 where there is none.
    """
    if as_csv and as_json:
        raise BadInput("give --csv or --json, not both")
    client = FaxClient.from_env()
    wanted = client.wanted(**words(number, job, fax, key, tag, campaign, state, cause, since, until))
    most = limit or (None if as_csv or evidence else 50)
    faxes = client.search.all(wanted)
    none = f"no fax is known {'here' if wanted.empty else 'of which all that is true'}"
    if evidence:
        first = next(faxes, None)
        if first is None:
            note(f"{none}; {evidence} is not written")
            raise typer.Exit(1)
        _pack(client, islice(chain([first], faxes), most), evidence, as_json=as_json)
        return
    shown = islice(faxes, most)
    count = _csv(shown) if as_csv else _lines(shown, full=full, as_json=as_json)
    if not count:
        note(none)
        raise typer.Exit(1)
    if most and count == most and next(faxes, None):
        note(f"these are the newest {most}; --limit shows more")


def _pack(client: FaxClient, faxes: Iterator[Found], path: Path, *, as_json: bool) -> None:
    # Only who wants evidence needs it.
    from faxdispatch.cli.evidence import tell  # noqa: PLC0415

    tell(client.evidence(path, faxes), as_json=as_json)


def _lines(faxes: Iterator[Found], *, full: bool, as_json: bool) -> int:
    count = 0
    for found in faxes:
        count += 1
        if as_json:
            show_json(found.as_data(), full=full)
        else:
            show(_line(found, full=full))
    return count


def _csv(faxes: Iterator[Found]) -> int:
    writer, count = csv.writer(sys.stdout, lineterminator="\n"), 0
    for found in faxes:
        if not count:
            writer.writerow(_COLUMNS)
        count += 1
        data = found.as_data() | {"tags": " ".join(found.tags)}
        # A number keeps its plus sign: with a `'` before it, it would be no number to other programs.
        cells = {name: "" if data[name] is None else plain(str(data[name])) for name in _COLUMNS}
        writer.writerow([value if name in {"to", "sender"} else safe_cell(value) for name, value in cells.items()])
    return count


def _line(found: Found, *, full: bool) -> str:
    to = found.to if full else hidden(found.to)
    when = found.ended_at or found.changed_at or found.recorded_at
    standing = f"{found.state} ({found.cause})" if found.cause else found.state
    attempts = counted(found.attempts, "attempt")
    pages = counted(found.pages, "page") if found.pages else ""
    return "  ".join(filter(None, [found.job_id, to, clock(when), standing, attempts, pages]))


def _moment(text: str | None, name: str) -> datetime | None:
    return parse_moment(text, f"--{name}") if text else None
