"""`faxdispatch campaign start`, `pause`, `resume`, `finish`, `cancel`, `cap` and `purge`: what an operator commands."""

from typing import Annotated

import typer

from faxdispatch.calling.written import parse_moment
from faxdispatch.cli.campaigns.words import Id, Json, Yes, campaigns, standing, tell
from faxdispatch.cli.confirm import confirm
from faxdispatch.cli.output import note, show, show_json
from faxdispatch.cli.user import Operator, user
from faxdispatch.errors import BadInput
from faxdispatch.reasons.verdicts import check_reason
from faxdispatch.states import State
from faxdispatch.wording import counted, counted_are, of_cap

Why = Annotated[str | None, typer.Option("--reason", help="Why, for those who read the events.", show_default=False)]


def start(
    campaign: Id,
    at: Annotated[
        str | None, typer.Option(help="Not now but then, like 2026-05-01T08:00:00-05:00.", show_default=False)
    ] = None,
    operator: Operator = None,
    as_json: Json = False,
) -> None:
    """Let a campaign be sent, now or at a moment; a moment that was planned before is replaced.

    If nothing runs at that moment, it starts as soon as something does; past FAX_TOO_LATE it is paused instead.
    """
    moment = parse_moment(at, "at") if at else None
    tell(campaigns().start(campaign, at=moment, operator=operator or user()), as_json=as_json)


def pause(
    campaign: Id,
    reason: Annotated[str, typer.Option(help="Why, for those who read the events.", show_default=False)],
    operator: Operator = None,
    as_json: Json = False,
) -> None:
    """Begin no row of a campaign any more; what Telnyx has already goes on to its end."""
    check_reason(reason)
    tell(campaigns().pause(campaign, reason=reason, operator=operator or user()), as_json=as_json)


def resume(campaign: Id, reason: Why = None, operator: Operator = None, as_json: Json = False) -> None:
    """Let a paused campaign go on where it was: no row is repeated, none is left out."""
    tell(campaigns().resume(campaign, reason=reason, operator=operator or user()), as_json=as_json)


def finish(
    campaign: Id, reason: Why = None, operator: Operator = None, yes: Yes = False, as_json: Json = False
) -> None:
    """Give up the rows that wait although Telnyx never took their attempts, so that the campaign can end.

    They count as failed, for the cause never_accepted; campaign retry tries them again. All other rows go on.
    """
    desk = campaigns()
    found = desk.get(campaign)
    confirm(
        f"Give up rows of campaign {found.id}? Those that wait after attempts which Telnyx never took fail.",
        yes=yes,
    )
    moved, given_up = desk.finish(campaign, reason=reason, operator=operator or user())
    tell(moved, as_json=as_json)
    note(f"{counted_are(given_up, 'row')} given up; {moved.pending:,} still to be sent, {moved.opened:,} under way")


def cancel(
    campaign: Id,
    also_in_flight: Annotated[
        bool, typer.Option("--also-in-flight", help="Ask Telnyx to cancel what it has already, too.")
    ] = False,
    reason: Why = None,
    operator: Operator = None,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Send no row of a campaign any more that has not left. This cannot be undone.

    With --also-in-flight, also given later, Telnyx is asked to cancel faxes under way; some may arrive all the same.
    """
    desk = campaigns()
    found = desk.get(campaign)
    waiting = found.pending + found.open.get(State.HELD, 0) + found.open.get(State.QUEUED, 0)
    at_telnyx = "is asked to cancel those that it has" if also_in_flight else "continues with those that it has"
    confirm(
        f"Stop campaign {found.id}? {counted(waiting, 'row')} will not be sent; Telnyx {at_telnyx}.",
        yes=yes,
    )
    moved = desk.cancel(campaign, reason=reason, also_in_flight=also_in_flight, operator=operator or user())
    tell(moved, as_json=as_json)


def cap(
    campaign: Id,
    amount: Annotated[
        float | None, typer.Argument(help="In the currency of your contract.", show_default=False)
    ] = None,
    none: Annotated[bool, typer.Option("--none", help="Take the cap away.")] = False,
    operator: Operator = None,
    as_json: Json = False,
) -> None:
    """Set what a campaign may cost. One that is paused for its cap can be resumed once it is higher."""
    if (amount is None) != none:
        raise BadInput("give an amount, or --none to take the cap away")
    found = campaigns().set_cap(campaign, amount, operator=operator or user())
    if as_json:
        tell(found, as_json=True)
        return
    show(f"campaign {found.id}: spent {of_cap(found.spent, found.cap)}; {standing(found)}")
    if found.reason == "spend_cap":
        note(f"it is still paused; faxdispatch campaign resume {found.id} lets it go on")


def purge(campaign: Id, operator: Operator = None, yes: Yes = False, as_json: Json = False) -> None:
    """Forget a campaign with its rows and results. Make its report before: this cannot be undone."""
    desk = campaigns()
    found = desk.get(campaign)
    confirm(
        f"Forget campaign {found.id} ({found.name})? {counted(found.rows, 'row')} and all results cannot be reported "
        "any more.",
        yes=yes,
    )
    desk.purge(campaign, operator=operator or user())
    if as_json:
        show_json({"outcome": "purged", "id": found.id})
    else:
        show(f"campaign {found.id}: purged")
