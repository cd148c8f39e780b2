"""`faxdispatch campaign test`: see the document on your own machine before anybody else gets it."""

from typing import Annotated

import typer

from faxdispatch.cli.campaigns.words import Id, Json, campaigns
from faxdispatch.cli.output import show, show_json
from faxdispatch.privacy import hidden


def send_test(
    campaign: Id,
    to: Annotated[
        list[str] | None,
        typer.Option(help="One of FAX_TEST_NUMBERS; all of them if not given. Repeatable.", show_default=False),
    ] = None,
    row: Annotated[int | None, typer.Option(min=1, help="Whose document; the first row's if not given.")] = None,
    as_json: Json = False,
) -> None:
    """Send what a row would get to the numbers of FAX_TEST_NUMBERS instead, and to no others.

    These are single faxes with the tag test: the campaign stays as it is, and its window does not hold them back.
    """
    sent = campaigns().test(campaign, numbers=to, row=row)
    if as_json:
        show_json([{"row": one.row, "to": one.to, "job_id": one.job_id} for one in sent], full=False)
        return
    for one in sent:
        show(f"{one.job_id}  row {one.row} to {hidden(one.to)}; faxdispatch status {one.job_id} tells what comes of it")
