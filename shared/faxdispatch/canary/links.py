"""The links of the chain that a fax goes through, in their order, and what can be said of one."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class Link(StrEnum):
    """A link of the chain."""

    SETTINGS = "settings"
    """What sending needs is set."""
    REDIS = "redis"
    """The ledger answers."""
    WORKER = "worker"
    """A worker has shown up lately."""
    DOCUMENT = "document"
    """The page is in Telnyx's media storage."""
    JOB = "job"
    """The fax is recorded."""
    TAKEN = "taken"
    """A worker has taken it and calls Telnyx."""
    ACCEPTED = "accepted"
    """Telnyx has it."""
    WEBHOOK = "webhook"
    """A webhook about it has come, signed by Telnyx."""
    DELIVERED = "delivered"
    """Telnyx confirms its delivery."""
    RECEIVED = "received"
    """It came in again, where the number is one of our own account."""
    STORED = "stored"
    """The document that came in is stored."""


INBOUND = (Link.RECEIVED, Link.STORED)
"""Links that count only where they are asked for."""


class Mark(StrEnum):
    """How a link stands."""

    OK = "ok"
    WAITING = "waiting"
    """It may still hold."""
    BROKEN = "broken"
    """It does not hold, or not in time."""
    UNTRIED = "untried"
    """A link before it does not hold, or nothing speaks of it and nobody asked."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to be said of a link.

    `detail` says what is; `remedy` what to do, where there is something to do. `seconds` is how long it took: of the
    links up to the job by themselves, of the others since the job was recorded, or None if it does not hold.
    """

    link: Link
    mark: Mark
    detail: str = ""
    remedy: str = ""
    seconds: float | None = None

    def as_data(self) -> dict[str, Any]:
        """Return it for `--json`."""
        return asdict(self) | {"seconds": None if self.seconds is None else round(self.seconds, 3)}
