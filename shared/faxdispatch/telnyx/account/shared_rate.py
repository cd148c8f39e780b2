"""Calls to Telnyx for an operator, at the rate that all processes share."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from faxdispatch.errors import Unavailable
from faxdispatch.ledger import Limits, Scripts
from faxdispatch.settings import Settings
from faxdispatch.telnyx.client import TelnyxClient
from faxdispatch.telnyx.clock import TelnyxClock
from faxdispatch.telnyx.throttle import Throttle


@contextmanager
def account(
    settings: Settings, note: Callable[[str], None], clock: TelnyxClock | None = None
) -> Iterator[TelnyxClient]:
    """Yield a client of Telnyx that uses the workers' rate if there is a Redis to share it.

    `note` gets a line if there is none. Telnyx's answers at that rate set `clock`.

    Raises:
        Misconfigured: the key or an address cannot be used.
    """
    throttle = _throttle(settings, note, clock)
    before_call, after_response = (throttle.before_call, throttle.after_response) if throttle else (None, None)
    with TelnyxClient.from_settings(settings, before_call=before_call, after_response=after_response) as telnyx:
        yield telnyx


def _throttle(settings: Settings, note: Callable[[str], None], clock: TelnyxClock | None) -> Throttle | None:
    if settings.redis_url is None:
        return None
    limits = Limits(Scripts.from_settings(settings))
    try:
        limits.shut()
    except Unavailable as error:
        note(f"Redis cannot be reached, so this calls Telnyx outside the workers' rate ({error})")
        return None
    return Throttle(limits, clock)
