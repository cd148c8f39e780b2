"""What the commands of faxes have in common: their options, and what an id that names no fax is told."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from faxdispatch.errors import NoSuchResource

FaxId = Annotated[str, typer.Argument(metavar="FAX_ID", help="Telnyx's id of the fax.", show_default=False)]
Full = Annotated[bool, typer.Option("--full", help="Show numbers and links in full.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]

NONE_SUCH = "Telnyx knows no fax of this id; it may have been deleted"


@contextmanager
def known(fax_id: str) -> Iterator[None]:
    """Say of a fax that is not there which one it is.

    Raises:
        NoSuchResource: where the calls in the block find none of this id.
    """
    try:
        yield
    except NoSuchResource as error:
        raise NoSuchResource(f"fax {fax_id}: {NONE_SUCH}", status=error.status, code=error.code) from error
