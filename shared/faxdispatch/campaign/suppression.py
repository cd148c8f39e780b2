"""The suppression list for people and programs: numbers as they are written, and files of numbers."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from faxdispatch.calling.numbers import NumberPolicy, is_sip, normalise
from faxdispatch.errors import BadInput
from faxdispatch.ledger import Changed, Suppression, Suppressions
from faxdispatch.lists.badrows import safe_cell
from faxdispatch.lists.checking import Check, Progress, check
from faxdispatch.lists.headers import FIELDS, OPT_OUT
from faxdispatch.lists.reading import Reading
from faxdispatch.lists.rows import BadRow, LeftOut, Row, Why
from faxdispatch.reasons.verdicts import check_reason

_SHOWN = 20
_NO_FIELDS = dict.fromkeys((*FIELDS, OPT_OUT))
"""A file of suppressed numbers has no documents or windows, and rows that say that somebody opted out count."""


@dataclass
class SuppressionImport:
    """The result of importing a file.

    `bad` holds the first rows that could not be read; all `invalid` rows were skipped.
    """

    rows: int = 0
    changed: Changed = field(default_factory=Changed)
    duplicate: int = 0
    no_number: int = 0
    expired: int = 0
    invalid: int = 0
    bad: list[BadRow] = field(default_factory=list)


class SuppressionList:
    """Numbers that no campaign sends to, whatever list they are on. Single faxes to them are still sent.

    `region` (ISO 3166, two letters) is the country of numbers written without `+`. If a number is put on the list while
    a campaign runs, that campaign no longer faxes it; a fax that Telnyx already has continues.
    """

    def __init__(self, ledger: Suppressions, *, region: str | None = None) -> None:
        self._ledger = ledger
        self._region = region

    def add(
        self,
        number: str,
        *,
        reason: str,
        source: str = "operator",
        until: datetime | None = None,
        operator: str | None = None,
    ) -> str:
        """Put a number on the list, forever or `until` a time: `added`, `changed`, or `same`.

        Raises:
            BadInput: number, reason or source is not acceptable, or the time is over.
            Unavailable: Redis did not answer; try again.
        """
        check_reason(reason)
        if until is not None and _aware(until) <= datetime.now(UTC):
            raise BadInput("until: has already passed; give a later time, or none")
        wanted = Suppression(self.number(number), reason.strip(), _source(source), until=until)
        changed = self._ledger.add(wanted, operator=operator)
        return "added" if changed.added else "changed" if changed.changed else "same"

    def remove(self, number: str, *, reason: str, operator: str | None = None) -> bool:
        """Take a number off the list. Return False if it is not on it.

        Raises:
            BadInput: number or reason is not acceptable.
            Unavailable: Redis did not answer; try again.
        """
        check_reason(reason)
        return self._ledger.remove(self.number(number), reason=reason, operator=operator)

    def get(self, number: str) -> Suppression | None:
        """Return the entry of a number, or None if it is not on the list.

        Raises:
            BadInput: it is not a number.
            Unavailable: Redis did not answer.
        """
        return self._ledger.get(self.number(number))

    def all(self) -> Iterator[Suppression]:
        """Return every number on the list, in no order. It raises Unavailable if Redis does not answer."""
        return self._ledger.all()

    def count(self) -> int:
        """Return how many numbers are on the list."""
        return self._ledger.count()

    def import_file(
        self,
        path: Path,
        *,
        reason: str | None = None,
        source: str | None = None,
        until: datetime | None = None,
        column: str | int | None = None,
        region: str | None = None,
        delimiter: str | None = None,
        encoding: str | None = None,
        operator: str | None = None,
        on_bad: Callable[[BadRow], None] | None = None,
        on_progress: Progress | None = None,
    ) -> SuppressionImport:
        """Put the numbers of a file on the list, as a stream; the same file again changes nothing.

        A column `reason`, `source` or `until` of the file, as in an export, is used if the argument is not given. With
        neither, the source is the file's name. Rows that cannot be read are skipped and counted.

        Raises:
            BadInput: the file cannot be read, or neither the file nor the argument gives a reason.
            Unavailable: Redis did not answer; import the file again.
        """
        if reason is not None:
            check_reason(reason)
        reading = Reading(
            column=column,
            delimiter=delimiter,
            encoding=encoding,
            fields=_NO_FIELDS,
            include_hidden=True,
            # An extension is dropped: a recipient who wants no faxes at it wants none at the number.
            drop_extension=True,
        )
        policy = NumberPolicy(region=region or self._region, sip_allowed=True, shared_cost=True)
        checking = check(path, reading, policy=policy, on_progress=on_progress)
        said = SuppressionImport()
        with checking:
            columns = _Columns(checking, reason, source or path.name, until)
            wanted = _wanted(checking, columns, said, on_bad)
            why = reason or "given by the file for each row"
            said.changed = self._ledger.add_many(wanted, reason=why, source=columns.source, operator=operator)
        return said

    def number(self, text: str) -> str:
        """Return a number in the form of the list.

        Raises:
            BadInput: it is not a number.
        """
        if is_sip(text):
            return text.strip()
        try:
            return normalise(text, region=self._region)
        except ValueError as problem:
            raise BadInput(f"number: {problem}") from None


class _Columns:
    """The columns of a row's reason, source and end."""

    def __init__(self, checking: Check, reason: str | None, source: str, until: datetime | None) -> None:
        names = [name.strip().lower() for name in checking.table.columns]
        self._reason = names.index("reason") if "reason" in names and reason is None else None
        self._source = names.index("source") if "source" in names else None
        self._until = names.index("until") if "until" in names and until is None else None
        if reason is None and self._reason is None:
            raise BadInput("reason: the file has no column of that name; give the reason with --reason")
        self._given = (reason, until)
        self.source = _source(source)

    def read(self, row: Row) -> Suppression:
        """Return a row's values; raises ValueError if one is wrong."""
        reason, until = self._given
        if self._reason is not None:
            reason = _as_written(row.cells[self._reason])
        if self._until is not None and (text := row.cells[self._until].strip()):
            until = _aware(datetime.fromisoformat(text))
        check_reason(reason or "")
        source = _as_written(row.cells[self._source]) if self._source is not None else ""
        return Suppression(row.to, reason or "", _source(source or self.source), until=until)


