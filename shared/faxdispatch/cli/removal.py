"""Deleting several things at Telnyx, each by itself, telling of each what came of it."""

from collections.abc import Callable, Sequence
from typing import Any

from faxdispatch.cli.output import note, show, show_json
from faxdispatch.errors import AccountRefused, NoSuchResource, TelnyxError
from faxdispatch.privacy import hidden


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
    """Tell of one thing that is not deleted: on standard error, and with JSON as an object of its own too."""
    if as_json:
        show_json({"outcome": outcome, key: name, "problem": hidden(why)} | more)
    note(f"{name}: {hidden(why)}")
