"""The values that the rows of a list put on a cover."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from faxdispatch.documents.composition.cover import (
    BUILT_IN,
    cover_pages,
    fields_of,
    fields_without_words,
    same,
    see_characters,
    see_fields,
)


class RowCovers:
    """The fields of one cover, taken from rows with these `columns`.

    Raises:
        BadInput: a field is not a column, or no font has a character of the text.
    """

    def __init__(self, text: str, columns: Sequence[str], more_fonts: Path | None = None) -> None:
        see_fields(text, columns)
        see_characters(text, more_fonts)
        self._more_fonts = more_fonts
        places = {same(column): place for place, column in reversed(list(enumerate(columns)))}
        wanted = [name for name in fields_of(text) if same(name) not in BUILT_IN]
        self._places = {name: places[same(name)] for name in wanted}
        without = set(map(same, fields_without_words(text)))
        self._must_be_there = [name for name in wanted if same(name) in without]
        self.pages = cover_pages(text, more_fonts)
        """Pages of the cover if its fields are short."""

    def row_fields(self, fields: Mapping[str, Any], cells: Sequence[str]) -> dict[str, Any]:
        """Return what a row's cover adds to the fields of its request: its values, and its pages.

        Raises:
            BadInput: no font has one of their characters.
        """
        values = {name: cells[place] if place < len(cells) else "" for name, place in self._places.items()}
        see_characters("".join(values.values()), self._more_fonts)
        pages = {"pages": fields["pages"] + self.pages} if fields.get("pages") else {}
        return {"cover_fields": values, **pages}

    def empty(self, values: Mapping[str, str]) -> Iterator[str]:
        """Yield the names of fields that print nothing with a row's values, as returned by `row_fields`."""
        for name in self._must_be_there:
            if not values[name].strip():
                yield name
