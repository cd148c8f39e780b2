"""Writes counts, money and times for people, in the same way in commands, console and messages."""

from datetime import UTC, datetime


def counted(count: int, noun: str) -> str:
    """Write a count with its noun: `1 fax`, `2 faxes`, `1,000 dead letters`."""
    return f"{count:,} {noun if count == 1 else plural(noun)}"


def counted_are(count: int, noun: str) -> str:
    """Write a count with its noun and `is` or `are`: `1 row is`, `2 rows are`."""
    return f"{counted(count, noun)} {are(count)}"


def plural(noun: str) -> str:
    """Return the plural of a regular noun; for several words, that of the last one."""
    return f"{noun}es" if noun.endswith(("s", "x", "ch", "sh")) else f"{noun}s"


def are(count: int) -> str:
    """Return `is` for one and `are` for any other count."""
    return "is" if count == 1 else "are"


def channels_in_use(count: int, limit: int | None) -> str:
    """Write how many channels are in use, of how many if that is known."""
    return f"{counted(count, 'channel')} in use" if limit is None else f"{count} of {counted(limit, 'channel')} in use"


def of_cap(spent: float, cap: float | None) -> str:
    """Write the amount spent beside the limit, in the currency of the settings."""
    return f"{spent:,.2f}, no cap" if cap is None else f"{spent:,.2f} of {cap:,.2f}"


def clock(moment: datetime | None) -> str:
    """Write a time in UTC, to the second, or `-` if there is none."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ") if moment else "-"


def lasting(seconds: float) -> str:
    """Write a duration in its two largest units."""
    for size, unit, part, small in ((86400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s")):
        if seconds >= size:
            return f"{int(seconds // size)} {unit} {int(seconds % size // part)} {small}"
    return f"{seconds:.0f} s"
