"""A cell that should hold one telephone number: how people and spreadsheets write it, and how it is read.

A number is never guessed: digits that a spreadsheet lost, a second number, an extension and unknown words make the cell
invalid, with a sentence that says why. A cell that says that there is no number is not an error.
"""

import re
import unicodedata
from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

import phonenumbers
from pydantic import TypeAdapter, ValidationError

from faxdispatch.calling.numbers import Number, NumberPolicy, is_listed, is_sip, read_number
from faxdispatch.jobs import Destination
from faxdispatch.lists.words import BETWEEN, FAX_WORDS, NO_NUMBER, PHONE_WORDS, PLAIN_WORDS, folded
from faxdispatch.text.privacy import EXAMPLE

_SIP: TypeAdapter[str] = TypeAdapter(Destination)

_WRITTEN = re.compile(r"\s*(\+|(?![() .-]*0[() .-]*0))([\d() .-]{7,40})\s*", re.ASCII)
"""A number as written anywhere else, with `+` or as dialled within its country."""

_FORMULA_TEXT = re.compile(r'=\s*"([^"]*)"')
_TYPED_FORMULA = re.compile(r"=\s*(\+?[\d().\- ]+)")
_ORDINARY = re.compile(r"\+?[\d() \-]+", re.ASCII)
"""A cell that has only a number."""

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


class Facts(NamedTuple):
    """Further facts about a number.

    `foreign` names the country (ISO 3166) of a number that belongs to another one than the region, since its calls have
    another price. `001` means no country in particular. `unconfirmed` numbers are possible ones in ranges that no list
    knows, such as a new area code's; calls to `shared_cost` ones cost more.
    """

    toll_free: bool = False
    foreign: str | None = None
    unconfirmed: bool = False
    shared_cost: bool = False


class Cell(NamedTuple):
    """The result of reading a number cell.

    `number` is E.164, or a SIP URI if the policy allows them; None unless the verdict is NUMBER. `note` says what was
    removed, or why it is invalid.
    """

    number: str | None
    verdict: Verdict
    note: str = ""
    facts: Facts = Facts()


_EMPTY = Cell(None, Verdict.NONE)


class CellReader:
    """Reads number cells, all by the same rules.

    `policy` gives the country of numbers without `+` and says where faxes may go. `drop_extension` removes extensions,
    which otherwise make a cell invalid.
    """

    def __init__(self, policy: NumberPolicy, *, drop_extension: bool = False) -> None:
        self.policy = policy
        self.drop_extension = drop_extension
        self.code = phonenumbers.country_code_for_region(policy.region) if policy.region else 0
        self._alone = len(phonenumbers.region_codes_for_country_code(self.code)) == 1

    def read(self, text: str) -> Cell:
        """Read one cell."""
        written = _WRITTEN.fullmatch(text)
        # A cell with more than two different digits is not a placeholder for a missing number.
        if written and (written[1] or self.code != 1) and len(set(written[2]) - _SEPARATORS) > 2:
            number = written[0].strip()
            if not (_is_rounded(number) or _WITH_DECIMAL.fullmatch(number)):
                return self._judged_or_invalid(number, [])
        return self.read_slowly(text)

    def read_slowly(self, text: str) -> Cell:
        """Read one cell in any form; `read` does the same, and quickly if it is written as most are."""
        cleaned = _cleaned(text)
        if not cleaned or folded(cleaned) in NO_NUMBER or _NOTHING.fullmatch(cleaned):
            return _EMPTY
        if len(cleaned) > _LONGEST:
            return Cell(None, Verdict.INVALID, f"is too long for a telephone number: write it like {EXAMPLE}")
        if BETWEEN in cleaned:
            return self._read_several(cleaned.split(BETWEEN))
        try:
            written, notes = self._one_number(cleaned)
            dialled = self._dialled(written)
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

    def _one_number(self, text: str) -> tuple[str, list[str]]:
        """Return the text without labels, decimals and the like, and notes about the removed parts."""
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
        if words - FAX_WORDS - PHONE_WORDS - PLAIN_WORDS:
            if any(character.isdigit() for character in text):
                raise ValueError("has letters in it: give only digits")
            raise ValueError(f"is not a telephone number: write it like {EXAMPLE}, or leave the cell empty")
        if words & PHONE_WORDS and not words & FAX_WORDS:
            raise ValueError("is marked as a telephone's number, not a fax machine's: give the fax number")
        notes.append("text removed")
        # `(fax)` leaves `()`.
        return re.sub(r"\(\s*\)|[:#=°º,;|&\n]", " ", _WORD.sub(" ", text)).strip(" .-/")

    def _dialled(self, text: str) -> str:
        """Return the number as it would be dialled from the region."""
        if is_sip(text):
            return text
        plus, digits = text.startswith("+"), re.sub(r"\D", "", text)
        if text.count("+") > plus:
            raise ValueError(f"has a + in the middle: write it like {EXAMPLE}")
        if odd := _ODD.search(text):
            raise ValueError(f"has {odd[0]!r}, which telephone numbers do not have: give only digits")
        if len(digits) > 8 and len(set(digits)) == 1:
            raise ValueError("is one repeated digit, which is not a number: give the real one, or leave the cell empty")
        if plus or not digits:
            return text
        if self.code == 1 and 4 <= len(digits) <= 7 and not digits.startswith("00"):
            raise ValueError(_NO_AREA)
        return self._from_abroad(text, digits) or text

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
        return self.cell(number, note)

    def cell(self, number: Number, note: str = "") -> Cell:
        """Return the result for a number. Raises `ValueError` if no fax may go to it."""
        written = number.e164
        if written.startswith("+1") and len(written) == 12:
            _refuse_impossible(written)
        if self.policy.countries or number.is_shared_cost or self.policy.only is not None:
            # For others it would only repeat a check that was made when the number was read.
            self.policy.check_number(number)
        facts = Facts(number.is_toll_free, self._foreign(number), number.is_unconfirmed, number.is_shared_cost)
        return Cell(written, Verdict.NUMBER, note, facts)

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
    """Remove characters that only a spreadsheet or a word processor has added."""
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
    """Return whether bare digits look like a long number that a spreadsheet has rounded: six digits, then zeros.

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
