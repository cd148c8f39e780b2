"""What commands say about a document before anything is recorded."""

from collections.abc import Sequence
from pathlib import Path

from faxdispatch.cli.output import note
from faxdispatch.documents.local import Document, document_of
from faxdispatch.documents.preflight.examining import examine
from faxdispatch.documents.preflight.report import Report, merged
from faxdispatch.errors import BadInput
from faxdispatch.settings import Settings


def report_findings(
    settings: Settings, *, documents: Sequence[Document | Path] = (), link: str | None, quality: str | None
) -> None:
    """Report every warning about local documents, or about the document behind a link.

    Raises:
        BadInput: one cannot be faxed.
    """
    for document in documents:
        if not isinstance(document, Path) or document.suffix.lower() not in {".html", ".htm"}:
            found = document_of(document)
            name = found.name if len(documents) > 1 else None
            _report(examine(found, quality=quality), name or "document")
    if link:
        # A plain install lacks what this needs.
        from faxdispatch.documents.preflight.links import look  # noqa: PLC0415

        _report(look(link, settings.fax_link_check, settings.fax_dangerous_inbound_origins, quality=quality))


def _report(report: Report, name: str = "document") -> None:
    if report.problem:
        raise BadInput(f"{name}: {report.problem}")
    for one in merged(report.warnings):
        note(f"{name}: {one}")
