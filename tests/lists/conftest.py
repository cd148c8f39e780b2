"""Lists of recipients, written as a test needs them and checked with the country US."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path

import pytest

from faxdispatch.calling.numbers import NumberPolicy
from faxdispatch.lists.checking import check
from faxdispatch.lists.reading import Reading
from faxdispatch.lists.rows import BadRow, LeftOut, Row
from faxdispatch.lists.summary import Summary
from faxdispatch.lists.table import Table


@dataclass
class Checked:
    """The result of a check."""

    table: Table
    summary: Summary
    found: list[Row | BadRow | LeftOut]

    @property
    def sent(self) -> list[tuple[int, int, str]]:
        """Row, line and number of each row that can be sent."""
        return [(row.row, row.line, row.to) for row in self.found if isinstance(row, Row)]

    @property
    def numbers(self) -> list[str]:
        return [number for _, _, number in self.sent]

    @property
    def bad(self) -> list[tuple[int, int, str]]:
        """Row, line and reason of each bad row."""
        return [(row.row, row.line, row.reason) for row in self.found if isinstance(row, BadRow)]

    @property
    def left_out(self) -> list[tuple[int, str]]:
        """Row and reason of each left-out row."""
        return [(row.row, row.reason) for row in self.found if isinstance(row, LeftOut)]

    @property
    def outcomes(self) -> list[str]:
        """Each row's number, or why it is not sent."""
        return [row.to if isinstance(row, Row) else row.reason for row in self.found]

    @property
    def guessed(self) -> str:
        return "; ".join(self.table.guesses)


@pytest.fixture
def checked(tmp_path) -> Callable[..., Checked]:
    """Write a list, check it, and return the result. Text is written in UTF-8."""

    def run(content: str | bytes, *, name: str = "list.csv", region: str = "US", **options) -> Checked:
        path = Path(tmp_path, name)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return check_whole(path, region=region, **options)

    return run


def check_whole(path, *, region: str = "US", **options) -> Checked:
    """Check a list to its end; the options are those of `check`, and the fields of `Reading`."""
    policy = options.pop("policy", NumberPolicy(region=region))
    reading = Reading(**{field.name: options.pop(field.name) for field in fields(Reading) if field.name in options})
    with check(path, reading, policy=policy, **options) as checking:
        found = list(checking)
        return Checked(checking.table, checking.summary, found)
