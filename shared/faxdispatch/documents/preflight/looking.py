"""The process that examines documents for `lookers`. On standard input, each is a line `LINES BYTES`, and its content.

It writes the facts of each as a line with a JSON object: A one-word `trouble` if it cannot be read; otherwise `pages`,
`form` and, in `sheets`, the facts about each page. With 0 lines no page is drawn. The process limits itself before it
reads anything.
"""

import ctypes
import io
import itertools
import json
import math
import struct
import sys
import time
from collections.abc import Iterator
from typing import Any

from PIL import Image, TiffImagePlugin

from faxdispatch.documents.preview.raster import ACROSS, DOTS_AN_INCH, MOST_PIXELS, dots, flattened, rendered
from faxdispatch.subprocesses.bounded import allow, bound

_MOST_PAGES = 350
_SECONDS = 60
"""Seconds of processor time that one document may take."""
_MOST = 1000
"""The most documents that one process examines."""
_MEMORY = 1_500_000_000
_PATIENCE = 6.0
"""Seconds of processor time after which no further page is drawn; its size is still reported."""
_PASSWORD = 4
"""PDFium's error for a document that needs a password."""
_XFA = (2, 3)
"""PDFium's kinds of form that are XFA: with all its content, or with the fields alone."""
_SAMPLE = 60
"""Maximum number of characters of a quoted text."""
_SIDES = 72 * 200
"""200 inches in points; a page of that size or more is not drawn."""

_PAPER = ACROSS / DOTS_AN_INCH * 72
"""The width of the line in points, to which every page is scaled."""
_LEAST = {98: 6.0, 196: 4.0}
"""The smallest readable type in points, by lines an inch: about eight lines for a letter's height and depth."""
_VISIBLE = 12
"""Difference in grey levels (of 255) that is visible."""
_PRINTED = 0.45
"""The share of a letter's dots that must be printed to make it readable."""

_THIN, _LONG = 3.0, 36.0
"""In points: the greatest thickness and the least length of a line."""
_FRAME = 5
"""The most segments of a frame: its starting point and its sides."""
_MOST_SHAPES = 2000
"""How many shapes of a page are examined."""

Facts = dict[str, Any]
Box = tuple[int, int, int, int]
"""Left, top, right and bottom in dots."""


def main() -> None:
    """Examine one document after the other, until there are no more."""
    bound(memory=_MEMORY, seconds=_SECONDS * _MOST)
    for asked in sys.stdin.buffer:
        lines, size = map(int, asked.split())
        content = sys.stdin.buffer.read(size)
        allow(_SECONDS)
        sys.stdout.write(f"{json.dumps(_look(content, lines, time.process_time() + _PATIENCE))}\n")
        sys.stdout.flush()


def _look(content: bytes, lines: int, until: float) -> Facts:
    return _of_pdf(content, lines, until) if content.startswith(b"%PDF-") else _of_image(content, lines, until)


def _of_pdf(content: bytes, lines: int, until: float) -> Facts:
    import pypdfium2  # noqa: PLC0415 - images need none of it

    try:
        document = pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError as error:
        return {"trouble": "encrypted" if getattr(error, "err_code", None) == _PASSWORD else "damaged"}
    pages = len(document)
    facts: Facts = {"pages": pages, "form": None, "sheets": []}
    if attached := document.count_attachments():
        facts["attached"] = attached
    if pages > _MOST_PAGES:
        return facts
    if document.get_formtype() in _XFA:
        facts["form"] = "xfa"
        facts["says"] = document[0].get_textpage().get_text_bounded()[:400] if pages else ""
    document.init_forms()
    units = _user_units(content)
    for number in range(pages):
        unit = units[number] if number < len(units) else 1.0
        facts["sheets"].append(_sheet(document, number, unit, lines, until))
    return facts


def _user_units(content: bytes) -> list[float]:
    """Return the size of each page's unit, which PDFium does not report; empty if it cannot be read."""
    if b"/UserUnit" not in content and b"/ObjStm" not in content:
        return []
    from pypdf import PdfReader  # noqa: PLC0415 - most documents need none of it

    try:
        reader = PdfReader(io.BytesIO(content))
        if reader.is_encrypted:
            reader.decrypt("")
        return [float(page.get("/UserUnit", 1.0)) for page in reader.pages]
    except Exception:  # noqa: BLE001 - whatever pypdf meets in a document that PDFium can draw, units are as usual
        return []


