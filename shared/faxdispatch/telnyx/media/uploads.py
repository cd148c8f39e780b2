"""Documents in Telnyx's media storage; the same content is stored once, however often it is sent."""

import tempfile
from collections import OrderedDict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import Self
from weakref import finalize

from faxdispatch.documents.local import SPARE, Document
from faxdispatch.errors import NoSuchResource, Refused
from faxdispatch.ledger import Identity, Limits, Scripts
from faxdispatch.settings import Settings
from faxdispatch.telnyx.account.key import account_of_key
from faxdispatch.telnyx.client import TelnyxClient
from faxdispatch.telnyx.media_calls import MAX_TTL
from faxdispatch.telnyx.models import MediaResource
from faxdispatch.telnyx.stack import ClientStack
from faxdispatch.telnyx.throttle import Throttle

KEEP = timedelta(days=30)
"""The time for which an upload is kept after it is last needed."""

_REMEMBERED = 10_000
"""How many documents are remembered as stored."""
_FOR_EVER = datetime.max.replace(tzinfo=UTC)


class Uploads:
    """Stores documents for as long as they are needed, and remembers which are stored. Threads may share it."""

    def __init__(self, clients: ClientStack) -> None:
        self._clients = clients
        # Connections are kept open from one document to the next, and end with this object.
        finalize(self, clients.close)
        self._lock = Lock()
        self._kept: OrderedDict[str, datetime] = OrderedDict()

    @classmethod
    def from_settings(cls, settings: Settings, scripts: Scripts) -> Self:
        """Build it from the environment's settings; its calls use the rate that all processes share.

        Raises:
            Misconfigured: the key is not set, cannot be used, or belongs to another account than the ledger's.
            Unavailable: Redis did not answer.
        """
        account_of_key(settings, Identity(scripts))
        throttle = Throttle(Limits(scripts))
        return cls(
            ClientStack.from_settings(
                settings, before_call=throttle.before_call, after_response=throttle.after_response
            )
        )

    def keep(self, document: Document, *, until: datetime | None = None) -> str:
        """Store a document until `until` (by default now) and some time longer. Return its name there.

        Raises:
            TelnyxError: the storage did not answer, or did not accept it.
            Unavailable: Redis did not answer, so it is not known when to call.
        """
        name, needed = document.media_name, _needed(until)
        with self._lock:
            if (there := self._kept.get(name)) and there >= needed + SPARE:
                return name
        with self._clients.borrow() as telnyx:
            stored = store(telnyx, document, until=needed)
        with self._lock:
            self._kept[name] = _end(stored)
            self._kept.move_to_end(name)
            if len(self._kept) > _REMEMBERED:
                self._kept.popitem(last=False)
        return name

    def find(self, name: str) -> MediaResource | None:
        """Return the record of a stored document, or None if there is none with that name.

        Raises:
            TelnyxError: the storage did not answer.
            Unavailable: Redis did not answer, so it is not known when to call.
        """
        with self._clients.borrow() as telnyx:
            return find(telnyx, name)


def store(telnyx: TelnyxClient, document: Document, *, until: datetime | None = None) -> MediaResource:
    """Store a document for as long as it is needed; its name there is `media_name`.

    It is uploaded only if it is not there yet, or would expire too soon after `until` (by default now).

    Raises:
        TelnyxError: the storage did not answer, or did not accept it.
    """
    name, needed = document.media_name, _needed(until)
    known = find(telnyx, name)
    if known and _end(known) >= needed + SPARE:
        return known
    lifetime = min(int((needed + KEEP - datetime.now(UTC)).total_seconds()), MAX_TTL)
    try:
        stored = put(telnyx, document, name, lifetime, replace=known is not None)
    except Refused:
        # Another process may have stored it between our question and our upload.
        known = find(telnyx, name)
        if known is None or _end(known) < needed + SPARE:
            raise
        return known
    if stored.expires_at is None:
        # If the answer does not say, the requested value counts.
        return stored.model_copy(update={"expires_at": datetime.now(UTC) + timedelta(seconds=lifetime)})
    return stored


def find(telnyx: TelnyxClient, name: str) -> MediaResource | None:
    """Return what is known about a stored document, or None if there is none with that name.

    Raises:
        TelnyxError: the storage did not answer.
    """
    try:
        return telnyx.get_media(name)
    except NoSuchResource:
        return None


def put(telnyx: TelnyxClient, document: Document, name: str, ttl_seconds: int, *, replace: bool) -> MediaResource:
    """Upload a document under a name, which must be free, unless it is to `replace` the document of that name.

    Raises:
        TelnyxError: the storage did not accept it.
    """
    # A copy is uploaded, since the file may change after it was checked; its extension says what kind it is.
    with tempfile.TemporaryDirectory(prefix="faxdispatch-") as folder:
        copy = Path(folder) / f"document{document.kind}"
        copy.write_bytes(document.content)
        if replace:
            return telnyx.update_media(name, copy, ttl_seconds=ttl_seconds)
        return telnyx.upload_media(copy, media_name=name, ttl_seconds=ttl_seconds)


def _needed(until: datetime | None) -> datetime:
    now = datetime.now(UTC)
    return max(until or now, now)


def _end(known: MediaResource) -> datetime:
    return known.expires_at or _FOR_EVER
