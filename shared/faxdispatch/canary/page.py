"""The page that the canary sends, which explains itself."""

import io
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version

from pypdf import PdfWriter
from pypdf.generic import ContentStream, DictionaryObject, NameObject

_LETTER = (612, 792)
_LEFT, _TOP, _LEADING = 72, 700, 20
_TITLE_SIZE, _SIZE = 20, 12


def canary_page(*, job_id: str, connection_id: str, sender: str, moment: datetime) -> bytes:
    """Return a PDF of one page in US letter size: a test fax, with time and sender.

    An installation is named by its fax application and its sender, which are the same on each of its machines. The
    person at the machine reads that there is nothing to do. Nothing on the page is secret.
    """
    lines = (
        "This page tests a fax installation.",
        "No action is needed.",
        "",
        f"Made:             {moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC",
        f"Fax application:  {connection_id}",
        f"Sender:           {sender}",
        f"Job:              {job_id}",
        f"Software:         faxdispatch {version('faxdispatch')}",
    )
    return _pdf("TEST FAX", lines)


def _pdf(title: str, lines: Sequence[str]) -> bytes:
    writer = PdfWriter()
    page = writer.add_blank_page(*_LETTER)
    fonts = DictionaryObject({NameObject("/Title"): _font("Helvetica-Bold"), NameObject("/Text"): _font("Courier")})
    page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
    drawn = [f"BT /Title {_TITLE_SIZE} Tf {_LEFT} {_TOP} Td ({_escaped(title)}) Tj /Text {_SIZE} Tf {_LEADING} TL T*"]
    drawn += [f"T* ({_escaped(line)}) Tj" for line in lines]
    content = ContentStream(None, writer)
    content.set_data("\n".join([*drawn, "ET"]).encode("ascii", "replace"))
    page.replace_contents(content)
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()


def _font(name: str) -> DictionaryObject:
    given = {"/Type": "/Font", "/Subtype": "/Type1", "/BaseFont": f"/{name}"}
    return DictionaryObject({NameObject(key): NameObject(value) for key, value in given.items()})


def _escaped(text: str) -> str:
    r"""Write text for a PDF string, in which `(`, `)` and `\` are special."""
    return text.translate({ord(sign): f"\\{sign}" for sign in "\\()"})
