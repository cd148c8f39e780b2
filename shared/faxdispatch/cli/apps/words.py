"""How the commands of applications take and tell them."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from faxdispatch.applications import AppField, describe, merge, read_document, read_words
from faxdispatch.cli.output import note, show, show_json
from faxdispatch.cli.resources import plain
from faxdispatch.errors import BadInput, NoSuchResource
from faxdispatch.privacy import hidden
from faxdispatch.telnyx.client import TelnyxClient
from faxdispatch.telnyx.models import FaxApplication
from faxdispatch.wording import clock

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Words = Annotated[list[str] | None, typer.Argument(metavar="FIELD=VALUE", help="Fields, as listed below.")]
Input = Annotated[
    str | None,
    typer.Option(metavar="FILE", help="JSON object with fields; - is standard input.", show_default=False),
]

MORE = """Names are Telnyx's own, with a dot for the nested ones. --input takes an object such as Telnyx takes, or one
that `apps show --json` printed: of that, what Telnyx alone sets (id, record_type, created_at, updated_at) is left out.
FIELD=VALUE wins over it. `null` clears a field; to give the text null, use --input."""
"""What the help of the commands that take fields says of them."""


def help_of(first: str, fields: dict[str, AppField]) -> str:
    """Give the help of a command that takes fields; click leaves a paragraph after a backspace sign as it is."""
    table = "\n".join(describe(fields))
    return f"{first}\n\n{MORE}\n\n\b\n{table}"


def given_fields(words: list[str] | None, source: str | None, fields: dict[str, AppField]) -> dict[str, Any]:
    """Read what a command was given; tells on standard error what had to be left out.

    Raises:
        BadInput: a file or a value that cannot be read, a field that there is not, or nothing at all.
    """
    if not words and source is None:
        raise BadInput("nothing is given; write FIELD=VALUE, like active=true, or --input FILE")
    # Words first: where one is wrong, standard input need not be waited for.
    from_words = read_words(words or [], fields)
    if source is None:
        return from_words
    from_document, left_out = read_document(_read(source), fields)
    if left_out:
        note(f"left out of the input, for it cannot be set: {', '.join(left_out)}")
    return merge(from_document, from_words)


def find(telnyx: TelnyxClient, identity: str) -> FaxApplication:
    """Read an application. Raises NoSuchResource, which says where to find ids, where there is none."""
    try:
        return telnyx.get_application(identity)
    except NoSuchResource as error:
        raise NoSuchResource(
            f"Telnyx has no fax application {identity}; faxdispatch apps list shows them", status=error.status
        ) from error


def tell(application: FaxApplication, what: str, *, as_json: bool) -> None:
    """Print what a command came to: the application whole as JSON, or one line."""
    if as_json:
        show_json(application.as_data())
    else:
        show(f"{what} {application.id} ({plain(hidden(application.application_name or 'no name'))})")


def show_whole(application: FaxApplication) -> None:
    """Print every field of an application in a line of its own, for people."""
    data = application.as_data()
    for name in ("created_at", "updated_at"):
        data[name] = clock(getattr(application, name))
    data.pop("record_type", None)
    lines = dict(_flat(data))
    width = max(map(len, lines), default=0)
    for name, value in lines.items():
        show(f"{name:<{width}}  {_in_words(value)}")


def _flat(data: dict[str, Any]) -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for name, value in data.items():
        if isinstance(value, dict):
            found += [(f"{name}.{inner}", part) for inner, part in _flat(value)]
        else:
            found.append((name, value))
    return found


def _in_words(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        value = ", ".join(map(str, value))
    return "-" if value in (None, "") else plain(hidden(value))


def _read(source: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if source == "-" else Path(source).read_bytes()
    except OSError as error:
        raise BadInput(f"input: {source} cannot be read: {error.strerror}") from None
