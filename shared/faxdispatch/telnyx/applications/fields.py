"""The fields of a fax application, taken from the models of its requests, so that their descriptions stay true."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from types import NoneType
from typing import Any, Literal, get_args, get_origin

from annotated_types import Ge, Le
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from faxdispatch.telnyx.requests import NEVER_NULL, ApplicationParams, ApplicationUpdate


class Kind(StrEnum):
    """The type of a value."""

    TEXT = "text"
    NUMBER = "whole number"
    FLAG = "true or false"
    LIST = "words separated by commas, or a JSON list"


@dataclass(frozen=True)
class AppField:
    """A field by its dotted name, such as `inbound.channel_limit`, and the values that it accepts."""

    name: str
    kind: Kind
    required: bool = False
    nullable: bool = False
    choices: tuple[str, ...] = ()
    least: int | None = None
    most: int | None = None
    meaning: str = ""

    @property
    def takes(self) -> str:
        """Say in words which values it accepts."""
        words = " | ".join(self.choices) if self.choices else str(self.kind)
        if self.most is not None:
            words += f", {self.least or 0} to {self.most}"
        elif self.least is not None:
            words += f", {self.least} or more"
        return f"{words}, or null" if self.nullable else words


def describe(fields: dict[str, AppField]) -> list[str]:
    """Return lines that describe each field, none longer than a terminal is wide."""
    lines = []
    for field in fields.values():
        lines.append(f"{field.name}{' (needed)' if field.required else ''}")
        lines += [f"    {line}" for line in (*_fold(field.takes), *_fold(field.meaning))]
    return lines


def _fold(text: str, width: int = 74) -> Iterator[str]:
    line = ""
    for word in text.split():
        if line and len(line) + 1 + len(word) > width:
            yield line
            line = ""
        line = f"{line} {word}".lstrip()
    if line:
        yield line


def _fields(model: type[BaseModel], prefix: str = "") -> Iterator[AppField]:
    for name, info in model.model_fields.items():
        (inner,) = (part for part in get_args(info.annotation) or (info.annotation,) if part is not NoneType)
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from _fields(inner, f"{prefix}{name}.")
        else:
            yield _field(f"{prefix}{name}", inner, info)


def _field(name: str, inner: Any, info: FieldInfo) -> AppField:
    kinds = {str: Kind.TEXT, int: Kind.NUMBER, bool: Kind.FLAG, list: Kind.LIST, Literal: Kind.TEXT}
    return AppField(
        name=name,
        kind=kinds[get_origin(inner) or inner],
        required=info.is_required(),
        nullable=NoneType in get_args(info.annotation) and NEVER_NULL not in info.metadata,
        choices=get_args(inner) if get_origin(inner) is Literal else (),
        least=next((_whole(limit.ge) for limit in info.metadata if isinstance(limit, Ge)), None),
        most=next((_whole(limit.le) for limit in info.metadata if isinstance(limit, Le)), None),
        meaning=info.description or "",
    )


def _whole(limit: Any) -> int:
    return int(limit)


CREATE_FIELDS: dict[str, AppField] = {field.name: field for field in _fields(ApplicationParams)}
"""The fields that a new application may have, by dotted name."""

UPDATE_FIELDS: dict[str, AppField] = {
    # The fields that Telnyx needs in every update are copied from the present application.
    field.name: replace(field, required=False)
    for field in _fields(ApplicationUpdate)
}
"""The fields of an application that can be changed, by dotted name."""
