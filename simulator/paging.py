"""Query parameters and pages: an unknown parameter is refused, since a misspelt filter would filter nothing."""

from collections.abc import Sequence
from typing import Any, TypeVar

from aiohttp import web

from simulator.errors import bad_parameter

PAGE = frozenset({"page[number]", "page[size]"})
DEFAULT_SIZE, MAX_SIZE = 20, 250

_Item = TypeVar("_Item")


def check_names(request: web.Request, allowed: frozenset[str] = frozenset()) -> None:
    """Answer 400 for a parameter that the operation does not have, or that is given twice."""
    seen: set[str] = set()
    for name in request.query:
        if name not in allowed:
            detail = f"The parameter {name!r} is not known here."
            raise bad_parameter("10031", "Invalid filter", detail, name)
        if name in seen and not name.endswith("[]"):
            raise bad_parameter("10031", "Invalid filter", f"The parameter {name!r} is given twice.", name)
        seen.add(name)


def read_page(request: web.Request) -> tuple[int, int]:
    """Return page number and page size."""
    return _whole(request, "page[number]", 1, None), _whole(request, "page[size]", DEFAULT_SIZE, MAX_SIZE)


def _whole(request: web.Request, name: str, default: int, most: int | None) -> int:
    text = request.query.get(name)
    if text is None:
        return default
    if not text.isascii() or not text.isdigit():
        raise bad_parameter("10026", "Invalid type", "Must be a whole number.", name)
    value = int(text)
    if value < 1 or (most is not None and value > most):
        detail = f"Must be at least 1{'' if most is None else f' and at most {most}'}."
        raise bad_parameter("10033", "Value outside of range", detail, name)
    return value


def cut(items: Sequence[_Item], number: int, size: int) -> tuple[Sequence[_Item], dict[str, Any]]:
    """Return one page and the `meta` that goes with it."""
    meta = {
        "page_number": number,
        "page_size": size,
        "total_pages": -(-len(items) // size),
        "total_results": len(items),
    }
    return items[(number - 1) * size : number * size], meta
