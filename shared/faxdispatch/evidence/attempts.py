"""The attempts of a fax, taken from its events."""

import re
from collections.abc import Iterable
from typing import Any

from faxdispatch.events import Event

_UPLOADED = re.compile(r"fd-([0-9a-f]{64})\.[a-z]+")
_ENDS = {"fax.delivered", "fax.failed", "job.unknown", "job.rejected"}


def attempts_of(events: Iterable[Event]) -> list[dict[str, Any]]:
    """Return each attempt: its number, when it began, Telnyx's id, and the events that report its end."""
    found: dict[int, dict[str, Any]] = {}
    for event in events:
        if not event.attempt:
            continue
        one = found.setdefault(event.attempt, {"attempt": event.attempt, "began_at": None, "fax_id": None, "ends": []})
        if event.type == "job.submitted":
            one["began_at"] = event.occurred_at.isoformat()
        if event.fax_id:
            one["fax_id"] = event.fax_id
        if event.type in _ENDS:
            reason = event.data.get("failure_reason") or event.data.get("reason")
            end = {"event": event.type, "at": event.occurred_at.isoformat(), "reason": reason}
            one["ends"].append({name: value for name, value in end.items() if value is not None})
    return [found[number] for number in sorted(found)]


def document_hash(document: str | None) -> str | None:
    """Return the SHA-256 of a document that was uploaded from here, which its name contains, or None for any other."""
    named = _UPLOADED.fullmatch(document or "")
    return named[1] if named else None


def document_facts(document: str | None, name: str | None, pages: int | None) -> dict[str, Any]:
    """Return the facts about a document: its source, its name for people, its hash, the pages that were sent.

    Only Telnyx has read the document behind a link. The evidence says so, to explain the missing hash.
    """
    digest = document_hash(document)
    if document is None:
        given, known = "not at all", "Each recipient has their own document; see the faxes."
    elif digest:
        given, known = "uploaded", "The hash is that of the file that was uploaded to Telnyx from here."
    elif "://" in document:
        given, known = "as a link", "Telnyx fetched it. Its content was not read here, so there is no hash of it."
    else:
        given, known = "stored at Telnyx", "It was in Telnyx's storage by this name; its content was not read here."
    return {
        "given": given,
        "name": name,
        "sent_as": document,
        "sha256": digest,
        "pages_sent": pages,
        "what_is_known": known,
    }
