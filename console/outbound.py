"""The document of an outbound fax, fetched from Telnyx's media storage when an operator opens it."""

import tempfile
from pathlib import Path

from console.desk import Desk
from faxdispatch.documents.upload_part import MAX_UPLOAD
from faxdispatch.errors import NotKnown
from faxdispatch.ledger import JobView
from faxdispatch.recent import Recent
from faxdispatch.settings import Settings
from faxdispatch.telnyx.client import TelnyxClient

_KEPT = 4
"""How many documents are kept in memory while their pages are looked at."""

_documents: Recent[str, bytes] = Recent(_KEPT)


def document(here: Desk, view: JobView) -> bytes:
    """Return the content of a fax's document.

    Raises:
        NotKnown: it is a link, which is not followed here.
        TelnyxError: the storage did not answer, or no longer has it.
    """
    name = view.request.media_name
    if name is None:
        raise NotKnown(f"job {view.job_id}: its document is a link, which the console does not follow")
    return _documents.get(name, lambda: _fetched(name, here.settings))


def _fetched(name: str, settings: Settings) -> bytes:
    with (
        TelnyxClient.from_settings(settings) as telnyx,
        tempfile.TemporaryDirectory(prefix="faxdispatch-") as made,
    ):
        path = Path(made) / "document"
        telnyx.download_media(name, path, max_bytes=MAX_UPLOAD)
        return path.read_bytes()
