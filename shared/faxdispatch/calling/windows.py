"""Days and hours in which a fax may be sent, as fields or as people write them: `mon-fri 08:00-17:00 Asia/Tokyo`."""

import re
from collections.abc import Mapping
from datetime import time
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, WithJsonSchema, model_validator

from faxdispatch.calling.zones import is_zone
from faxdispatch.errors import BadInput

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_FORM = re.compile(
    r"(?:(?P<days>[A-Za-z,-]+)\s+)?(?P<start>\d{1,2}:\d\d)\s*-\s*(?P<end>\d{1,2}:\d\d)(?:\s+(?P<zone>\S+))?"
)


def _local(value: time) -> time:
    if value.tzinfo:
        raise ValueError("has an offset; give the local time alone, like 08:00, and its zone as zone")
    return value


LocalTime = Annotated[
    time,
    AfterValidator(_local),
    # JSON schema's format "time" requires an offset.
    WithJsonSchema({"type": "string", "pattern": r"^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,6})?)?$"}),
]


class Window(BaseModel):
    """Days and hours in which a fax may be sent.

    `start` and `end` are local times in `zone`, an IANA name. By default they are in the recipient's zone, that of the
    number that is dialled. A number with several zones is dialled while the window is open in all of them. If the
    number has none, the zone of the sender's number counts, and after it `FAX_ZONE`. A window whose end is not after
    its start runs past midnight and belongs to the day on which it starts. `days` are `mon` … `sun`; by default all of
    them. It does not open on a day of `FAX_HOLIDAYS`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    start: LocalTime
    end: LocalTime
    zone: str | None = None
    days: tuple[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], ...] = (
        "mon", "tue", "wed", "thu", "fri", "sat", "sun",
    )  # fmt: skip

    @model_validator(mode="after")
    def _known_zone(self) -> Self:
        if self.zone is not None and not is_zone(self.zone):
            raise ValueError(f"zone {self.zone!r} is not an IANA time zone such as America/Chicago")
        if not self.days:
            raise ValueError("days is empty; a window needs at least one day")
        return self


def parse_window(text: str) -> dict[str, Any]:
    """Return the fields of a `Window` written as `[days] HH:MM-HH:MM [zone]`.

    Days are names, lists and ranges: `mon-fri`, `mon,wed`, `fri-mon`; by default all of them. Without a zone, the hours
    are in the recipient's zone. The job that gets the window checks hours and zone.

    Raises:
        BadInput: the text does not have that form.
    """
    found = _FORM.fullmatch(text.strip())
    if not found:
        raise BadInput(f"window: {text!r} is not like 'mon-fri 08:00-17:00' or 'mon-fri 08:00-17:00 America/Chicago'")
    window: dict[str, Any] = {"start": found["start"].zfill(5), "end": found["end"].zfill(5)}
    if found["days"]:
        window["days"] = _days(found["days"].lower())
    if found["zone"]:
        window["zone"] = found["zone"]
    return window


def window_words(window: Mapping[str, Any]) -> str:
    """Write the fields of a window in the form that `parse_window` reads; `start` and `end` may have seconds."""
    places = sorted(_DAYS.index(day) for day in window.get("days") or _DAYS)
    days = ",".join(_DAYS[place] for place in places)
    if len(places) > 2 and places[-1] - places[0] == len(places) - 1:
        days = f"{_DAYS[places[0]]}-{_DAYS[places[-1]]}"
    hours = f"{window['start']:.5}-{window['end']:.5}"
    return " ".join(filter(None, [days if len(places) < len(_DAYS) else "", hours, window.get("zone")]))


def _days(text: str) -> tuple[str, ...]:
    wanted: set[str] = set()
    for part in text.split(","):
        first, dash, last = part.partition("-")
        if first not in _DAYS or (dash and last not in _DAYS):
            raise BadInput(f"window: {part!r} is not a day or range of days such as mon or mon-fri")
        begin, end = _DAYS.index(first), _DAYS.index(last or first)
        wanted.update(_DAYS[(begin + step) % 7] for step in range((end - begin) % 7 + 1))
    return tuple(day for day in _DAYS if day in wanted)


def _window(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return parse_window(value)
    except BadInput as problem:
        raise ValueError(str(problem).removeprefix("window: ")) from None


WindowInWords = Annotated[Window, BeforeValidator(_window, json_schema_input_type=Window | str)]
"""A window, or its words: `mon-fri 08:00-17:00`, followed by a zone if that is not the recipient's."""
