"""What the commands of stored documents have in common: their options, and what a name that is none is told."""

from typing import Annotated

import typer

Name = Annotated[str, typer.Argument(metavar="NAME", help="The document's name in the storage.", show_default=False)]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]

NONE_SUCH = "Telnyx stores nothing under this name; it may have expired"
