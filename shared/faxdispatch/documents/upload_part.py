"""A document in the form of an upload: file name, content and content type."""

from pathlib import Path

from faxdispatch.documents.kinds import CONTENT_TYPES, kind_of
from faxdispatch.errors import BadInput

MAX_UPLOAD = 20_000_000
"""Largest file for media storage: 20 MB (Telnyx API reference, "Upload media"), read as the smaller kind of MB."""


def document(source: Path | bytes) -> tuple[str, bytes, str]:
    """Return name, content and content type of a file or of its content.

    The beginning of the content matters more than the file's name.

    Raises:
        BadInput: it cannot be read, is empty, or is larger than Telnyx stores.
    """
    content = source if isinstance(source, bytes) else content_of(source)
    if not content:
        raise BadInput("source: the document is empty")
    if len(content) > MAX_UPLOAD:
        raise BadInput(f"source: the document is too large; Telnyx stores at most {MAX_UPLOAD // 1_000_000} MB")
    suffix = kind_of(content, containers=False) or (source.suffix.lower() if isinstance(source, Path) else "")
    name = source.name if isinstance(source, Path) else f"document{suffix}"
    return name, content, CONTENT_TYPES.get(suffix, "application/octet-stream")


def content_of(path: Path) -> bytes:
    """Return the content of a file, of which one byte more than may be stored shows that it is too large.

    Raises:
        BadInput: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return file.read(MAX_UPLOAD + 1)
    except OSError as error:
        raise BadInput(f"{path}: cannot be read: {error.strerror}") from None
