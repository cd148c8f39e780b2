"""Options that several commands share: each is declared once, and related ones are fields of one class."""

import getpass
import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, get_args

import typer
from typer.models import OptionInfo

from faxdispatch.errors import BadInput


def option(words: str, *names: str, **more: Any) -> Any:
    """Return an option; `words` are its help. A `bool` without names is a switch, which has no `--no-…`."""
    return typer.Option(*names, help=words, **more)


def argument(words: str, **more: Any) -> Any:
    """Return an argument; `words` are its help."""
    return typer.Argument(help=words, **more)


_VALUES = {str: "TEXT", int: "NUMBER", float: "NUMBER", Path: "FILE"}
"""What the help calls the value of an option, instead of Python's name of its type."""


class Options:
    """Options that belong together. A command with a parameter of such a class has an option for each of its fields.

    The classes are dataclasses. Their fields are annotated like the parameters of a command, and have defaults.
    """

    __slots__ = ()


def spread(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the command that takes the fields of each `Options` of `function` as options of its own."""
    signature = inspect.signature(function)
    classes = {name: one.annotation for name, one in signature.parameters.items() if _is_class(one.annotation)}
    parameters = [_complete(one) for known in signature.parameters.values() for one in _options_of(known)]
    if not classes:
        return function

    @wraps(function)
    def command(**given: Any) -> Any:
        for name, kind in classes.items():
            given[name] = kind(**{one.name: given.pop(one.name) for one in fields(kind)})
        return function(**given)

    command.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {one.name: one.annotation for one in parameters}
    command.__annotations__["return"] = signature.return_annotation
    return command


def _is_class(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, Options)


def _options_of(parameter: inspect.Parameter) -> Iterator[inspect.Parameter]:
    if not _is_class(parameter.annotation):
        yield parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY)
        return
    for one in fields(parameter.annotation):
        yield inspect.Parameter(one.name, inspect.Parameter.KEYWORD_ONLY, default=one.default, annotation=one.type)


def _complete(parameter: inspect.Parameter) -> inspect.Parameter:
    """Complete an option: its value in the help, and the name of a switch, to which typer would also make `--no-…`."""
    match get_args(parameter.annotation):
        case (kind, OptionInfo() as about):
            # typer takes the first name for a default until it has read the annotation.
            if kind is bool and not about.param_decls and about.default is ...:
                about.param_decls = (f"--{parameter.name.replace('_', '-')}",)
            kinds = {kind, *get_args(kind), *(inner for part in get_args(kind) for inner in get_args(part))}
            about.metavar = about.metavar or next((words for one, words in _VALUES.items() if one in kinds), None)
    return parameter


def pairs(given: Sequence[str] | None, option: str, form: str) -> dict[str, str]:
    """Return names and values from words like `zone=Time Zone`. Raises `BadInput` if one does not have the `form`."""
    found = {}
    for pair in given or ():
        name, equals, value = pair.partition("=")
        if not equals or not name.strip():
            raise BadInput(f"{option}: {pair!r} is not of the form {form}")
        found[name.strip()] = value
    return found


def refuse(why: str, options: Mapping[str, Any]) -> None:
    """Raise `BadInput` if an option without effect is given; None, False and an empty list mean not given."""
    if given := [
        f"--{name.strip('_').replace('_', '-')}" for name, value in options.items() if value not in (None, False, [])
    ]:
        raise BadInput(f"{', '.join(given)}: {why}")


def _or_user(operator: str | None) -> str | None:
    """Return the name of the user who runs the command if none is given, or None if the system does not know it."""
    try:
        return operator or getpass.getuser()
    except (OSError, KeyError):
        return None


def _checked(reason: str | None) -> str | None:
    if reason is not None:
        # Loads pydantic, which `--help` does not need.
        from faxdispatch.reasons.verdicts import check_reason  # noqa: PLC0415

        check_reason(reason)
    return reason


def _read_moment(option: typer.CallbackParam, text: str | None) -> datetime | None:
    # Loads the modules that read numbers, which `--help` does not need.
    from faxdispatch.calling.written import parse_moment  # noqa: PLC0415

    return parse_moment(text, option.opts[0]) if text is not None else None


def moment(words: str) -> Any:
    """Return an option that takes a time; `words` are its help."""
    return typer.Option(
        parser=str, callback=_read_moment, metavar="TIME", help=f"{words} Like 2026-05-01T08:00:00-05:00."
    )


Job = Annotated[str, argument("Id of the job.")]
Number = Annotated[str, argument("The number; without + it is one of FAX_DEFAULT_REGION.")]
Operator = Annotated[str | None, option("Who gives the command; else the user.", envvar="USER", callback=_or_user)]
Reason = Annotated[str, option("The reason, which readers of the events see.", callback=_checked)]
Why = Annotated[str | None, option("The reason, which readers of the events see.", "--reason", callback=_checked)]
Yes = Annotated[bool, option("Do not ask.", "--yes", "-y")]
Limit = Annotated[int, option("How many.", min=1)]
Full = Annotated[bool, option("Show numbers and links in full.", "--full")]