def _sheet(document: Any, number: int, unit: float, lines: int, until: float) -> Facts:
    """Return the facts about one page: its size in points, and how it prints."""
    import pypdfium2  # noqa: PLC0415 - images need none of it

    try:
        page = document[number]
        wide, high = page.get_size()
        sheet: Facts = {"wide": round(wide * unit, 1), "high": round(high * unit, 1)}
        if min(wide, high) < 1 or max(wide, high) * unit > _SIDES or not lines or time.process_time() > until:
            return sheet
        grey = rendered(page)
        printed = dots(grey, lines)
        sheet |= _printed(printed)
        black = printed.convert("L").resize(grey.size, Image.Resampling.NEAREST)
        sheet |= _words(page, grey, black, lines)
        sheet |= _lines(page, grey, black)
    except pypdfium2.PdfiumError:
        return {"trouble": "damaged"}
    return sheet


def _of_image(content: bytes, lines: int, until: float) -> Facts:
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    try:
        image = Image.open(io.BytesIO(content), formats=("TIFF", "JPEG", "PNG"))
        pages = getattr(image, "n_frames", 1)
    except Image.DecompressionBombError:
        return {"trouble": "huge"}
    except (OSError, ValueError, SyntaxError):
        return {"trouble": "compression" if _is_compressed_otherwise(content) else "damaged"}
    facts: Facts = {"pages": pages, "form": None, "sheets": []}
    if pages > _MOST_PAGES:
        return facts
    for number in range(pages):
        try:
            image.seek(number)
            if image.width * image.height > MOST_PIXELS:
                return {"trouble": "huge"}
            facts["sheets"].append(_frame(image, lines, until))
        except Image.DecompressionBombError:
            return {"trouble": "huge"}
        except (OSError, ValueError, SyntaxError, EOFError):
            facts["sheets"].append({"trouble": "damaged"})
    return facts


def _is_compressed_otherwise(content: bytes) -> bool:
    """Return whether the first page of a TIFF has a compression that Pillow does not know, such as JBIG."""
    file = io.BytesIO(content)
    try:
        directory = TiffImagePlugin.ImageFileDirectory_v2(file.read(8))
        file.seek(directory.next)
        directory.load(file)
    except (OSError, ValueError, SyntaxError, struct.error):
        return False
    return directory.get(TiffImagePlugin.COMPRESSION, 1) not in TiffImagePlugin.COMPRESSION_INFO


def _frame(image: Any, lines: int, until: float) -> Facts:
    if not lines or time.process_time() > until:
        return {}
    grey = flattened(image)
    return {"ratio": grey.height / grey.width} | _printed(dots(grey, lines))


def _printed(page: Any) -> Facts:
    """Return the share of black dots, and the bytes of the page as a fax sends it (ITU-T T.6)."""
    counts = page.convert("L").histogram()
    sent = io.BytesIO()
    page.save(sent, "TIFF", compression="group4")
    return {"black": counts[0] / sum(counts), "bytes": sent.tell()}


def _words(page: Any, grey: Any, black: Any, lines: int) -> Facts:
    """Find text that cannot be read on a fax: `faint`, too pale to print, and `tiny`.

    Each with the first such words.
    """
    text = page.get_textpage()
    paper = _PAPER / page.get_width()
    found: Facts = {}
    for number in range(text.count_rects()):
        rect = text.get_rect(number)
        box = _box(page, rect, grey.size)
        kind = None
        if box and _is_faint(grey.crop(box), black.crop(box)):
            kind = "faint"
        elif box and 0 < _size(text, rect) * paper < _LEAST[lines]:
            kind = "tiny"
        if kind and kind not in found and (words := text.get_text_bounded(*rect).strip()):
            found[kind] = " ".join(words.split())[:_SAMPLE]
    return found


