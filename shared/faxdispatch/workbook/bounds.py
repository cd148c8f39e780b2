"""How large a workbook may be. Excel's own limits, where it has one; what is beyond is refused in a sentence."""

MEMORY = 300_000_000
"""Bytes of memory of the process that reads it."""
SECONDS = 900
"""Of its processor time; sheets at the bounds below take a few minutes."""

FILES = 10_000
"""Parts of all kinds."""
PART = 2_000_000_000
"""Bytes of a sheet, unpacked."""
WHOLE = {"strings": 300_000_000, "styles": 30_000_000}
"""Bytes of parts that are held in memory as a whole, unpacked; a million rows with two texts each take 100 MB."""
SMALL = 10_000_000
"""Bytes of the parts that only name others."""
RATIO = 100
"""Times that a part may unpack to its packed size, once it is larger than `SMALL`. Sheets take 10 to 30 times."""

ROWS = 1_048_576
COLUMNS = 16_384
SHEETS = 500
CELL = 32_767
"""Characters of a cell."""
ROW = 1_000_000
"""Characters of all cells of a row together."""
STYLES = 65_536


class TooLarge(Exception):
    """A workbook is beyond a bound; the message says which."""


class Damaged(Exception):
    """A workbook is none, or not whole; the message says why."""
