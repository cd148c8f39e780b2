"""Moments as people write them on the command line."""

from datetime import datetime

from faxdispatch.errors import BadInput


def parse_moment(text: str, option: str) -> datetime:
    """Read a moment like `2026-05-01T08:00:00-05:00`.

    Raises:
        BadInput: it is none, or has no time zone.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise BadInput(f"{option}: {text!r} is no moment; write it like 2026-05-01T08:00:00-05:00") from None
    if moment.tzinfo is None:
        raise BadInput(f"{option}: {text!r} has no time zone; write it like 2026-05-01T08:00:00-05:00")
    return moment
