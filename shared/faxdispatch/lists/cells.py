"""A cell that should hold one telephone number: how people and spreadsheets write it, and how it is read.

A number is never guessed: digits that a spreadsheet lost, a second number, an extension and unknown words make the cell
invalid, with a sentence that says why. A cell that says that there is no number is not an error.
"""

import re
import unicodedata
from collections.abc import Sequence
from enum import Enum, StrEnum
from typing import NamedTuple

import phonenumbers
from phonenumbers import PhoneNumberType
from pydantic import TypeAdapter, ValidationError

from faxdispatch.calling.numbers import Number, NumberPolicy, callable_number, is_listed, is_sip, read_number
from faxdispatch.calling.ranges import country_and_kind, read_digits
from faxdispatch.jobs import Destination
from faxdispatch.lists.words import BETWEEN, FAX_WORDS, NO_NUMBER, PHONE_WORDS, PLAIN_WORDS, folded
from faxdispatch.text.privacy import EXAMPLE

_SIP: TypeAdapter[str] = TypeAdapter(Destination)

_SEPARATED = b" \t\r\x0b\x0c().-+/"
_DIGITS_ALIKE = bytes.maketrans(b"0123456789", b"9999999999")
_FORM = re.compile(r"\s*(?:(?P<plus>\+?)(?P<code>9)[ .-]*)?\(?999\)?[ .-]*999[ .-]*9999\s*", re.ASCII)
"""How most files write a number of the North American plan, with 9 for each digit."""
_ELSEWHERE = re.compile(
    r"[ \t]*(?P<plus>\+?)(?!9{7,}\.9+[ \t]*\Z)(?=(?:[^9]*9){7})(?:(?:[() .-]*9){1,6}[() .-]*/)?[9() .-]{4,33}[ \t]*",
    re.ASCII,
)
"""How most files write a number of any other plan. What is before a slash is too short for a number of its own."""
_MADE_UP = frozenset({"0000", "1212"})
"""Last digits that need a closer look: rounded ones, and those of a service."""
_MOST_FORMS = 5_000
"""How many different forms, and different cells without a number, are remembered."""
_LONGEST_WORD = 40
"""Maximum length of such a cell."""


class _Form(Enum):
    """How a number of the North American plan is written, so that its last ten digits are the number."""

    OTHER = 0
    """It is not such a number, or it is written in another way."""
    AT_HOME = 1
    """As dialled within the plan, without the code 1."""
    WITH_CODE = 2
    """With the code 1, as dialled within the plan."""
    ABROAD = 3
    """With a plus, as a number of any plan may be."""
    DIALLED = 4
    """As it is dialled in a country that is not in the North American plan."""
    WITH_PLUS = 5
    """With a plus and eleven digits: of the North American plan if the first is 1, otherwise of any other."""


_WRITTEN = re.compile(r"\s*(\+|(?![() .-]*0[() .-]*0))([\d() .-]{7,40})\s*", re.ASCII)
"""A number as written anywhere else, with `+` or as dialled at home."""

_ORDINARY_KINDS = frozenset({PhoneNumberType.FIXED_LINE, PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE})
"""Kinds of numbers without special rules."""

_FORMULA_TEXT = re.compile(r'=\s*"([^"]*)"')
_TYPED_FORMULA = re.compile(r"=\s*(\+?[\d().\- ]+)")
_ORDINARY = re.compile(r"\+?[\d() \-]+", re.ASCII)
"""A cell from which nothing must be removed."""

_SHEET_ERROR = re.compile(r"#[A-Z/0]+[!?]", re.IGNORECASE)
_SCIENTIFIC = re.compile(r"[+-]?\d+(?:[.,]\d+)?\s*e\s*[+-]?\d+", re.IGNORECASE)
_WITH_DECIMAL = re.compile(r"(\+?\d{7,})[.,]0+")
_SEPARATORS = frozenset("() .-")
_NOTHING = re.compile(r"[0\W_]*")
_EXTENSION = re.compile(
    r"(?P<head>.*\d.*?)[\s,(]*"
    r"(?:;\s*ext=|,{2,}|#|(?<![a-z])(?:extension|extn|ext|durchwahl|dw|poste|anexo|x|p|w)(?![a-z])[.:#]*)"
    r"\s*(?P<extension>\d{1,8})\s*\)?",
    re.IGNORECASE,
)
_BETWEEN = re.compile(r"[/;,|&\n]|(?<![^\W\d_])(?:and|or|und|oder|et|ou|y|o)(?![^\W\d_])", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]+")
_VANITY = re.compile(r"(?=.*[a-z])\+?[\d().\- ]*\d{3}[().\- ]*[a-z\d().\- ]{7,}", re.IGNORECASE)
_ODD = re.compile(r"[^\d().\-/ +]")
_SHORTEST_WHOLE = 7
"""Number of digits from which the first of two parts may be a separate number. An area code alone has fewer."""

