"""Inbound faxes: their documents are fetched and stored, and those that no webhook reported are found."""

import json
import logging
import shutil
import time
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from typing import TYPE_CHECKING, Any

from faxdispatch.documents.received import Kind, NotADocument, kind_of
from faxdispatch.errors import FaxError, NoSuchResource, TelnyxError, Unavailable
from faxdispatch.fetching.trouble import LinkExpired, LinkFailed, LinkRefused
from faxdispatch.ledger import InboundFax
from faxdispatch.storage.naming import stored_name
from faxdispatch.storage.store import Store, StoreTrouble
from faxdispatch.telnyx import Fax, TelnyxClient
from worker.context import Collaborators
from worker.reconcile import ask, record

if TYPE_CHECKING:
    from faxdispatch.fetching.link import Fetched

log = logging.getLogger(__name__)

LEASES = 2
"""The number of leases for which a document belongs to one worker. After that, the worker counts as dead, and another
one starts again.

If the first one was only slow, both may finish, which costs only one more fetch.
"""
TURN = 60.0
"""Seconds after which a message begins no further document, since its thread is needed for other things."""
LEFTOVER_AGE = 3600.0
"""Seconds after which an unfinished document counts as left by a killed worker; others are read from."""
STAYS = 3600.0
"""Seconds after which a failed removal of a document is tried again."""
_GIVE_UP = 3 * 86_400.0
"""Seconds for which a document that cannot be fetched or stored is tried; then a person must decide.

An outage over a weekend is shorter, and Telnyx may not keep a document longer.
"""
FIRST_LOOK = timedelta(days=1)
"""How far back the very first listing goes."""

_UNDER_WAY = "faxdispatch-inbound-"
"""The prefix of the temporary folders for unfinished documents."""
_REFUSED = (LinkRefused, NotADocument, NoSuchResource)
"""Errors for which another try seldom helps."""
_PASSES = (LinkExpired, LinkFailed, StoreTrouble, TelnyxError, OSError)


def fetch(w: Collaborators) -> bool:
    """Fetch and store documents, one after the other, as long as there are any. Return whether some are left.

    Only few threads of a worker do this at a time: a slow storage must not delay sending.
    """
    if w.store is None or not w.document_slots.acquire(blocking=False):
        return False
    try:
        until = time.monotonic() + TURN
        while time.monotonic() < until:
            fax = w.inbox.take(lease=LEASES * w.settings.lease)
            if fax is None:
                return False
            _bring_or_report(fax, w.store, w)
        return True
    finally:
        w.document_slots.release()


def bring(fax: InboundFax, store: Store, w: Collaborators) -> None:
    """Fetch, check and store a document with its facts, and record the result. Errors are recorded too.

    It may be repeated: the names come from the fax, and a document that was stored before is not reported again.
    """
    try:
        with TemporaryDirectory(prefix=_UNDER_WAY) as folder:
            path = Path(folder) / "document"
            fetched = _download(fax, path, w)
            kind = kind_of(path)
            # A bucket derives an object's content type from its name.
            path = path.rename(path.with_suffix(kind.suffix))
            name = stored_name(fax.fax_id, kind.suffix)
            facts = describe(fax, fetched, kind, name, w.now())
            file = store.put(name, path)
            store.put_text(stored_name(fax.fax_id, ".json"), json.dumps(facts, indent=2) + "\n")
    except _REFUSED as error:
        _failed(fax, error, w, refused=True)
        return
    except _PASSES as error:
        _failed(fax, error, w, refused=False)
        return
    event_facts = json.dumps({**facts, "file": file})
    w.inbox.stored(fax.fax_id, file=file, name=name, sha256=fetched.sha256, size=fetched.size, data=event_facts)
    log.info("inbound fax %s: stored, %d bytes", fax.fax_id, fetched.size, extra={"fax": fax.fax_id})


def describe(fax: InboundFax, fetched: "Fetched", kind: Kind, name: str, now: datetime) -> dict[str, Any]:
    """Return the facts that are stored beside a document, and reported with it."""
    return {
        "fax_id": fax.fax_id,
        "connection_id": fax.connection_id,
        "from": fax.sender,
        "to": fax.recipient,
        "status": fax.status,
        "received_at": fax.ended_at.isoformat() if fax.ended_at else None,
        "page_count": fax.page_count,
        "partial_content": fax.partial_content,
        "call_duration_secs": fax.call_duration_secs,
        "failure_reason": fax.failure_reason,
        "name": name,
        "content_type": kind.content_type,
        "size": fetched.size,
        "sha256": fetched.sha256,
        "stored_at": now.isoformat(timespec="seconds"),
    }


