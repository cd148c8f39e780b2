"""The process that draws one page for `preview`: `drawing.py PAGE LINES`, the document on standard input.

Gives the count of pages, a line end, and the page as PNG. It limits itself before it reads anything.
"""

import io
import sys
from typing import Any

from PIL import Image, ImageOps

from faxdispatch.subprocesses.bounded import bound

_ACROSS = 1728
"""Dots of a line, 204 an inch (ITU-T T.4, the width of A4 and letter)."""
_DOTS_AN_INCH = 204
_FINE = 196
_MOST_LINES = 8000
_MOST_PIXELS = 120_000_000
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
    _printed(image, lines).save(target, "PNG", dpi=(_DOTS_AN_INCH, _FINE))
    sys.stdout.buffer.write(f"{pages}\n".encode() + target.getvalue())


def _from_pdf(content: bytes, page: int) -> tuple[int, Any]:
    import pypdfium2  # noqa: PLC0415 - images need none of it

    document = pypdfium2.PdfDocument(content)
    if not 1 <= page <= len(document):
        sys.exit(_NO_PAGE)
    sheet = document[page - 1]
    wide, high = sheet.get_size()
    scale = min(_ACROSS / wide, _MOST_LINES / high)
    return len(document), sheet.render(scale=scale, grayscale=True).to_pil()


def _from_image(content: bytes, page: int) -> tuple[int, Any]:
    Image.MAX_IMAGE_PIXELS = _MOST_PIXELS
    image = Image.open(io.BytesIO(content), formats=("TIFF", "JPEG", "PNG"))
    pages = getattr(image, "n_frames", 1)
    if not 1 <= page <= pages:
        sys.exit(_NO_PAGE)
    if image.width * image.height > _MOST_PIXELS:
        sys.exit(1)
    image.seek(page - 1)
    across, down = image.info.get("dpi", (1, 1))
    flat = ImageOps.exif_transpose(image).convert("RGBA")
    white = Image.new("RGBA", flat.size, "white")
    white.alpha_composite(flat)
    drawn = white.convert("L")
    if across > 0 and down > 0 and across != down:
        # A fax's own dots are higher than wide.
        drawn = drawn.resize((drawn.width, max(1, round(drawn.height * float(across) / float(down)))))
    return pages, drawn


def _printed(image: Any, lines: int) -> Any:
    """Give what a machine prints: as wide as its line, with so many lines, each dot black or white.

    Standard lines are drawn twice, so that the picture has the shape of the sheet.
    """
    square = image.height * _ACROSS / image.width
    count = max(1, min(round(square * lines / _DOTS_AN_INCH), _MOST_LINES))
    dots = image.convert("L").resize((_ACROSS, count), Image.Resampling.LANCZOS).convert("1")
    return dots if lines == _FINE else dots.resize((_ACROSS, 2 * count), Image.Resampling.NEAREST)


if __name__ == "__main__":
    main()
