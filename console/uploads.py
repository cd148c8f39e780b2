"""Files that a browser sends: kept under their own bare name, in a folder of ours."""

from pathlib import Path

from werkzeug.datastructures import FileStorage
from werkzeug.utils import secure_filename

from faxdispatch.errors import BadInput


def kept(file: FileStorage | None, folder: Path, *, name: str | None = None) -> Path:
    """Keep a file that came with a form; give where it is.

    Raises:
        BadInput: there is none.
    """
    if file is None or not file.filename:
        raise BadInput("file: choose one")
    path = folder / (name or secure_filename(file.filename) or "list")
    file.save(path)
    return path
