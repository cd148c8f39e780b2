"""The findings of checks."""

from dataclasses import asdict, dataclass
from enum import StrEnum

from faxdispatch.text.privacy import scrub


class Level(StrEnum):
    """The severity of a finding."""

    OK = "ok"
    WARN = "warn"
    """It works, but something can be lost or will not be noticed."""
    FAIL = "fail"
    """Faxes are not sent, or their results do not arrive."""


@dataclass(frozen=True, slots=True)
class Finding:
    """The answer to one question.

    `detail` describes the finding, and `remedy` says what to do if something is wrong.
    """

    name: str
    level: Level
    detail: str
    remedy: str = ""

    def as_json(self) -> dict[str, str]:
        """Return it for `--json`, without passwords, keys and numbers."""
        return {name: scrub(str(value)) for name, value in asdict(self).items()}


def ok(name: str, detail: str) -> Finding:
    """Return the finding that all is well."""
    return Finding(name, Level.OK, detail)


def warn(name: str, detail: str, remedy: str) -> Finding:
    """Return the finding that something should be fixed."""
    return Finding(name, Level.WARN, detail, remedy)


def fail(name: str, detail: str, remedy: str) -> Finding:
    """Return the finding that something must be fixed."""
    return Finding(name, Level.FAIL, detail, remedy)


def skew(name: str, seconds: float, *, bearable: float) -> Finding:
    """Judge the difference between another clock and ours: reported above two seconds, a failure above `bearable`."""
    detail = f"{abs(seconds):.1f} s {'ahead of' if seconds > 0 else 'behind'} this machine's clock"
    remedy = "set both clocks by NTP; send_at, windows and the age of webhooks depend on them"
    if abs(seconds) > bearable:
        return fail(name, detail, remedy)
    return warn(name, detail, remedy) if abs(seconds) > 2 else ok(name, "agrees with this machine's clock")
