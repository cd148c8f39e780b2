"""`faxdispatch preview`: a document's pages as a fax machine prints them."""

from pathlib import Path
from typing import Annotated

import typer

from faxdispatch.cli.output import note, show, show_json
from faxdispatch.documents.local import read_document
from faxdispatch.errors import BadInput
from faxdispatch.preflight.examining import examine
from faxdispatch.preflight.report import Finding
from faxdispatch.preview.pages import Lines, draw


def preview(
    file: Annotated[Path, typer.Argument(help="A PDF, TIFF, JPEG or PNG.")],
    quality: Annotated[str, typer.Option(help="normal (98 lines an inch), or high and better (196).")] = "high",
    out: Annotated[
        Path | None, typer.Option(help="Folder for the pages; NAME-pages beside the file if not given.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, one object a page.")] = False,
) -> None:
    """Write each page as a fax machine prints it: black or white dots, 1728 across, as PNG.

    Warns of pages that are blank or nearly black, of those that are made smaller, and of text that does not come
    through: too pale or too small. Exit code 1: a page cannot be drawn.
    """
    document = read_document(file)
    folder = out or file.with_name(f"{file.stem}-pages")
    if folder.exists():
        raise BadInput(
            f"{folder}: is there already and is not overwritten; name another folder with --out, or remove it"
        )
    lines = Lines.STANDARD if quality == "normal" else Lines.FINE
    report = examine(document, quality=quality)
    if report.problem:
        raise BadInput(f"{file}: {report.problem}")
    first = draw(document.content, 1, lines)
    folder.mkdir(parents=True)
    for page in range(1, first.pages + 1):
        drawn = first if page == 1 else draw(document.content, page, lines)
        path = folder / f"page-{page:03}.png"
        path.write_bytes(drawn.png)
        _tell(path, page, [one for one in report.warnings if one.page == page], as_json=as_json)


def _tell(path: Path, page: int, warnings: list[Finding], *, as_json: bool) -> None:
    if as_json:
        told = [{"code": one.code, "words": one.words} for one in warnings]
        show_json({"page": page, "file": str(path), "warnings": told})
        return
    show(str(path))
    for one in warnings:
        note(str(one))
