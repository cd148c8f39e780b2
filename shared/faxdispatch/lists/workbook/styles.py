"""The styles of a workbook's cells: number formats and strike-through (ECMA-376 part 1, 18.8)."""

import re
from typing import IO, NamedTuple

from faxdispatch.lists.workbook.bounds import STYLES, TooLarge
from faxdispatch.lists.workbook.elements import parse
from faxdispatch.lists.workbook.number_format import GENERAL

_BUILT_IN = {
    0: GENERAL, 1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00",
    5: '"$"#,##0_);("$"#,##0)', 6: '"$"#,##0_);[Red]("$"#,##0)',
    7: '"$"#,##0.00_);("$"#,##0.00)', 8: '"$"#,##0.00_);[Red]("$"#,##0.00)',
    9: "0%", 10: "0.00%", 11: "0.00E+00", 12: "# ?/?", 13: "# ??/??",
    14: "mm-dd-yy", 15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy", 18: "h:mm AM/PM", 19: "h:mm:ss AM/PM", 20: "h:mm",
    21: "h:mm:ss", 22: "m/d/yy h:mm",
    37: "#,##0_);(#,##0)", 38: "#,##0_);[Red](#,##0)", 39: "#,##0.00_);(#,##0.00)", 40: "#,##0.00_);[Red](#,##0.00)",
    41: r'_(* #,##0_);_(* \(#,##0\);_(* "-"_);_(@_)', 42: r'_("$"* #,##0_);_("$"* \(#,##0\);_("$"* "-"_);_(@_)',
    43: r'_(* #,##0.00_);_(* \(#,##0.00\);_(* "-"??_);_(@_)',
    44: r'_("$"* #,##0.00_);_("$"* \(#,##0.00\);_("$"* "-"??_);_(@_)',
    45: "mm:ss", 46: "[h]:mm:ss", 47: "mmss.0", 48: "##0.0E+0", 49: "@",
    # Date formats that depend on the language.
    **dict.fromkeys((*range(27, 37), *range(50, 59)), "yyyy-mm-dd"),
}  # fmt: skip
_ASIDE = re.compile(r'"[^"]*"|[\\_*].|\[(?!(?:h+|m+|s+)\])[^\]]*\]', re.IGNORECASE)
"""Parts of a format that stand for themselves, or have nothing to do with dates: texts, colours, conditions,
currencies."""
_FALSE = {"0", "false"}


class Style(NamedTuple):
    """The style of a cell. `is_date` and `is_duration` say what a number in it means."""

    number_format: str = GENERAL
    is_struck: bool = False
    is_date: bool = False
    is_duration: bool = False


class _Styles:
    """Collects the styles of cells."""

    def __init__(self) -> None:
        self._section = ""
        self._formats = dict(_BUILT_IN)
        self._struck: list[bool] = []
        self.strikes_by_rule = False
        self.cells: list[tuple[int, int]] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name in ("numFmts", "fonts", "cellXfs", "dxfs"):
            self._section = name
        elif name == "numFmt" and self._section == "numFmts":
            self._formats[int(attributes["numFmtId"])] = attributes.get("formatCode", GENERAL)
        elif name == "font" and self._section == "fonts":
            self._struck.append(False)
        elif name == "strike" and self._section == "fonts" and self._struck:
            self._struck[-1] = attributes.get("val", "1") not in _FALSE
        elif name == "strike" and self._section == "dxfs":
            self.strikes_by_rule |= attributes.get("val", "1") not in _FALSE
        elif name == "xf" and self._section == "cellXfs":
            self.cells.append((int(attributes.get("numFmtId", 0)), int(attributes.get("fontId", 0))))
        if max(len(self.cells), len(self._struck), len(self._formats)) > STYLES:
            raise TooLarge(f"it has more than {STYLES:,} styles")

    def end(self, name: str) -> None:
        if name == self._section:
            self._section = ""

    def text(self, text: str) -> None:
        pass

    def styles(self) -> list[Style]:
        return [self._style(self._formats.get(known, GENERAL), font) for known, font in self.cells]

    def _style(self, number_format: str, font: int) -> Style:
        positive = _ASIDE.sub("", number_format).partition(";")[0].lower()
        is_date = number_format.lower() != GENERAL.lower() and any(letter in positive for letter in "ymdhs")
        return Style(
            number_format, font < len(self._struck) and self._struck[font], is_date, is_date and "[" in positive
        )


def read_styles(stream: IO[bytes]) -> tuple[list[Style], bool]:
    """Return the styles of cells, in the order in which cells name them, and whether a rule may strike cells through.

    Whether a rule really does so depends on formulas, which are not calculated here.

    Raises:
        TooLarge: there are too many.
        Damaged: they are not well-formed.
    """
    handler = _Styles()
    parse(stream, handler)
    return handler.styles(), handler.strikes_by_rule
