"""What Telnyx charged for a day's faxes, beside the estimate."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from faxdispatch.ledger.scripts import Scripts, redis_trouble

_MILLION = 1_000_000
_FIRST_DAY = date(1970, 1, 1)
KEPT_DAYS = 39
"""The largest number of past days that are kept."""
DRIFT = 0.2
"""The fraction by which charges and estimate may differ before somebody should check the prices in the settings."""


@dataclass(frozen=True, slots=True)
class DayCharges:
    """One day of UTC.

    Charges are in Telnyx's currency, and `estimate` is in that of the settings; they should be the same.
    """

    day: date
    charged: float
    estimate: float
    faxes: int
    """Outbound faxes that Telnyx charged for."""
    currency: str
    read_at: datetime

    @property
    def drift(self) -> float | None:
        """The fraction by which Telnyx charged more (above 0) or less than estimated, or None without an estimate."""
        return self.charged / self.estimate - 1 if self.estimate > 0 else None


class Charges:
    """The settled days."""

    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts

    def settle(self, day: date, *, charged: float, faxes: int, currency: str) -> None:
        """Replace the cost of a past day by what Telnyx charged for it. The last call wins.

        Raises:
            ValueError: the day is not over.
            Unavailable: Redis did not answer.
        """
        if day >= self.today():
            raise ValueError(f"{day} is not over, so not all of its faxes are charged yet")
        self._scripts.run(
            "charge", day=(day - _FIRST_DAY).days, charged=round(charged * _MILLION), faxes=faxes, currency=currency
        )

    def today(self) -> date:
        """Return the present day of UTC, by Redis' clock."""
        return datetime.fromtimestamp(self._scripts.clock() / 1000, UTC).date()

    def days(self, count: int = KEPT_DAYS) -> list[DayCharges]:
        """Return the settled days among the last `count` days before today, the newest first."""
        today = self.today()
        wanted = [today - timedelta(days=back) for back in range(1, min(count, KEPT_DAYS) + 1)]
        redis: Any = self._scripts.redis
        with redis_trouble(), redis.pipeline(transaction=False) as pipe:
            for day in wanted:
                pipe.hgetall(f"fax:charges:{(day - _FIRST_DAY).days}")
            found = pipe.execute()
        return [_read(day, row) for day, row in zip(wanted, found, strict=True) if row]


def _read(day: date, row: dict[str, str]) -> DayCharges:
    return DayCharges(
        day=day,
        charged=int(row["charged"]) / _MILLION,
        estimate=int(row["estimate"]) / _MILLION,
        faxes=int(row["faxes"]),
        currency=row["currency"],
        read_at=datetime.fromtimestamp(int(row["read_at"]) / 1000, UTC),
    )
