"""Several documents as one PDF, in their order. They were examined before, each by itself."""

import io
import time
from collections.abc import Sequence

from PIL import Image
from pypdf import PdfReader, PdfWriter
from pypdf.errors import PyPdfError

from faxdispatch.composition.converting import to_pdf
from faxdispatch.documents.local import Document, document_of
from faxdispatch.errors import BadInput

_MADE = time.gmtime(946_684_800)
"""The same pictures make the same file, whenever it is made."""
_PICTURES = {".tiff", ".jpg", ".png"}
_DOTS_AN_INCH = 200


def joined(documents: Sequence[Document], *, cover: bytes | None = None) -> Document:
    """Give one document: a cover's PDF first, then all the others. A single one without a cover stays as it is.

    Raises:
        BadInput: one cannot be made a PDF here, or all together are larger than Telnyx stores.
    """
    if len(documents) == 1 and cover is None:
        return documents[0]
    writer = PdfWriter()
    for content in filter(None, (cover, *map(as_pdf, documents))):
        try:
            reader = PdfReader(io.BytesIO(content))
            if reader.is_encrypted:
                reader.decrypt("")
            writer.append(reader, import_outline=False)
        except (PyPdfError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise BadInput(f"document: cannot be joined with others: {type(error).__name__}") from None
    out = io.BytesIO()
    writer.write(out)
    made = document_of(out.getvalue())
    return Document(made.content, made.kind, next((one.name for one in documents if one.name), None))


def as_pdf(document: Document) -> bytes:
    """Give a document as PDF.

    Raises:
        BadInput: it is a word processor's, and there is nothing here that converts it.
    """
    if document.kind == ".pdf":
        return document.content
    return _of_picture(document.content) if document.kind in _PICTURES else to_pdf(document.content, document.kind)


def _of_picture(content: bytes) -> bytes:
    out = io.BytesIO()
    with Image.open(io.BytesIO(content), formats=("TIFF", "JPEG", "PNG")) as image:
        sheets = []
        for number in range(getattr(image, "n_frames", 1)):
            image.seek(number)
            flat = Image.new("RGB", image.size, "white")
            flat.paste(image, mask=image.convert("RGBA").getchannel("A"))
            sheets.append(flat.convert("L"))
        across = float(image.info.get("dpi", (_DOTS_AN_INCH,))[0])
        dots = across if across > 1 else image.width / 8.27
        sheets[0].save(
            out, "PDF", save_all=True, append_images=sheets[1:], resolution=dots, creationDate=_MADE, modDate=_MADE
        )
    return out.getvalue()
