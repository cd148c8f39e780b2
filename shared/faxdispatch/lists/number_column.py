"""The number cells of many rows, read at once: most are written in a few forms, and are in ranges that are known.

What is found once about a form, or about a range of numbers, is true for all cells in it. All others are read one by
one.
"""

import re
from collections.abc import Sequence
from enum import Enum
from typing import NamedTuple

from phonenumbers import PhoneNumberType

from faxdispatch.calling.numbers import Number, callable_number
from faxdispatch.calling.ranges import country_and_kind, read_digits
from faxdispatch.lists.cells import Cell, CellReader, Facts

_SEPARATED = b" \t\r\x0b\x0c().-+/"
_DIGITS_ALIKE = bytes.maketrans(b"0123456789", b"9999999999")
_FORM = re.compile(r"\s*(?:(?P<plus>\+?)(?P<code>9)[ .-]*)?\(?999\)?[ .-]*999[ .-]*9999\s*", re.ASCII)
"""How most files write a number of the North American plan, with 9 for each digit."""
_ELSEWHERE = re.compile(
    r"[ \t]*(?P<plus>\+?)(?!9{7,}\.9+[ \t]*\Z)(?=(?:[^9]*9){7})(?:(?:[() .-]*9){1,6}[() .-]*/)?[9() .-]{4,33}[ \t]*",
    re.ASCII,
)
"""The form in which most files write a number of any other numbering plan.

The part before a slash is too short for a number of its own.
"""
_MADE_UP = frozenset({"0000", "1212"})
"""Last digits that need a closer look: those of rounded numbers, and those of a service."""
_MOST_FORMS = 5_000
"""How many different forms, and different cells without a number, are remembered."""
_LONGEST_WORD = 40
"""Maximum length of a cell that is remembered."""


_ORDINARY_KINDS = frozenset({PhoneNumberType.FIXED_LINE, PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE})
"""Kinds of numbers without special rules."""


class _Form(Enum):
    """How a number of the North American plan is written, so that its last ten digits are the number."""

    OTHER = 0
    """Not such a number, or written in another way."""
    AT_HOME = 1
    """Dialled within the plan, without the code 1."""
    WITH_CODE = 2
    """With the code 1, as dialled within the plan."""
    ABROAD = 3
    """With a plus, as a number of any plan may be."""
    DIALLED = 4
    """As it is dialled in a country that is not in the North American plan."""
    WITH_PLUS = 5
    """With a plus and eleven digits: of the North American plan if the first is 1, otherwise of any other."""


class Numbers(NamedTuple):
    """The results of reading cells, by column.

    `to` has the number to call for each, or None; `facts` has the place of further facts about it in
    `ColumnReader.facts`. `others` are the cells without a number, by their place.
    """

    to: list[str | None]
    facts: list[int]
    others: dict[int, Cell]


