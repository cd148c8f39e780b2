"""Fault switches, which can be set at run time: the kinds of faults and their probabilities.

Every switch has a kind, which defines the values that it accepts. A wrong name or value is refused, because a mistyped
fault would make a chaos test pass for the wrong reason.
"""

import random
from collections import Counter
from collections.abc import Callable
from typing import Any

Range = tuple[float, float]
Kind = Callable[[Any], Any]


def chance(value: Any) -> float:
    """Take a probability 0..1, or true / false."""
    if isinstance(value, bool):
        return float(value)
    if isinstance(value, (int, float)) and 0 <= value <= 1:
        return float(value)
    raise ValueError("takes a probability from 0 to 1, or true / false")


def millis(value: Any) -> Range:
    """Take milliseconds: one number, or [least, most]."""
    pair = value if isinstance(value, list) else [value, value]
    if len(pair) == 2 and all(_is_amount(each) for each in pair) and pair[0] <= pair[1]:
        return float(pair[0]), float(pair[1])
    raise ValueError("takes milliseconds: a number or [least, most]")


def amount(value: Any) -> float:
    """Take a number of at least 0."""
    if _is_amount(value):
        return float(value)
    raise ValueError("takes a number of at least 0")


def positive(value: Any) -> float:
    """Take a number above 0."""
    if _is_amount(value) and value > 0:
        return float(value)
    raise ValueError("takes a number above 0")


def limit(value: Any) -> int | None:
    """Take a whole number of at least 0, or null for none."""
    if value is None or (isinstance(value, int) and not isinstance(value, bool) and value >= 0):
        return value
    raise ValueError("takes a whole number of at least 0, or null for no limit")


def text(value: Any) -> str:
    """Take a string."""
    if isinstance(value, str):
        return value
    raise ValueError("takes a string")


def seed(value: Any) -> Any:
    """Take a seed, which makes the choices repeatable, or null for new choices."""
    if value is None or isinstance(value, (int, str)):
        return value
    raise ValueError("takes a number, a string or null")


# The faults of POST /faxes that end the request, in the order in which they are tried.
POST_FAULTS_BEFORE = (
    "insufficient_funds",
    "forbidden_d1",
    "error_500_before",
    "drop_before",
    "timeout_before",
)
POST_FAULTS_AFTER = ("error_500_after", "drop_after", "timeout_after", "no_id", "html_502_after")


def script(value: Any) -> list[str]:
    """Take one word for each of the next sends: a fault of POST /faxes, or `ok`."""
    known = {"ok", *POST_FAULTS_BEFORE, *POST_FAULTS_AFTER}
    if isinstance(value, list) and all(each in known for each in value):
        return list(value)
    raise ValueError(f"takes a list of {', '.join(sorted(known))}")


# name → (kind, value when off). The last block are settings rather than faults: `DELETE` resets them to the command
# line's values.
SWITCHES: dict[str, tuple[Kind, Any]] = {
    "latency_ms": (millis, (0.0, 0.0)),
    "rate_429": (chance, 0.0),
    "html_502": (chance, 0.0),
    "unauthorized": (chance, 0.0),
    "insufficient_funds": (chance, 0.0),
    "forbidden_d1": (chance, 0.0),
    "error_500_before": (chance, 0.0),
    "drop_before": (chance, 0.0),
    "timeout_before": (chance, 0.0),
    "error_500_after": (chance, 0.0),
    "drop_after": (chance, 0.0),
    "timeout_after": (chance, 0.0),
    "html_502_after": (chance, 0.0),
    "no_id": (chance, 0.0),
    "hold_seconds": (amount, 120.0),
    "next_posts": (script, []),
    "application_500_before": (chance, 0.0),
    "application_500_after": (chance, 0.0),
    "list_slow_ms": (millis, (0.0, 0.0)),
    "list_empty": (chance, 0.0),
    "list_lag_ms": (amount, 0.0),
    "list_error": (chance, 0.0),
    "webhook_lose": (chance, 0.0),
    "webhook_double": (chance, 0.0),
    "webhook_delay_ms": (millis, (0.0, 0.0)),
    "webhook_reorder": (chance, 0.0),
    "webhook_before_answer": (chance, 0.0),
    "webhook_outage": (chance, 0.0),
    "flat_envelope": (chance, 0.0),
    "link_error": (chance, 0.0),
    "link_cut": (chance, 0.0),
    "seed": (seed, None),
    "rate_limit": (limit, None),
    "channels": (limit, None),
    "process_limit": (limit, 2000),
    "speed": (positive, 1.0),
    "webhook_url": (text, ""),
    "webhook_attempts": (positive, 3.0),
    "webhook_backoff_ms": (amount, 1000.0),
    "media_link_secs": (amount, 600.0),
}


def _is_amount(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 0


class Faults:
    """The switches' present values, and the random choices."""

    def __init__(self, settings: dict[str, Any], given: dict[str, Any]) -> None:
        self._settings = settings
        self._values: dict[str, Any] = {}
        self.injected: Counter[str] = Counter()
        self.reset()
        self.merge(given)

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def reset(self) -> None:
        """Switch all faults off; settings return to the command line's values."""
        self._values = {name: off for name, (_, off) in SWITCHES.items()}
        self._values["next_posts"] = []
        self._dice = random.Random()  # noqa: S311
        self.merge(self._settings)

    def merge(self, changes: dict[str, Any]) -> None:
        """Set some switches; nothing changes if one name or value is wrong."""
        read = {}
        for name, value in changes.items():
            if name not in SWITCHES:
                raise ValueError(f"there is no fault {name!r}; known: {', '.join(SWITCHES)}")
            try:
                read[name] = SWITCHES[name][0](value)
            except ValueError as wrong:
                raise ValueError(f"{name} {wrong}, not {value!r}") from None
        self._values.update(read)
        if "seed" in read:
            self._dice = random.Random(read["seed"])  # noqa: S311

    def as_json(self) -> dict[str, Any]:
        """Return every switch with its value."""
        return dict(self._values)

    def dice(self, *key: object) -> random.Random:
        """Return a random generator for one decision.

        With a seed, its numbers depend only on the seed and the key, not on the order in which requests arrive.
        """
        if self._values["seed"] is None or not key:
            return self._dice
        return random.Random(repr((self._values["seed"], key)))  # noqa: S311

    def fires(self, name: str, dice: random.Random | None = None) -> bool:
        """Decide whether one fault happens; certain and impossible ones need no random number."""
        odds = self._values[name]
        fires = odds >= 1 or (odds > 0 and (dice or self._dice).random() < odds)
        if fires:
            self.injected[name] += 1
        return bool(fires)

    def seconds(self, name: str, dice: random.Random | None = None) -> float:
        """Pick a duration from a range of milliseconds."""
        least, most = self._values[name]
        return (least if least == most else (dice or self._dice).uniform(least, most)) / 1000

    def for_post(self, *key: object) -> str | None:
        """Choose what happens to one POST /faxes: at most one fault."""
        queue: list[str] = self._values["next_posts"]
        if queue:
            name = queue.pop(0)
            if name == "ok":
                return None
            self.injected[name] += 1
            return name
        dice = self.dice("post", *key)
        for name in (*POST_FAULTS_BEFORE, *POST_FAULTS_AFTER):
            if self.fires(name, dice):
                return name
        return None
