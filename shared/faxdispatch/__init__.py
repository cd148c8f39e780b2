"""faxdispatch: enqueue faxes, follow them, read their results.

Importing this package only defines names; the modules behind them are loaded when a name is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

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

    def __getattr__(name: str) -> Any:
        """Load a public name when it is first used (PEP 562)."""
        for module, names in _PLACES.items():
            if name in names:
                globals()[name] = found = getattr(import_module(f"faxdispatch.{module}"), name)
                return found
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

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
