"""What the commands of faxes have in common: their options, and what an id that names no fax is told."""

from typing import Annotated

import typer

FaxId = Annotated[str, typer.Argument(metavar="FAX_ID", help="Telnyx's id of the fax.", show_default=False)]
Full = Annotated[bool, typer.Option("--full", help="Show numbers and links in full.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]

NONE_SUCH = "Telnyx knows no fax of this id; it may have been deleted"
