"""Sending a campaign's document to one's own numbers before it goes to anybody else."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from faxdispatch.calling.numbers import normalise
from faxdispatch.campaign.requests import request_of
from faxdispatch.errors import BadInput, Misconfigured, NotKnown
from faxdispatch.jobs import SendFax
from faxdispatch.ledger import Campaigns
from faxdispatch.text.privacy import mask_number

TAG = "test"
"""The tag of every test fax."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One test fax: its row, its destination, and its job."""

    row: int
    to: str
    job_id: str


def trial(
    ledger: Campaigns,
    campaign_id: str,
    allowed: Sequence[str],
    send: Callable[[SendFax], str],
    *,
    numbers: Sequence[str] | None = None,
    row: int | None = None,
    region: str | None = None,
) -> list[Trial]:
    """Send the fax of a row, by default the first one, to the allowed numbers, or to some of them.

    They are single faxes: the campaign stays as it is, and its window and its end do not hold them back.

    Raises:
        Misconfigured: no number is allowed.
        BadInput: a number is not among the allowed ones.
        NotKnown: there is no such campaign or row.
    """
    if not allowed:
        raise Misconfigured("FAX_TEST_NUMBERS: not set; list your own numbers there, to which tests may go")
    chosen = [_allowed(number, allowed, region) for number in numbers] if numbers else list(allowed)
    campaign = ledger.get(campaign_id)
    found = next((one for one in ledger.rows(campaign_id) if row is None or one[0] == row), None)
    if found is None:
        raise NotKnown(f"campaign {campaign_id}: has no row{'' if row is None else f' {row}'} that can be sent")
    place, _, fields = found
    tags = (*campaign.options.get("tags", ()), TAG)[-20:]
    trials = []
    for number in chosen:
        request = request_of(
            campaign.options,
            fields,
            to=number,
            tags=tags,
            priority="normal",
            window=None,
            send_by=None,
            client_state=f"test of campaign {campaign_id}, row {place}",
        )
        trials.append(Trial(place, number, send(SendFax.decode(request))))
    return trials


def _allowed(number: str, allowed: Sequence[str], region: str | None) -> str:
    try:
        e164 = normalise(number, region=region)
    except ValueError as problem:
        raise BadInput(f"number: {problem}") from None
    if e164 not in allowed:
        raise BadInput(f"number: {mask_number(e164)} is not among FAX_TEST_NUMBERS; add it there if it is your own")
    return e164
