"""Blank documents, for tests in which the content does not matter."""

import io

from pypdf import PdfWriter


def blank_pdf(pages: int = 1, *, title: str = "", password: str | None = None) -> bytes:
    writer = PdfWriter()
    for _ in range(pages):
        writer.add_blank_page(width=612, height=792)
    writer.add_metadata({"/Title": title})
    if password is not None:
        writer.encrypt(password, algorithm="AES-256")
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()
