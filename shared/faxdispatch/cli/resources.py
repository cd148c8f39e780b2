"""What Telnyx answers with, as commands show it: every field of it, and lists that tell where they broke off."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

from faxdispatch.cli.output import show, show_json
from faxdispatch.errors import FaxError, NoSuchResource, OutcomeUnknown
from faxdispatch.privacy import hidden, mask_number

Item = TypeVar("Item")

_CALLERS = ("from", "to", "from_display_name")
"""Where a number may stand without the `+` by which it is known elsewhere: callers write theirs as they like."""
_BARE_NUMBER = re.compile(r"[\d ()./-]{5,}")


def tell(data: Mapping[str, Any], *, full: bool) -> None:
    """Print one object as a line of JSON; numbers and signed links are hidden unless `full`."""
    show_json(data if full else masked(data))


def tell_fields(data: Mapping[str, Any], *, full: bool) -> None:
    """Print the fields that hold something, one a line, for people."""
    shown = {name: value for name, value in (data if full else masked(data)).items() if value not in (None, "")}
    width = max(map(len, shown), default=0)
    for name, value in shown.items():
        show(f"{name:<{width}}  {plain(value)}")


def masked(data: Mapping[str, Any]) -> dict[str, Any]:
    """Give an object of Telnyx without numbers and signed links."""
    given: dict[str, Any] = hidden(dict(data))
    for name in _CALLERS:
        if isinstance(value := given.get(name), str) and _BARE_NUMBER.fullmatch(value):
            given[name] = mask_number(value)
    return given


def plain(value: Any) -> str:
    """Write a value so that it stays on its line and cannot steer a terminal: others choose names and reasons."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return "".join(one if one.isprintable() else "?" for one in text)


@contextmanager
def known(name: str, none_such: str) -> Iterator[None]:
    """Say of what is not there which one it is, and what that means.

    Raises:
        NoSuchResource: where the calls in the block find nothing.
    """
    try:
        yield
    except NoSuchResource as error:
        raise NoSuchResource(f"{plain(name)}: {none_such}", status=error.status, code=error.code) from error


def unbroken(items: Iterable[Item], what: str) -> Iterator[Item]:
    """Pass on the entries of a listing; where it breaks off after the first of them, say that it is not complete.

    Raises:
        OutcomeUnknown: it broke off in its middle.
        FaxError: it broke off before its first entry.
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
