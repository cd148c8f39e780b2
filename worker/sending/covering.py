"""The document of a fax that has a cover: cover and document become one, stored at Telnyx just before the fax goes.

A million rows so need no upload before the first of them goes. It happens before the claim and is named by its content:
done twice, it is the same.
"""

import tempfile
from collections import OrderedDict
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Lock

from faxdispatch.composition.composing import Cover, compose, paged
from faxdispatch.documents.local import Document, document_of
from faxdispatch.documents.upload_part import MAX_UPLOAD
from faxdispatch.errors import BadInput, NoSuchResource, Refused, TelnyxError
from faxdispatch.media.uploads import store
from faxdispatch.states import HoldReason
from faxdispatch.telnyx import TelnyxClient
from worker.context import Collaborators
from worker.sending.stages import Ended, Outcome, Prepared

AGAIN = 30.0
"""Seconds after which it is tried again where Telnyx's storage did not answer."""
_KEPT = 8
"""Documents that are remembered: all rows of a campaign have the same."""

_bodies: OrderedDict[str, Document] = OrderedDict()
_lock = Lock()


def covered(prepared: Prepared, w: Collaborators) -> Prepared:
    """Give a prepared fax with its cover before its document; one without a cover stays as it is.

    Raises:
        Ended: the document with its cover cannot be made, which is the end of the job, or not just now.
        Unavailable: Redis did not answer.
    """
    request, job_id = prepared.request, prepared.job.job_id
    if request.cover is None or request.media_name is None:
        return prepared
    cover = Cover(
        request.cover,
        request.cover_fields or {},
        sender=prepared.sender,
        to=request.to,
        zone=w.settings.fax_zone,
        more_fonts=w.settings.fax_cover_fonts,
    )
    try:
        with w.telnyx.borrow() as telnyx:
            document = _composed(_body(request.media_name, telnyx), cover)
            until = max(w.now(), request.send_by or w.now()) + timedelta(days=1)
            store(telnyx, document, until=until)
    except (BadInput, Refused) as problem:
        facts = {"problem": str(problem)}
        w.ledger.end(job_id, event="job.rejected", cause="letter_not_made", states=(prepared.job.state,), facts=facts)
        raise Ended(Outcome.REFUSED) from None
    except TelnyxError as error:
        due = w.now().timestamp() + AGAIN
        w.ledger.hold(job_id, reason=HoldReason.NOT_SENT, due=due, detail=str(error))
        raise Ended(Outcome.PARKED) from None
    return replace(prepared, request=request.model_copy(update={"media_name": document.media_name}))


def _composed(body: Document, cover: Cover) -> Document:
    document, report = compose([body], cover)
    if report.problem:
        raise BadInput(report.problem)
    return document


def _body(name: str, telnyx: TelnyxClient) -> Document:
    """Give the stored document that the cover stands before, as PDF."""
    with _lock:
        if name in _bodies:
            _bodies.move_to_end(name)
            return _bodies[name]
    with tempfile.TemporaryDirectory(prefix="faxdispatch-") as folder:
        path = Path(folder) / f"document{Path(name).suffix}"
        try:
            telnyx.download_media(name, path, max_bytes=MAX_UPLOAD)
        except NoSuchResource:
            raise BadInput("its document is not stored at Telnyx any more") from None
        found = paged(document_of(path))
    with _lock:
        _bodies[name] = found
        while len(_bodies) > _KEPT:
            _bodies.popitem(last=False)
    return found
