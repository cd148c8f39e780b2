"""HTML and SVG from Python. Text and attributes are always escaped, so that no cell of a list can become markup."""

from collections.abc import Iterable
from html import escape

_EMPTY = {"meta", "rect", "line"}


class Html(str):
    """Text that is already markup. Only this module creates it."""

    __slots__ = ()


def tag(name: str, /, *children: str, **attributes: str | float) -> Html:
    """Return an element; children that are not `Html` are escaped.

    In attribute names, `_` stands for `-`; a `_` at the end is dropped, as in `class_`.
    """
    written = "".join(
        f' {attribute.rstrip("_").replace("_", "-")}="{escape(_number(value))}"'
        for attribute, value in attributes.items()
    )
    if name in _EMPTY and not children:
        return Html(f"<{name}{written}>" if name == "meta" else f"<{name}{written}/>")
    return Html(f"<{name}{written}>{join(children)}</{name}>")


def join(children: Iterable[str]) -> Html:
    """Join several pieces."""
    return Html("".join(child if isinstance(child, Html) else escape(child) for child in children))


def style(css: str) -> Html:
    """Return a style sheet, which is not escaped, so it must be our own."""
    return Html(f"<style>{css}</style>")


def _number(value: str | float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
