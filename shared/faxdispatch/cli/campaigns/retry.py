"""`faxdispatch campaign retry`: chosen rows once more."""

from typing import Annotated

import typer

from faxdispatch.cli.campaigns.words import Id, Json, campaigns, tell
from faxdispatch.cli.output import note
from faxdispatch.cli.user import Operator, user
from faxdispatch.errors import BadInput
from faxdispatch.wording import counted_are


def retry(
    campaign: Id,
    cause: Annotated[
        list[str] | None,
        typer.Option(
            help="Which rows: failed, cancelled, a kind such as busy, no_answer, line, or a cause that status shows. "
            "Repeatable.",
            show_default=False,
        ),
    ] = None,
    row: Annotated[
        list[int] | None,
        typer.Option(min=1, help="A failed or cancelled row by its number. Repeatable.", show_default=False),
    ] = None,
    to: Annotated[
        str | None, typer.Option(help="The number that the one --row goes to from now on.", show_default=False)
    ] = None,
    start: Annotated[bool, typer.Option("--start", help="And start it at once.")] = False,
    reason: Annotated[str | None, typer.Option(help="Why, for those who read the events.", show_default=False)] = None,
    operator: Operator = None,
    as_json: Json = False,
) -> None:
    """Make chosen rows of a finished campaign pending again, as a new generation.

    Faxes whose outcome is unknown are not over and never among them. Those that may have arrived, of kind
    contradiction, are not among the failed ones: they must be named.
    """
    if to is not None and len(row or ()) != 1:
        raise BadInput("to: goes with one --row")
    desk = campaigns()
    rows = dict.fromkeys(row or (), to)
    retried = desk.retry(campaign, cause or [], rows=rows, reason=reason, operator=operator or user())
    found = desk.start(campaign, operator=operator or user()) if start else retried.campaign
    tell(found, as_json=as_json, retried=retried.rows)
    note(f"{counted_are(retried.rows, 'row')} pending again, in generation {found.generation}")
