"""How large a workbook may be.

If Excel has a limit of its own, it is used here. Anything larger is refused in one sentence.
"""

MEMORY = 300_000_000
"""Memory of the process that reads it, in bytes."""
SECONDS = 900
"""Its processor time; sheets within the limits below take a few minutes."""

FILES = 10_000
"""Parts of all kinds."""
PART = 2_000_000_000
"""Size of a sheet in bytes, unpacked."""
WHOLE = {"strings": 300_000_000, "styles": 30_000_000, "comments": 30_000_000}
"""Size in bytes of parts that are held in memory as a whole, unpacked; a million rows with two texts each take 100
MB."""
SMALL = 10_000_000
"""Maximum size in bytes of a part that only lists other parts."""
RATIO = 100
"""The ratio of unpacked to packed size of a part, once it is larger than `SMALL`. Sheets have a ratio of 10 to 30."""

ROWS = 1_048_576
COLUMNS = 16_384
SHEETS = 500
CELL = 32_767
"""Maximum length of a cell."""
ROW = 1_000_000
"""Maximum length of all cells of a row together."""
STYLES = 65_536


class TooLarge(Exception):
    """A workbook exceeds a limit; the message says which."""


class Damaged(Exception):
    """A file is not a workbook, or not a complete one; the message says why."""
