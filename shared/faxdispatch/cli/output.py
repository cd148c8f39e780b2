"""The output of commands: a command returns its result, and this module shows it as lines, as JSON or as CSV.

A command that returns an `Answer` gets the option `--json`; one that returns `Rows` gets `--json` and `--csv`. A
command that hides numbers says so with `full=False`, for all three.
"""

import csv
import inspect
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, is_dataclass
from dataclasses import fields as attributes
from datetime import date
from functools import wraps
from itertools import islice
from types import UnionType
from typing import IO, TYPE_CHECKING, Annotated, Any, Generic, TypeVar, Union, get_args, get_origin

import typer

from faxdispatch.cli.options import option, spread
from faxdispatch.errors import BadInput, FaxError, Unavailable
from faxdispatch.text.plain import plain, plain_json
from faxdispatch.text.privacy import hidden

if TYPE_CHECKING:
    from pydantic import BaseModel

Item = TypeVar("Item")
Line = str | Sequence[str | None]
"""A line for people, or its cells; empty ones are left out."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The result of a command."""

    data: Any
    """For programs: one value, in the form of `as_json`."""
    lines: str | Iterable[Line] = ()
    """For people."""
    notes: Iterable[str] = ()
    """Notes, shown beside either of them."""
    full: bool = True
    """Whether numbers and signed links are shown."""
    ok: bool = True
    """False ends the command with exit code 1."""

    def show(self, *, as_json: bool, as_csv: bool = False) -> None:
        """Print it, and end the command with exit code 1 if it is not `ok`."""
        if as_csv:
            raise BadInput("--csv: the result is not a list; use --json")
        if as_json:
            show_json(self.data, full=self.full)
        else:
            for line in [self.lines] if isinstance(self.lines, str) else self.lines:
                show(_written(line, full=self.full))
        for line in self.notes:
            note(line)
        if not self.ok:
            raise typer.Exit(1)


@dataclass(frozen=True, slots=True)
class Rows(Generic[Item]):
    """A result with items of one kind; each is printed as soon as it is known."""

    items: Iterable[Item]
    line: Callable[[Item], Line | None]
    """Returns an item as a line for people; nothing is shown for None."""
    data: Callable[[Item], Any] = lambda item: item
    """Returns an item for JSON and CSV: a dataclass, or a mapping."""
    full: bool = True
    """Whether numbers and signed links are shown. CSV has them in any case, since it is made for other programs."""
    limit: int | None = None
    """How many items are shown. One more is read, to know whether there are more."""
    total: Callable[[], int] | None = None
    """Returns the number of all items, if that is cheap to know."""
    more: str = "there are more; --limit shows them"
    """Message if there are more than `limit` items."""
    widths: Mapping[str, int] = field(default_factory=dict)
    """The titles of the cells of the lines, with the usual width of each; without them, there is no head.

    A column becomes wider with the first cell that does not fit. Every table has its longest texts in the last one.
    """
    none: str = ""
    """Message for people if there are no items."""
    columns: tuple[str, ...] = ()
    """The columns of the CSV, needed if the results of `data` may lack some; by default, those of the first item."""
    needed: bool = False
    """Whether an empty result means exit code 1; `none` is then shown beside the result."""
    ok: bool = True
    """False ends the command with exit code 1."""

    def show(self, *, as_json: bool, as_csv: bool = False) -> None:
        """Print them, and end the command with exit code 1 if it is not `ok`, or `needed` and empty."""
        items = iter(self.items)
        shown = islice(items, self.limit)
        if as_csv:
            count = write_csv(sys.stdout, map(self.data, shown), columns=self.columns)
        else:
            count = self._lines(shown, as_json=as_json)
        if not count and self.needed:
            note(self.none)
        elif not count and self.none and not as_json and not as_csv:
            show(self.none)
        elif count and self.limit is not None and count == self.limit and (words := self._more(items)):
            note(words)
        if not self.ok or (self.needed and not count):
            raise typer.Exit(1)

    def _lines(self, items: Iterable[Item], *, as_json: bool) -> int:
        count, widths = 0, list(self.widths.values())
        for count, item in enumerate(items, 1):
            if as_json:
                show_json(self.data(item), full=self.full)
                continue
            if count == 1 and self.widths:
                show(_padded(list(self.widths), widths))
            if (line := self.line(item)) is not None:
                cells = [line] if isinstance(line, str) else [cell or "" for cell in line]
                shown = cells if self.full else list(map(hidden, cells))
                show(_padded(shown, widths) if self.widths else "  ".join(filter(None, shown)))
        return count

    def _more(self, rest: Iterable[Item]) -> str | None:
        if self.total is not None:
            total = self.total()
            return f"{total:,} in all; --limit shows more" if self.limit and total > self.limit else None
        return self.more if next(iter(rest), None) is not None else None


def write_csv(file: IO[str], items: Iterable[Any], *, columns: tuple[str, ...] = ()) -> int:
    """Write a head and a line for each dataclass or mapping, and return how many there were.

    `columns` are those of the first item if they are not given.
    """
    # Only CSV needs it.
    from faxdispatch.lists.badrows import safe_cell  # noqa: PLC0415

    count, writer = 0, csv.writer(file, lineterminator="\n")
    if columns:
        writer.writerow(columns)
    for item in items:
        count += 1
        data = as_json(item)
        if not columns:
            columns = tuple(data)
            writer.writerow(columns)
        # A number keeps its plus sign: with a `'` before it, other programs would not read it as a number.
        cells = (_cell(data.get(name)) for name in columns)
        writer.writerow([cell if cell[:1] == "+" and cell[1:].isdecimal() else safe_cell(cell) for cell in cells])
    return count


