"""The links of the chain that a fax passes through, in their order, and the verdicts about them."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class Link(StrEnum):
    """A link of the chain."""

    SETTINGS = "settings"
    """Everything that sending needs is set."""
    REDIS = "redis"
    """The ledger answers."""
    WORKER = "worker"
    """A worker has reported lately."""
    DOCUMENT = "document"
    """The page is in Telnyx's media storage."""
    JOB = "job"
    """The fax is recorded."""
    TAKEN = "taken"
    """A worker has taken it and calls Telnyx."""
    ACCEPTED = "accepted"
    """Telnyx has accepted it."""
    WEBHOOK = "webhook"
    """A webhook about it has come, signed by Telnyx."""
    DELIVERED = "delivered"
    """Telnyx confirms its delivery."""
    RECEIVED = "received"
    """It arrived as an inbound fax, if the number belongs to our own account."""
    STORED = "stored"
    """The document of the inbound fax is stored."""


INBOUND = (Link.RECEIVED, Link.STORED)
"""Links that count only if they are requested."""


class Mark(StrEnum):
    """The state of a link."""

    OK = "ok"
    WAITING = "waiting"
    """It may still work."""
    BROKEN = "broken"
    """It does not work, or not in time."""
    UNTRIED = "untried"
    """An earlier link does not work, or this link was not requested and there is no evidence about it."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """A verdict about a link.

    `detail` describes the finding, and `remedy` says what to do, if anything. `seconds` is how long it took: for
    the links up to the job on their own, for the others since the job was recorded, or None if it does not work.
    """

    link: Link
    mark: Mark
    detail: str = ""
    remedy: str = ""
    seconds: float | None = None

    def as_data(self) -> dict[str, Any]:
        """Return it for `--json`."""
        return asdict(self) | {"seconds": None if self.seconds is None else round(self.seconds, 3)}
