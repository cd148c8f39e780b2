"""An operator's commands: `faxdispatch campaign start`, `pause`, `resume`, `test`, `retry` and so on."""

from datetime import datetime
from typing import Annotated

from faxdispatch.cli.campaigns.status import Id, campaign_answer, campaigns, standing
from faxdispatch.cli.options import Operator, Reason, Why, Yes, argument, moment, option
from faxdispatch.cli.output import Answer, confirm
from faxdispatch.errors import BadInput
from faxdispatch.states import State
from faxdispatch.text.wording import counted, counted_are, of_cap


def start(
    campaign: Id, at: Annotated[datetime | None, moment("Start then instead of now.")] = None, operator: Operator = None
) -> Answer:
    """Start a campaign, now or at a given time.

    This replaces a planned start. If nothing runs at that time, it starts as soon as something does; after
    FAX_TOO_LATE it is paused instead.
    """
    return campaign_answer(campaigns().start(campaign, at=at, operator=operator))


def pause(campaign: Id, reason: Reason, operator: Operator = None) -> Answer:
    """Begin no further row of a campaign.

    Faxes that Telnyx already has continue.
    """
    return campaign_answer(campaigns().pause(campaign, reason=reason, operator=operator))


def resume(campaign: Id, reason: Why = None, operator: Operator = None) -> Answer:
    """Let a paused campaign continue.

    No row is repeated and none is left out.
    """
    return campaign_answer(campaigns().resume(campaign, reason=reason, operator=operator))


def finish(campaign: Id, reason: Why = None, operator: Operator = None, yes: Yes = False) -> Answer:
    """Give up rows that cannot be sent, so that a campaign can end.

    These are the rows that Telnyx never accepted, those whose document cannot be fetched, and those that are held as
    too_late. They count as failed, with the cause never_accepted, no_document or too_late; `campaign retry` tries
    them again. All other rows continue.
    """
    desk = campaigns()
    found = desk.get(campaign)
    words = "Those that Telnyx never accepted, whose document cannot be fetched or that are too late will fail."
    confirm(f"Give up rows of campaign {found.id}? {words}", yes=yes)
    moved, given_up = desk.finish(campaign, reason=reason, operator=operator)
    left = f"{moved.pending:,} still to be sent, {moved.opened:,} under way"
    return campaign_answer(moved, f"{counted_are(given_up, 'row')} given up; {left}")


def cancel(
    campaign: Id,
    also_in_flight: Annotated[bool, option("Also ask Telnyx to cancel the faxes that it already has.")] = False,
    reason: Why = None,
    operator: Operator = None,
    yes: Yes = False,
) -> Answer:
    """Send no further row of a campaign, for good.

    With --also-in-flight, which can also be given later, Telnyx is asked to cancel the faxes under way; some may
    arrive nevertheless.
    """
    desk = campaigns()
    found = desk.get(campaign)
    waiting = found.pending + found.open.get(State.HELD, 0) + found.open.get(State.QUEUED, 0)
    at_telnyx = "is asked to cancel those that it has" if also_in_flight else "continues with those that it has"
    confirm(f"Stop campaign {found.id}? {counted(waiting, 'row')} will not be sent; Telnyx {at_telnyx}.", yes=yes)
    moved = desk.cancel(campaign, reason=reason, also_in_flight=also_in_flight, operator=operator)
    return campaign_answer(moved)


def cap(
    campaign: Id,
    amount: Annotated[float | None, argument("In the currency of your contract.")] = None,
    none: Annotated[bool, option("Remove the cap.")] = False,
    operator: Operator = None,
) -> Answer:
    """Set the most that a campaign may cost.

    A campaign that is paused for its cap can be resumed once the cap is higher.
    """
    if (amount is None) != none:
        raise BadInput("give an amount, or --none to remove the cap")
    found = campaigns().set_cap(campaign, amount, operator=operator)
    words = f"campaign {found.id}: spent {of_cap(found.spent, found.cap)}; {standing(found)}"
    paused = f"it is still paused; faxdispatch campaign resume {found.id} continues it"
    return Answer(found.as_data(), words, notes=[paused] if found.reason == "spend_cap" else [], full=False)


def purge(campaign: Id, operator: Operator = None, yes: Yes = False) -> Answer:
    """Delete a campaign with its rows and results, for good.

    Write its report before that.
    """
    desk = campaigns()
    found = desk.get(campaign)
    lost = f"{counted(found.rows, 'row')} and all results can no longer be reported."
    confirm(f"Delete campaign {found.id} ({found.name})? {lost}", yes=yes)
    desk.purge(campaign, operator=operator)
    return Answer({"outcome": "purged", "id": found.id}, f"campaign {found.id}: purged")


def retry(
    campaign: Id,
    cause: Annotated[
        list[str] | None,
        option("failed, cancelled, a kind such as busy or line, or a cause that status shows. Repeatable."),
    ] = None,
    row: Annotated[list[int] | None, option("A failed or cancelled row by its number. Repeatable.", min=1)] = None,
    to: Annotated[str | None, option("New number for the one --row.")] = None,
    start: Annotated[bool, option("Start it at once.")] = False,
    reason: Why = None,
    operator: Operator = None,
) -> Answer:
    """Send chosen rows of a finished campaign again.

    They become pending again, as a new generation; --start begins it at once. Faxes whose outcome is unknown have
    not ended and are never among them. Those that may have arrived, of kind contradiction, are not among the failed
    ones: they must be named.
    """
    if to is not None and len(row or ()) != 1:
        raise BadInput("to: goes with one --row")
    desk = campaigns()
    rows = dict.fromkeys(row or (), to)
    retried = desk.retry(campaign, cause or [], rows=rows, reason=reason, operator=operator)
    found = desk.start(campaign, operator=operator) if start else retried.campaign
    words = f"{counted_are(retried.rows, 'row')} pending again, in generation {found.generation}"
    return campaign_answer(found, words, retried=retried.rows)


def send_test(
    campaign: Id,
    to: Annotated[list[str] | None, option("One of FAX_TEST_NUMBERS; all of them if not given. Repeatable.")] = None,
    row: Annotated[int | None, option("Row whose document is sent; the first if not given.", min=1)] = None,
) -> Answer:
    """Send the fax of a row to your own numbers.

    It goes to the numbers of FAX_TEST_NUMBERS and to no others. These are single faxes with the tag test: the
    campaign stays as it is, and its window does not hold them back.
    """
    sent = campaigns().test(campaign, numbers=to, row=row)
    how = "faxdispatch status {} shows the result"
    return Answer(
        [{"row": one.row, "to": one.to, "job_id": one.job_id} for one in sent],
        [f"{one.job_id}  row {one.row} to {one.to}; {how.format(one.job_id)}" for one in sent],
        full=False,
    )
