"""The layers of joined documents: layers that a document hides stay hidden."""

from typing import Any

from pypdf import PdfReader, PdfWriter
from pypdf.generic import ArrayObject, DictionaryObject, NameObject


class Layers:
    """Collects the layers of documents whose pages were appended to a writer.

    A page only says which layer a part of it belongs to. The document says elsewhere which layers are shown, and that
    is not copied when pages are appended.
    """

    def __init__(self, writer: PdfWriter) -> None:
        self._writer = writer
        self._all, self._hidden, self._by_event = ArrayObject(), ArrayObject(), ArrayObject()

    def add(self, document: PdfReader) -> None:
        """Collect the layers of a document whose pages have been appended."""
        found = document.root_object.get("/OCProperties")
        if found is None:
            return
        # References lead to the objects that were appended with the pages.
        kept: Any = found.get_object().clone(self._writer)
        shown = _part(kept, "/D", DictionaryObject())
        layers = _part(kept, "/OCGs", ArrayObject())
        if shown.get("/BaseState") == "/OFF":
            hidden = [layer for layer in layers if layer not in _part(shown, "/ON", ArrayObject())]
        else:
            hidden = list(_part(shown, "/OFF", ArrayObject()))
        self._all.extend(layers)
        self._hidden.extend(hidden)
        self._by_event.extend(_part(shown, "/AS", ArrayObject()))

    def write(self) -> None:
        """Write all layers into the PDF."""
        if not self._all:
            return
        shown = {"/Order": self._all, "/OFF": self._hidden, "/AS": self._by_event}
        known = {
            "/OCGs": self._all,
            "/D": DictionaryObject({NameObject(name): value for name, value in shown.items()}),
        }
        self._writer.root_object[NameObject("/OCProperties")] = DictionaryObject(
            {NameObject(name): value for name, value in known.items()}
        )


def _part(holder: Any, name: str, otherwise: Any) -> Any:
    return holder.get(name, otherwise).get_object()
