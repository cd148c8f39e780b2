"""Makes the request that changes an application, from its present state."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError

from faxdispatch.errors import BadInput
from faxdispatch.telnyx.applications.reading import merge
from faxdispatch.telnyx.models import FaxApplication
from faxdispatch.telnyx.requests import ApplicationUpdate, InboundParams, OutboundParams

_GROUPS: dict[str, type[BaseModel]] = {"inbound": InboundParams, "outbound": OutboundParams}
_NEEDED = ("application_name", "webhook_event_url")


@dataclass(frozen=True)
class Difference:
    """A field that differs from what is wanted; `name` is dotted."""

    name: str
    old: Any
    new: Any


def complete(application: FaxApplication, given: Mapping[str, Any]) -> ApplicationUpdate:
    """Make the request that changes the given fields and leaves all others of `application` as they are.

    Telnyx wants name and webhook address in every update. It does not document whether it merges a nested object or
    replaces it; so if one field of it changes, all its known fields are sent, and both have the same effect.

    Raises:
        BadInput: nothing is given, or Telnyx does not accept a field's value.
    """
    if not given:
        raise BadInput("nothing to change is given; write FIELD=VALUE, like active=true")
    now = application.as_data()
    kept: dict[str, Any] = {name: now[name] for name in _NEEDED if now.get(name)}
    for group, model in _GROUPS.items():
        if isinstance(given.get(group), Mapping):
            kept[group] = dict(_known(model, now.get(group) or {}))
    return ApplicationUpdate.build(**merge(kept, given))


def differences(application: FaxApplication, wanted: Mapping[str, Any]) -> tuple[Difference, ...]:
    """Compare with what is wanted, an object in Telnyx's form; None and empty text are the same."""
    return tuple(_differences(application.as_data(), wanted))


def _differences(now: Mapping[str, Any], wanted: Mapping[str, Any], prefix: str = "") -> Iterator[Difference]:
    for name, value in wanted.items():
        old = now.get(name)
        if isinstance(value, Mapping):
            yield from _differences(old or {}, value, f"{prefix}{name}.")
        elif old != value and not (old in (None, "") and value in (None, "")):
            yield Difference(f"{prefix}{name}", old, value)


def _known(model: type[BaseModel], now: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the fields that are set and that a request may have; fields that are not set need not be sent."""
    for name in model.model_fields:
        value = now.get(name)
        if value is None:
            continue
        try:
            model.model_validate({name: value})
        except ValidationError:
            # Its type is newer than the API reference: it cannot be sent back, and no change of it was requested.
            continue
        yield name, value
