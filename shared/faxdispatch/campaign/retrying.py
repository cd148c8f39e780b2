"""Chooses the rows of a campaign that are tried again: by words, or by their numbers."""

from array import array
from collections.abc import Callable, Collection, Iterable, Mapping

from faxdispatch.calling.numbers import NumberPolicy, destined
from faxdispatch.campaign.report.totals import RESULTS
from faxdispatch.errors import BadInput, Conflict
from faxdispatch.ledger import Campaigns, RowResult
from faxdispatch.ledger.campaign import CANCELLED, FAILED
from faxdispatch.reasons.failures import REASONS, Kind

WORDS = ("failed", "cancelled", *(kind.value for kind in Kind))
"""The words that choose rows, other than the name of a cause."""

_UNKNOWN = "unknown faxes have not ended, so they cannot be tried again: decide each with faxdispatch resolve"


def _chooser(words: Iterable[str], causes: Collection[str]) -> Callable[[RowResult], bool]:
    """Return a function that says whether a row is among the chosen ones.

    `failed` means every failed row except those of kind `contradiction`, which may have arrived and must be named. A
    kind means its failed rows, a cause the rows with that cause, and `cancelled` the cancelled rows. `causes` are those
    that the campaign's rows had.

    Raises:
        BadInput: a word cannot choose any row, or there is no word.
    """
    wanted = {word.strip().lower() for word in words}
    if not wanted:
        raise BadInput(f"cause: choose rows by one or more of {', '.join(WORDS)}, or a cause that status shows")
    if "unknown" in wanted:
        raise BadInput(f"cause: {_UNKNOWN}")
    if strange := wanted - {*WORDS, *REASONS, *causes}:
        raise BadInput(
            f"cause: {', '.join(sorted(strange))} is unknown; choose from {', '.join(WORDS)}, or a cause that status "
            f"shows"
        )

    def chosen(result: RowResult) -> bool:
        if result.code == CANCELLED:
            return "cancelled" in wanted
        if result.code != FAILED:
            return False
        kind = REASONS[result.cause].kind if result.cause in REASONS else None
        every = "failed" in wanted and kind is not Kind.CONTRADICTION
        return every or result.cause in wanted or kind in wanted

    return chosen


def choose(ledger: Campaigns, campaign_id: str, words: Iterable[str], rows: Collection[int]) -> "array[int]":
    """Return the rows to be tried again: `rows`, and those that the words choose.

    Raises:
        BadInput: a word cannot choose any row, or there is neither a word nor a row.
    """
    chosen, words = array("L", rows), [*words]
    if words or not rows:
        is_chosen = _chooser(words, ledger.known_causes(campaign_id))
        results = ledger.results(campaign_id)
        chosen.extend(result.row for result in results if is_chosen(result) and result.row not in rows)
    return chosen


def corrected(
    ledger: Campaigns, campaign_id: str, rows: Mapping[int, str | None], *, policy: NumberPolicy
) -> dict[int, str]:
    """Check that these rows may be tried again. Return the new numbers of those that have one.

    Raises:
        BadInput: a new number is not valid, or no fax may go to it.
        NotKnown: there is no such row.
        Conflict: a row has neither failed nor been cancelled.
    """
    numbers = {}
    for row, text in rows.items():
        ledger.row(campaign_id, row)
        [result] = ledger.results_of(campaign_id, [row])
        if result.code not in {FAILED, CANCELLED}:
            raise Conflict(
                f"campaign {campaign_id}: row {row} is {RESULTS[result.code]}; only failed or cancelled rows can be "
                "tried again"
            )
        if text is not None:
            numbers[row] = _number(text, policy)
    return numbers


def _number(text: str, policy: NumberPolicy) -> str:
    try:
        number = destined(text, region=policy.region)
        policy.check(number)
    except ValueError as problem:
        raise BadInput(f"to: {problem}") from None
    return number
