"""`faxdispatch status` and `faxdispatch holds`: one job, or how many jobs wait and why."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import chain
from typing import Annotated, Any

from faxdispatch.cli.lines import event_line, state_line
from faxdispatch.cli.options import Full, argument, option, refuse
from faxdispatch.cli.output import Answer, Json, Rows, fields
from faxdispatch.errors import BadInput, NotKnown
from faxdispatch.ledger import Account, Held, JobView, Ledger, Limits, Pause, Scripts
from faxdispatch.operations.next_step import ends_by, next_step, pause_line, why_held
from faxdispatch.operations.overview import holds_data, job_data, overview
from faxdispatch.reasons.holds import FOR_A_PERSON, MEANINGS, ending
from faxdispatch.reasons.words import plain, short, with_words
from faxdispatch.redis.namespace import USUAL
from faxdispatch.settings import Settings
from faxdispatch.states import IN_LINE, OPEN, HoldReason, State
from faxdispatch.text.wording import channels_in_use, clock, counted, lasting, of_cap

_WIDTH = 12
_STANDING = {"job": 32, "since": 20, "attempts": 8, "state": 0}
_HELD = {"job": 32, "since": 20, "attempts": 8, "to": 16, "state": 0}


def status(
    job: Annotated[str | None, argument("Id of the job; all jobs if not given.")] = None,
    history: Annotated[
        bool | None,
        option("What happened to it; if not given, lines have it and JSON has not.", "--history/--no-history"),
    ] = None,
    state: Annotated[State | None, option("List the jobs in this state, the longest first.")] = None,
    limit: Annotated[int | None, option("How many, with --state; 50 if not given.", min=1)] = None,
    full: Full = False,
    as_json: Json = False,
) -> Answer | Rows[tuple[JobView, datetime]]:
    """Show the state of a job, or count all jobs by state.

    For a job, it also shows the history and what happens next.
    """
    if job is not None and state is not None:
        raise BadInput("give a job or --state, not both")
    if job is None:
        refuse("only for one job", {"history": history is not None})
    if state is None:
        refuse("only with --state", {"limit": limit})
    settings = Settings.load()
    scripts = Scripts.from_settings(settings)
    if job is not None:
        with_history = not as_json if history is None else history
        return _of_job(scripts, job, settings, history=with_history, full=full)
    if state is not None:
        return _standing(Ledger(scripts), state, limit or 50, full=full)
    found = overview(scripts)
    return Answer(found, overview_lines(found))


def _of_job(scripts: Scripts, job_id: str, settings: Settings, *, history: bool, full: bool) -> Answer:
    ledger = Ledger(scripts)
    try:
        # The history says more about why a job is held, so it is read even if it is not shown.
        view = ledger.job(job_id, history=True)
    except NotKnown:
        return _of_row(ledger, job_id, history=history, full=full)
    place = ledger.place(view)
    connection = Limits(scripts).connection(view.connection_id)
    pause = connection.pause if connection else None
    coming = next_step(view, place, settings, pause)
    found = view.model_dump(mode="json", by_alias=True, exclude=None if history else {"history"})
    events = (event_line(event, full=full) for event in (view.history if history else ()))
    # The older names, for one more version.
    older = {"rung": view.ladder_step, "letter": view.composed}
    return Answer(
        with_words(found) | older | job_data(view, place, pause, settings) | {"next": coming},
        chain(fields(_facts(view, settings) | {"next": coming}, width=_WIDTH), events),
        full=full,
    )


def _of_row(ledger: Ledger, job_id: str, *, history: bool, full: bool) -> Answer:
    """Show the record of a campaign's row, since its job is kept for only a few minutes after its end."""
    # Only needed for a job that is gone.
    from faxdispatch.search import Search, events_of_row  # noqa: PLC0415

    found = Search(ledger).job(job_id)
    events = events_of_row(ledger.scripts, found) if history else ()
    with_events = {"history": [event.model_dump(mode="json") for event in events]} if history else {}
    attempts = f"{found.attempts} begun" if found.changed_at else "none begun"
    ended = f"{found.state} ({short(found.cause)})" if found.cause else found.state
    facts = {
        "job": found.job_id,
        "row": f"{found.row} of campaign {found.campaign_id}",
        "state": ended,
        "in words": plain(found.cause) if found.cause else None,
        "to": found.to,
        "from": found.sender,
        "document": _document(found.document_name, found.document),
        "attempts": attempts,
        "cost": f"{found.cost:.3f} by the estimate" if found.cost is not None else None,
        "fax id": found.fax_id,
        "pages": found.pages,
        "recorded": clock(found.recorded_at),
        "ended": clock(found.ended_at) if found.ended_at else None,
        "tags": ", ".join(found.tags) or None,
    }
    lines = chain(fields(facts, width=_WIDTH), (event_line(event, full=full) for event in events))
    return Answer(with_words(found.as_data()) | with_events, lines, full=full)


