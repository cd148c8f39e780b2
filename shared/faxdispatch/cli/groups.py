"""Commands that are found and loaded when they are needed, so that each starts fast and loads only what it uses."""

from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperGroup

from faxdispatch.cli.output import answered
from faxdispatch.redis.metrics import without_metrics

Table = Mapping[str, str]
"""Where each command is, by its name: `package.module:name` of a function or of a `typer.Typer`."""


class Loading(Mapping[str, Any]):
    """Commands by name, each loaded when it is looked up."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def __getitem__(self, name: str) -> Any:
        module, _, attribute = self._table[name].partition(":")
        with without_metrics():
            found = getattr(import_module(module), attribute)
        if not isinstance(found, typer.Typer):
            function, found = found, typer.Typer(add_completion=False, rich_markup_mode=None)
            found.command(name)(answered(function))
        command = typer.main.get_command(found)
        command.name = name
        return command

    def __iter__(self) -> Iterator[str]:
        return iter(self._table)

    def __len__(self) -> int:
        return len(self._table)


def first_line(place: str) -> str:
    """Return the first line of a command's help from its source, since loading all modules would take a second.

    The help is the docstring: the function's, and for a `typer.Typer` that of its module.
    """
    module, _, name = place.partition(":")
    found = find_spec(module)
    source = Path(found.origin).read_text(encoding="utf-8") if found and found.origin else ""
    return source[max(source.find(f"\ndef {name}("), 0) :].split('"""')[1].splitlines()[0]


def group_of(table: Table) -> type[TyperGroup]:
    """Return the class of a group that has the commands of `table`, in its order."""

    class Lazy(TyperGroup):
        def __init__(self, **options: Any) -> None:
            super().__init__(**options)
            self.commands = Loading(table)  # type: ignore[assignment]

        def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002 - click gives both
            with formatter.section("Commands"):
                formatter.write_dl([(name, first_line(place)) for name, place in table.items()])

        def invoke(self, ctx: Any) -> Any:
            try:
                return super().invoke(ctx)
            except typer.BadParameter as error:
                # typer passes on pydantic's message about a value, with the name of the error class.
                error.message = error.message.removeprefix("Value error, ")
                raise

    return Lazy


class Group(typer.Typer):
    """A command with its own commands: those of `table`, or functions of its file. `words` are its help.

    `output` shows what the functions return.
    """

    def __init__(self, words: str | None, table: Table | None = None, **more: Any) -> None:
        more |= {"add_completion": False, "no_args_is_help": True, "rich_markup_mode": None}
        super().__init__(help=words, cls=group_of(table) if table else None, **more)
        if table:
            # Without a callback, typer would reject a group without commands of its own.
            self.callback()(lambda: None)

    def command(self, name: str | None = None, **options: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:  # type: ignore[override]
        """Make a command from a function."""
        make = super().command(name, **options)

        def made(function: Callable[..., Any]) -> Callable[..., Any]:
            make(answered(function))
            return function

        return made
