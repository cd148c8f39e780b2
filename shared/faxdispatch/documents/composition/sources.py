"""Finds the documents that a command or a program names by links, files and names in Telnyx's storage."""

from collections.abc import Callable
from pathlib import Path

from faxdispatch.documents.composition.composing import part
from faxdispatch.documents.local import Document, is_link
from faxdispatch.errors import BadInput


def sources_of(
    media: list[str], media_name: str | None, *, cover: str | None, fetch: Callable[[str], Document]
) -> tuple[str | None, list[Path | Document]]:
    """Return the link, or the documents, that `--media` means; neither if `--media-name` is given.

    A link that is joined with other documents, or with a cover, is fetched.

    Raises:
        BadInput: not exactly one of them is given, or a link's document cannot be fetched.
    """
    if cover and not media and media_name is None:
        return None, []
    alone = len(media) == 1 and is_link(media[0]) and not cover
    if not media or media_name is not None or alone:
        return source_of(media[0] if media else None, media_name)[0], []
    return None, [fetch(one) if is_link(one) else Path(one) for one in media]


def source_of(media: str | None, media_name: str | None) -> tuple[str | None, Document | None]:
    """Return the link, or the local document, that `--media` means; neither if `--media-name` is given.

    Raises:
        BadInput: not exactly one of them is given, or the document cannot be faxed.
    """
    if (media is None) == (media_name is None):
        which = "neither is given" if media is None else "both are given"
        raise BadInput(f"give the document as --media LINK-OR-FILE or as --media-name NAME; {which}")
    if media is None:
        return None, None
    if is_link(media):
        return media, None
    return None, part(Path(media))