def _document(name: str | None, sent: str | None) -> str | None:
    return f"{name} ({sent})" if name else sent


def _ladder(step: int, settings: Settings) -> str:
    changes = ", ".join(f"{name}={str(value).lower()}" for name, value in dict(settings.fax_ladder[:step]).items())
    return f"step {step} of {len(settings.fax_ladder)}: {changes}"


def _attempts(view: JobView) -> str:
    parts = [
        f"{view.attempt} begun",
        f"{view.dials} failed before the call connected" if view.dials else "",
        f"{view.connects} failed in the call" if view.connects else "",
        f"put back {counted(view.holds, 'time')}, which does not count as an attempt" if view.holds else "",
    ]
    return ", ".join(filter(None, parts))


def _facts(view: JobView, settings: Settings) -> dict[str, Any]:
    request = view.request.encode()
    waived = ", ".join(sorted(view.waived))
    return {
        "job": view.job_id,
        "state": state_line(view),
        "in words": plain(view.cause) if view.cause and view.state is State.FAILED else None,
        "why": why_held(view),
        "what ends it": ends_by(view),
        "waived": f"{waived}: a person waived this" if waived else None,
        "to": request["to"],
        "from": request.get("from") or view.sender,
        "document": _document(request.get("document_name"), request.get("media_url") or request.get("media_name")),
        "attempts": _attempts(view),
        "ladder": _ladder(view.ladder_step, settings) if view.ladder_step else None,
        "cost": f"{view.spent:.3f} by the estimate" if view.attempt else None,
        "fax id": view.fax_id,
        "Telnyx says": view.provider_status,
        "pages": view.page_count,
        "connection": view.connection_id,
        "recorded": clock(view.created_at),
        "submitted": clock(view.submitted_at) if view.submitted_at else None,
        "changed": clock(view.updated_at),
        "unknown": f"since {clock(view.unknown_since)}" if view.unknown_since else None,
        "looked for": f"{counted(view.listings, 'complete listing')} without it" if view.listings else None,
        "tags": ", ".join(view.request.tags) or None,
        "sends again": view.request.resend_of,
    }


def _standing(ledger: Ledger, state: State, limit: int, *, full: bool) -> Rows[tuple[JobView, datetime]]:
    if state not in OPEN:
        raise BadInput(f"--state: {state} jobs have ended and are not listed; `faxdispatch events` shows them")
    names = {"job_id", "state", "attempt", "fax_id", "cause", "listings"}
    return Rows(
        ledger.standing(state, limit=limit),
        data=lambda one: with_words(one[0].model_dump(mode="json", include=names)) | {"since": one[1]},
        line=lambda one: (
            one[0].job_id,
            clock(one[1]),
            str(one[0].attempt),
            state_line(one[0]),
        ),
        full=full,
        widths=_STANDING,
        none=f"no job is {state}",
    )


def overview_lines(found: dict[str, Any]) -> Iterator[str]:
    """Yield the figures for people."""
    if found["namespace"] != USUAL:
        yield f"namespace {found['namespace']}"
    for state, count in found["jobs"].items():
        age = found["oldest_seconds"].get(state)
        yield f"{state:<12} {count:>9}" + (f"   the oldest for {lasting(age)}" if count and age else "")
    for line in found["connections"]:
        words = f"{channels_in_use(line['in_flight'], line['channels'])}, {line['waiting']} waiting"
        if line["paused"]:
            words += f", {line['paused']['words']}"
        yield f"connection {line['connection_id']}: {words}"
    account = found["account"]
    spent = f"spent today (estimated): {of_cap(account['spent'], account['cap'])}"
    yield f"account: {channels_in_use(account['in_flight'], account['channels'])}, {spent}"
    if account["shut_until"]:
        yield f"account: Telnyx wants no calls until {clock(account['shut_until'])}"
    for reason, count in found["held"].items():
        yield f"held ({reason}): {count}"
    if found["questions"]:
        yield f"questions to Telnyx that wait for their share of the rate: {found['questions']}"
    yield f"workers: {len(found['workers'])}" + ("" if found["leader"] else ", no scheduler leads")
    for line in [*found["wrong_clocks"], *_to_look_at(found)]:
        yield f"to look at: {line}"


