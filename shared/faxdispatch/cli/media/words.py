"""What the commands of stored documents have in common: their options, and what a name that is none is told."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from faxdispatch.cli.resources import plain
from faxdispatch.errors import NoSuchResource

Name = Annotated[str, typer.Argument(metavar="NAME", help="The document's name in the storage.", show_default=False)]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]

NONE_SUCH = "Telnyx stores nothing under this name; it may have expired"


@contextmanager
def known(name: str) -> Iterator[None]:
    """Say of a document that is not there which one it is.

    Raises:
        NoSuchResource: where the calls in the block find none of this name.
    """
    try:
        yield
    except NoSuchResource as error:
        raise NoSuchResource(f"{plain(name)}: {NONE_SUCH}", status=error.status, code=error.code) from error
