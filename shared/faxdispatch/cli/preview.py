"""`faxdispatch preview`: a fax's pages as a fax machine prints them, with its cover as a row of a list would get it."""

from pathlib import Path
from typing import Annotated

import typer

from faxdispatch.cli.output import note, show, show_json
from faxdispatch.cli.send import fields_of
from faxdispatch.composition.composing import Cover, compose
from faxdispatch.composition.cover import read_cover
from faxdispatch.errors import BadInput
from faxdispatch.lists.checking import BadRow, check
from faxdispatch.preflight.report import Finding
from faxdispatch.preview.pages import Lines, draw
from faxdispatch.settings import Settings


def preview(
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[FILE]...", help="PDF, TIFF, JPEG or PNG; several become one document."),
    ] = None,
    quality: Annotated[str, typer.Option(help="normal (98 lines an inch), or high and better (196).")] = "high",
    cover: Annotated[
        str | None, typer.Option(help="Cover page before it: its text, or a file with it. Fields like {name}.")
    ] = None,
    cover_field: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="Value of a field of the cover. Repeatable.")
    ] = None,
    list_: Annotated[
        Path | None, typer.Option("--list", help="List of recipients whose columns are fields of the cover.")
    ] = None,
    row: Annotated[int, typer.Option(min=1, help="Row of the list, from 1.")] = 1,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the pages; NAME-pages beside the file if not given.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, one object a page.")] = False,
) -> None:
    """Write each page as a fax machine prints it: black or white dots, 1728 across, as PNG.

    Warns of pages that are blank or nearly black, of those that are made smaller, and of text that does not come
    through: too pale or too small. Exit code 1: a page cannot be drawn.
    """
    files = files or []
    if not files and cover is None:
        raise BadInput("give a file, or a cover with --cover")
    folder = out or (files[0].with_name(f"{files[0].stem}-pages") if files else Path("cover-pages"))
    if folder.exists():
        raise BadInput(
            f"{folder}: is there already and is not overwritten; name another folder with --out, or remove it"
        )
    lines = Lines.STANDARD if quality == "normal" else Lines.FINE
    made = _cover(read_cover(cover), fields_of(cover_field or []), list_, row) if cover is not None else None
    document, report = compose(files, made, quality=quality)
    if report.problem:
        raise BadInput(f"{files[0] if files else 'cover'}: {report.problem}")
    first = draw(document.content, 1, lines)
    folder.mkdir(parents=True)
    for page in range(1, first.pages + 1):
        drawn = first if page == 1 else draw(document.content, page, lines)
        path = folder / f"page-{page:03}.png"
        path.write_bytes(drawn.png)
        _tell(path, page, [one for one in report.warnings if one.page == page], as_json=as_json)


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
    """Give a row's cells by their columns, and its number where it has a right one."""
    with check(listed, policy=settings.number_policy, first_bad=0) as checking:
        for found in checking:
            if found.row == row:
                to = "" if isinstance(found, BadRow) else found.to or ""
                return dict(zip(checking.table.columns, found.cells, strict=False)), to
    raise BadInput(f"row: {listed} has no row {row}")


def _tell(path: Path, page: int, warnings: list[Finding], *, as_json: bool) -> None:
    if as_json:
        told = [{"code": one.code, "words": one.words} for one in warnings]
        show_json({"page": page, "file": str(path), "warnings": told})
        return
    show(str(path))
    for one in warnings:
        note(str(one))
