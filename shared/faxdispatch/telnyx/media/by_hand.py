"""Documents that a person stores at Telnyx, under a chosen name or a name made from the content."""

from datetime import UTC, datetime, timedelta

from faxdispatch.documents.local import SPARE, Document
from faxdispatch.errors import Conflict
from faxdispatch.telnyx.client import TelnyxClient
from faxdispatch.telnyx.media.uploads import KEEP, find, put
from faxdispatch.telnyx.models import MediaResource

_KEEP = int(KEEP.total_seconds())


def store_once(telnyx: TelnyxClient, document: Document, lifetime: int | None) -> tuple[str, MediaResource]:
    """Store a document under a name made from its content, unless it is already stored for long enough.

    `lifetime` is in seconds. The lifetime of a document that is already stored is never shortened, since a waiting fax
    may need it. Returns `stored` or `kept`, and Telnyx's record of the file.
    """
    name = document.media_name
    known = find(telnyx, name)
    needed = datetime.now(UTC) + (SPARE if lifetime is None else timedelta(seconds=lifetime))
    if known and (known.expires_at is None or known.expires_at >= needed):
        return "kept", known
    return "stored", put(telnyx, document, name, lifetime or _KEEP, replace=known is not None)


def store_named(
    telnyx: TelnyxClient, source: Document | str, name: str | None, lifetime: int | None, *, replace: bool
) -> tuple[str, MediaResource]:
    """Store a document, or that of a link, under `name`. For a link without a name, Telnyx makes one up.

    Returns `stored` or `replaced`, and Telnyx's record of the file.

    Raises:
        Conflict: there is one of that name, and it must not be replaced.
    """
    seconds = lifetime or _KEEP
    known = find(telnyx, name) if name is not None else None
    if known and not replace:
        raise Conflict(
            f"name: {name} is already stored there, and faxes may wait for it; give another name, or --replace"
        )
    outcome = "replaced" if known else "stored"
    if isinstance(source, Document):
        return outcome, put(telnyx, source, name or source.media_name, seconds, replace=known is not None)
    if known:
        return outcome, telnyx.update_media(str(name), source, ttl_seconds=seconds)
    return outcome, telnyx.upload_media(source, media_name=name, ttl_seconds=seconds)