def find(w: Collaborators, *, since: datetime | None = None) -> None:
    """List Telnyx's inbound faxes and record the new ones: webhooks can be lost, or the receiver may be down.

    By default it begins where enough complete listings have looked already (`Inbox.listed`). Thus faxes are found after
    an outage of any length, and a fax that is listed late is found if it appears within the settle time.

    Raises:
        TelnyxError: the listing was interrupted; the next one begins at the same place.
        Unavailable: Redis did not answer.
    """
    begun = w.inbox.now()
    # Telnyx dates them by its own clock; if that is behind Redis', faxes that are new to us have an earlier date.
    behind = min(w.telnyx_ahead() or timedelta(), timedelta())
    start = since or (w.inbox.listed_until() or begun - FIRST_LOOK) + behind
    whole = True
    with w.telnyx.borrow() as telnyx:
        for listed in telnyx.list_faxes(created_at_gte=start, direction="inbound", page_size=250):
            # If the direction is missing, it is the requested one.
            fax = listed if listed.direction else listed.model_copy(update={"direction": "inbound"})
            if fax.direction == "inbound" and not w.observations.is_foreign(fax.connection_id):
                whole = _noted(fax, w) and whole
    if since is None and whole:
        settings = w.settings
        w.inbox.listed(
            begun,
            settle=settings.fax_settle,
            enough=settings.settle_listings,
            skew=settings.settle_skew,
        )


def look_at(fax_id: str, w: Collaborators) -> None:
    """Ask Telnyx about an inbound fax that is on its way in.

    A failed question is repeated, at growing pauses.
    """
    try:
        ask(fax_id, w)
    except TelnyxError as error:
        log.info("inbound fax %s: %s", fax_id, error, extra={"fax": fax_id})


def remove(w: Collaborators) -> None:
    """Remove stored documents whose retention is over, and unfinished ones that killed workers left on this machine.

    Raises:
        StoreTrouble: one could not be removed; it is tried again in an hour; all others are removed.
    """
    _clear_leftovers()
    if w.store is None:
        return
    for fax in w.inbox.outlived():
        try:
            if fax.name:
                w.store.delete(fax.name)
                w.store.delete(stored_name(fax.fax_id, ".json"))
        except StoreTrouble:
            w.inbox.keep_on(fax.fax_id, STAYS)
            raise
        w.inbox.removed(fax.fax_id)


def forget(fax_id: str, w: Collaborators) -> None:
    """Delete a fax at Telnyx, with its document. If that fails, it is tried again later."""
    if not w.agenda.is_to_be_deleted(fax_id):
        return
    try:
        with w.telnyx.borrow() as telnyx:
            telnyx.delete_fax(fax_id)
    except NoSuchResource:
        log.info("fax %s: was already deleted at Telnyx", fax_id, extra={"fax": fax_id})
    except TelnyxError as error:
        log.warning("fax %s: not deleted at Telnyx yet: %s", fax_id, error, extra={"fax": fax_id})
        return
    w.agenda.deleted(fax_id)


def _noted(fax: Fax, w: Collaborators) -> bool:
    """Record a listed fax, and return whether that was possible.

    A fax that cannot be recorded must not hide those after it.
    """
    try:
        record(fax, "listing", w)
    except Unavailable:
        raise
    except Exception:
        log.exception(
            "inbound fax %s: unexpected error; the next listing begins where this one did",
            fax.id,
            extra={"fax": fax.id},
        )
        return False
    return True


def _bring_or_report(fax: InboundFax, store: Store, w: Collaborators) -> None:
    """Bring a document.

    Unexpected errors are recorded as well: otherwise it would be tried forever, unnoticed.
    """
    try:
        bring(fax, store, w)
    except Unavailable:
        raise
    except Exception as error:
        log.exception("inbound fax %s: unexpected error", fax.fax_id, extra={"fax": fax.fax_id})
        _failed(fax, error, w, refused=True)


def _clear_leftovers() -> None:
    before = time.time() - LEFTOVER_AGE
    for folder in Path(gettempdir()).glob(f"{_UNDER_WAY}*"):
        # Another worker may just have finished it.
        with suppress(OSError):
            if folder.lstat().st_mtime < before:
                shutil.rmtree(folder)


def _download(fax: InboundFax, path: Path, w: Collaborators) -> "Fetched":
    """Fetch the document by the known link, or by a renewed one if that has expired.

    After a failure, a new link is requested, since the link may be the problem.
    """
    assert w.links is not None  # noqa: S101 - whoever has a store has these
    with path.open("w+b") as into:
        with w.telnyx.borrow() as telnyx:
            link = telnyx.get_fax(fax.fax_id).media_url if fax.problems else fax.media_url
        if link:
            try:
                return w.links.fetch(link, into)
            except LinkExpired as error:
                log.info("inbound fax %s: %s", fax.fax_id, error, extra={"fax": fax.fax_id})
        with w.telnyx.borrow() as telnyx:
            link = _renewed(fax.fax_id, telnyx)
        return w.links.fetch(link, into)


def _renewed(fax_id: str, telnyx: TelnyxClient) -> str:
    telnyx.refresh_fax(fax_id)
    link = telnyx.get_fax(fax_id).media_url
    if not link:
        raise LinkFailed("Telnyx has no link to its document")
    return link


def _failed(fax: InboundFax, error: Exception, w: Collaborators, *, refused: bool) -> None:
    problem = str(error) if isinstance(error, FaxError) else f"{type(error).__name__}: {error}"
    outcome = w.inbox.failed(
        fax.fax_id,
        kind=type(error).__name__,
        problem=problem,
        refused=refused,
        give_up=_GIVE_UP,
    )
    log.warning(
        "inbound fax %s: its document could not be stored (%s): %s",
        fax.fax_id,
        outcome,
        problem,
        extra={"fax": fax.fax_id},
    )
