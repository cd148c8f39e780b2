"""Several documents as one PDF, in their order. They have been examined one by one."""

import io
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path

from pypdf import PdfReader, PdfWriter
from pypdf.errors import PyPdfError

from faxdispatch.documents.composition.converting import to_pdf
from faxdispatch.documents.composition.layers import Layers
from faxdispatch.documents.local import Document, document_of
from faxdispatch.errors import BadInput
from faxdispatch.subprocesses.bounded import run

_PICTURES = {".tiff", ".jpg", ".png"}
_PICTURING = Path(__file__).with_name("picturing.py")
_SECONDS = 90.0


def joined(documents: Sequence[Document], *, cover: bytes | None = None) -> Document:
    """Return one document: a cover's PDF first, then all the others. A single one without a cover stays as it is.

    Raises:
        BadInput: one cannot be converted to PDF here, or together they are larger than Telnyx stores.
    """
    if len(documents) == 1 and cover is None:
        return documents[0]
    made = _written([*([cover] if cover else []), *(as_pdf(document).content for document in documents)])
    return Document(made.content, made.kind, next((one.name for one in documents if one.name), None))


def as_pdf(document: Document) -> Document:
    """Return a document as PDF, under its own name.

    Raises:
        BadInput: it is a word processor file that nothing here can convert, or it needs too much time or memory.
    """
    if document.kind == ".pdf":
        return document
    if document.kind in _PICTURES:
        made = document_of(_of_picture(document.content))
    else:
        # LibreOffice writes the time and a number into its output; writing it again makes the same PDF for the same
        # file.
        made = _written([to_pdf(document.content, document.kind)])
    return Document(made.content, made.kind, document.name)


def _written(contents: Iterable[bytes]) -> Document:
    """Write the pages of PDFs as one PDF; the same input always gives the same output."""
    writer = PdfWriter()
    layers = Layers(writer)
    for number, content in enumerate(contents, start=1):
        try:
            reader = PdfReader(io.BytesIO(content))
            if reader.is_encrypted:
                reader.decrypt("")
            # Fields with the same name are one field: two copies of a form would both show the first one's values.
            reader.add_form_topname(f"part {number}")
            writer.append(reader, import_outline=False)
            layers.add(reader)
        except (PyPdfError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise BadInput(f"document: cannot be joined with others: {type(error).__name__}") from None
    layers.write()
    out = io.BytesIO()
    writer.write(out)
    return document_of(out.getvalue())


def _of_picture(content: bytes) -> bytes:
    try:
        done = run(_PICTURING, content=content, seconds=_SECONDS)
    except subprocess.TimeoutExpired:
        done = None
    if done is None or done.returncode:
        raise BadInput("document: takes too long or too much memory to become a PDF; print it to one")
    return done.stdout