_LONGEST = 150
"""Maximum length of a cell that is examined."""

_NO_EXTENSION = "has extension {}, which a fax call cannot dial: take it off if the fax machine answers without it"
_LOST = "its digits were lost in a spreadsheet, which rounded it: take the number from its source"
_NO_ZERO = "is in use only with a 0 before it, which a spreadsheet may have taken off: put it back"
_TWO = "has two numbers: give each its own row"
_NO_AREA = "has no area code: write the number with it"


class Verdict(StrEnum):
    """What a cell contains."""

    NUMBER = "number"
    NONE = "no number"
    INVALID = "invalid"


class Cell(NamedTuple):
    """The result of reading a number cell.

    `number` is E.164, or a SIP URI if the policy allows them; None unless the verdict is NUMBER. `note` says what was
    removed, or why it is invalid. `foreign` names the country (ISO 3166) of a number that belongs to another one than
    the region, since its calls have another price. `001` means no country in particular. `unconfirmed` numbers are
    possible ones in ranges that no list knows, such as a new area code's; calls to `shared_cost` ones cost more.
    """

    number: str | None
    verdict: Verdict
    note: str = ""
    toll_free: bool = False
    foreign: str | None = None
    unconfirmed: bool = False
    shared_cost: bool = False


_EMPTY = Cell(None, Verdict.NONE)


class Facts(NamedTuple):
    """Further facts about a number, in the form of `Cell`."""

    toll_free: bool = False
    foreign: str | None = None
    unconfirmed: bool = False
    shared_cost: bool = False


class Numbers(NamedTuple):
    """The results of reading cells, by column.

    `to` has the number to call for each, or None; `facts` has the place of further facts about it in
    `CellReader.facts`. `others` are the cells without a number, by their place.
    """

    to: list[str | None]
    facts: list[int]
    others: dict[int, Cell]