def _wanted(
    checking: Check, columns: _Columns, said: SuppressionImport, on_bad: Callable[[BadRow], None] | None
) -> Iterator[Suppression]:
    now = datetime.now(UTC)
    for row in checking:
        said.rows += 1
        if isinstance(row, LeftOut):
            said.duplicate += row.why is Why.DUPLICATE
            said.no_number += row.why is Why.NO_NUMBER
            continue
        found = _read(columns, row) if isinstance(row, Row) else row
        if isinstance(found, BadRow):
            said.invalid += 1
            if len(said.bad) < _SHOWN:
                said.bad.append(found)
            if on_bad:
                on_bad(found)
        elif found.until and found.until <= now:
            said.expired += 1
        else:
            yield found


def _read(columns: _Columns, row: Row) -> Suppression | BadRow:
    try:
        return columns.read(row)
    except ValueError as problem:
        return BadRow(row.row, row.line, "", "", str(problem), row.cells)


def _as_written(cell: str) -> str:
    """Remove the `'` that an export adds so that a spreadsheet does not read a cell as a formula."""
    text = cell.strip()
    return text[1:] if text.startswith("'") and safe_cell(text[1:]) == text else text


def _source(text: str) -> str:
    if not text.strip() or len(text) > 200:
        raise BadInput("source: give 1 to 200 characters that say where this is known from")
    return text.strip()


def _aware(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise BadInput("until: has no time zone; write it like 2026-05-01T08:00:00-05:00")
    return moment
