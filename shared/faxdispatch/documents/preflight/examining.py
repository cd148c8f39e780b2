"""Examines a document's content before anything is recorded: whether Telnyx can fax it, and how a machine prints it.

The content comes from strangers and is read by C code, so `looking.py` reads it in a separate process, with limits.
Here its facts are judged. Without the extra `documents`, only the kind is known.
"""

import zipfile
from collections.abc import Iterator
from importlib.util import find_spec
from io import BytesIO
from typing import Any

from faxdispatch.documents.contents import DAMAGED, TooManyFiles, see_contents
from faxdispatch.documents.local import Document
from faxdispatch.documents.preflight.lookers import Lookers
from faxdispatch.documents.preflight.report import Finding, Report, error, warning
from faxdispatch.recent import Recent
from faxdispatch.text.wording import counted

MOST_PAGES = 350
"""Telnyx sends no document with more (API reference, "Send a fax")."""
MOST_FILES = 10_000
"""The number of files in a Word document. It is a ZIP archive, and real ones have a few dozen."""
LARGEST = 50_000_000
"""Size in bytes of the largest document that Telnyx faxes: 50 MB (API reference), read as the smaller kind of MB."""

_LOOKED_INTO = {".pdf", ".tiff", ".jpg", ".png"}
_KEPT = 256
"""How many reports are remembered, since the same letter is sent to many."""

_reports: Recent[tuple[str, int], Report] = Recent(_KEPT)
_INCOMPLETE = "its pages were not examined, which needs faxdispatch with its extra [documents]"

_BLANK = 0.00001
_NEARLY_BLACK = 0.5
_SLOW = 90.0
"""Seconds of transmission from which a page causes a warning."""
_BITS_A_SECOND = 14_400
"""The speed of a good connection (ITU-T V.17)."""
_POINT = 25.4 / 72
_INCHES_200 = 72 * 200
_WIDEST = 8.5 * 72 * 1.1
"""Width in points of a page that is printed at its own size or nearly so."""
_LONGEST = 3.0
"""The ratio of length to width from which a page causes a warning."""
_STANDARD, _FINE = 98, 196

_TROUBLE = {
    "damaged": "is damaged and cannot be read; open it and save it again",
    "compression": "is a TIFF with a compression that cannot be read here; save it with Group 4 compression, or as PDF",
    "encrypted": "needs a password to be opened; save it without one",
    "huge": "unpacks to a picture that is too large for a page",
    "costly": "takes too long or too much memory to be read; print it to a new PDF",
}


def examine(
    document: Document, *, quality: str | None = None, drawn: bool = True, lookers: Lookers | None = None
) -> Report:
    """Examine a document whose kind is already known. `quality` is the quality with which it will be sent.

    To examine many documents, pass `lookers`, whose processes serve all of them.

    The same document is examined once; it takes a part of a second, and longer for many pages. If its pages are not
    `drawn`, some findings are missing: blank and black pages, text that vanishes, incomplete pictures.
    """
    lines = 0 if not drawn else _STANDARD if quality == "normal" else _FINE
    return _reports.get((document.media_name, lines), lambda: _examined(document, lines, lookers))


def is_complete() -> bool:
    """Return whether pages can be examined here, which needs the extra `documents`."""
    return all(find_spec(name) for name in ("pypdfium2", "PIL"))


def _examined(document: Document, lines: int, lookers: Lookers | None) -> Report:
    if document.kind == ".doc":
        return _of_word(document.content)
    if document.kind == ".docx":
        return _of_package(document.content)
    if document.kind not in _LOOKED_INTO:
        return Report()
    if not is_complete():
        return Report(findings=(warning("not_seen", _INCOMPLETE),))
    return judge(_facts(document.content, lines, lookers), lines)


def judge(facts: dict[str, Any], lines: int = _FINE) -> Report:
    """Judge the facts that `looking.py` reports about a document."""
    if trouble := facts.get("trouble"):
        return Report(findings=(error(trouble, _TROUBLE[trouble]),))
    pages = int(facts["pages"])
    if not pages:
        return Report(0, (error("no_pages", "has no pages"),))
    if pages > MOST_PAGES:
        return Report(pages, (error("too_many_pages", f"has {pages} pages; Telnyx sends at most {MOST_PAGES}"),))
    return Report(pages, tuple(_found(facts, lines)))


def _found(facts: dict[str, Any], lines: int) -> Iterator[Finding]:
    if facts.get("form") == "xfa":
        yield _of_form(facts)
    if attached := facts.get("attached"):
        yield warning("attached", f"has {counted(attached, 'file')} attached, as a portfolio has: only pages are faxed")
    sheets = facts["sheets"]
    for page, sheet in enumerate(sheets, start=1):
        yield from _of_sheet(sheet, page, lines)
    if not lines:
        return
    unseen = next((page for page, sheet in enumerate(sheets, start=1) if "black" not in sheet), None)
    if unseen and not any("trouble" in sheet or _is_endless(sheet) for sheet in sheets):
        yield warning("not_seen", "the pages from here on were not examined, since that takes long", unseen)


