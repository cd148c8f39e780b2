"""faxdispatch: enqueue faxes, follow them, read what became of them.

Importing this package does nothing but define names.
"""

from faxdispatch.client import FaxClient, Receipt
from faxdispatch.consumer import Consumer
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
    WrongState,
)
from faxdispatch.events import Event
from faxdispatch.hooks import Change, Hold, Reject
from faxdispatch.jobs import CancelFax, Priority, RefreshMedia, SendFax, SyncStatus, Window
from faxdispatch.states import HoldReason, State, Verdict
from faxdispatch.stream import Delivery

__all__ = [
    # Asking
    "CancelFax",
    "FaxClient",
    "Priority",
    "Receipt",
    "RefreshMedia",
    "SendFax",
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
    "WrongState",
]
