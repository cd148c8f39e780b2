"""How a list is to be read."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

Columns = Mapping[str, str | int | None]
"""Our field to its column, by name or by place from 1; None means that no column is to be used for it."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How to read a list; what is None is guessed.

    `column` (name, or place from 1) has the fax numbers; `region` (ISO 3166) is the country of numbers without `+`, if
    it is another than that of the settings. `delimiter` is a character or its name, `sheet` a sheet of a workbook.
    `fields` are the columns of a row's own options. With `personalised`, all rows with one number are kept. With
    `include_hidden`, rows count that a spreadsheet hides or strikes through. `drop_extension` removes extensions from
    numbers, which otherwise make a row invalid.
    """

    column: str | int | None = None
    region: str | None = None
    delimiter: str | None = None
    encoding: str | None = None
    sheet: str | None = None
    fields: Columns | None = None
    personalised: bool = False
    drop_extension: bool = False
    include_hidden: bool = False

    def as_data(self) -> dict[str, Any]:
        """Return the values by name.

        They identify how a campaign's list is read, so they must not change between versions.
        """
        return {field.name: value for field in fields(self) if (value := getattr(self, field.name))}
