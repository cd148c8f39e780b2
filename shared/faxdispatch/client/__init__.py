"""What other services use: send, cancel, refresh, sync, status, campaigns; and an operator's decisions."""

from faxdispatch.client.client import FaxClient
from faxdispatch.client.recording import MANY, Receipt, SendResult

__all__ = ["FaxClient", "Receipt", "SendResult", "MANY"]
