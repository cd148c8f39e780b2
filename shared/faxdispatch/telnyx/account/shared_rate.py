"""Calls to Telnyx for an operator, at the rate that all processes share."""

from collections.abc import Callable, Iterator, Mapping
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

    `note` gets a line if there is none. Telnyx's answers set `clock`.

    Raises:
        Misconfigured: the key or an address cannot be used.
    """
    throttle = _throttle(settings, note)

    def after_response(operation: str, headers: Mapping[str, str], status: int) -> None:
        if clock:
            clock.hear(headers)
        if throttle:
            throttle.after_response(operation, headers, status)

    before_call = throttle.before_call if throttle else None
    with TelnyxClient.from_settings(settings, before_call=before_call, after_response=after_response) as telnyx:
        yield telnyx


def _throttle(settings: Settings, note: Callable[[str], None]) -> Throttle | None:
    if settings.redis_url is None:
        return None
    limits = Limits(Scripts.from_settings(settings))
    try:
        limits.shut()
    except Unavailable as error:
        note(f"Redis cannot be reached, so this calls Telnyx outside the workers' rate ({error})")
        return None
    return Throttle(limits)
