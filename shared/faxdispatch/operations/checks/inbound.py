"""Checks of the storage for documents of inbound faxes."""

from collections.abc import Iterator

from faxdispatch.errors import FaxError, Unavailable
from faxdispatch.ledger import DocumentPlace, Inbox, Scripts
from faxdispatch.operations.checks.finding import Finding, fail, ok, warn
from faxdispatch.settings import Settings
from faxdispatch.storage.store import open_store
from faxdispatch.text.wording import counted


def check_inbound(settings: Settings) -> Iterator[Finding]:
    """Write and delete a trial file in the storage, and look for documents that were given up."""
    if not settings.fax_inbound_dir:
        yield ok(
            "inbound", "FAX_INBOUND_DIR is not set: inbound faxes make events, but their documents are not fetched"
        )
        return
    try:
        open_store(settings.fax_inbound_dir).check()
        yield ok("inbound", "documents can be stored")
    except FaxError as error:
        yield fail("inbound", str(error), "fix FAX_INBOUND_DIR, or the right to write there; nothing is lost meanwhile")
    if settings.redis_url:
        yield from _given_up(settings)


def _given_up(settings: Settings) -> Iterator[Finding]:
    try:
        count = Inbox(Scripts.from_settings(settings)).count(DocumentPlace.GIVEN_UP)
    except Unavailable:
        return  # reported by the checks of Redis
    if count:
        remedy = "faxdispatch inbound list --place given_up says why; inbound fetch --given-up tries them again"
        yield warn("inbound", f"{counted(count, 'document')} could not be fetched and are not tried again", remedy)
