"""The shared rate, as a client of Telnyx uses it: before each call and after each answer."""

import time
from collections.abc import Mapping
from contextlib import suppress

from faxdispatch.errors import RateLimited, Unavailable
from faxdispatch.ledger import Limits
from faxdispatch.telnyx.clock import TelnyxClock
from faxdispatch.telnyx.translate import retry_after

PATIENCE = 10.0
"""Seconds that a call other than a send waits for the shared rate before it gives up."""
LOOK_AHEAD = 0.6
"""Seconds that such a call looks ahead for a slot. Sends look less far ahead, so questions go first."""
LOOK_AHEAD_CANCEL = 1.0
"""A cancel looks as far ahead as an urgent send, since the fax that it must stop continues while it waits."""


class Throttle:
    """Makes every call to Telnyx keep to the rate that all processes share, and learns from Telnyx's answers.

    Its two methods are those that `TelnyxClient` accepts under the same names. The answers set `clock`, too.
    """

    def __init__(self, limits: Limits, clock: TelnyxClock | None = None) -> None:
        self._limits = limits
        self._clock = clock or TelnyxClock()
        self._refused = False
        """Telnyx has answered 429 without naming a time, and no call has succeeded since."""

    def before_call(self, operation: str) -> None:
        """Wait for a slot. A send has reserved its slot before its claim, since a claim's time is too short to wait in.

        Raises:
            RateLimited: no slot becomes free in time.
        """
        if operation == "send_fax":
            return
        look_ahead = LOOK_AHEAD_CANCEL if operation == "cancel_fax" else LOOK_AHEAD
        until = time.monotonic() + PATIENCE
        while True:
            wait, again = self._limits.reserve(look_ahead=look_ahead)
            if wait is not None:
                time.sleep(wait)
                # Telnyx may have said meanwhile that it wants no calls; the slot is then useless.
                again = self._limits.shut() if wait else 0.0
                if not again:
                    return
            if time.monotonic() + again > until:
                raise RateLimited("FAX_RATE has no slot for this call soon enough", retry_after=PATIENCE)
            time.sleep(again)

    def after_response(self, _operation: str, headers: Mapping[str, str], status: int) -> None:
        """Hold all workers back until the time that Telnyx names, after a 429 or with nothing remaining.

        If it names none, the pauses grow until a call succeeds again.
        """
        self._clock.hear(headers)
        spent = headers.get("x-ratelimit-remaining", "").strip() == "0"
        # Sharing this with other processes is optional: without it, each of them learns from its own 429.
        with suppress(Unavailable):
            if status == 429 or spent:
                delay = retry_after(headers)
                self._limits.back_off(delay)
                self._refused = self._refused or delay is None
            elif self._refused and 200 <= status < 300 and self._limits.calm():
                self._refused = False
