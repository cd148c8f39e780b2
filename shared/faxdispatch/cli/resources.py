"""What Telnyx answers with, as commands show it: numbers masked, in one line; and a list says where it broke off."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import typer

from faxdispatch.account import shared_rate
from faxdispatch.cli.confirm import confirm
from faxdispatch.cli.output import Rows, note
from faxdispatch.errors import AccountRefused, Conflict, FaxError, NoSuchResource, OutcomeUnknown, TelnyxError
from faxdispatch.settings import Settings
from faxdispatch.telnyx.client import TelnyxClient
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


@dataclass(frozen=True, slots=True)
class Deletion:
    """What became of one thing that was to be deleted: `deleted`, `missing`, `refused` or `failed`, and why not."""

    name: str
    outcome: str
    problem: str | None = None


def deleted(
    names: Iterable[str],
    look: Callable[[str], str],
    delete: Callable[[str], None],
    *,
    question: str,
    none_such: str,
    yes: bool,
) -> Iterator[Deletion]:
    """Delete what `names` name, once a person has said so; exit code 1 where something is not deleted.

    `look` tells what a name stands for, which takes the place of `{}` in the question. What has vanished after that is
    deleted too: an earlier try may have deleted it unseen.

    Raises:
        AccountRefused: Telnyx refuses the account; the names that were not told of are left.
        Unavailable: Redis went away in the middle; the same.
    """
    found, complete = {}, True
    for name in dict.fromkeys(names):
        try:
            found[name] = look(name)
        except (NoSuchResource, Conflict) as error:
            complete = False
            missing = isinstance(error, NoSuchResource)
            yield _not_deleted(name, "missing" if missing else "refused", none_such if missing else str(error))
    if found:
        confirm(question.format(", ".join(found.values())), yes=yes)
    for name in found:
        try:
            delete(name)
        except NoSuchResource:
            pass
        except AccountRefused:
            raise
        except TelnyxError as error:
            complete = False
            yield _not_deleted(name, "failed", str(error))
            continue
        yield Deletion(name, "deleted")
    if not complete:
        raise typer.Exit(1)


def deletions(found: Iterable[Deletion], key: str) -> Rows[Deletion]:
    """Tell of deletions. `key` is what JSON calls a name."""
    return Rows(
        found,
        data=lambda one: {"outcome": one.outcome, key: one.name} | ({"problem": one.problem} if one.problem else {}),
        line=lambda one: None if one.problem else f"{one.name}: deleted",
        columns=("outcome", key, "problem"),
    )


def _not_deleted(name: str, outcome: str, why: str) -> Deletion:
    note(f"{name}: {hidden(why)}")
    return Deletion(name, outcome, hidden(why))


def account(settings: Settings) -> AbstractContextManager[TelnyxClient]:
    """Return a client of Telnyx at the rate of the workers; see `shared_rate.account`."""
    return shared_rate.account(settings, note)
