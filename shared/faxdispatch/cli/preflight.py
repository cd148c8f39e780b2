"""What commands say of a document before anything is recorded."""

from collections.abc import Sequence
from pathlib import Path

from faxdispatch.cli.output import note
from faxdispatch.client import FaxClient
from faxdispatch.documents.local import Document
from faxdispatch.errors import BadInput
from faxdispatch.preflight.report import Report, merged


def tell_findings(
    client: FaxClient, *, documents: Sequence[Document | Path] = (), link: str | None, quality: str | None
) -> None:
    """Note every warning of local documents, or of what a link leads to.

    Raises:
        BadInput: one cannot be faxed.
    """
    for document in documents:
        if not isinstance(document, Path) or document.suffix.lower() not in {".html", ".htm"}:
            _tell(client.preflight(document, quality=quality))
    if link:
        _tell(client.preflight(media_url=link, quality=quality))


def _tell(report: Report) -> None:
    if report.problem:
        raise BadInput(f"document: {report.problem}")
    for one in merged(report.warnings):
        note(f"document: {one}")
