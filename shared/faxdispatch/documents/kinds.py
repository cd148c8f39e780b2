"""The kinds of document that can be faxed (Telnyx API reference, "Send a fax"), and by what their content begins."""

CONTENT_TYPES = {
    ".pdf": "application/pdf",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".doc": "application/msword",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".rtf": "application/rtf",
    ".txt": "text/plain",
}
"""Content types by the ending of a file's name."""

PDF = b"%PDF-"
TIFF = (b"II*\x00", b"MM\x00*")
"""Of the two orders of bytes, the one with the small end first first."""
_HEADS = {
    PDF: ".pdf",
    TIFF[0]: ".tiff",
    TIFF[1]: ".tiff",
    b"\xff\xd8\xff": ".jpg",
    b"\x89PNG\r\n": ".png",
    b"{\\rtf": ".rtf",
}
_CONTAINERS = {b"PK\x03\x04": ".docx", b"\xd0\xcf\x11\xe0": ".doc"}
"""Files of many programs begin so, not of Word alone."""
DRAWN = (".pdf", ".tiff", ".jpg", ".png")
"""Kinds whose pages can be drawn here; of the others only their own program knows the pages."""


def kind_of(content: bytes, *, containers: bool = True) -> str | None:
    """Return the ending of the kind that a content begins like, such as `.pdf`, or None if it is none of them.

    `containers` says whether an archive that may be from Word counts as such.
    """
    heads = _HEADS | _CONTAINERS if containers else _HEADS
    return next((kind for head, kind in heads.items() if content.startswith(head)), None)
