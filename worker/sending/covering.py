"""The document of a fax with a cover: cover and document are joined and stored at Telnyx just before the fax is sent.

So a million rows need no upload before the first of them is sent. This happens before the claim. The name is made from
the content, so a repetition has the same result.
"""

import tempfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from faxdispatch.documents.composition.composing import Cover, compose, paged
from faxdispatch.documents.local import Document, document_of
from faxdispatch.documents.upload_part import MAX_UPLOAD
from faxdispatch.errors import BadInput, NoSuchResource, Refused, TelnyxError
from faxdispatch.fetching.trouble import LinkFailed
from faxdispatch.jobs import SendFax
from faxdispatch.ledger import JobView
from faxdispatch.recent import Recent
from faxdispatch.states import HoldReason
from faxdispatch.telnyx import TelnyxClient
from faxdispatch.telnyx.media.uploads import find, store
from worker.context import Collaborators
from worker.policy import step
from worker.sending.linked import Servers
from worker.sending.preparation import check_time
from worker.sending.stages import Ended, Outcome, Prepared

AGAIN = 30.0
"""Seconds after which the fax is tried again if Telnyx's storage did not answer."""
LINK_AGAIN = (5.0, 15.0, 60.0, 300.0)
"""Seconds after which a link that could not be fetched is tried again; the last one repeats."""
_KEPT = 8
"""How many documents are remembered: all rows of a campaign have the same one."""

_bodies: Recent[str, Document] = Recent(_KEPT)
_servers = Servers()


def covered(prepared: Prepared, w: Collaborators) -> Prepared:
    """Return a prepared fax with its cover before its document; one without a cover stays as it is.

    Raises:
        Ended: the document cannot be joined with its cover, for good or for now, or its time has passed. Unavailable:
        Redis did not answer.
    """
    request, job = prepared.request, prepared.job
    if request.cover is None:
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
            name = _made_before(job, telnyx, w) if request.media_url else None
            name = name or _stored(_composed(_body(request, telnyx, w), cover), request, telnyx, w)
    except (BadInput, Refused) as problem:
        raise _made_meanwhile(job, w) or _not_made(job, str(problem), w) from None
    except LinkFailed as trouble:
        if made := _made_meanwhile(job, w):
            raise made from None
        due = w.now().timestamp() + step(LINK_AGAIN, job.unfetched)
        # The job ends at its deadline, and not at the next try after it.
        due = min(due, request.send_by.timestamp()) if request.send_by else due
        w.ledger.hold(job.job_id, reason=HoldReason.NO_DOCUMENT, due=due, detail=str(trouble), unfetched=True)
        raise Ended(Outcome.PARKED) from None
    except TelnyxError as error:
        w.ledger.hold(job.job_id, reason=HoldReason.NOT_SENT, due=w.now().timestamp() + AGAIN, detail=str(error))
        raise Ended(Outcome.PARKED) from None
    # Making the document may have taken long.
    check_time(job, w.now(), w)
    sent = request.model_copy(update={"media_name": name, "media_url": None})
    return replace(prepared, request=sent, composed=name if request.media_url else None)


def _not_made(job: JobView, problem: str, w: Collaborators) -> Ended:
    facts = {"problem": problem}
    w.ledger.end(job.job_id, event="job.rejected", cause="letter_not_made", states=(job.state,), facts=facts)
    return Ended(Outcome.REFUSED)


def _made_meanwhile(job: JobView, w: Collaborators) -> Ended | None:
    """Return `Ended` if another worker has made the document since the job was read.

    That worker continues with the fax.

    A link may work only once.
    """
    now = w.ledger.jobs([job.job_id])[0]
    return Ended(Outcome.PARKED) if now and now.composed != job.composed else None


def _made_before(job: JobView, telnyx: TelnyxClient, w: Collaborators) -> str | None:
    """Return the document that was made from a link, if Telnyx still has it.

    The link may lead to another document by now.
    """
    # The fax may have waited for a thread while another worker made the document.
    now = w.ledger.jobs([job.job_id])[0] or job
    known = now.composed or (_sent_before(now, w) if now.attempt else None)
    return known if known and find(telnyx, known) else None


def _sent_before(job: JobView, w: Collaborators) -> str | None:
    """Return the document of the last attempt. Other versions that may run beside this one record it only there."""
    history = w.ledger.job(job.job_id, history=True).history
    return next((event.data["letter"] for event in reversed(history) if event.data.get("letter")), None)


def _stored(document: Document, request: SendFax, telnyx: TelnyxClient, w: Collaborators) -> str:
    until = max(w.now(), request.send_by or w.now()) + timedelta(days=1)
    store(telnyx, document, until=until)
    return document.media_name


def _composed(body: Document, cover: Cover) -> Document:
    document, report = compose([body], cover)
    if report.problem:
        raise BadInput(report.problem)
    return document


def _body(request: SendFax, telnyx: TelnyxClient, w: Collaborators) -> Document:
    """Return the document that follows the cover, as PDF.

    Raises:
        BadInput: it cannot be fetched, or cannot be faxed.
        LinkFailed: the server of a link did not answer.
        TelnyxError: Telnyx's storage did not answer.
    """
    if request.media_url is not None:
        return paged(_servers.fetch(request.media_url, w.settings.fax_dangerous_inbound_origins))
    name = request.media_name or ""
    return _bodies.get(name, lambda: _stored_body(name, telnyx))


def _stored_body(name: str, telnyx: TelnyxClient) -> Document:
    with tempfile.TemporaryDirectory(prefix="faxdispatch-") as folder:
        path = Path(folder) / f"document{Path(name).suffix}"
        try:
            telnyx.download_media(name, path, max_bytes=MAX_UPLOAD)
        except NoSuchResource:
            raise BadInput("its document is no longer stored at Telnyx") from None
        return paged(document_of(path))
