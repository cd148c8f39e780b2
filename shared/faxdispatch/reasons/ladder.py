"""The ladder: changes of a fax's send options, one more step after each failed transmission.

Reads it from words and checks its options.

A step is one option of Telnyx's send request and the value it gets, such as `("t38_enabled", False)`.
"""

from typing import Literal, get_args

from pydantic import TypeAdapter, ValidationError

from faxdispatch.jobs import SendFax

Option = Literal["t38_enabled", "quality", "monochrome", "black_threshold"]
"""Options that change how a fax is transmitted, but not what is sent or to whom."""
Step = tuple[Option, bool | int | str]

NONE = "none"
"""The word for no ladder, since an empty variable counts as not set, which would mean the default."""

_OPTIONS: tuple[Option, ...] = get_args(Option)
_VALUES = {name: TypeAdapter[bool | int | str](SendFax.model_fields[name].rebuild_annotation()) for name in _OPTIONS}


def read_ladder(text: str) -> tuple[Step, ...]:
    """Read `"t38_enabled=false, quality=normal"`; `none` is the ladder without steps.

    Raises:
        ValueError: a word is wrong; the message names every wrong word and what is allowed.
    """
    words = [word.strip() for word in text.split(",") if word.strip()]
    if words == [NONE]:
        return ()
    steps: list[Step] = []
    problems: list[str] = []
    for word in words:
        try:
            steps.append(_step(word))
        except ValueError as error:
            problems.append(f"{word!r}: {error}")
    if problems:
        raise ValueError("; ".join(problems))
    return tuple(steps)


def _step(word: str) -> Step:
    name, equals, value = (part.strip() for part in word.partition("="))
    option = next((known for known in _OPTIONS if known == name), None)
    if option is None or not equals:
        raise ValueError(f"write option=value, the option being one of {', '.join(_OPTIONS)}; or {NONE} alone")
    try:
        return option, _VALUES[option].validate_python(value)
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        allowed = "Input should be true or false" if problem["type"].startswith("bool") else problem["msg"]
        raise ValueError(f"{allowed[:1].lower()}{allowed[1:]}") from None
