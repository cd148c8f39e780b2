"""The operations on media storage (Telnyx API reference, "Media")."""

import contextlib
import os
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from faxdispatch.documents.upload_part import document
from faxdispatch.errors import BadInput
from faxdispatch.telnyx.caller import Caller, if_not_sent, if_repeatable, segment
from faxdispatch.telnyx.models import MediaResource
from faxdispatch.telnyx.transport import Call

MAX_TTL = 630_720_000
"""Longest time that a file can be kept, in seconds: 20 years. Telnyx's default is two days."""

MAX_DOWNLOAD = 50 * 1024 * 1024
"""Largest file that is downloaded by default; it is the largest that Telnyx faxes."""


class MediaCalls(Caller):
    """Upload, list, read, replace, delete and download stored files."""

    def upload_media(
        self, source: Path | bytes | str, *, media_name: str | None = None, ttl_seconds: int | None = None
    ) -> MediaResource:
        """Store a document, for `media_name` of a fax.

        `source` is a file, its content, or a URL that Telnyx is to fetch; at most 20 MB. Without `media_name`, Telnyx
        makes one up, and a try whose outcome is unknown is not repeated, since it could store a second copy.

        Raises:
            BadInput: the source cannot be read, is empty or too large, or an option is out of range.
            TelnyxError: the call failed.
        """
        fields = _fields(ttl_seconds)
        if media_name is not None:
            segment(media_name, "media_name")
            fields["media_name"] = media_name
        call = _storing("upload_media", "POST", "/media", source, fields)
        again = if_not_sent if media_name is None else if_repeatable
        return self._object(MediaResource, call, self._answer(call, again=again))

    def list_media(self, content_types: Iterable[str] = ()) -> Iterator[MediaResource]:
        """List stored files, each once; only those of certain content types if some are given.

        The API reference names no page parameter here, so the first request has none; if the answer says that there are
        more pages, they are requested as for other listings.

        Raises:
            OutcomeUnknown: a page could not be read; what came before it is not the complete listing.
            TelnyxError: a call failed in any other way.
        """
        wanted = list(content_types)
        params: dict[str, str | list[str]] = {"filter[content_type][]": wanted} if wanted else {}
        return self._pages(MediaResource, Call("list_media", "GET", "/media", params), first_plain=True)

    def get_media(self, media_name: str) -> MediaResource:
        """Read the record of a stored file.

        Raises:
            NoSuchResource: there is none with that name.
            TelnyxError: the call failed in any other way.
        """
        call = Call("get_media", "GET", _path(media_name))
        return self._object(MediaResource, call, self._answer(call))

    def update_media(
        self, media_name: str, source: Path | bytes | str | None = None, *, ttl_seconds: int | None = None
    ) -> MediaResource:
        """Replace a stored file, or only the time for which it is kept.

        Arguments and errors are those of `upload_media`.

        Raises:
            BadInput: neither a source nor a time is given, in addition to the reasons of `upload_media`.
            NoSuchResource: there is none with that name.
            TelnyxError: the call failed in any other way.
        """
        if source is None and ttl_seconds is None:
            raise BadInput("update_media: give a source, ttl_seconds or both; nothing would change")
        call = _storing("update_media", "PUT", _path(media_name), source, _fields(ttl_seconds))
        return self._object(MediaResource, call, self._answer(call))

    def delete_media(self, media_name: str) -> None:
        """Delete a stored file.

        Raises:
            NoSuchResource: there is none with that name, or an earlier try of this call deleted it.
            TelnyxError: the call failed in any other way.
        """
        self._answer(Call("delete_media", "DELETE", _path(media_name)))

    def download_media(self, media_name: str, to: Path, *, max_bytes: int = MAX_DOWNLOAD) -> int:
        """Fetch a stored file into `to`. Return its size. `to` appears complete or not at all.

        Raises:
            BadInput: it is larger than `max_bytes`.
            NoSuchResource: there is none with that name.
            OSError: `to` cannot be written.
            TelnyxError: the call failed in any other way.
        """
        handle, name = tempfile.mkstemp(prefix=f".{to.name}.", suffix=".part", dir=to.parent)
        part = Path(name)
        try:
            with os.fdopen(handle, "wb") as sink:
                path = f"{_path(media_name)}/download"
                self._answer(Call("download_media", "GET", path, sink=sink, max_body=max_bytes))
                size = sink.tell()
            part.replace(to)
        finally:
            with contextlib.suppress(FileNotFoundError):
                part.unlink()
        return size


def _path(media_name: str) -> str:
    return f"/media/{segment(media_name, 'media_name')}"


def _fields(ttl_seconds: int | None) -> dict[str, Any]:
    if ttl_seconds is None:
        return {}
    if not 1 <= ttl_seconds <= MAX_TTL:
        raise BadInput(f"ttl_seconds: must be 1 to {MAX_TTL} (20 years)")
    return {"ttl_secs": ttl_seconds}


def _storing(operation: str, method: str, path: str, source: Path | bytes | str | None, fields: dict[str, Any]) -> Call:
    """Return the call: JSON for a URL or for no source, multipart for bytes."""
    if source is None:
        return Call(operation, method, path, json=fields)
    if isinstance(source, str):
        if not source.lower().startswith(("https://", "http://")):
            raise BadInput("source: a text is treated as a URL and must begin with https://; give a file as a Path")
        return Call(operation, method, path, json={"media_url": source, **fields})
    texts = {name: str(value) for name, value in fields.items()}
    return Call(operation, method, path, fields=texts, files={"media": document(source)})
