"""The process that converts a picture to PDF for `joining`: the picture on standard input, the PDF on standard output.

Each frame becomes a page of its own size, upright and on white paper; black-and-white frames stay black-and-white. The
same picture always makes the same PDF. The process limits itself before it reads anything.
"""

import io
import sys
import time
from typing import Any

from PIL import Image, ImageOps
from pypdf import PdfReader, PdfWriter

from faxdispatch.documents.preview.raster import MOST_PIXELS, on_white
from faxdispatch.subprocesses.bounded import bound

_SECONDS = 60
_MEMORY = 1_500_000_000
_MADE = time.gmtime(946_684_800)
_WIDEST = 8.27
"""The width of A4 in inches: a larger picture, or one without a known size, gets it."""
_QUALITY = 90
"""JPEG quality in per cent."""


def main() -> None:
    """Convert the picture."""
    bound(memory=_MEMORY, seconds=_SECONDS)
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    writer = PdfWriter()
    with Image.open(io.BytesIO(sys.stdin.buffer.read()), formats=("TIFF", "JPEG", "PNG")) as image:
        for number in range(getattr(image, "n_frames", 1)):
            image.seek(number)
            writer.append(PdfReader(io.BytesIO(_page(image))), import_outline=False)
    out = io.BytesIO()
    writer.write(out)
    sys.stdout.buffer.write(out.getvalue())


def _page(image: Any) -> bytes:
    across, down = map(float, image.info.get("dpi", (1, 1)))
    sheet = ImageOps.exif_transpose(image) if image.mode == "1" else on_white(image)
    if across <= 1 or down <= 1:
        across = down = 1.0
    elif (sheet.width < sheet.height) != (image.width < image.height):
        across, down = down, across
    smaller = max(1.0, sheet.width / across / _WIDEST)
    out = io.BytesIO()
    # Black-and-white pictures are not packed as JPEG, and only JPEG has a quality.
    how = {} if sheet.mode == "1" else {"quality": _QUALITY}
    sheet.save(out, "PDF", dpi=(across * smaller, down * smaller), creationDate=_MADE, modDate=_MADE, **how)
    return out.getvalue()


if __name__ == "__main__":
    main()
