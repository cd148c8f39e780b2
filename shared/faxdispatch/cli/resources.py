"""What Telnyx answers with, as commands show it: numbers masked, in one line; and a list says where it broke off."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from faxdispatch.cli.output import note, show, show_json
from faxdispatch.errors import AccountRefused, FaxError, NoSuchResource, OutcomeUnknown, TelnyxError
from faxdispatch.text.privacy import hidden, mask_number

Item = TypeVar("Item")

_CALLERS = ("from", "to", "from_display_name")
"""Where a number may stand without the `+` by which it is known elsewhere: callers write theirs as they like."""
_BARE_NUMBER = re.compile(r"[\d ()./-]{5,}")


def masked(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return an object of Telnyx without numbers and signed links."""
    given: dict[str, Any] = hidden(dict(data))
    for name in _CALLERS:
        if isinstance(value := given.get(name), str) and _BARE_NUMBER.fullmatch(value):
            given[name] = mask_number(value)
    return given


@contextmanager
def known(name: str, none_such: str) -> Iterator[None]:
    """Say of what is not there which one it is, and what that means.

    Raises:
        NoSuchResource: where the calls in the block find nothing.
    """
    try:
        yield
    except NoSuchResource as error:
        raise NoSuchResource(f"{name}: {none_such}", status=error.status, code=error.code) from error


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


def delete_each(names: Sequence[str], delete: Callable[[str], None], *, key: str, as_json: bool) -> bool:
    """Delete each of `names`, telling of each; give whether all are gone. `key` is what JSON calls a name.

    One that has vanished since it was looked at is gone too: an earlier try may have deleted it unseen.

    Raises:
        AccountRefused: Telnyx refuses the account; the names that were not told of are left.
        Unavailable: Redis went away in the middle; the same.
    """
    complete = True
    for name in names:
        try:
            delete(name)
        except NoSuchResource:
            pass
        except AccountRefused:
            raise
        except TelnyxError as error:
            complete = False
            not_deleted(name, str(error), key=key, as_json=as_json, outcome="failed")
            continue
        if as_json:
            show_json({"outcome": "deleted", key: name})
        else:
            show(f"{name}: deleted")
    return complete


def not_deleted(name: str, why: str, *, key: str, as_json: bool, outcome: str, **more: Any) -> None:
    """Report one thing that is not deleted: on standard error, and with JSON also as an object."""
    if as_json:
        show_json({"outcome": outcome, key: name, "problem": hidden(why)} | more)
    note(f"{name}: {hidden(why)}")
