"""How many rows of a list are of which kind."""

from bisect import insort
from dataclasses import dataclass, field
from operator import itemgetter
from typing import NamedTuple

from faxdispatch.lists.cells import Facts
from faxdispatch.lists.rows import BadRow, Batch
from faxdispatch.text.wording import counted


class EmptyField(NamedTuple):
    """The number of rows in which a field of the cover is empty, and the first line of these."""

    rows: int
    first_line: int


@dataclass
class Summary:
    """Counts of rows. The first nine count different rows; those from `toll_free` on count valid ones."""

    rows: int = 0
    valid: int = 0
    invalid: int = 0
    no_number: int = 0
    duplicate: int = 0
    suppressed: int = 0
    quarantined: int = 0
    hidden: int = 0
    opted_out: int = 0
    no_recipient: int = 0
    """Rows among `no_number` that are not recipients, such as footers and repeated headers."""
    toll_free: int = 0
    foreign: int = 0
    own_number: int = 0
    unconfirmed: int = 0
    """Possible numbers in ranges that no list knows, such as those of new area codes."""
    shared_cost: int = 0
    countries: dict[str, int] = field(default_factory=dict)
    """Foreign numbers: country to count."""
    bad: list[BadRow] = field(default_factory=list)
    """The first invalid ones."""

    empty_fields: dict[str, EmptyField] = field(default_factory=dict)
    """Fields of the cover that print nothing for some valid rows."""

    def remarks(self) -> list[str]:
        """Return remarks about the fields of the cover that print nothing, with the number of rows."""
        return [
            f"cover: {{{name}}} is empty in {counted(empty.rows, 'row')}, first in line {empty.first_line}; "
            f"{{{name}|other words}} would print those words there"
            for name, empty in self.empty_fields.items()
        ]

    def add(self, batch: Batch, *, first_bad: int) -> None:
        """Count the rows of a batch. Only the `first_bad` first invalid ones are kept in `bad`."""
        self.rows += len(batch.to)
        self.valid += len(batch.to) - len(batch.others)
        for _, row in sorted(batch.others.items()):
            if isinstance(row, BadRow):
                self.invalid += 1
                if len(self.bad) < first_bad:
                    self.bad.append(row)
            else:
                name = row.why.name.lower()
                setattr(self, name, getattr(self, name) + 1)

    def add_facts(self, facts: Facts, count: int) -> None:
        """Count further facts, which are the same for this many valid rows."""
        self.toll_free += count * facts.toll_free
        self.unconfirmed += count * facts.unconfirmed
        self.shared_cost += count * facts.shared_cost
        if facts.foreign:
            self.foreign += count
            self.countries[facts.foreign] = self.countries.get(facts.foreign, 0) + count

    def refuse(self, bad: BadRow, *, first_bad: int) -> None:
        """Count a row that was valid as invalid."""
        self.valid -= 1
        self.invalid += 1
        insort(self.bad, bad, key=itemgetter(0))
        del self.bad[first_bad:]

    def note_empty(self, name: str, line: int) -> None:
        """Count a row that can be sent and that has nothing for a field of the cover."""
        known = self.empty_fields.get(name, EmptyField(0, line))
        self.empty_fields[name] = known._replace(rows=known.rows + 1)
