"""What the rows of a list say on a cover."""

from collections.abc import Sequence
from pathlib import Path

from faxdispatch.composition.cover import BUILT_IN, fields_of, same, see_characters, see_fields


class RowCovers:
    """The fields of one cover, taken out of rows with these `columns`.

    Raises:
        BadInput: a field is no column, or no font has a character of the text.
    """

    def __init__(self, text: str, columns: Sequence[str], more_fonts: Path | None = None) -> None:
        see_fields(text, columns)
        see_characters(text, more_fonts)
        self._more_fonts = more_fonts
        places = {same(column): place for place, column in reversed(list(enumerate(columns)))}
        wanted = [name for name in fields_of(text) if same(name) not in BUILT_IN]
        self._places = {name: places[same(name)] for name in wanted}

    def fields(self, cells: Sequence[str]) -> dict[str, str]:
        """Give the values of a row, by field.

        Raises:
            BadInput: no font has a character of them.
        """
        values = {name: cells[place] if place < len(cells) else "" for name, place in self._places.items()}
        see_characters("".join(values.values()), self._more_fonts)
        return values
