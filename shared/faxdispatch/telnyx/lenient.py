"""Field types for Telnyx's data: a value of an unexpected type becomes None and never spoils the whole message.

An accepted fax must not count as lost because a date in the answer could not be read.
"""

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import BeforeValidator

_MOST = 1 << 31
"""No real count is this large; Redis' scripts would write a larger one as a fraction."""


def _text(value: Any) -> str | None:
    """Accept a text; JSON can contain halves of surrogate pairs, which UTF-8 storage cannot hold."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else None


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _MOST else None


def _flag(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def moment(value: Any) -> datetime | None:
    """Read an ISO 8601 time as an aware datetime in UTC; one without a zone counts as UTC; None for anything else."""
    try:
        read = value if isinstance(value, datetime) else datetime.fromisoformat(value)
        return (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, OverflowError):
        return None


Text = Annotated[str | None, BeforeValidator(_text)]
"""A string, otherwise None."""
Count = Annotated[int | None, BeforeValidator(_count)]
"""A whole number from 0 up to the largest possible count, otherwise None."""
Flag = Annotated[bool | None, BeforeValidator(_flag)]
"""True or false, otherwise None."""
Moment = Annotated[datetime | None, BeforeValidator(moment)]
"""An aware datetime in UTC, otherwise None."""
