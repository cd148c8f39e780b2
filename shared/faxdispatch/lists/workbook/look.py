"""What cells show: their values in the formats and with the texts of their workbook."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from faxdispatch.lists.workbook.bounds import Damaged
from faxdispatch.lists.workbook.dates import EPOCH_1900, shown_date, shown_duration
from faxdispatch.lists.workbook.number_format import GENERAL, NotShown, shown_number, shown_text
from faxdispatch.lists.workbook.styles import Style
from faxdispatch.lists.workbook.texts import RichText

TRUE = {"1", "true"}
"""How the XML of a workbook writes yes."""
_PLAIN = Style()


@dataclass
class Look:
    """What cells refer to: the workbook's texts and styles, and the epoch of its dates."""

    texts: Sequence[str] = ()
    styles: Sequence[Style] = (_PLAIN,)
    epoch: datetime = EPOCH_1900
    struck: frozenset[str] = field(init=False)
    """Styles that strike through, by their number."""
    general: frozenset[str] = field(init=False)
    """Styles that show values unchanged, by the same; the empty one is that of cells without a style."""
    has_rich: bool = field(init=False)
    """Whether one of the texts has its own fonts."""

    def __post_init__(self) -> None:
        named = {str(at): style for at, style in enumerate(self.styles)}
        self.struck = frozenset(at for at, style in named.items() if style.is_struck)
        general = {at for at, style in named.items() if style.number_format == GENERAL}
        self.general = frozenset(general | {""} if "0" in general else general)
        self.has_rich = any(isinstance(text, RichText) for text in self.texts)

    def column(self, styles: Sequence[str], kinds: Sequence[str], values: Sequence[str]) -> list[str] | None:
        """Return what cells show (nothing for cells without a value), or None if a closer look is needed.

        Raises:
            Damaged: a value does not have the kind that its cell says.
        """
        if not self.struck.isdisjoint(styles):
            return None
        try:
            if self.general.issuperset(styles):
                shown = self._as_they_stand(kinds, values)
            else:
                shown = [
                    self.shown(kind, self.style(style), value) if value else ""
                    for style, kind, value in zip(styles, kinds, values, strict=True)
                ]
        except NotShown:
            return None
        except (ValueError, IndexError):
            raise Damaged("a cell's value is not of its type") from None
        return None if self.has_rich and any(isinstance(text, RichText) for text in shown) else shown

    def _as_they_stand(self, kinds: Sequence[str], values: Sequence[str]) -> list[str]:
        """Return what cells without a format show."""
        joined = "".join(values)
        if joined.isascii() and joined.isdigit() and all(values):
            only = set(kinds)
            if only == {"s"}:
                return list(map(self.texts.__getitem__, map(int, values)))
            # Whole numbers are written as they are shown, except for leading zeros.
            if only <= {"", "n", "str"} and min(values) >= "1":
                return list(values)
        return [self.shown(kind, _PLAIN, value) if value else "" for kind, value in zip(kinds, values, strict=True)]

    def style(self, number: str | None) -> Style:
        """Return a style by its number; the first is that of cells without a style."""
        place = int(number or 0)
        return self.styles[place] if place < len(self.styles) else _PLAIN

    def shown(self, kind: str | None, style: Style, value: str) -> str:
        """Return what a cell shows.

        Raises:
            NotShown: its format does not make a plain number from it.
            Damaged: the value does not have the kind that the cell says.
        """
        try:
            if kind == "s":
                value = self.texts[_index(value)]
            elif not kind or kind == "n":
                return self._shown_number(style, value)
            elif kind == "b":
                return str(value.strip() in TRUE)
        except NotShown:
            raise
        except (ValueError, IndexError):
            raise Damaged(f"a cell has {value[:20]!r}, which is not of its type") from None
        return value if style.number_format == GENERAL else shown_text(value, style.number_format)

    def _shown_number(self, style: Style, value: str) -> str:
        # Most numbers are written as they are shown.
        if style.number_format == GENERAL and value.isascii() and value.isdigit() and value[0] != "0":
            return value
        number = float(value) if any(sign in value for sign in ".eE") else int(value)
        if style.is_duration:
            return shown_duration(number)
        return shown_date(number, self.epoch) if style.is_date else shown_number(number, style.number_format)


def _index(text: str) -> int:
    if not text.isdigit():
        raise ValueError
    return int(text)
