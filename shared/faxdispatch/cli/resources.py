"""Shows Telnyx's answers: with masked numbers, one line each, and a note if a list was interrupted."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import TypeVar

import typer

from faxdispatch.cli.output import Rows, confirm, note
from faxdispatch.errors import AccountRefused, Conflict, NoSuchResource, TelnyxError
from faxdispatch.settings import Settings
from faxdispatch.telnyx.account import shared_rate
from faxdispatch.telnyx.client import TelnyxClient
from faxdispatch.telnyx.listing import unbroken
from faxdispatch.text.privacy import hidden

Item = TypeVar("Item")
NO_SUCH_FAX = "Telnyx knows no fax of this id; it may have been deleted"


@contextmanager
def known(name: str, none_such: str) -> Iterator[None]:
    """If the calls in the block find nothing, raise `NoSuchResource` with the name and what that means."""
    try:
        yield
    except NoSuchResource as error:
        raise NoSuchResource(f"{name}: {none_such}", status=error.status, code=error.code) from error


@dataclass(frozen=True, slots=True)
class Deletion:
    """The result of deleting one thing: `deleted`, `missing`, `refused` or `failed`, and why not."""

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
    """Delete the resources of these names once a person has confirmed; exit code 1 if one is not deleted.

    `look` describes a resource; the description replaces `{}` in the question. A resource that is gone after that
    counts as deleted, since an earlier try may have deleted it unnoticed.

    Raises:
        AccountRefused: Telnyx refuses the account; names that were not reported are left.
        Unavailable: Redis could not be reached in the middle; the names that were not reported are left.
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


def listed(settings: Settings, ask: Callable[[TelnyxClient], Iterable[Item]], nouns: str) -> Iterator[Item]:
    """Yield what a call to Telnyx lists; if it breaks off, the error says after how many of these `nouns`."""
    with account(settings) as telnyx:
        yield from unbroken(ask(telnyx), nouns)


def deletions(found: Iterable[Deletion], key: str) -> Rows[Deletion]:
    """Report deletions. `key` is the field of the name in JSON."""
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
