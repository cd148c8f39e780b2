"""The process that draws one page for `preview`: `drawing.py PAGE LINES`, the document on standard input.

Gives the count of pages, a line end, and the page as PNG. It limits itself before it reads anything.
"""

import io
import sys
from typing import Any

from PIL import Image

from faxdispatch.preview.raster import ACROSS, DOTS_AN_INCH, MOST_PIXELS, dots, flattened, rendered
from faxdispatch.subprocesses.bounded import bound

_FINE = 196
_SECONDS = 20
_MEMORY = 1_500_000_000
_NO_PAGE = 3


def main() -> None:
    """Draw it."""
    bound(memory=_MEMORY, seconds=_SECONDS)
    page, lines = int(sys.argv[1]), int(sys.argv[2])
    content = sys.stdin.buffer.read()
    pages, image = _from_pdf(content, page) if content.startswith(b"%PDF-") else _from_image(content, page)
    target = io.BytesIO()
    _printed(image, lines).save(target, "PNG", dpi=(DOTS_AN_INCH, _FINE))
    sys.stdout.buffer.write(f"{pages}\n".encode() + target.getvalue())


def _from_pdf(content: bytes, page: int) -> tuple[int, Any]:
    import pypdfium2  # noqa: PLC0415 - images need none of it

    document = pypdfium2.PdfDocument(content)
    document.init_forms()
    if not 1 <= page <= len(document):
        sys.exit(_NO_PAGE)
    return len(document), rendered(document[page - 1])


def _from_image(content: bytes, page: int) -> tuple[int, Any]:
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    image = Image.open(io.BytesIO(content), formats=("TIFF", "JPEG", "PNG"))
    pages = getattr(image, "n_frames", 1)
    if not 1 <= page <= pages:
        sys.exit(_NO_PAGE)
    if image.width * image.height > MOST_PIXELS:
        sys.exit(1)
    image.seek(page - 1)
    return pages, flattened(image)


def _printed(image: Any, lines: int) -> Any:
    """Return what a machine prints. Standard lines are drawn twice, so that the picture has the shape of the sheet."""
    page = dots(image, lines)
    return page if lines == _FINE else page.resize((ACROSS, 2 * page.height), Image.Resampling.NEAREST)


if __name__ == "__main__":
    main()
