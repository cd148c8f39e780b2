"""What commands say of a document before anything is recorded."""

from faxdispatch.cli.output import note
from faxdispatch.client import FaxClient
from faxdispatch.documents.local import Document
from faxdispatch.errors import BadInput
from faxdispatch.preflight.report import merged


def tell_findings(client: FaxClient, *, document: Document | None, link: str | None, quality: str | None) -> None:
    """Note every warning of a local document, or of what a link leads to.

    Raises:
        BadInput: it cannot be faxed.
    """
    if document:
        report = client.preflight(document, quality=quality)
    elif link:
        report = client.preflight(media_url=link, quality=quality)
    else:
        return
    if report.problem:
        raise BadInput(f"document: {report.problem}")
    for one in merged(report.warnings):
        note(f"document: {one}")
