"""Telephone numbers: from what people write to E.164."""

import phonenumbers

from faxdispatch.privacy import EXAMPLE

_PROBLEMS = {
    phonenumbers.ValidationResult.TOO_SHORT: "too short for a telephone number of its country",
    phonenumbers.ValidationResult.TOO_LONG: "too long for a telephone number of its country",
    phonenumbers.ValidationResult.INVALID_COUNTRY_CODE: "its country code does not exist",
    phonenumbers.ValidationResult.INVALID_LENGTH: "not a length that telephone numbers of its country have",
    phonenumbers.ValidationResult.IS_POSSIBLE_LOCAL_ONLY: "lacks its area code",
}


def normalise(text: str, *, region: str | None = None) -> str:
    """Give a number in E.164, such as `+13125550123`.

    Spaces, dashes, dots and brackets are taken out. `region` (ISO 3166, two letters) is the country of a number that
    is written without `+`. Only the length is judged, not whether the number is in service: lists of number ranges
    grow old, and to refuse a real number would lose a fax.

    Raises:
        ValueError: saying what is wrong and what to write instead.
    """
    written = text.strip()
    if not written.startswith("+") and region is None:
        raise ValueError(
            f"not in E.164 form: write it with + and country code, like {EXAMPLE}, or set FAX_DEFAULT_REGION"
        )
    try:
        number = phonenumbers.parse(written, region)
    except phonenumbers.NumberParseException:
        raise ValueError(f"not a telephone number: write it with + and country code, like {EXAMPLE}") from None
    if number.extension:
        raise ValueError("has an extension; a fax call cannot dial one")
    verdict = phonenumbers.is_possible_number_with_reason(number)
    if verdict != phonenumbers.ValidationResult.IS_POSSIBLE:
        raise ValueError(f"{_PROBLEMS.get(verdict, 'not a possible telephone number')}: write it like {EXAMPLE}")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