def _lines(page: Any, grey: Any, black: Any) -> Facts:
    """Find the first line, or side of a frame, that is not printed.

    Return its distance from the top of the page, from 0 to 1.
    """
    for bounds in _bars(page):
        box = _box(page, bounds, grey.size, margin=2)
        if box and _is_faint(grey.crop(box), black.crop(box)):
            return {"line": round((box[1] + box[3]) / 2 / grey.height, 3)}
    return {}


def _bars(page: Any) -> Iterator[tuple[float, ...]]:
    """Yield the bounds of lines, and of the sides of frames, in points of the page."""
    from pypdfium2 import raw  # noqa: PLC0415 - images need none of it

    shapes = page.get_objects(filter=[raw.FPDF_PAGEOBJ_PATH], max_depth=1)
    for shape in itertools.islice(shapes, _MOST_SHAPES):
        left, bottom, right, top = shape.get_bounds()
        wide, high = right - left, top - bottom
        if max(wide, high) < _LONG:
            continue
        if min(wide, high) <= _THIN:
            yield left, bottom, right, top
        elif raw.FPDFPath_CountSegments(shape) <= _FRAME and not _is_filled(shape):
            yield from ((left, top - 1, right, top), (left, bottom, right, bottom + 1))
            yield from ((left, bottom, left + 1, top), (right - 1, bottom, right, top))


def _is_filled(shape: Any) -> bool:
    from pypdfium2 import raw  # noqa: PLC0415 - images need none of it

    fill, stroke = ctypes.c_int(), ctypes.c_int()
    return not raw.FPDFPath_GetDrawMode(shape, fill, stroke) or fill.value != raw.FPDF_FILLMODE_NONE


def _box(page: Any, rect: tuple[float, ...], size: tuple[int, int], margin: int = 0) -> Box | None:
    """Return where a rectangle of the page is in its picture, with this many dots around it; None if it is outside."""
    from pypdfium2 import raw  # noqa: PLC0415 - images need none of it

    corners = []
    for x, y in (rect[:2], rect[2:]):
        across, down = ctypes.c_int(), ctypes.c_int()
        raw.FPDF_PageToDevice(page, 0, 0, *size, 0, x, y, across, down)
        corners.append((across.value, down.value))
    (x0, y0), (x1, y1) = corners
    left, right = max(0, min(x0, x1) - margin), min(size[0], max(x0, x1) + 1 + margin)
    top, bottom = max(0, min(y0, y1) - margin), min(size[1], max(y0, y1) + 1 + margin)
    return (left, top, right, bottom) if right - left > 1 and bottom - top > 1 else None


def _is_faint(grey: Any, black: Any) -> bool:
    """Return whether text that is visible in a part of a page is lost in its dots. Invisible text does not count."""
    counts = grey.histogram()
    ground = max(range(256), key=counts.__getitem__)
    least = max(1, sum(counts) // 50)
    darkest, lightest = _reach(counts, least), 255 - _reach(counts[::-1], least)
    ink = darkest if ground - darkest > lightest - ground else lightest
    if abs(ink - ground) < _VISIBLE:
        return False
    middle = (ink + ground) / 2
    mask = grey.point([255 if (level < middle) == (ink < ground) else 0 for level in range(256)]).convert("1")
    found = black.histogram(mask)
    share = found[0] / max(1, found[0] + found[255])
    return bool((share if ink < ground else 1 - share) < _PRINTED)


def _reach(counts: list[int], least: int) -> int:
    """Return the first level at or below which there are this many dots."""
    so_far = 0
    for level, count in enumerate(counts):
        so_far += count
        if so_far >= least:
            return level
    return 255


def _size(text: Any, rect: tuple[float, ...]) -> float:
    """Return the type size in a rectangle, in points of the page, or 0 if it cannot be determined."""
    from pypdfium2 import raw  # noqa: PLC0415 - images need none of it

    left, bottom, right, top = rect
    at = raw.FPDFText_GetCharIndexAtPos(text, (left + right) / 2, (bottom + top) / 2, right - left, top - bottom)
    matrix = raw.FS_MATRIX()
    if at < 0 or not raw.FPDFText_GetMatrix(text, at, matrix):
        return 0.0
    return float(raw.FPDFText_GetFontSize(text, at) * math.hypot(matrix.c, matrix.d))


if __name__ == "__main__":
    main()