class CellReader:
    """Reads number cells, all by the same rules.

    `policy` gives the country of numbers without `+` and says where faxes may go. `area_code` (digits) is put before
    numbers that lack one. `drop_extension` removes extensions, which otherwise make a cell invalid. `vanity` allows
    letters that stand for digits.
    """

    def __init__(
        self, policy: NumberPolicy, *, area_code: str | None = None, drop_extension: bool = False, vanity: bool = False
    ) -> None:
        self.policy = policy
        self.area_code = area_code
        self.drop_extension = drop_extension
        self.vanity = vanity
        self.facts = [Facts()]
        """All facts about numbers; the first entry is that of most numbers: nothing."""
        self._places = {Facts(): 0}
        # What is true for a range is true for its numbers, unless only some of them may be called.
        self._by_range = policy.only is None
        self.code = phonenumbers.country_code_for_region(policy.region) if policy.region else 0
        self._alone = len(phonenumbers.region_codes_for_country_code(self.code)) == 1
        # What is known about each area code and exchange of the North American plan: 0 means nothing yet, 255 that the
        # number must be parsed in full, any other value the position of its facts, from 1. No list of ranges looks at
        # the last four digits.
        self._known = bytearray(1_000_000)
        # The same of the ordinary numbers of a country elsewhere, which are all alike; None if they are not.
        self._alike: dict[tuple[int, str | None, int], int | None] = {}
        self._forms: dict[bytes, _Form] = {}
        self._odd: dict[str, Cell] = {}

    def read(self, text: str) -> Cell:
        """Read one cell without using what was learned from others."""
        return self._read_other(text)

    def read_all(self, texts: Sequence[str]) -> Numbers:
        """Read cells."""
        found = Numbers([], [], {})
        joined = "\n".join(texts).encode("utf-8", "surrogatepass")
        forms = joined.translate(_DIGITS_ALIKE).split(b"\n")
        digits = joined.translate(None, _SEPARATED).decode("utf-8", "surrogatepass").split("\n")
        if not self._by_range or len(digits) != len(texts):
            # Some cells have several lines.
            for text in texts:
                self._add(found, self.read(text))
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
        """Return the number to call of digits, and the place of its facts; None if it has to be looked at closely."""
        # A spreadsheet may have rounded it, or one digit repeated stands for none.
        if number.endswith("00000") or not number.strip(number[0]):
            return None
        read = read_digits(f"+{number}" if how is _Form.ABROAD else number, self.policy.region)
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
        """Return the place of what is known of all numbers of one country and kind; None if they are not alike."""
        if number.kind not in _ORDINARY_KINDS or number.code == 1:
            return None
        # Of countries that share a code, several may have the number.
        if number.code == self.code and number.country != self.policy.region:
            return None
        if self.policy.countries and number.country not in self.policy.countries:
            return None
        return self._place(Facts(*self._cell(number, "")[3:]))

    def _read_odd(self, text: str) -> Cell:
        """Read a cell that is not plain; cells without a number often repeat."""
        cell = self._odd.get(text)
        if cell is None:
            cell = self.read(text)
            if cell.number is None and len(text) <= _LONGEST_WORD:
                if len(self._odd) >= _MOST_FORMS:
                    self._odd.clear()
                self._odd[text] = cell
        return cell

    def _add(self, found: Numbers, cell: Cell) -> None:
        if cell.number is None:
            found.others[len(found.to)] = cell
        found.to.append(cell.number)
        found.facts.append(self._place(Facts(*cell[3:])))

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
        home = self.code == 1
        how = _Form.OTHER
        if (found := _FORM.fullmatch(text)) and (found["plus"] or home):
            how = _Form.WITH_PLUS if found["plus"] else _Form.WITH_CODE if found["code"] else _Form.AT_HOME
        elif (found := _ELSEWHERE.fullmatch(text)) and (found["plus"] or not home):
            how = _Form.ABROAD if found["plus"] else _Form.DIALLED
        self._forms[form] = how
        return how

    def _read_other(self, text: str) -> Cell:
        written = _WRITTEN.fullmatch(text)
        # Where there are more than two different digits, none of those that stand for no number is meant.
        if written and (written[1] or self.code != 1) and len(set(written[2]) - _SEPARATORS) > 2:
            number = written[0].strip()
            if not (_is_rounded(number) or _WITH_DECIMAL.fullmatch(number)):
                return self._judged_or_invalid(number, [])
        return self.read_slowly(text)

    def read_slowly(self, text: str) -> Cell:
        """Read one cell without using what was learned from others; the result is the same as `read`'s."""
        cleaned = _cleaned(text)
        if not cleaned or folded(cleaned) in NO_NUMBER or _NOTHING.fullmatch(cleaned):
            return _EMPTY
        if len(cleaned) > _LONGEST:
            return Cell(None, Verdict.INVALID, f"is too long for a telephone number: write it like {EXAMPLE}")
        if BETWEEN in cleaned:
            return self._read_several(cleaned.split(BETWEEN))
        try:
            written, notes = self._one_number(cleaned)
            dialled = self._dialled(written, notes)
        except ValueError as problem:
            return Cell(None, Verdict.INVALID, str(problem))
        return self._judged_or_invalid(dialled, notes)

    def _read_several(self, texts: Sequence[str]) -> Cell:
        """Read a cell with several values; the same number more than once counts as one."""
        cells = [cell for cell in map(self.read_slowly, texts) if cell.verdict is not Verdict.NONE]
        if not cells:
            return _EMPTY
        if len({cell.number for cell in cells}) > 1:
            return Cell(None, Verdict.INVALID, f"has {len(cells)} numbers: give each its own row")
        return cells[0]

    def _judged_or_invalid(self, text: str, notes: list[str]) -> Cell:
        try:
            return self._judged(text, notes)
        except ValueError as problem:
            return Cell(None, Verdict.INVALID, str(problem))

    def _learn(self, place: int) -> int:
        """Find what is known about all numbers of one area code and exchange."""
        digits = f"{place:06}"
        try:
            # An area code followed by itself needs a closer look: the number may be made up.
            cell = None if digits[:3] == digits[3:] else self._cell(callable_number(1, f"{digits}0101"), "")
        except ValueError:
            cell = None
        self._known[place] = 255 if cell is None else min(self._place(Facts(*cell[3:])) + 1, 255)
        return self._known[place]

    def _one_number(self, text: str) -> tuple[str, list[str]]:
        """Return what is left when labels, decimals and the like are removed, and notes about that."""
        notes: list[str] = []
        if is_sip(text) or (_ORDINARY.fullmatch(text) and not _is_rounded(text)):
            return text, notes
        if _SCIENTIFIC.fullmatch(text):
            raise ValueError(_LOST)
        if decimal := _WITH_DECIMAL.fullmatch(text):
            text = decimal[1]
            notes.append("decimal removed")
        if _is_rounded(text):
            raise ValueError(_LOST)
        if text[0] in "=@":
            raise ValueError("is a formula, not a number: write the number itself")
        if _SHEET_ERROR.fullmatch(text):
            raise ValueError("is a spreadsheet's error, not a number: correct its formula")
        if "*" in text or re.match(r"#\s*\d", text):
            raise ValueError("has a dial code such as *67: give the number alone")
        if (extension := _EXTENSION.fullmatch(text)) and _digits(extension["head"]) >= _SHORTEST_WHOLE:
            if not self.drop_extension:
                raise ValueError(_NO_EXTENSION.format(extension["extension"]))
            text = extension["head"]
            notes.append(f"extension {extension['extension']} removed")
        self._refuse_two(text)
        return self._without_words(text, notes), notes

    def _refuse_two(self, text: str) -> None:
        parts = [part for part in _BETWEEN.split(text) if _digits(part)]
        if len(parts) > 1 and _national_digits(parts[0], self.code) >= _SHORTEST_WHOLE:
            raise ValueError(_TWO)

    def _without_words(self, text: str, notes: list[str]) -> str:
        words = {folded(word) for word in _WORD.findall(text)}
        if not words:
            return text
        if self.vanity and _VANITY.fullmatch(text):
            notes.append("letters dialled as digits")
            return text
        if words - FAX_WORDS - PHONE_WORDS - PLAIN_WORDS:
            if any(character.isdigit() for character in text):
                raise ValueError("has letters in it: give only digits")
            raise ValueError(f"is not a telephone number: write it like {EXAMPLE}, or leave the cell empty")
        if words & PHONE_WORDS and not words & FAX_WORDS:
            raise ValueError("is marked as a telephone's number, not a fax machine's: give the fax number")
        notes.append("text removed")
        # `()` is what is left of `(fax)`.
        return re.sub(r"\(\s*\)|[:#=°º,;|&\n]", " ", _WORD.sub(" ", text)).strip(" .-/")

    def _dialled(self, text: str, notes: list[str]) -> str:
        """Return the number as it would be dialled from the region."""
        if is_sip(text):
            return text
        plus, digits = text.startswith("+"), re.sub(r"\D", "", text)
        if text.count("+") > plus:
            raise ValueError(f"has a + in the middle: write it like {EXAMPLE}")
        if not self.vanity and (odd := _ODD.search(text)):
            raise ValueError(f"has {odd[0]!r}, which telephone numbers do not have: give only digits")
        if len(digits) > 8 and len(set(digits)) == 1:
            raise ValueError("is one repeated digit, which is not a number: give the real one, or leave the cell empty")
        if plus or not digits:
            return text
        if self.code == 1:
            return self._north_american(text, digits, notes)
        return self._from_abroad(text, digits) or text

    def _north_american(self, text: str, digits: str, notes: list[str]) -> str:
        if digits.startswith("00"):
            return self._from_abroad(text, digits) or text
        if 4 <= len(digits) <= 7 and not (self.vanity and _WORD.search(text)):
            if self.area_code is None or len(digits) != 7:
                raise ValueError(_NO_AREA)
            notes.append(f"area code {self.area_code} added")
            return self.area_code + digits
        return text

    def _from_abroad(self, text: str, digits: str) -> str | None:
        """Return a number with `+` in place of 00, with which most countries dial abroad, or None if it has no 00."""
        if not digits.startswith("00"):
            return None
        for written in (text, "+" + re.sub(r"\D*0\D*0", "", text, count=1).lstrip(" -./)")):
            if is_listed(written, region=self.policy.region):
                return written
        return None

    def _judged(self, text: str, notes: list[str]) -> Cell:
        note = ", ".join(notes)
        if is_sip(text):
            try:
                uri = _SIP.validate_python(text)
            except ValidationError as error:
                raise ValueError(error.errors(include_url=False)[0]["msg"].removeprefix("Value error, ")) from None
            self.policy.check(uri)
            return Cell(uri, Verdict.NUMBER, note)
        number = read_number(text, region=self.policy.region)
        may_lack_zero = number.is_unconfirmed and not says_its_country(text, self.code)
        if may_lack_zero and is_listed(f"0{text}", region=self.policy.region):
            raise ValueError(_NO_ZERO)
        return self._cell(number, note)

    def _cell(self, number: Number, note: str) -> Cell:
        written = number.e164
        if written.startswith("+1") and len(written) == 12:
            _refuse_impossible(written)
        if self.policy.countries or number.is_shared_cost or not self._by_range:
            # For others it would only repeat a check that was made when the number was read.
            self.policy.check_number(number)
        return Cell(
            written, Verdict.NUMBER, note,
            number.is_toll_free, self._foreign(number), number.is_unconfirmed, number.is_shared_cost,
        )  # fmt: skip

    def _foreign(self, number: Number) -> str | None:
        region, code = self.policy.region, number.code
        at_home = code == self.code
        if region is None or (at_home and self._alone):
            return None
        if at_home and ((number.country == region and not number.is_unconfirmed) or number.is_in(region)):
            return None
        if number.country is None and at_home:
            # No list knows the range, so only the country code is certain.
            return None
        return number.country or phonenumbers.region_code_for_country_code(code)