def _to_look_at(found: dict[str, Any]) -> list[str]:
    unread = found["unread"].items()
    matters = [
        (found["ledger_behind"], "ledger", " went back in time, and nothing is sent: faxdispatch doctor"),
        (found["jobs"]["unknown"], "unknown send", ": faxdispatch status --state unknown"),
        *((found["held"].get(one, 0), "fax", f" held: faxdispatch holds --reason {one}") for one in FOR_A_PERSON),
        (found["dead_letters"], "dead letter", ": faxdispatch deadletters list"),
        (found["quarantined"], "webhook", " in quarantine, in the stream fax:quarantine"),
        (found["documents_given_up"], "inbound document", " given up: faxdispatch inbound list --place given_up"),
        *((count, "message", f" that no worker reads, in {place}: faxdispatch doctor") for place, count in unread),
        (found["strays"], "fax", " too many, being cancelled at Telnyx"),
    ]
    return [f"{counted(int(count), noun)}{words}" for count, noun, words in matters if count]


def holds(
    reason: Annotated[HoldReason | None, option("List the jobs held for this.", metavar="REASON")] = None,
    limit: Annotated[int | None, option("How many, with --reason; 50 if not given.", min=1)] = None,
    full: Full = False,
) -> Answer | Rows[JobView]:
    """Show why faxes are held, and what ends each hold.

    It also shows since or until when, and reasons that hold all faxes, such as a pause.
    """
    if reason is None:
        refuse("only with --reason", {"limit": limit})
    scripts = Scripts.from_settings(Settings.load())
    limit = limit or 50
    ledger, limits = Ledger(scripts), Limits(scripts)
    if reason is not None:
        return Rows(
            ledger.held(reason, limit=limit),
            data=_job_json,
            line=_job_line,
            full=full,
            widths=_HELD,
            limit=limit,
            total=lambda: next((held.count for held in ledger.holds() if held.reason is reason), 0),
            none=f"nothing is held for {reason}",
        )
    held, account = ledger.holds(), limits.account()
    paused = {traffic.connection: traffic.pause for traffic in limits.connections() if traffic.pause}
    now = datetime.fromtimestamp(scripts.clock() / 1000, UTC)
    return Answer(holds_data(held, paused, account), _lines(held, paused, account, now))


def _job_line(view: JobView) -> list[str]:
    return [view.job_id, clock(view.updated_at), str(view.attempt), view.request.to, state_line(view)]


def _job_json(view: JobView) -> dict[str, Any]:
    names = {"job_id", "hold_reason", "due_at", "updated_at", "connection_id", "attempt", "cause", "waived"}
    return with_words(view.model_dump(mode="json", include=names)) | {"to": view.request.to}


def _lines(held: list[Held], paused: dict[str, Pause], account: Account, now: datetime) -> Iterator[str]:
    for one in held:
        yield f"{one.count:>7}  {one.reason:<20}  {_when(one, now)}"
        yield f"{'':>7}  {MEANINGS[one.reason].text}"
        yield f"{'':>7}  what ends it: {ending(one.reason)}"
    if not held:
        yield "nothing is held"
    for name, pause in paused.items():
        yield f"connection {name}: {pause_line(pause)}; faxdispatch resume {name} ends it sooner"
    if account.shut_until:
        yield f"Telnyx wants no calls until {clock(account.shut_until)}"
    yield f"spent today (estimated, UTC): {of_cap(account.spent, account.cap)}"


def _when(held: Held, now: datetime) -> str:
    """Write the earliest and the latest time: the end, for a hold that ends at a time, otherwise the beginning."""
    waits = held.reason in {*IN_LINE, HoldReason.TOO_LATE, HoldReason.NEVER_ACCEPTED, HoldReason.SPEND_CAP}
    # Some of the waiting jobs may have an end time, such as that at which Telnyx accepts calls again.
    words = [f"{'since' if waits and at <= now else 'until'} {clock(at)}" for at in (held.first, held.last)]
    return words[0] if words[0] == words[1] else f"the first {words[0]}, the last {words[1]}"
