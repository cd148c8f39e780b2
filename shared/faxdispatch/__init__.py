"""faxdispatch: enqueue faxes, follow them, read their results.

Importing this package only defines names; the modules behind them are loaded when a name is first used.
"""

from typing import TYPE_CHECKING

from faxdispatch.errors import (
    AccountRefused,
    BadInput,
    Conflict,
    FaxError,
    IdempotencyConflict,
    InvalidJob,
    Misconfigured,
    NoSuchResource,
    NotKnown,
    NotSent,
    OutcomeUnknown,
    RateLimited,
    Refused,
    TelnyxError,
    Unavailable,
    Unreachable,
    WrongState,
)
from faxdispatch.lazy import loader
from faxdispatch.states import HoldReason, State, Verdict

_PLACES = {
    "calling.windows": ("Window",),
    "client": ("FaxClient", "Receipt", "SendResult"),
    "events": ("Event",),
    "hooks": ("Change", "Hold", "Reject"),
    "jobs": ("CancelFax", "Priority", "RefreshMedia", "SendFax", "SyncStatus"),
    "stream.consumer": ("Consumer",),
    "stream.places": ("Delivery",),
}
"""Modules that take time to load, with the public names that they define."""

if TYPE_CHECKING:
    from faxdispatch.calling.windows import Window
    from faxdispatch.client import FaxClient, Receipt, SendResult
    from faxdispatch.events import Event
    from faxdispatch.hooks import Change, Hold, Reject
    from faxdispatch.jobs import CancelFax, Priority, RefreshMedia, SendFax, SyncStatus
    from faxdispatch.stream.consumer import Consumer
    from faxdispatch.stream.places import Delivery
else:
    __getattr__ = loader(__name__, _PLACES)

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})


__all__ = [
    # Asking
    "CancelFax",
    "FaxClient",
    "Priority",
    "Receipt",
    "RefreshMedia",
    "SendFax",
    "SendResult",
    "SyncStatus",
    "Window",
    # Following
    "Consumer",
    "Delivery",
    "Event",
    "HoldReason",
    "State",
    # Settling by hand
    "Verdict",
    # Answers of a policy hook
    "Change",
    "Hold",
    "Reject",
    # Errors
    "AccountRefused",
    "BadInput",
    "Conflict",
    "FaxError",
    "IdempotencyConflict",
    "InvalidJob",
    "Misconfigured",
    "NoSuchResource",
    "NotKnown",
    "NotSent",
    "OutcomeUnknown",
    "RateLimited",
    "Refused",
    "TelnyxError",
    "Unavailable",
    "Unreachable",
    "WrongState",
]