def _of_form(facts: dict[str, Any]) -> Finding:
    advice = "open it in Adobe Reader and print it to a new PDF"
    if "please wait" in str(facts.get("says", "")).casefold():
        return error("xfa", f"is an XFA form: only “Please wait…” is printed; {advice}", 1)
    return warning("xfa", f"is an XFA form: its values may not be printed; {advice}", 1)


def _is_endless(sheet: dict[str, Any]) -> bool:
    return bool(sheet.get("wide")) and max(sheet["wide"], sheet["high"]) > _INCHES_200


def _of_sheet(sheet: dict[str, Any], page: int, lines: int) -> Iterator[Finding]:
    if "trouble" in sheet:
        yield error("damaged_page", "is damaged and cannot be read", page)
        return
    yield from _of_size(sheet, page)
    if "black" in sheet:
        yield from _of_ink(sheet, page)
    if words := sheet.get("faint"):
        yield warning("faint", f"text is too pale for a fax, such as “{words}”; make it black", page)
    if words := sheet.get("tiny"):
        better = "; quality high sends twice as many lines" if lines == _STANDARD else ""
        yield warning("tiny", f"type is too small for a fax, such as “{words}”{better}", page)
    if "line" in sheet:
        where = f"{sheet['line'] * sheet['high'] * _POINT:.0f} mm from the top"
        yield warning("line", f"a line is too pale or too thin for a fax, such as the one {where}; make it black", page)


def _of_size(sheet: dict[str, Any], page: int) -> Iterator[Finding]:
    if "ratio" in sheet:
        wide, high = 1.0, float(sheet["ratio"])
    elif "wide" in sheet:
        wide, high = float(sheet["wide"]), float(sheet["high"])
        in_mm = f"is {wide * _POINT:.0f} x {high * _POINT:.0f} mm"
        if min(wide, high) < 1:
            yield error("page_size", "has no size", page)
            return
        if max(wide, high) > _INCHES_200:
            yield error("page_size", f"{in_mm}, more than 200 inches; set its size to A4 or letter", page)
            return
        if wide > _WIDEST:
            share = 8.5 * 72 / wide
            yield warning("page_size", f"{in_mm} and is made smaller, to {share:.0%} of its size", page)
    else:
        return
    if high > _LONGEST * wide:
        yield warning("page_length", f"is {high / wide:.0f} times as long as wide: one long strip of paper", page)


def _of_ink(sheet: dict[str, Any], page: int) -> Iterator[Finding]:
    seconds = sheet["bytes"] * 8 / _BITS_A_SECOND
    black = sheet["black"]
    if black < _BLANK:
        yield warning("blank", "is blank", page)
    elif black > _NEARLY_BLACK:
        on_line = f", about {seconds / 60:.0f} minutes on the line" if seconds > _SLOW else ""
        yield warning("dark", f"is nearly black ({black:.0%}){on_line}", page)
    elif seconds > _SLOW:
        yield warning("slow", f"is dense, as photos are: about {seconds / 60:.0f} minutes on the line", page)


def _facts(content: bytes, lines: int, lookers: Lookers | None) -> dict[str, Any]:
    if lookers:
        return lookers.facts(content, lines)
    with Lookers() as own:
        return own.facts(content, lines)


def _of_word(content: bytes) -> Report:
    """Examine an OLE file: Word's old format, or one of many others that begin the same way."""
    if "EncryptedPackage".encode("utf-16-le") in content:
        return Report(findings=(error("encrypted", _TROUBLE["encrypted"]),))
    if "WordDocument".encode("utf-16-le") not in content:
        return Report(
            findings=(error("not_a_document", "is not a Word document but another program's; save it as PDF"),)
        )
    return Report()


def _of_package(content: bytes) -> Report:
    """Examine a ZIP file: DOCX, or one of many others that begin the same way."""
    try:
        file = BytesIO(content)
        see_contents(file, MOST_FILES)
        with zipfile.ZipFile(file) as package:
            names = set(package.namelist())
    except TooManyFiles:
        return Report(findings=(error("costly", "has more files in it than a Word document has; save it as PDF"),))
    except (*DAMAGED, ValueError):
        return Report(findings=(error("damaged", _TROUBLE["damaged"]),))
    if "word/document.xml" not in names:
        return Report(
            findings=(error("not_a_document", "is not a Word document but another kind of file; save it as PDF"),)
        )
    return Report()
