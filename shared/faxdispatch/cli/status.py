"""`faxdispatch status`."""

from typing import Annotated, Any

import typer

from faxdispatch.cli.outlook import outlook
from faxdispatch.cli.output import clock, hidden, show, show_json
from faxdispatch.cli.overview import overview, show_overview
from faxdispatch.cli.waiting import event_line, state_line
from faxdispatch.errors import BadInput
from faxdispatch.ledger import JobView, Ledger, Scripts
from faxdispatch.settings import Settings
from faxdispatch.states import OPEN, State


def status(
    job: Annotated[str | None, typer.Argument(help="Id of the job; all jobs if not given.", show_default=False)] = None,
    history: Annotated[
        bool | None,
        typer.Option(
            "--history/--no-history",
            help="Whether to show what happened to it, and who said so. If not given, lines have it and JSON has not.",
            show_default=False,
        ),
    ] = None,
    state: Annotated[
        State | None, typer.Option(help="List the jobs that stand here, the longest first.", show_default=False)
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many, with --state.")] = 50,
    full: Annotated[bool, typer.Option("--full", help="Show numbers and links in full.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show where a job stands, how it came there and what happens next; or how many jobs stand where."""
    if job is not None and state is not None:
        raise BadInput("give a job or --state, not both")
    settings = Settings.load()
    scripts = Scripts.from_settings(settings)
    if job is not None:
        told = not as_json if history is None else history
        _show_job(Ledger(scripts), job, settings, history=told, full=full, as_json=as_json)
    elif state is not None:
        _show_standing(Ledger(scripts), state, limit, full=full, as_json=as_json)
    elif as_json:
        show_json(overview(scripts))
    else:
        show_overview(overview(scripts))


def _show_job(ledger: Ledger, job_id: str, settings: Settings, *, history: bool, full: bool, as_json: bool) -> None:
    view = ledger.job(job_id, history=history)
    place = ledger.place(view)
    coming = outlook(view, place, settings)
    if as_json:
        found = view.model_dump(mode="json", by_alias=True, exclude=None if history else {"history"})
        show_json(found | {"next_look": place.at and place.at.isoformat(), "next": coming}, full=full)
        return
    for name, value in _facts(view, full=full).items():
        if value is not None:
            show(f"{name:<12} {value}")
    show(f"{'next':<12} {coming}")
    for event in view.history:
        show(event_line(event, full=full))


def _facts(view: JobView, *, full: bool) -> dict[str, Any]:
    request = view.request.encode() if full else hidden(view.request.encode())
    return {
        "job": view.job_id,
        "state": state_line(view),
        "to": request["to"],
        "from": request.get("from") or (view.sender if full else hidden(view.sender)),
        "document": request.get("media_url") or request.get("media_name"),
        "attempts": f"{view.attempt} begun, {view.dials} failed and counted, {view.holds} put back without counting",
        "fax id": view.fax_id,
        "Telnyx says": view.provider_status,
        "pages": view.page_count,
        "connection": view.connection_id,
        "recorded": clock(view.created_at),
        "submitted": clock(view.submitted_at) if view.submitted_at else None,
        "changed": clock(view.updated_at),
        "unknown": f"since {clock(view.unknown_since)}" if view.unknown_since else None,
        "looked for": f"{view.listings} complete listings without it" if view.listings else None,
        "tags": ", ".join(view.request.tags) or None,
    }


def _show_standing(ledger: Ledger, state: State, limit: int, *, full: bool, as_json: bool) -> None:
    if state not in OPEN:
        raise BadInput(f"--state: {state} jobs have ended and are not listed; `faxdispatch events` tells of them")
    for view, since in ledger.standing(state, limit=limit):
        if as_json:
            facts = view.model_dump(mode="json", include={"job_id", "state", "attempt", "fax_id", "cause", "listings"})
            show_json(facts | {"since": since.isoformat()}, full=full)
        else:
            attempt = f"attempt {view.attempt}" if view.attempt else ""
            show("  ".join(filter(None, [view.job_id, f"since {clock(since)}", attempt, state_line(view)])))
