"""Documents of our own: a file, or bytes of a program, of a kind that Telnyx faxes."""

import hashlib
import re
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from faxdispatch.documents.kinds import kind_of
from faxdispatch.documents.upload_part import MAX_UPLOAD, content_of
from faxdispatch.errors import BadInput

SPARE = timedelta(days=7)
"""Time for which Telnyx must keep a stored document beyond the needed time, so that it can be used again."""

_KINDS = "PDF, TIFF, JPEG, PNG, DOC, DOCX, RTF or TXT"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_WEB = (b"<!doctype html", b"<html", b"<head", b"<?xml")

_LINK = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")


@dataclass(frozen=True, slots=True)
class Document:
    """A document that can be faxed. `kind` is the file extension that fits the content, whatever the file was called.

    `name` is its name for people: that of its file.
    """

    content: bytes
    kind: str
    name: str | None = field(default=None, compare=False)

    @property
    def media_name(self) -> str:
        """Its name in Telnyx's media storage: the same for the same content on every machine."""
        return f"fd-{hashlib.sha256(self.content).hexdigest()}{self.kind}"


def is_link(text: str) -> bool:
    """Return whether a text is a link, of any kind, and not the name of a file."""
    return _LINK.match(text) is not None


def read_document(path: Path) -> Document:
    """Read a local file and check that Telnyx faxes its kind.

    Raises:
        BadInput: it is missing, unreadable, empty, larger than Telnyx stores, or of another kind.
    """
    return checked(str(path), content_of(path))


def document_of(source: bytes | Path | Document, *, largest: int = MAX_UPLOAD) -> Document:
    """Return the document that a program passed: a file's path, its content, or a document checked before.

    Text must come as a file whose extension says that it is text. `largest` is how many bytes content may have.

    Raises:
        BadInput: as for `read_document`.
    """
    if isinstance(source, Document):
        return source
    if isinstance(source, Path):
        return read_document(source)
    if isinstance(source, (bytes, bytearray, memoryview)):
        return checked("document", bytes(source), named=False, largest=largest)
    raise BadInput(f"document: is {type(source).__name__}; give the bytes of the document, or the Path of a file")


def checked(name: str, content: bytes, *, named: bool = True, largest: int = MAX_UPLOAD) -> Document:
    """Check that Telnyx faxes the kind of a file's content.

    `name` is its name in messages; `named` says whether it is also the document's name for people.

    Raises:
        BadInput: it is empty, larger than Telnyx stores, or of another kind.
    """
    if not content:
        raise BadInput(f"{name}: is empty")
    if len(content) > largest:
        raise BadInput(
            f"{name}: is larger than {MAX_UPLOAD // 1_000_000} MB, the most that Telnyx stores; send a link to it"
        )
    return Document(content, _kind(name, content), document_title(name) if named else None)


def document_title(name: str) -> str | None:
    """Return a file's name in a form that can be shown: without folders and control characters, and not too long."""
    bare = name.replace("\\", "/").rpartition("/")[2]
    return "".join(letter for letter in bare if letter.isprintable()).strip()[-255:] or None


def _kind(name: str, content: bytes) -> str:
    if found := kind_of(content):
        return found
    if content[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(_WEB):
        raise BadInput(f"{name}: is a web page, not a document; save it as PDF")
    if name.lower().endswith(".txt"):
        if content.startswith(_UTF16):
            raise BadInput(f"{name}: is text in UTF-16; save it in UTF-8")
        if b"\0" not in content:
            return ".txt"
    raise BadInput(f"{name}: its content is not {_KINDS}, the kinds that Telnyx faxes")
