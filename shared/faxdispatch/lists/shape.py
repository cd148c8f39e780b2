"""The shape of a list, guessed from its first rows: header, width, and the columns of numbers and fields.

Every guess is reported in words.
"""

import itertools
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from faxdispatch.errors import BadInput
from faxdispatch.lists.block import Record, trimmed
from faxdispatch.lists.cells import CellReader, Verdict, says_its_country
from faxdispatch.lists.countries import are_countries, names_country
from faxdispatch.lists.fields import problem_of
from faxdispatch.lists.header_row import find_header, is_text
from faxdispatch.lists.headers import (
    OPT_OUT,
    compared,
    fax_rank,
    field_of,
    is_not_taken,
    is_number_name,
    is_other_number_name,
    is_second_row,
    plain,
)
from faxdispatch.lists.kinds import Pair, are_kinds, pairs
from faxdispatch.lists.reading import Reading
from faxdispatch.lists.refusals import Says, is_of_other_ways, says, says_by_cells

_COMMON = {"priority", "quality", "zone"}
"""Field names that lists also use for their own purposes, such as the priority of a customer."""


@dataclass
class Shape:
    """The shape that the first rows show. `ends` is the last line of the header, or 0 if there is none.

    `hidden` are columns that a spreadsheet does not show: one of them is used only if it was asked for by name. `kinds`
    are set where columns of kinds say which numbers are fax machines'; `refusals` are the columns that say who must not
    be faxed; `notes` are other columns in which a cell may say so.
    """

    name: str
    rows: list[Record]
    reader: CellReader
    reading: Reading
    hidden: frozenset[int] = frozenset()
    guesses: list[str] = field(default_factory=list)
    header: int | None = None
    ends: int = 0
    names: tuple[str, ...] = ()
    number: int = 0
    fields: dict[str, int] = field(default_factory=dict)
    kinds: tuple[Pair, ...] = ()
    refusals: dict[int, Says] = field(default_factory=dict)
    notes: tuple[int, ...] = ()
    country: int | None = None
    """The column with each recipient's country."""

    def __post_init__(self) -> None:
        self.given = self.reading.fields or {}
        self.rows = [row for row in self.rows if not (row.problem or row.hidden)]
        if not self.rows:
            raise BadInput(f"{self.name}: has no row")
        self.width = _common(len(trimmed(row.cells)) for row in self.rows)
        self.header = find_header(self.rows, self.width, self.reading.column)
        self.data = self.rows[0 if self.header is None else self.header + 1 :]
        self._name_columns()
        self.number = (
            self._guess_number() if self.reading.column is None else self._place(self.reading.column, "column")
        )
        self._join_second_header()
        if self.header:
            self.guesses.append(f"lines above the header that are left out: {self.header}")
        self._take_fields()
        self._take_refusals()
        self._take_country()

    def _name_columns(self) -> None:
        names = () if self.header is None else trimmed(self.rows[self.header].cells)
        sizes = [len(trimmed(row.cells)) for row in self.data]
        width = _common(sizes)
        # A header may lack names at its end if most rows have more cells; otherwise these cells are a mistake.
        if names and (width < len(names) or sizes.count(width) <= len(sizes) / 2):
            width = len(names)
        self.names = tuple(
            (" ".join(names[place].split()) if place < len(names) else "") or f"column {place + 1}"
            for place in range(max(width, 1))
        )
        if self.header is None:
            self.guesses.append("no header")
            return
        self.ends = self.rows[self.header].line + sum(cell.count("\n") for cell in self.rows[self.header].cells)
        twice = [name for name, count in Counter(self.names).items() if count > 1]
        if twice:
            self.guesses.append(f"columns of the same name: {', '.join(map(repr, twice))}")

    def _join_second_header(self) -> None:
        """Add a second header row, which says more about each column, to the first."""
        if self.header is None or not self.data or self.number >= len(self.data[0].cells):
            return
        second = self.data[0]
        if not is_text(second) or not is_second_row(second.cells[self.number]):
            return
        more = itertools.chain((" ".join(cell.split()) for cell in second.cells), itertools.repeat(""))
        self.names = tuple(
            name if plain(other) in plain(name) else f"{name} {other}"
            for name, other in zip(self.names, more, strict=False)
        )
        self.ends = second.line + sum(cell.count("\n") for cell in second.cells)
        self.data = self.data[1:]
        self.guesses.append(f"second header row: line {second.line}")

    def _place(self, given: str | int, what: str) -> int:
        """Return the column of that name, or of that place from 1."""
        text = str(given)
        same = [place for place, name in enumerate(self.names) if name == text]
        places = same or [place for place, name in enumerate(self.names) if compared(name) == compared(text)]
        if len(places) > 1:
            where = ", ".join(str(place + 1) for place in places)
            raise BadInput(f"{what}: {self.name} has {text!r} several times; give the place of one: {where}")
        if places and (self.header is not None or not text.isdigit()):
            return places[0]
        if text.isascii() and text.isdigit() and 1 <= int(text) <= len(self.names):
            return int(text) - 1
        raise BadInput(f"{what}: {self.name} has no column {text!r}; its columns: {_listed(self.names)}")

    def _share(self, place: int) -> float:
        """Return the share of a column's cells that are telephone numbers."""
        read = [self.reader.read(cell) for cell in self._filled(place)]
        return sum(cell.verdict is Verdict.NUMBER for cell in read) / len(read) if read else 0.0

    def _guess_number(self) -> int:
        ranks = [
            fax_rank(name) if self.header is not None and place not in self.hidden and not self._says(place) else 0
            for place, name in enumerate(self.names)
        ]
        ranked = any(ranks)
        # A register has hundreds of columns; only the possible ones are read.
        shares = [
            self._share(place) if rank or not (ranked or place in self.hidden) else 0.0
            for place, rank in enumerate(ranks)
        ]
        if ranked:
            # An empty column is not used if another one has numbers.
            best = max(share for share, rank in zip(shares, ranks, strict=True) if rank)
            found = max(
                range(len(ranks)), key=lambda place: (ranks[place] > 0, shares[place] >= best / 4, ranks[place], -place)
            )
            self._ask_for_one_of([place for place, rank in enumerate(ranks) if rank == ranks[found]], found)
            others = [self.names[place] for place, rank in enumerate(ranks) if rank and place != found]
            also = f"; also there: {_listed(others)}" if others else ""
            self.guesses.append(f"column of the fax numbers: {self.names[found]!r}{also}")
            return found
        if (by_kind := self._by_kind()) is not None:
            return by_kind
        phones = [place for place, name in enumerate(self.names) if is_number_name(name) and place not in self.hidden]
        named = [place for place in phones if shares[place] or not self.data]
        likely = [place for place, share in enumerate(shares) if share > 0.5 and not self._refuses(place)]
        if self.header is None and likely and likely[0] == 0:
            # Lists without a header have the number first, or else anywhere.
            likely = [0]
        alone = self.header is not None and len(named) == 1 and set(likely) <= set(named)
        found_in = named if alone else likely
        if self.header is not None and all(is_other_number_name(self.names[place]) for place in found_in):
            found_in = []
        if len(found_in) != 1:
            raise self._unclear(found_in)
        self.guesses.append(f"column of the fax numbers: {self.names[found_in[0]]!r}, by its content")
        return found_in[0]

    def _ask_for_one_of(self, places: Sequence[int], found: int) -> None:
        """Raise BadInput if other columns fit as well as the one that was found, and have other numbers."""
        read = [
            [self.reader.read(row.cells[at]).number if at < len(row.cells) else None for row in self.data]
            for at in places
            if at == found or plain(self.names[at]) != plain(self.names[found])
        ]
        if any(len({number for number in numbers if number}) > 1 for numbers in zip(*read, strict=True)):
            raise self._unclear(places)

    def _unclear(self, places: Sequence[int]) -> BadInput:
        which = f"several may: {_listed([self.names[place] for place in places])}" if places else "none seems to"
        return BadInput(
            f"{self.name}: it is unclear which column has the fax numbers, {which}; "
            f"name it with --column; its columns: {_listed(self.names)}{self._hint()}"
        )

    def _by_kind(self) -> int | None:
        """Return the column of numbers for which another column says which are fax numbers, or None."""
        found = (
            pairs(self.names, [row.cells for row in self.data]) if self.header is not None else self._nameless_pairs()
        )
        self.kinds = tuple(pair for pair in found if pair.number not in self.hidden)
        if not self.kinds:
            return None
        numbers, kinds = ([self.names[pair[place]] for pair in self.kinds] for place in (1, 0))
        self.guesses.append(f"fax numbers: those of {_listed(numbers)} that {_listed(kinds)} says are")
        return self.kinds[0].number

    def _nameless_pairs(self) -> tuple[Pair, ...]:
        """Return the two columns of a list without a header, one of which has the kinds of the other's numbers."""
        kinds = [place for place in range(self.width) if are_kinds(self._filled(place))]
        numbers = [place for place in range(self.width) if self._share(place) > 0.5] if kinds else []
        return (Pair(kinds[0], numbers[0]),) if len(kinds) == len(numbers) == 1 else ()

    def _hint(self) -> str:
        known = self.reader.policy.region is not None
        return (
            "" if known else "; numbers without + are invalid unless --region or FAX_DEFAULT_REGION gives their country"
        )

    def _take_fields(self) -> None:
        for field_name, wanted in self.given.items():
            if wanted is not None and field_name != OPT_OUT:
                self.fields[field_name] = self._place(wanted, field_name)
        if self.header is None:
            return
        for place, name in enumerate(self.names):
            meant = field_of(name)
            if is_not_taken(name):
                self.guesses.append(f"column {name!r} is not used: a row cannot have its own time, only its own window")
            if not meant or meant in self.given or meant in self.fields or place == self.number:
                continue
            if place in self.hidden:
                self.guesses.append(f"column {name!r} is not used: it is hidden; name it to use it")
                continue
            if self._fits(meant, place):
                self.fields[meant] = place
                self.guesses.append(f"column of {meant}: {name!r}")
            else:
                self.guesses.append(f"column {name!r} is not used: nothing in it is a {meant} of a fax")

    def _take_refusals(self) -> None:
        """Find the columns that say who must not be faxed, including hidden ones."""
        if OPT_OUT in self.given:
            wanted = self.given[OPT_OUT]
            self.refusals = {} if wanted is None else {self._place(wanted, OPT_OUT): Says.REFUSAL}
        elif self.header is not None:
            said = {place: self._says(place) for place in range(len(self.names)) if place != self.number}
            self.refusals = {place: what for place, what in said.items() if what}
        if OPT_OUT not in self.given:
            known = {*self.refusals, *(pair.kind for pair in self.kinds)}
            self.notes = tuple(
                place for place, name in enumerate(self.names) if place not in known and not is_of_other_ways(name)
            )
        for what, words in ((Says.REFUSAL, "who must not be faxed"), (Says.CONSENT, "who consented")):
            if names := [self.names[place] for place, said_of in self.refusals.items() if said_of is what]:
                self.guesses.append(f"columns that say {words}: {_listed(names)}")

    def _take_country(self) -> None:
        """Find the column of countries; that of calling codes has precedence."""
        named = [place for place, name in enumerate(self.names) if self.header is not None and names_country(name)]
        known = [place for place in named if self._has_countries(place)]
        self.country = max(known, key=lambda place: "code" in plain(self.names[place]), default=None)
        for place in named:
            if place not in known and self._filled(place):
                self.guesses.append(f"column {self.names[place]!r} is not used: it seems to have no countries")

    def _has_countries(self, place: int) -> bool:
        rows = [row.cells for row in self.data if max(place, self.number) < len(row.cells)]
        return are_countries(
            self.names[place],
            [cells[place] for cells in rows],
            [cells[self.number] for cells in rows],
            lambda text: not says_its_country(text, self.reader.code) and self.reader.read(text).number is not None,
        )

    def _refuses(self, place: int) -> bool:
        """Return whether the numbers of a column may be those that must not be faxed."""
        asked = self.header is not None and self.given.get(OPT_OUT, "") is not None
        return asked and self._says(place) is Says.REFUSAL

    def _says(self, place: int) -> Says | None:
        said = says(self.names[place]) or says_by_cells(self.names[place], self._filled(place))
        return None if said is Says.CONSENT and self._share(place) > 0.5 else said

    def _fits(self, field_name: str, place: int) -> bool:
        """Return whether a column named like a field really has that field."""
        if plain(self.names[place]) not in _COMMON:
            return True
        cells = self._filled(place)
        return not cells or any(not problem_of(field_name, cell, self.reader.policy.region) for cell in cells)

    def _filled(self, place: int) -> list[str]:
        """Return the cells of a column in the first rows."""
        return [row.cells[place] for row in self.data if place < len(row.cells) and row.cells[place].strip()]


def _common(sizes: Iterable[int]) -> int:
    """Return the most frequent size, the greatest of equals; 0 if there is none."""
    counted = Counter(sizes)
    return max(counted, key=lambda size: (counted[size], size)) if counted else 0


def _listed(names: Sequence[str]) -> str:
    return ", ".join(map(repr, names[:40])) + (" …" if len(names) > 40 else "")
