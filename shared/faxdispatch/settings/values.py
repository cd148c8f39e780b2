"""The types of settings: how the text of a variable is read, and which values are refused."""

from collections.abc import Mapping
from typing import Annotated, Any, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from faxdispatch.calling.holidays import parse_holidays
from faxdispatch.calling.zones import is_zone
from faxdispatch.errors import Misconfigured
from faxdispatch.reasons.ladder import Step, read_ladder


def _split(value: Any) -> Any:
    """Turn `"a, b"` into `["a", "b"]`; leave anything that is not text alone."""
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _ladder(value: Any) -> Any:
    """Turn text into steps of the ladder; leave anything that is not text alone."""
    return read_ladder(value) if isinstance(value, str) else value


def _without_slash(value: str) -> str:
    return value.rstrip("/")


def _origin(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path.strip("/") or parts.query:
        raise ValueError("write it like https://fax.example.com, without a path")
    return value.rstrip("/")


def _callable_path(value: str) -> str:
    module, _, name = value.partition(":")
    if not all(word.isidentifier() for word in (*module.split("."), *name.split("."))):
        raise ValueError("not of the form package.module:callable")
    return value


def _zone(value: str) -> str:
    if not is_zone(value):
        raise ValueError("not an IANA time zone such as America/Chicago")
    return value


def _days(value: tuple[str, ...]) -> tuple[str, ...]:
    parse_holidays(value)
    return value


def _countries(codes: tuple[str, ...]) -> tuple[str, ...]:
    if not codes:
        return codes
    from faxdispatch.calling.numbers import COUNTRIES  # noqa: PLC0415 - phonenumbers takes long to load, and few settings need it

    for place, code in enumerate(codes, start=1):
        if code not in COUNTRIES:
            raise ValueError(
                f"entry {place} is not a country with telephone numbers; write ISO 3166 two-letter codes, like US,CA,GB"
            )
    return codes


Words = Annotated[tuple[str, ...], BeforeValidator(_split)]
Address = Annotated[str, AfterValidator(_without_slash)]
Origin = Annotated[str, AfterValidator(_origin)]
Port = Annotated[int, Field(ge=0, le=65535)]
Countries = Annotated[Words, AfterValidator(_countries)]
Zone = Annotated[str, AfterValidator(_zone)]
Days = Annotated[Words, AfterValidator(_days)]
Seconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Schedule = Annotated[tuple[Seconds, ...], BeforeValidator(_split), Field(min_length=1)]
Ladder = Annotated[tuple[Step, ...], BeforeValidator(_ladder)]
CallablePath = Annotated[str, AfterValidator(_callable_path)]


class Subject(BaseModel):
    """Settings of one subject. Each is named as its environment variable in lower case."""

    # Only `Settings`, which has all subjects, is ever built, so pydantic prepares no other class.
    model_config = ConfigDict(
        frozen=True, extra="ignore", validate_default=True, hide_input_in_errors=True, defer_build=True
    )

    @model_validator(mode="before")
    @classmethod
    def _strip(cls, given: Any) -> Any:
        """Remove spaces and line ends: files of secrets often end with one.

        A value that is empty then counts as not set.
        """
        if not isinstance(given, Mapping):
            return given
        stripped = {name: value.strip() if isinstance(value, str) else value for name, value in given.items()}
        return {name: value for name, value in stripped.items() if value != ""}

    def require(self, *names: str) -> Self:
        """Check that the settings of these names (lower case) are set.

        Raises:
            Misconfigured: some are not set; the message names them.
        """
        missing = [name.upper() for name in names if not getattr(self, name)]
        if missing:
            raise Misconfigured(
                f"{', '.join(missing)}: not set; set it in the environment or in .env (see .env.example), "
                "or run `faxdispatch doctor` to see all that is missing"
            )
        return self
