"""Bringing back what Telnyx still knows and a ledger that went back in time has lost."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from faxdispatch.ledger.scripts import Scripts

BATCH = 100
"""Number of faxes that one step of Redis brings back."""


class Found(StrEnum):
    """How a fax of the listing relates to the ledger."""

    SAME = "same"
    """It was known."""
    EARLIER = "earlier"
    """An attempt before the last one of its job, recorded for completeness."""
    BOUND = "bound"
    """Its job was known, but not that this fax was sent."""
    ROW = "row"
    """A campaign's row that was not yet sent, according to the ledger."""
    MADE = "made"
    """Its job was not known, and is created from what Telnyx reports."""
    ENDED = "ended"
    """Its row has ended, or continues as another generation."""
    CONFLICT = "conflict"
    """Its job has ended in another way, or has another fax for the same attempt: a person must decide."""


class Recovery:
    """Makes the moves of a recovery."""

    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts

    def bring_back(self, faxes: Sequence[Mapping[str, Any]], *, account: str, dry_run: bool = False) -> list[Found]:
        """Bring back faxes as described in `faxdispatch.operations.recovering`. Return how each relates to the ledger.

        The last attempt of a job must come first. With `dry_run`, nothing is changed.

        Raises:
            Unavailable: Redis did not answer; try again.
        """
        found: list[Found] = []
        for at in range(0, len(faxes), BATCH):
            replies = self._scripts.run_many(
                "bring_back",
                faxes=list(faxes[at : at + BATCH]),
                account=account,
                dry=dry_run or None,
                source="recovery",
            )
            found += [Found(reply["outcome"]) for reply in replies]
        return found
