"""Every setting, in one object that is read once."""

from typing import Any, Self

from pydantic import ConfigDict, SecretStr, ValidationError

from faxdispatch.errors import Misconfigured
from faxdispatch.settings.environment import strange, tell, variables
from faxdispatch.settings.faxes import FaxSettings
from faxdispatch.settings.keeping import KeepingSettings
from faxdispatch.settings.limits import LimitSettings
from faxdispatch.settings.operating import OperatingSettings
from faxdispatch.settings.servers import ServerSettings
from faxdispatch.settings.telnyx import TelnyxSettings


class Settings(OperatingSettings, KeepingSettings, LimitSettings, FaxSettings, TelnyxSettings, ServerSettings):
    """Every setting, named as its environment variable in lower case.

    Build it with `Settings.load()`, which turns all errors into one `Misconfigured` that names the variables. Times are
    in seconds unless the name says otherwise.
    """

    model_config = ConfigDict(defer_build=False)

    @classmethod
    def load(cls, **overrides: Any) -> Self:
        """Read the environment and `.env`; `overrides` win.

        Raises:
            Misconfigured: it names every wrong variable, never its value; for FAX_LADDER the wrong words. Also
                if a variable is named almost like a setting, or `.env` cannot be read.
        """
        given = variables()
        tell(*strange(given, cls.model_fields))
        try:
            settings = cls(**{**given, **overrides})
        except ValidationError as error:
            problems = "; ".join(f"{_variable(e['loc'])}: {_message(e)}" for e in error.errors(include_url=False))
            raise Misconfigured(f"{problems}. Every setting is explained in .env.example") from None
        settings._check()
        return settings

    def _check(self) -> None:
        for name in type(self).model_fields:
            value = getattr(self, name)
            text = value.get_secret_value() if isinstance(value, SecretStr) else value
            parts = text if isinstance(text, tuple) else (text,)
            if any(isinstance(part, str) and not part.isprintable() for part in parts):
                raise Misconfigured(f"{name.upper()}: has a line end or another control character in it; remove it")


def strange_names() -> tuple[str, ...]:
    """Return the variables, from the environment and `.env`, that are named like our settings but are none.

    Raises:
        Misconfigured: a variable's name is almost that of a setting, or `.env` cannot be read.
    """
    return strange(variables(), Settings.model_fields)


def _variable(location: tuple[int | str, ...]) -> str:
    return str(location[0]).upper() if location else "settings"


def _message(error: Any) -> str:
    """Return the message of one of pydantic's errors, which calls our own ones a "Value error"."""
    if error["type"] == "bool_parsing":
        return "is neither true nor false; write one of these"
    message: str = error["msg"]
    return message.removeprefix("Value error, ")