Json = Annotated[bool, option("Print JSON.", "--json")]
_JSON_ROWS = Annotated[bool, option("Print JSON, one object a line.", "--json")]
Csv = Annotated[bool, option("Print CSV, numbers in full.", "--csv")]


def answered(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the command that shows what `function` returns; one that returns nothing prints for itself."""
    function = spread(function)
    signature = inspect.signature(function)
    kinds = _kinds(signature.return_annotation)
    if not kinds & {Answer, Rows}:
        return function
    options = {"as_csv": Csv, "as_json": _JSON_ROWS} if Rows in kinds else {"as_json": Json}
    own = set(options) & set(signature.parameters)
    new = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=False, annotation=annotation)
        for name, annotation in options.items()
        if name not in own
    ]

    @wraps(function)
    def command(**given: Any) -> None:
        how = {name: given[name] for name in options}
        if all(how.values()) and len(how) > 1:
            raise BadInput("give --csv or --json, not both")
        function(**{name: value for name, value in given.items() if name not in how or name in own}).show(**how)

    old = signature.parameters.values()
    command.__signature__ = signature.replace(parameters=[*old, *new], return_annotation=None)  # type: ignore[attr-defined]
    command.__annotations__ = {**function.__annotations__, **{one.name: one.annotation for one in new}, "return": None}
    return command


def _kinds(annotation: Any) -> set[Any]:
    """Return the classes of an annotation: `Answer | Rows[Found]` has both."""
    kind = get_origin(annotation) or annotation
    return {one for part in get_args(annotation) for one in _kinds(part)} if kind in (Union, UnionType) else {kind}


def columns_of(model: "type[BaseModel]") -> tuple[str, ...]:
    """Return the fields of a model by their names in JSON, for items that leave out missing values."""
    return tuple(about.serialization_alias or name for name, about in model.model_fields.items())


def fields(data: Mapping[str, Any], *, width: int = 0) -> Iterable[str]:
    """Write the non-empty values, one a line; names are as wide as the widest of them, or `width`."""
    known = {name: value for name, value in data.items() if value not in (None, "")}
    width = width or max(map(len, known), default=0)
    return (f"{name:<{width}}  {_text(value)}" for name, value in known.items())


def show_json(value: Any, *, full: bool = True) -> None:
    """Print a value as one line of JSON, with numbers and secret links hidden unless `full`."""
    data = as_json(value)
    show(plain_json(json.dumps(data if full else hidden(data), ensure_ascii=False)))


def as_json(value: Any) -> Any:
    """Return a value in the form of JSON: dataclasses as objects, times in ISO 8601, unknown types as text."""
    if is_dataclass(value):
        value = {one.name: getattr(value, one.name) for one in attributes(value)}
    if isinstance(value, Mapping):
        return {str(name): as_json(part) for name, part in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [as_json(part) for part in value]
    if isinstance(value, date):
        return value.isoformat()
    return value if value is None or isinstance(value, (str, int, float)) else str(value)


def show(line: str = "") -> None:
    """Print a line of a command's result; control characters in it become visible.

    Raises:
        FaxError: it cannot be written. A reader that closed the pipe is handled for all commands in one place.
    """
    try:
        print(plain(line), flush=True)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise unwritable(error) from error


def unwritable(error: OSError) -> FaxError:
    """Return what is reported if standard output cannot be written; nothing more is written to it."""
    # Python would try to write the same line again when the process ends.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return FaxError(f"standard output cannot be written: {error.strerror}")


def note(line: str) -> None:
    """Print a line about the result, beside it, on standard error."""
    print(f"faxdispatch: {plain(line)}", file=sys.stderr, flush=True)


def confirm(words: str, *, yes: bool) -> None:
    """Ask for confirmation, unless `yes`; without it, end the command with exit code 1.

    `words` ask, and then state the consequence: "Stop campaign clean? 299 rows will not be sent." Raises `BadInput` if
    standard input is no terminal, so that nobody can confirm.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise BadInput(f"{words} Nobody can confirm this here: add --yes")
    if not typer.confirm(plain(words), err=True):
        raise typer.Exit(1)


@contextmanager
def watching(words: str) -> Iterator[None]:
    """If the block is interrupted, or Redis cannot be reached, say that only the watching ends.

    `words` say what continues.
    """
    try:
        yield
    except (KeyboardInterrupt, Unavailable):
        note(f"no longer watching; {words}")
        raise


def is_terminal() -> bool:
    """Return whether a person watches standard output."""
    return sys.stdout.isatty()


def _padded(cells: Sequence[str], widths: list[int]) -> str:
    """Write cells in columns, and widen the columns that are too narrow for them."""
    widths[:-1] = (max(width, len(cell)) for cell, width in zip(cells[:-1], widths[:-1], strict=True))
    return "  ".join(f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=True)).rstrip()


def _written(line: Line, *, full: bool) -> str:
    # Each cell by itself: a number and a date after it could be taken for one number.
    cells = [line] if isinstance(line, str) else [cell for cell in line if cell]
    return "  ".join(cells if full else map(hidden, cells))


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return plain(" ".join(map(str, value)) if isinstance(value, (list, tuple)) else _text(value))


def _text(value: Any) -> str:
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        return ", ".join(value)
    return json.dumps(value, ensure_ascii=False, default=str) if isinstance(value, (bool, list, dict)) else str(value)
