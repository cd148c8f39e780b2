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
    content = source if isinstance(source, bytes) else _read(source)
    if not content:
        raise BadInput("source: the document is empty")
    if len(content) > MAX_UPLOAD:
        raise BadInput(f"source: the document is too large; Telnyx stores at most {MAX_UPLOAD // 1_000_000} MB")
    suffix = kind_of(content, containers=False) or (source.suffix.lower() if isinstance(source, Path) else "")
    name = source.name if isinstance(source, Path) else f"document{suffix}"
    return name, content, CONTENT_TYPES.get(suffix, "application/octet-stream")


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            # One byte more than allowed shows that it is too large, however large it is.
            return file.read(MAX_UPLOAD + 1)
    except OSError as error:
        raise BadInput(f"source: cannot read {path.name}: {error.strerror}") from None
