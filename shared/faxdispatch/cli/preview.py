"""`faxdispatch preview`: a document's pages as a fax machine prints them."""

import io
from pathlib import Path
from typing import Annotated

import typer

from faxdispatch.cli.output import note, show, show_json
from faxdispatch.errors import BadInput
from faxdispatch.preview.pages import Lines, NotDrawn, draw
from faxdispatch.wording import counted

MOST_PAGES = 350
"""Telnyx sends no document with more."""
_NEARLY_BLACK = 0.5
_BLANK = 0.00001
"""Shares of black dots from which, and up to which, a page is worth a warning. A black page is minutes on the line."""


def preview(
    file: Annotated[Path, typer.Argument(help="A PDF, TIFF, JPEG or PNG.")],
    quality: Annotated[str, typer.Option(help="normal (98 lines an inch), or high and better (196).")] = "high",
    out: Annotated[
        Path | None, typer.Option(help="Folder for the pages; NAME-pages beside the file if not given.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, one object a page.")] = False,
) -> None:
    """Write each page as a fax machine prints it: black or white dots, 1728 across, as PNG.

    Warns of pages that are blank or nearly black. Exit code 1: a page cannot be drawn, which does not say that Telnyx
    cannot send it.
    """
    try:
        content = file.read_bytes()
    except OSError as error:
        raise BadInput(f"{file}: cannot be read: {error.strerror or error}") from None
    folder = out or file.with_name(f"{file.stem}-pages")
    if folder.exists():
        raise BadInput(
            f"{folder}: is there already and is not overwritten; name another folder with --out, or remove it"
        )
    lines = Lines.STANDARD if quality == "normal" else Lines.FINE
    first = draw(content, 1, lines)
    if first.pages > MOST_PAGES:
        raise NotDrawn(f"{file}: has {counted(first.pages, 'page')}; Telnyx sends at most {MOST_PAGES}")
    folder.mkdir(parents=True)
    for page in range(1, first.pages + 1):
        drawn = first if page == 1 else draw(content, page, lines)
        path = folder / f"page-{page:03}.png"
        path.write_bytes(drawn.png)
        _tell(path, page, _black(drawn.png), as_json=as_json)


def _black(png: bytes) -> float:
    """Give the share of black dots."""
    from PIL import Image  # noqa: PLC0415 - only this command looks into pictures

    with Image.open(io.BytesIO(png), formats=("PNG",)) as image:
        counts = image.convert("L").histogram()
    return counts[0] / sum(counts)


def _tell(path: Path, page: int, black: float, *, as_json: bool) -> None:
    warning = "nearly black" if black > _NEARLY_BLACK else "blank" if black < _BLANK else None
    if as_json:
        show_json({"page": page, "file": str(path), "black": round(black, 5), "warning": warning})
        return
    show(str(path))
    if warning:
        note(f"page {page} is {warning}")
