"""Stores files that a browser sends, under their own bare names, in a folder of ours."""

from pathlib import Path

from werkzeug.datastructures import FileStorage
from werkzeug.utils import secure_filename

from faxdispatch.errors import BadInput


def kept(file: FileStorage | None, folder: Path, *, name: str | None = None) -> Path:
    """Store a file that came with a form. Return its path.

    Raises:
        BadInput: there is none.
    """
    if file is None or not file.filename:
        raise BadInput("file: choose one")
    path = folder / (name or safe_name(file.filename, "list"))
    file.save(path)
    return path


def safe_name(filename: str, otherwise: str) -> str:
    """Return the bare name under which a file is stored; `otherwise` with its extension if it has no plain letter."""
    name, ending = secure_filename(filename), secure_filename(Path(filename).suffix)
    if name.lower() == ending.lower() or not name:
        return f"{otherwise}.{ending}" if ending else otherwise
    return name
