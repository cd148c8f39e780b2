"""Dates in spreadsheets: days since an epoch (ECMA-376 part 1, 18.17.4)."""

from datetime import datetime, timedelta

EPOCH_1900 = datetime(1899, 12, 30)  # noqa: DTZ001 - a spreadsheet's moments have no time zone
EPOCH_1904 = datetime(1904, 1, 1)  # noqa: DTZ001 - as above
_LAST_BEFORE_LEAP = 60
"""The day 29 February 1900, which never existed and which spreadsheets count."""


def shown_date(value: float, epoch: datetime) -> str:
    """Return a date, a time of day or both in ISO form; if it is not a date, what a spreadsheet shows instead."""
    days = value + 1 if epoch == EPOCH_1900 and 0 < value < _LAST_BEFORE_LEAP else value
    try:
        moment = epoch + timedelta(milliseconds=round(days * 86_400_000))
    except (OverflowError, ValueError):
        return "#VALUE!"
    return moment.time().isoformat() if 0 <= value < 1 else moment.isoformat()


def shown_duration(value: float) -> str:
    """Return a duration in hours, minutes and seconds."""
    try:
        return str(timedelta(milliseconds=round(value * 86_400_000)))
    except (OverflowError, ValueError):
        return "#VALUE!"
