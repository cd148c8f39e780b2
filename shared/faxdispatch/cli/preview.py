"""`faxdispatch preview`: draws a fax's pages as a fax machine prints them, with the cover of a list's row."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from faxdispatch.cli.options import argument, option, refuse
from faxdispatch.cli.output import Rows, note
from faxdispatch.cli.sending import CoverPage
from faxdispatch.documents.composition.composing import Cover, compose, paged
from faxdispatch.documents.preflight.examining import examine
from faxdispatch.documents.preflight.report import Finding
from faxdispatch.documents.preview.pages import Lines, can_draw, draw_all
from faxdispatch.errors import BadInput
from faxdispatch.lists.checking import check
from faxdispatch.lists.rows import BadRow
from faxdispatch.settings import Settings


@dataclass(frozen=True, slots=True)
class Page:
    """A page that was drawn, its file, and its findings."""

    number: int
    file: Path
    warnings: list[Finding]

    def as_data(self) -> dict[str, object]:
        """Return it for programs."""
        warnings = [{"code": one.code, "words": one.words} for one in self.warnings]
        return {"page": self.number, "file": str(self.file), "warnings": warnings}


def preview(
    files: Annotated[list[Path] | None, argument("Document to look at; several become one.", metavar="FILE")] = None,
    quality: Annotated[str, option("normal (98 lines an inch), or high and better (196).")] = "high",
    *,
    page: CoverPage,
    list_: Annotated[Path | None, option("List of recipients whose columns are fields of the cover.", "--list")] = None,
    row: Annotated[int | None, option("Row of the list, from 1; 1 if not given.", min=1)] = None,
    out: Annotated[Path | None, option("Folder for the pages; NAME-pages beside the file if not given.")] = None,
) -> Rows[Page]:
    """Write a document's pages as a fax machine prints them.

    Each page becomes a PNG file of black or white dots, 1728 across. The command warns about pages that are blank
    or nearly black, pages that are made smaller, and text that is too pale or too small to come through. Exit code
    1: a page cannot be drawn.
    """
    if list_ is None:
        refuse("only with --list", {"row": row})
    if page.cover is None:
        refuse("only with --cover", {"list": list_})
    files = files or []
    if not files and page.cover is None:
        raise BadInput("give a file, or a cover with --cover")
    folder = out or (files[0].with_name(f"{files[0].stem}-pages") if files else Path("cover-pages"))
    if folder.exists():
        raise BadInput(f"{folder}: exists already and is not overwritten; name another folder with --out, or remove it")
    lines = Lines.STANDARD if quality == "normal" else Lines.FINE
    text = page.text()
    made = _cover(text, page.values(), list_, row or 1) if text is not None else None
    document, report = compose(files, made, quality=quality)
    if report.problem:
        raise BadInput(f"{files[0] if files else 'cover'}: {report.problem}")
    if not can_draw(document.content):
        document = paged(document)
        report = examine(document, quality=quality)
    pages = _pages(document.content, lines, folder, report.warnings)
    return Rows(pages, data=Page.as_data, line=lambda page: str(page.file))


def _pages(content: bytes, lines: Lines, folder: Path, warnings: Iterable[Finding]) -> Iterator[Page]:
    """Draw each page into a file of `folder`, which is made; the warnings about a page come after it."""
    for number, drawn in enumerate(draw_all(content, lines), start=1):
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"page-{number:03}.png"
        path.write_bytes(drawn.png)
        page = Page(number, path, [one for one in warnings if (one.page or 1) == number])
        yield page
        for one in page.warnings:
            note(str(one))


def _cover(text: str, fields: dict[str, str], listed: Path | None, row: int) -> Cover:
    settings = Settings.load()
    to = ""
    if listed is not None:
        cells, to = _row(listed, row, settings)
        fields = cells | fields
    return Cover(
        text, fields, sender=settings.sender or "", to=to, zone=settings.fax_zone, more_fonts=settings.fax_cover_fonts
    )


def _row(listed: Path, row: int, settings: Settings) -> tuple[dict[str, str], str]:
    """Return a row's cells by their columns, and its number if it has a valid one."""
    with check(listed, policy=settings.number_policy, first_bad=0) as checking:
        for found in checking:
            if found.row == row:
                to = "" if isinstance(found, BadRow) else found.to or ""
                return dict(zip(checking.table.columns, found.cells, strict=False)), to
    raise BadInput(f"row: {listed} has no row {row}")
