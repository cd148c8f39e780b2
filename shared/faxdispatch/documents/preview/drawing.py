"""The process that draws pages for `preview`: `drawing.py FIRST LAST LINES`, the document on standard input.

Gives each page as a line `PAGES BYTES`, with the count of the document's pages, and the page as PNG. It limits itself
before it reads anything.
"""

import io
import sys
from collections.abc import Callable
from typing import Any

from PIL import Image

from faxdispatch.documents.preview.raster import ACROSS, DOTS_AN_INCH, MOST_PIXELS, dots, flattened, rendered
from faxdispatch.subprocesses.bounded import allow, bound

_FINE = 196
_SECONDS = 20
"""Seconds of processor time that one page may take."""
_MOST = 400
"""The maximum number of pages of a document."""
_MEMORY = 1_500_000_000
_NO_PAGE = 3


def main() -> None:
    """Draw the pages."""
    bound(memory=_MEMORY, seconds=_SECONDS * _MOST)
    first, last, lines = map(int, sys.argv[1:])
    allow(_SECONDS)
    content = sys.stdin.buffer.read()
    pages, page = _of_pdf(content) if content.startswith(b"%PDF-") else _of_image(content)
    if not 1 <= first <= pages:
        sys.exit(_NO_PAGE)
    for number in range(first, min(last, pages) + 1):
        allow(_SECONDS)
        target = io.BytesIO()
        _printed(page(number), lines).save(target, "PNG", dpi=(DOTS_AN_INCH, _FINE))
        sys.stdout.buffer.write(f"{pages} {target.tell()}\n".encode() + target.getvalue())
        sys.stdout.buffer.flush()


def _of_pdf(content: bytes) -> tuple[int, Callable[[int], Any]]:
    import pypdfium2  # noqa: PLC0415 - images need none of it

    document = pypdfium2.PdfDocument(content)
    document.init_forms()
    return len(document), lambda number: rendered(document[number - 1])


def _of_image(content: bytes) -> tuple[int, Callable[[int], Any]]:
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    image = Image.open(io.BytesIO(content), formats=("TIFF", "JPEG", "PNG"))

    def page(number: int) -> Any:
        image.seek(number - 1)
        if image.width * image.height > MOST_PIXELS:
            sys.exit(1)
        return flattened(image)

    return getattr(image, "n_frames", 1), page


def _printed(image: Any, lines: int) -> Any:
    """Return a page as a machine prints it.

    Standard lines are drawn twice, so that the picture has the shape of the sheet.
    """
    page = dots(image, lines)
    return page if lines == _FINE else page.resize((ACROSS, 2 * page.height), Image.Resampling.NEAREST)


if __name__ == "__main__":
    main()