def says_its_country(text: str, code: int) -> bool:
    """Return whether a number has a country code, after `+` or as those with the calling code `code` dial abroad."""
    # Elsewhere 011 may begin an area code, such as that of Leeds or Turin.
    return "+" in text or is_sip(text) or bool(re.match(r"\D*0(?:0|11)" if code == 1 else r"\D*00", text))


def _cleaned(text: str) -> str:
    """Remove what only a spreadsheet or a word processor has added."""
    if not text.isascii():
        text = "".join(map(_ascii, text))
    text = re.sub(r"[^\S\n]+", " ", text.replace("\r\n", "\n").replace("\r", "\n")).strip().strip("\n")
    for form in (_FORMULA_TEXT, _TYPED_FORMULA):
        if found := form.fullmatch(text):
            text = found[1]
    text = text.strip().lstrip("'`").strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        text = text[1:-1].strip()
    return re.sub(r"(?i)^(?:tel|fax):(?=\+)", "", text)


def _ascii(character: str) -> str:
    category = unicodedata.category(character)
    if category == "Nd":
        return str(unicodedata.decimal(character))
    if category == "Cf":
        return ""
    if category == "Pd" or character in "\u2212\u00ac":
        return "-"
    if category in ("Zs", "Zl", "Zp"):
        return " "
    code = ord(character)
    return chr(code - 0xFEE0) if 0xFF01 <= code <= 0xFF5E else character


