"""What a row has of its own apart from its number: document, sender, quality, window, zone, priority, reference."""

import re
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
"""Characters of a reference that no bound comes near."""

RowFields = tuple[tuple[str, Any], ...]


def read_field(name: str, cell: str, region: str | None) -> RowFields:
    """Read a cell of one of `headers.FIELDS`; empty where the cell is.

    Gives names and values as `SendFax` takes them, but for `zone` and `reference`, which it has under other names:
    `media_url` or `media_name`, `from`, `quality`, `window`, `zone`, `priority`, `reference`. `region` is the country
    of a sender's number without `+`.

    Raises:
        ValueError: saying what is wrong with the cell.
    """
    if name == "reference" and 0 < len(cell) <= _SHORT and cell.isascii() and (text := cell.strip()):
        # Each row has another one, and there is nothing wrong with such.
        return (("reference", text),)
    return _read(name, cell, region)


@lru_cache(maxsize=8192)
def _read(name: str, cell: str, region: str | None) -> RowFields:
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
    """Tell what is wrong with a cell of a field; the empty text where nothing is."""
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