class ColumnReader:
    """Reads number cells as `reader` does, and learns from each."""

    def __init__(self, reader: CellReader) -> None:
        self.facts = [Facts()]
        """All facts about numbers. The first entry, which most numbers have, is empty."""
        self._reader, self._policy, self._code = reader, reader.policy, reader.code
        self._places = {Facts(): 0}
        # The facts of a range apply to its numbers, unless only some of them may be called.
        self._by_range = reader.policy.only is None
        # The facts about each area code and exchange of the North American plan: 0 means nothing yet, 255 that the
        # number must be parsed in full, any other value the position of its facts, from 1. No list of ranges looks at
        # the last four digits.
        self._known = bytearray(1_000_000)
        # The same for the ordinary numbers of each other country, which are all alike; None if they are not.
        self._alike: dict[tuple[int, str | None, int], int | None] = {}
        self._forms: dict[bytes, _Form] = {}
        self._odd: dict[str, Cell] = {}

    def read(self, texts: Sequence[str]) -> Numbers:
        """Read cells, which may be of several columns."""
        found = Numbers([], [], {})
        joined = "\n".join(texts).encode("utf-8", "surrogatepass")
        forms = joined.translate(_DIGITS_ALIKE).split(b"\n")
        digits = joined.translate(None, _SEPARATED).decode("utf-8", "surrogatepass").split("\n")
        if not self._by_range or len(digits) != len(texts):
            # Some cells have several lines.
            for text in texts:
                self._add(found, self._reader.read(text))
            return found
        to, facts = found.to, found.facts
        known, known_forms = self._known, self._forms
        other, at_home, with_code, with_plus = _Form.OTHER, _Form.AT_HOME, _Form.WITH_CODE, _Form.WITH_PLUS
        for at, form in enumerate(forms):
            how = known_forms.get(form) or self._learn_form(form)
            number = digits[at]
            if how is with_plus:
                how = with_code if number[0] == "1" else _Form.ABROAD
            if how is at_home or how is with_code:
                national = number[-10:]
                place = int(national[:6])
                kind = known[place] or self._learn(place)
                plain = how is at_home or number[0] == "1"
                if kind != 255 and plain and national[6:] not in _MADE_UP:
                    to.append("+1" + national)
                    facts.append(kind - 1)
                    continue
            elif how is not other and (read := self._read_elsewhere(number, how)):
                to.append(read[0])
                facts.append(read[1])
                continue
            self._add(found, self._read_odd(texts[at]))
        return found

    def _read_elsewhere(self, number: str, how: _Form) -> tuple[str, int] | None:
        """Return the number to call of digits, and the place of its facts; None if it needs a closer look."""
        # A spreadsheet may have rounded it, or it may be one repeated digit, written in place of a number.
        if number.endswith("00000") or not number.strip(number[0]):
            return None
        read = read_digits(f"+{number}" if how is _Form.ABROAD else number, self._policy.region)
        if read is None:
            return None
        code, digits = read
        country, kind = country_and_kind(code, digits)
        key = (code, country, kind)
        if key not in self._alike:
            self._alike[key] = self._learn_kind(Number(code, digits, country, kind))
        place = self._alike[key]
        return None if place is None else (f"+{code}{digits}", place)

    def _learn_kind(self, number: Number) -> int | None:
        """Return the place of the facts about all numbers of one country and kind; None if they are not alike."""
        if number.kind not in _ORDINARY_KINDS or number.code == 1:
            return None
        # Of countries that share a code, several may have the number.
        if number.code == self._code and number.country != self._policy.region:
            return None
        if self._policy.countries and number.country not in self._policy.countries:
            return None
        return self._place(self._reader.cell(number).facts)

    def _read_odd(self, text: str) -> Cell:
        """Read a cell that is not plain; cells without a number often repeat."""
        cell = self._odd.get(text)
        if cell is None:
            cell = self._reader.read(text)
            if cell.number is None and len(text) <= _LONGEST_WORD:
                if len(self._odd) >= _MOST_FORMS:
                    self._odd.clear()
                self._odd[text] = cell
        return cell

    def _add(self, found: Numbers, cell: Cell) -> None:
        if cell.number is None:
            found.others[len(found.to)] = cell
        found.to.append(cell.number)
        found.facts.append(self._place(cell.facts))

    def _place(self, facts: Facts) -> int:
        if facts not in self._places:
            self._places[facts] = len(self.facts)
            self.facts.append(facts)
        return self._places[facts]

    def _learn_form(self, form: bytes) -> _Form:
        """Find how numbers of a form are written."""
        text = form.decode("utf-8", "surrogatepass")
        if len(self._forms) >= _MOST_FORMS:
            self._forms.clear()
        home = self._code == 1
        how = _Form.OTHER
        if (found := _FORM.fullmatch(text)) and (found["plus"] or home):
            how = _Form.WITH_PLUS if found["plus"] else _Form.WITH_CODE if found["code"] else _Form.AT_HOME
        elif (found := _ELSEWHERE.fullmatch(text)) and (found["plus"] or not home):
            how = _Form.ABROAD if found["plus"] else _Form.DIALLED
        self._forms[form] = how
        return how

    def _learn(self, place: int) -> int:
        """Find the facts about all numbers of one area code and exchange."""
        digits = f"{place:06}"
        try:
            # An area code followed by itself needs a closer look: the number may be made up.
            cell = None if digits[:3] == digits[3:] else self._reader.cell(callable_number(1, f"{digits}0101"))
        except ValueError:
            cell = None
        self._known[place] = 255 if cell is None else min(self._place(cell.facts) + 1, 255)
        return self._known[place]
