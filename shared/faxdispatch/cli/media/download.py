"""`faxdispatch media download`."""

import shutil
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from faxdispatch.cli.account import account
from faxdispatch.cli.media.local_name import local_name
from faxdispatch.cli.media.words import NONE_SUCH, Name
from faxdispatch.cli.output import is_terminal, note, show
from faxdispatch.cli.resources import known
from faxdispatch.errors import BadInput, Conflict
from faxdispatch.settings import Settings

_STDOUT = "-"


def download(
    name: Name,
    file: Annotated[
        str | None,
        typer.Argument(
            metavar="FILE|FOLDER|-",
            help="Where to; `-` is standard output. If not given, its name, made safe, in the present folder.",
            show_default=False,
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite a file that is there.")] = False,
) -> None:
    """Fetch a stored document and print the name of its file, which only its owner can read.

    The file appears whole or not at all.
    """
    settings = Settings.load()
    if file == _STDOUT:
        _to_stdout(name, settings)
        return
    to = _target(name, file, force=force)
    try:
        with account(settings) as telnyx, known(name, NONE_SUCH):
            size = telnyx.download_media(name, to)
    except OSError as error:
        raise BadInput(f"{to}: cannot be written: {error.strerror}") from None
    show(str(to))
    note(f"{size:,} bytes")


def _to_stdout(name: str, settings: Settings) -> None:
    if is_terminal():
        raise BadInput("standard output is a terminal, which a document would upset; give a file, or a pipe")
    with tempfile.TemporaryDirectory(prefix="faxdispatch-") as folder:
        copy = Path(folder) / "document"
        with account(settings) as telnyx, known(name, NONE_SUCH):
            telnyx.download_media(name, copy)
        with copy.open("rb") as content:
            shutil.copyfileobj(content, sys.stdout.buffer)
    sys.stdout.buffer.flush()


def _target(name: str, file: str | None, *, force: bool) -> Path:
    """Give the file to write.

    Raises:
        BadInput: it is something else than a file.
        Conflict: it is there, and is not to be overwritten.
    """
    to = Path(file) if file is not None else Path(local_name(name))
    if to.is_dir():
        to /= local_name(name)
    if not to.exists() and not to.is_symlink():
        return to
    if not to.is_file():
        raise BadInput(f"{to}: is there and is no ordinary file")
    if not force:
        raise Conflict(f"{to}: is there already; --force overwrites it")
    return to
