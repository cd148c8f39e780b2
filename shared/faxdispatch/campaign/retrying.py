"""Which rows of a campaign are tried again, by the words with which a person chooses them."""

from collections.abc import Callable, Collection, Iterable

from faxdispatch.errors import BadInput
from faxdispatch.ledger import RowResult
from faxdispatch.ledger.campaign import CANCELLED, FAILED
from faxdispatch.reasons.failures import REASONS, Kind

WORDS = ("failed", "cancelled", *(kind.value for kind in Kind))
"""The words that choose rows, other than the name of a cause."""

_UNKNOWN = "unknown faxes have not ended, so they cannot be tried again: faxdispatch resolve decides one by hand"


def chooser(words: Iterable[str], causes: Collection[str]) -> Callable[[RowResult], bool]:
    """Return a function that tells whether a row is among the chosen ones.

    `failed` means every failed row except those of kind `contradiction`, which may have arrived and must be named. A
    kind means its failed rows, a cause the rows with that cause, and `cancelled` the cancelled rows. `causes` are those
    that the campaign's rows had.

    Raises:
        BadInput: a word cannot choose any row, or there is no word.
    """
    wanted = {word.strip().lower() for word in words}
    if not wanted:
        raise BadInput(f"cause: say which rows, with one or more of {', '.join(WORDS)}, or a cause that status shows")
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
