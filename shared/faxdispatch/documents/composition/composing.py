"""Makes the one document of a fax: the parts are examined, and joined in order after a cover."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from faxdispatch.documents.composition.cover import make_cover, see_fields, see_text
from faxdispatch.documents.composition.joining import as_pdf, joined
from faxdispatch.documents.local import Document, document_of
from faxdispatch.documents.preflight.examining import MOST_PAGES, examine
from faxdispatch.documents.preflight.report import Finding, Report, error
from faxdispatch.errors import BadInput

Source = bytes | Path | Document
WEB_PAGES = {".html", ".htm"}
"""Extensions of files that are web pages."""
_LARGEST_PAGE = 5_000_000


@dataclass(frozen=True, slots=True)
class Cover:
    """A cover to be made: its text, the values of its fields, sender and recipient, and the zone of its date.

    `more_fonts` is a folder of fonts for characters that our fonts lack, FAX_COVER_FONTS.
    """

    text: str
    fields: Mapping[str, str] = field(default_factory=dict)
    sender: str = ""
    to: str = ""
    zone: str = "UTC"
    more_fonts: Path | None = None


def sources(document: object) -> list[Source]:
    """Return the parts of a document: one, or several in a list."""
    return list(document) if isinstance(document, (list, tuple)) else [document]  # type: ignore[list-item]


def part(source: Source) -> Document:
    """Return a part as a document; a web page becomes a PDF.

    Raises:
        BadInput: it cannot be read or converted, or its kind cannot be faxed.
    """
    if not (isinstance(source, Path) and source.suffix.lower() in WEB_PAGES):
        return document_of(source)
    try:
        content = source.read_bytes()
    except OSError as problem:
        raise BadInput(f"{source}: cannot be read: {problem.strerror}") from None
    return web_page(content, source.name)


def web_page(content: bytes, name: str) -> Document:
    """Return a web page as a PDF. `name` is its name for people.

    Raises:
        BadInput: it is too large or cannot be converted.
    """
    if len(content) > _LARGEST_PAGE:
        raise BadInput(f"{name}: is a web page of more than {_LARGEST_PAGE // 1_000_000} MB; save it as PDF")
    return as_pdf(Document(content, ".html", name))


def compose(
    parts: Sequence[Source], cover: Cover | None = None, *, quality: str | None = None
) -> tuple[Document, Report]:
    """Return one document, and the findings of its parts; the findings' pages are those of the whole.

    A single part without a cover stays as it is. Nothing is made if a part has an error.

    Raises:
        BadInput: a part cannot be read or converted, or the cover cannot be made.
    """
    documents = [part(source) for source in parts]
    if not documents and cover is None:
        raise BadInput("document: is missing")
    if len(documents) == 1 and cover is None:
        return documents[0], examine(documents[0], quality=quality)
    seen = [_seen_as_pdf(document, quality) for document in documents]
    reports = [report for _, report in seen]
    first, own = (None, 0) if cover is None else _made(cover, sum(report.pages or 0 for report in reports))
    report = _together(documents, reports, own)
    if report.problem:
        return documents[0], report
    return joined([document for document, _ in seen], cover=first), report


def _seen_as_pdf(document: Document, quality: str | None) -> tuple[Document, Report]:
    """Return a document as PDF, with its findings; one with an error stays as it is."""
    report = examine(document, quality=quality)
    if report.problem:
        return document, report
    made = as_pdf(document)
    return made, report if report.pages else examine(made, quality=quality)


def _made(cover: Cover, pages: int) -> tuple[bytes, int]:
    see_text(cover.text)
    see_fields(cover.text, cover.fields)
    return make_cover(
        cover.text,
        cover.fields,
        pages=pages,
        sender=cover.sender,
        to=cover.to,
        today=datetime.now(ZoneInfo(cover.zone)).date(),
        more_fonts=cover.more_fonts,
    )


def paged(document: Document) -> Document:
    """Return a document as PDF, whose pages can be counted and shown, and before which a cover can be put.

    Raises:
        BadInput: it cannot be read, or nothing here can convert it to PDF.
    """
    if document.kind == ".pdf":
        return document
    if problem := examine(document, drawn=False).problem:
        raise BadInput(f"document: {problem}")
    return as_pdf(document)


def _together(documents: Sequence[Document], reports: Sequence[Report], cover_pages: int) -> Report:
    """Return the findings of several documents as those of one; a finding about a whole document names it."""
    found: list[Finding] = []
    before = cover_pages
    for number, (document, report) in enumerate(zip(documents, reports, strict=True), start=1):
        name = f"{document.name or f'document {number}'} " if len(documents) > 1 else ""
        for one in report.findings:
            finding = one if one.page is None else replace(one, page=before + one.page)
            found.append(finding if finding.page else replace(finding, words=f"{name}{one.words}"))
        before += report.pages or 0
    if before > MOST_PAGES:
        found = [one for one in found if one.code != "too_many_pages"]
        found.append(error("too_many_pages", f"has {before} pages; Telnyx sends at most {MOST_PAGES}"))
    return Report(before, tuple(found))
