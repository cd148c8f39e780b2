"""A row's own options besides its number: document, sender, quality, window, zone, priority, reference."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Annotated, Any, cast

from pydantic import Field, TypeAdapter, ValidationError

from faxdispatch.calling.windows import Window, parse_window
from faxdispatch.calling.zones import is_zone
from faxdispatch.errors import BadInput
from faxdispatch.jobs import SendFax
from faxdispatch.lists.words import folded

_ASKED = SendFax.model_fields


def _adapter(name: str) -> TypeAdapter[Any]:
    field = _ASKED[name]
    return TypeAdapter(cast("Any", Annotated[field.annotation, Field(), *field.metadata]))


_TYPES = {name: _adapter(name) for name in ("media_url", "media_name", "from_", "quality", "priority", "client_state")}
_WINDOW: TypeAdapter[Any] = TypeAdapter(Window)
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*://|www\.", re.IGNORECASE)

_SHORT = 100
"""No limit applies to a reference of at most this many characters."""

RowFields = tuple[tuple[str, Any], ...]
RowSaid = Mapping[str, Any]
"""A row's own options, by the names of `read_field`. Rows may share it, so it must not be changed."""

NO_OPTIONS: RowSaid = {}
"""The options of most rows."""

_MOST_KNOWN = 8192
"""How many different rows are remembered."""


class WrongCell(ValueError):
    """A cell of a field is wrong; `str()` says how, and `place` is its column, from 0."""

    def __init__(self, place: int, problem: str) -> None:
        super().__init__(problem)
        self.place = place


class FieldReader:
    """Reads the fields of rows; rows with the same cells are read once.

    `columns` are the places of our fields in a row, from 0. `region` is the country of a sender's number without `+`.
    """

    def __init__(self, columns: Mapping[str, int], region: str | None) -> None:
        self._reference = columns.get("reference")
        self._columns = {name: place for name, place in columns.items() if name != "reference"}
        self._places = tuple(self._columns.values())
        self._region = region
        self._known: dict[tuple[str, ...], RowSaid] = {}

    def said(self, cells: Sequence[str]) -> RowSaid:
        """Return a row's own options except its reference.

        Raises:
            WrongCell: one of its cells is wrong.
        """
        key = tuple([cells[place] for place in self._places])
        found = self._known.get(key)
        if found is None:
            found = self._read(cells)
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            self._known[key] = found
        return found

    @property
    def reads_nothing_else(self) -> bool:
        """Whether the reference is the only field."""
        return not self._columns

    def references(self, rows: Sequence[Sequence[str]]) -> list[str | None] | None:
        """Return the references of rows at once, None for those without one; None if any of them is wrong."""
        place = self._reference
        if place is None:
            return [None] * len(rows)
        # Each row has another reference, and nearly all are short.
        cells = [row[place] if len(row) > place else "" for row in rows]
        if max(map(len, cells)) > _SHORT or not "".join(cells).isascii():
            return None
        return [cell.strip() or None for cell in cells]

    def reference(self, cells: Sequence[str]) -> str | None:
        """Return the reference of a row, or None if it has none.

        Raises:
            WrongCell: it is wrong.
        """
        if self._reference is None:
            return None
        return self._field("reference", cells[self._reference], self._reference).get("reference")

    def _read(self, cells: Sequence[str]) -> RowSaid:
        said: dict[str, Any] = {}
        for name, place in self._columns.items():
            said |= self._field(name, cells[place], place)
        return said

    def _field(self, name: str, cell: str, place: int) -> dict[str, Any]:
        try:
            return dict(read_field(name, cell, self._region))
        except ValueError as problem:
            raise WrongCell(place, str(problem)) from None


@lru_cache(maxsize=_MOST_KNOWN)
def read_field(name: str, cell: str, region: str | None) -> RowFields:
    """Read a cell of one of `headers.FIELDS`; the result is empty if the cell is.

    Returns names and values in the form of `SendFax`, except `zone` and `reference`, which have other names there:
    `media_url` or `media_name`, `from`, `quality`, `window`, `zone`, `priority`, `reference`. `region` is the country
    of a sender's number without `+`.

    Raises:
        ValueError: it says what is wrong with the cell.
    """
    text = cell.strip()
    if not text:
        return ()
    if name == "media":
        kind = "media_url" if _URL.match(text) else "media_name"
        return ((kind, _valid(_TYPES[kind], text)),)
    if name == "zone":
        if not is_zone(text):
            raise ValueError(f"{text!r} is not an IANA time zone such as America/Chicago")
        return (("zone", text),)
    if name == "window":
        return (("window", _window(text)),)
    if name in ("quality", "priority"):
        return ((name, str(_valid(_TYPES[name], folded(text).replace(" ", "_").replace("-", "_")))),)
    if name == "from":
        return (("from", _valid(_TYPES["from_"], text, region)),)
    return (("reference", _valid(_TYPES["client_state"], text)),)


def problem_of(name: str, cell: str, region: str | None) -> str:
    """Return what is wrong with a cell of a field, or an empty text."""
    try:
        read_field(name, cell, region)
    except ValueError as problem:
        return str(problem)
    return ""


def _window(text: str) -> Any:
    try:
        return _valid(_WINDOW, parse_window(text)).model_dump(mode="json", exclude_defaults=True)
    except BadInput as problem:
        raise ValueError(str(problem).removeprefix("window: ")) from None


def _valid(adapter: TypeAdapter[Any], value: Any, region: str | None = None) -> Any:
    try:
        return adapter.validate_python(value, context={"region": region})
    except ValidationError as error:
        raise ValueError("; ".join(_sentence(found) for found in error.errors(include_url=False))) from None


def _sentence(found: Any) -> str:
    where = ".".join(str(part) for part in found["loc"])
    message: str = found["msg"].removeprefix("Value error, ")
    return f"{where}: {message}" if where else message