def _digits(text: str) -> int:
    return sum(character.isdigit() for character in text)


def _national_digits(text: str, code: int) -> int:
    """Count the digits of a part without country code and the zeros before an area code."""
    digits = re.sub(r"\D", "", text)
    if "+" in text or digits.startswith("00"):
        digits = digits.lstrip("0")
        rest = next((digits[size:] for size in (1, 2, 3) if int(digits[:size] or 0) in _CODES), digits)
        return len(rest.lstrip("0"))
    return len(digits.lstrip("0")) - (code == 1 and len(digits) == 11)


_CODES = frozenset(phonenumbers.COUNTRY_CODE_TO_REGION_CODE)


def _is_rounded(text: str) -> bool:
    """Return whether bare digits look like what a spreadsheet leaves of a long number: six digits, then zeros.

    For ten digits, five zeros count: many lines of a local exchange end in 0000.
    """
    if not text.isdigit() or len(text) < 10:
        return False
    return len(text.rstrip("0")) <= (5 if len(text) == 10 else 6)


def _refuse_impossible(number: str) -> None:
    """Refuse numbers that the North American plan can never assign, such as most provider ids of ten digits."""
    area, exchange = number[2:5], number[5:8]
    if area[0] in "01":
        raise ValueError(f"{area} is not an area code: none begins with 0 or 1")
    if exchange[0] in "01":
        raise ValueError(f"{exchange} after the area code is not an exchange: none begins with 0 or 1")
