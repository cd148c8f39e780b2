"""The kinds of document that can be faxed (Telnyx API reference, "Send a fax"), and how their contents begin."""

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
"""Content types by file name extension."""

PDF = b"%PDF-"
TIFF = (b"II*\x00", b"MM\x00*")
"""The little-endian byte order comes first."""
_HEADS = {
    PDF: ".pdf",
    TIFF[0]: ".tiff",
    TIFF[1]: ".tiff",
    b"\xff\xd8\xff": ".jpg",
    b"\x89PNG\r\n": ".png",
    b"{\\rtf": ".rtf",
}
_CONTAINERS = {b"PK\x03\x04": ".docx", b"\xd0\xcf\x11\xe0": ".doc"}
"""The files of many programs begin like this, not only Word's."""
DRAWN = (".pdf", ".tiff", ".jpg", ".png")
"""Kinds whose pages can be drawn here; for the others, only their own program knows the pages."""


def kind_of(content: bytes, *, containers: bool = True) -> str | None:
    """Return the file name extension, such as `.pdf`, of the kind that the first bytes show, or None if they show none.

    `containers` says whether an archive that may be a Word document counts as one.
    """
    heads = _HEADS | _CONTAINERS if containers else _HEADS
    return next((kind for head, kind in heads.items() if content.startswith(head)), None)
