"""`faxdispatch holds`: why faxes are waiting."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Any

from faxdispatch.cli.lines import state_line
from faxdispatch.cli.options import Full, option, refuse
from faxdispatch.cli.output import Answer, Rows
from faxdispatch.ledger import Account, Held, JobView, Ledger, Limits, Pause, Scripts
from faxdispatch.operations.next_step import pause_line
from faxdispatch.operations.overview import holds_data
from faxdispatch.reasons.holds import MEANINGS, ending
from faxdispatch.reasons.words import with_words
from faxdispatch.settings import Settings
from faxdispatch.states import IN_LINE, HoldReason
from faxdispatch.text.wording import clock, of_cap


def holds(
    reason: Annotated[HoldReason | None, option("List the jobs held for this.", metavar="REASON")] = None,
    limit: Annotated[int | None, option("How many, with --reason; 50 if not given.", min=1)] = None,
    full: Full = False,
) -> Answer | Rows[JobView]:
    """Show why faxes are held, and what ends each hold.

    It also shows since or until when, and what holds up all faxes, such as a pause.
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
            limit=limit,
            total=lambda: next((held.count for held in ledger.holds() if held.reason is reason), 0),
            none=f"nothing is held for {reason}",
        )
    held, account = ledger.holds(), limits.account()
    paused = {traffic.connection: traffic.pause for traffic in limits.connections() if traffic.pause}
    now = datetime.fromtimestamp(scripts.clock() / 1000, UTC)
    return Answer(holds_data(held, paused, account), _lines(held, paused, account, now))


def _job_line(view: JobView) -> list[str]:
    since = f"since {clock(view.updated_at)}" if view.due_at is None else ""
    return [view.job_id, since, f"attempts {view.attempt}", view.request.to, state_line(view)]


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
    yield f"spent today: {of_cap(account.spent, account.cap)} (an estimate; the day is UTC)"


def _when(held: Held, now: datetime) -> str:
    """Write the earliest and the latest time: until when for a hold that ends at a time, otherwise since when."""
    waits = held.reason in IN_LINE or held.reason in {
        HoldReason.TOO_LATE,
        HoldReason.NEVER_ACCEPTED,
        HoldReason.SPEND_CAP,
    }
    # Some waiting jobs may still have a time, such as that at which Telnyx accepts calls again.
    words = [f"{'since' if waits and at <= now else 'until'} {clock(at)}" for at in (held.first, held.last)]
    return words[0] if words[0] == words[1] else f"the first {words[0]}, the last {words[1]}"
