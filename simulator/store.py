"""The simulator's data: faxes, applications and media, with indexes for listings."""

import asyncio
import uuid
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from simulator.clock import now, stamp

TERMINAL = frozenset({"delivered", "failed", "received"})


@dataclass(frozen=True, slots=True)
class Incoming:
    """The further facts of an inbound fax."""

    number: int
    """Its number among all inbound faxes, so that the random choices are the same in every run."""
    kind: str = "pdf"
    content: bytes | None = None
    """The document; blank pages of the kind if there is none."""
    media_url: str | None = None
    """The link to return instead of the simulator's own."""
    partial: bool = False
    """Whether only a part of the pages came."""


@dataclass(slots=True, eq=False)
class Fax:
    """One fax, in either direction."""

    direction: str
    from_: str
    to: str
    connection_id: str
    status: str
    created_at: datetime
    updated_at: datetime
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    from_display_name: str | None = None
    client_state: str | None = None
    media_url: str | None = None
    media_name: str | None = None
    quality: str = "high"
    t38_enabled: bool = True
    monochrome: bool = False
    store_media: bool = False
    store_preview: bool = False
    preview_format: str = "tiff"
    stored_media_url: str | None = None
    preview_url: str | None = None
    webhook_url: str = ""
    webhook_failover_url: str = ""
    failure_reason: str | None = None
    # What the API does not show.
    pages: int = 1
    incoming: Incoming | None = None
    document_problem: str | None = None
    call_duration_secs: int = 0
    cancel_asked: bool = False
    deleted: bool = False
    task: asyncio.Task[None] | None = None

    @property
    def occasion(self) -> str:
        """The key for the random choices of its webhooks."""
        if self.incoming is not None:
            return f"inbound {self.incoming.number}"
        return self.client_state or self.to

    @property
    def over(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.status in TERMINAL

    def move(self, status: str) -> None:
        """Enter a status."""
        self.status = status
        self.updated_at = now()

    @property
    def internal_failure_reason(self) -> str | None:
        """The reason as a word of Telnyx's own switches; only that of a dropped call is documented."""
        if self.failure_reason is None:
            return None
        return _INTERNAL.get(self.failure_reason, f"fs_{self.failure_reason}")

    def as_json(self) -> dict[str, Any]:
        """Return the fax as the API shows it: the documented fields, unset optional ones left out."""
        shown: dict[str, Any] = {
            "id": self.id,
            "record_type": "fax",
            "direction": self.direction,
            "from": self.from_,
            "to": self.to,
            "connection_id": self.connection_id,
            "status": self.status,
            "quality": self.quality,
            "store_media": self.store_media,
            "webhook_url": self.webhook_url,
            "webhook_failover_url": self.webhook_failover_url,
            "failure_reason": self.failure_reason,
            "internal_failure_reason": self.internal_failure_reason,
            "created_at": stamp(self.created_at),
            "updated_at": stamp(self.updated_at),
        }
        for name in _OPTIONAL:
            value = getattr(self, name)
            if value is not None:
                shown[name] = value
        return shown


_INTERNAL = {"receiver_call_dropped": "fs_fax_call_dropped"}
_OPTIONAL = (
    "from_display_name",
    "client_state",
    "media_url",
    "media_name",
    "stored_media_url",
    "preview_url",
)


@dataclass(slots=True, eq=False)
class MediaFile:
    """One file in the media storage."""

    name: str
    content: bytes
    content_type: str
    expires_at: datetime
    pages: int
    problem: str | None
    created_at: datetime = field(default_factory=now)
    updated_at: datetime = field(default_factory=now)

    def as_json(self) -> dict[str, Any]:
        """Return the file as the API shows it."""
        return {
            "content_type": self.content_type,
            "created_at": stamp(self.created_at),
            "expires_at": stamp(self.expires_at),
            "media_name": self.name,
            "updated_at": stamp(self.updated_at),
        }


class Store:
    """All state of one simulated account, in memory."""

    def __init__(self) -> None:
        self.faxes: dict[str, Fax] = {}
        self.media: dict[str, MediaFile] = {}
        self.applications: dict[str, dict[str, Any]] = {}
        self.note: Callable[[Fax | MediaFile], None] = lambda _: None
        """Called with each new fax and file before any answer or webhook mentions it."""
        self._lists: defaultdict[tuple[str, str], list[Fax]] = defaultdict(list)
        self._last_created = now()
        self._last_application = 1_000_000_000_000_000_100

    def clear_faxes(self) -> None:
        """Forget all faxes."""
        self.faxes.clear()
        self._lists.clear()

    def next_moment(self) -> datetime:
        """Return a creation time later than every earlier one, so that listings have a definite order."""
        self._last_created = max(now(), self._last_created + timedelta(microseconds=1))
        return self._last_created

    def next_application_id(self) -> str:
        """Return a new id: a number beyond 2^53 as a string, like Telnyx' ids."""
        self._last_application += 1
        return str(self._last_application)

    def add(self, fax: Fax) -> None:
        """Remember a fax."""
        self.note(fax)
        self.faxes[fax.id] = fax
        for key in _keys(fax):
            self._lists[key].append(fax)

    def remove(self, fax: Fax) -> None:
        """Forget a fax."""
        fax.deleted = True
        del self.faxes[fax.id]
        for key in _keys(fax):
            listed = self._lists[key]
            listed.pop(bisect_left(listed, fax.created_at, key=_created))

    def select(self, wanted: dict[str, str], since: datetime | None, until: datetime | None) -> list[Fax]:
        """Return faxes created in [since, until) that match, oldest first.

        `wanted` maps direction, from and to; the shortest of their lists is searched, never all faxes.
        """
        lists = [self._lists.get(key, []) for key in wanted.items()] or [self._lists[("all", "")]]
        shortest = min(lists, key=len)
        low = bisect_left(shortest, since, key=_created) if since else 0
        high = bisect_left(shortest, until, key=_created) if until else len(shortest)
        if len(wanted) <= 1:
            return shortest[low:high]
        return [fax for fax in shortest[low:high] if _matches(fax, wanted)]

    def put_media(self, file: MediaFile) -> None:
        """Remember a file."""
        self.note(file)
        self.media[file.name] = file

    def live_media(self) -> Iterator[MediaFile]:
        """Go through the stored files, and drop expired ones."""
        moment = now()
        for name in [name for name, file in self.media.items() if file.expires_at <= moment]:
            del self.media[name]
        yield from self.media.values()

    def find_media(self, name: str) -> MediaFile | None:
        """Return a stored file unless it is missing or expired."""
        file = self.media.get(name)
        return file if file and file.expires_at > now() else None


def _created(fax: Fax) -> datetime:
    return fax.created_at


def _keys(fax: Fax) -> tuple[tuple[str, str], ...]:
    return ("all", ""), ("direction", fax.direction), ("from", fax.from_), ("to", fax.to)


def _matches(fax: Fax, wanted: dict[str, str]) -> bool:
    mine = {"direction": fax.direction, "from": fax.from_, "to": fax.to}
    return all(mine[name] == value for name, value in wanted.items())
