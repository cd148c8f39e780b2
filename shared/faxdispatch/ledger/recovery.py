"""Bringing back what a ledger that went back in time has forgotten and Telnyx still knows."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from faxdispatch.ledger.scripts import Scripts

BATCH = 100
"""Faxes that are brought back by one step of Redis."""


class Found(StrEnum):
    """What a fax of the listing is to the ledger."""

    SAME = "same"
    """It was known."""
    EARLIER = "earlier"
    """An attempt before the last one of its job, told for the record."""
    BOUND = "bound"
    """Its job was known, and not that this was sent."""
    ROW = "row"
    """A campaign's row that the ledger took for not sent yet."""
    MADE = "made"
    """Its job was not known, and is made of what Telnyx tells."""
    ENDED = "ended"
    """Its row has ended, or goes on as another generation."""
    CONFLICT = "conflict"
    """Its job has ended otherwise, or has another fax for the same attempt: a person must look."""


class Recovery:
    """Makes the moves of a recovery."""

    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts

    def bring_back(self, faxes: Sequence[Mapping[str, Any]], *, account: str, dry_run: bool = False) -> list[Found]:
        """Bring back faxes, as `faxdispatch.operations.recovering` tells of them; give what each was to the ledger.

        Of one job the last attempt must come first. With `dry_run` nothing is changed.

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
