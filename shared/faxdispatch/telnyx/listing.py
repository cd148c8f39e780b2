"""Shows a listing of Telnyx to people while it arrives."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

from faxdispatch.errors import FaxError, OutcomeUnknown

Item = TypeVar("Item")


def unbroken(items: Iterable[Item], what: str) -> Iterator[Item]:
    """Pass on the entries of a listing; if it is interrupted after the first of them, say that it is not complete.

    Raises:
        OutcomeUnknown: it was interrupted in the middle.
        FaxError: it was interrupted before its first entry.
    """
    count = 0
    try:
        for item in items:
            yield item
            count += 1
    except FaxError as error:
        if not count:
            raise
        raise OutcomeUnknown(f"not complete: the list broke off after {count} {what}: {error}") from error
