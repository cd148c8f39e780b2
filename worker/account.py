"""The account that this worker sends with, as the ledger knows it."""

import logging
import time
from threading import Lock

from faxdispatch.errors import TelnyxError, Unavailable
from faxdispatch.ledger import Identity
from faxdispatch.settings import Settings
from faxdispatch.telnyx import ClientStack
from faxdispatch.telnyx.account.key import OtherAccount, account_of_key, recognise

log = logging.getLogger(__name__)

AGAIN = 5.0
"""Seconds between two questions while Telnyx does not say which account the key belongs to."""


class Account:
    """Finds the account once. If the ledger knows the key, this needs no call; otherwise Telnyx is asked."""

    def __init__(self, settings: Settings, identity: Identity, telnyx: ClientStack) -> None:
        self._settings, self._identity, self._telnyx = settings, identity, telnyx
        self._known: str | None = None
        self._lock = Lock()
        self._again = 0.0
        self._complaint = ""

    def find(self) -> str | None:
        """Return the account, or None if Telnyx or Redis does not answer, so that it is not known.

        Raises:
            OtherAccount: it is not the ledger's.
        """
        try:
            self._known = account_of_key(self._settings, self._identity) or self._ask()
        except (TelnyxError, Unavailable) as error:
            # This is asked every few seconds, so the same message is logged once.
            if str(error) != self._complaint:
                self._complaint = str(error)
                log.warning("nothing is sent until Telnyx says which account TELNYX_API_KEY belongs to: %s", error)
        return self._known

    def known(self) -> str | None:
        """Return the account if it was found; otherwise ask again every few seconds. Never raises."""
        if self._known or time.monotonic() < self._again:
            return self._known
        with self._lock:
            if self._known is None and time.monotonic() >= self._again:
                try:
                    self.find()
                except OtherAccount as error:
                    log.error("nothing is sent: %s", error)  # noqa: TRY400 - the message says it all
                self._again = time.monotonic() + AGAIN
        return self._known

    def _ask(self) -> str:
        with self._telnyx.borrow() as telnyx:
            return recognise(self._settings, self._identity, telnyx)
