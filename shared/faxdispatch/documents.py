"""Local documents: checked, and kept once by their content in Telnyx's media storage."""

import hashlib
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from faxdispatch.errors import BadInput, NoSuchResource
from faxdispatch.telnyx.client import TelnyxClient
from faxdispatch.telnyx.documents import MAX_UPLOAD
from faxdispatch.telnyx.media_calls import MAX_TTL
from faxdispatch.telnyx.models import MediaResource

KEEP = timedelta(days=30)
"""How long an upload is kept past the moment up to which it is needed."""
SPARE = timedelta(days=7)
"""How much longer a stored document must live than it is needed, to be used again."""

_HEADS = {
    b"%PDF-": ".pdf",
    b"II*\x00": ".tiff",
    b"MM\x00*": ".tiff",
    b"\xff\xd8\xff": ".jpg",
    b"\x89PNG\r\n": ".png",
    b"{\\rtf": ".rtf",
    b"PK\x03\x04": ".docx",
    b"\xd0\xcf\x11\xe0": ".doc",
}
_KINDS = "PDF, TIFF, JPEG, PNG, DOC, DOCX, RTF or TXT"
_WEB = (b"<!doctype html", b"<html", b"<head", b"<?xml")


@dataclass(frozen=True, slots=True)
class Document:
    """A document that can be faxed. `kind` is the file ending of what the content is, whatever it was called."""

    content: bytes
    kind: str

    @property
    def media_name(self) -> str:
        """Its name in Telnyx's media storage: the same for the same content, from whatever machine."""
        return f"fd-{hashlib.sha256(self.content).hexdigest()}{self.kind}"


def read_document(path: Path) -> Document:
    """Read a local file and make sure that it is of a kind that Telnyx faxes.

    Raises:
        BadInput: it is missing, unreadable, empty, larger than Telnyx stores, or of another kind.
    """
    content = _read(path)
    if not content:
        raise BadInput(f"{path}: the file is empty")
    if len(content) > MAX_UPLOAD:
        raise BadInput(
            f"{path}: larger than {MAX_UPLOAD // 1_000_000} MB, the most that Telnyx stores; send a link to it"
        )
    return Document(content, _kind(path, content))


def store(telnyx: TelnyxClient, document: Document, *, until: datetime | None = None) -> MediaResource:
    """Have a document in Telnyx's media storage for as long as it is needed; its name there is `media_name`.

    It is uploaded only where it is not there yet, or would expire too soon after `until` (now, unless given).

    Raises:
        TelnyxError: the storage could not be asked, or did not take it.
    """
    name, needed = document.media_name, max(until or datetime.now(UTC), datetime.now(UTC))
    lifetime = min(int((needed + KEEP - datetime.now(UTC)).total_seconds()), MAX_TTL)
    try:
        known = telnyx.get_media(name)
    except NoSuchResource:
        known = None
    if known and (known.expires_at is None or known.expires_at >= needed + SPARE):
        return known
    return put(telnyx, document, name, lifetime, replace=known is not None)


def put(telnyx: TelnyxClient, document: Document, name: str, ttl_seconds: int, *, replace: bool) -> MediaResource:
    """Upload a document under a name, which must be free, or taken where it is to `replace` what is there.

    Raises:
        TelnyxError: the storage did not take it.
    """
    # Of a copy, since the file may change after it was checked; its ending tells what kind it is.
    with tempfile.TemporaryDirectory(prefix="faxdispatch-") as folder:
        copy = Path(folder) / f"document{document.kind}"
        copy.write_bytes(document.content)
        if replace:
            return telnyx.update_media(name, copy, ttl_seconds=ttl_seconds)
        return telnyx.upload_media(copy, media_name=name, ttl_seconds=ttl_seconds)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            # One byte more than is allowed shows that it is too large, however large it is.
            return file.read(MAX_UPLOAD + 1)
    except OSError as error:
        raise BadInput(f"{path}: cannot be read: {error.strerror}") from None


def _kind(path: Path, content: bytes) -> str:
    found = next((kind for head, kind in _HEADS.items() if content.startswith(head)), None)
    if found:
        return found
    if content[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(_WEB):
        raise BadInput(f"{path}: is a web page, not a document; save it as PDF")
    if path.suffix.lower() == ".txt" and b"\0" not in content:
        return ".txt"
    raise BadInput(f"{path}: what it holds is not {_KINDS}, the kinds that Telnyx faxes")
