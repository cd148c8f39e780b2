"""How long a document is to be kept, as people write it."""

import re

from faxdispatch.errors import BadInput
from faxdispatch.telnyx.media_calls import MAX_TTL

_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
_FORM = re.compile(r"([0-9]{1,12})([smhd]?)", re.ASCII)


def parse_lifetime(text: str) -> int:
    """Give the seconds that `30d`, `12h`, `90m`, `600s` or plain `600` mean.

    Raises:
        BadInput: it is none of these, nothing at all, or more than Telnyx keeps.
    """
    found = _FORM.fullmatch(text.strip())
    if found is None:
        raise BadInput(f"ttl: {text!r} is no length of time; write it like 30d, 12h, 90m or 600 (seconds)")
    seconds = int(found[1]) * _UNITS[found[2]]
    if not 1 <= seconds <= MAX_TTL:
        raise BadInput(f"ttl: {text!r} is none that Telnyx keeps; give 1 second to {MAX_TTL // 86400}d (20 years)")
    return seconds
