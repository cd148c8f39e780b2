"""One fax application for this deployment: found or created, and changed where it differs. Safe to run again."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from faxdispatch.errors import BadInput, NoSuchResource, OutcomeUnknown, TelnyxError
from faxdispatch.telnyx.application_calls import MIN_SEARCH
from faxdispatch.telnyx.applications.change import Difference, complete, differences
from faxdispatch.telnyx.client import TelnyxClient
from faxdispatch.telnyx.models import FaxApplication
from faxdispatch.telnyx.requests import ApplicationParams

DEFAULT_NAME = "faxdispatch"

PAUSES = (0.0, 1.0, 2.0, 4.0, 8.0)
"""Seconds before each search for an application whose creation may have worked; a listing may show a new one late."""


@dataclass(frozen=True)
class Wanted:
    """The wanted state of the application; fields that are None stay as they are."""

    name: str | None = None
    """Its name, by which it is also found; `faxdispatch` by default."""
    webhook_url: str | None = None
    """Needed to create one."""
    failover_url: str | None = None
    """Empty text removes it."""
    timeout_secs: int | None = None
    """0 to 30."""
    outbound_voice_profile_id: str | None = None

    @property
    def search_name(self) -> str:
        """The name to look for, and the name of a new application."""
        return (self.name or DEFAULT_NAME).strip()

    def fields(self) -> dict[str, Any]:
        """Return what is wanted as an object in Telnyx's form."""
        flat = {
            "application_name": self.search_name if self.name else None,
            "webhook_event_url": self.webhook_url,
            "webhook_event_failover_url": self.failover_url,
            "webhook_timeout_secs": self.timeout_secs,
        }
        given: dict[str, Any] = {name: value for name, value in flat.items() if value is not None}
        if self.outbound_voice_profile_id is not None:
            given["outbound"] = {"outbound_voice_profile_id": self.outbound_voice_profile_id}
        return given


@dataclass(frozen=True)
class Plan:
    """What is to be done: create an application if `found` is None, otherwise change it where it differs."""

    wanted: Wanted
    found: FaxApplication | None
    differences: tuple[Difference, ...] = ()


def make_plan(
    telnyx: TelnyxClient, wanted: Wanted, *, application_id: str | None = None, connection_id: str | None = None
) -> Plan:
    """Find the application and compare. Nothing is changed.

    It is the one with `application_id`; else the one with `connection_id`, if that exists; else the one with exactly
    that name. `connection_id` is the one that this environment sends with.

    Raises:
        BadInput: there is none with `application_id`; several have the name; the one with `connection_id` has
            another name than is wanted; Telnyx does not accept what is wanted; or one must be created and has no
            webhook address.
        TelnyxError: a call failed.
    """
    if application_id is not None:
        found = _by_id(telnyx, application_id)
        if found is None:
            raise BadInput(f"id: Telnyx has no fax application {application_id}; faxdispatch apps list shows them")
    else:
        found = _configured(telnyx, wanted, connection_id) or _by_name(telnyx, wanted.search_name)
    if found is None:
        _creation(wanted)
        return Plan(wanted, None)
    _check(found, wanted)
    return Plan(wanted, found, differences(found, wanted.fields()))


def carry_out(
    telnyx: TelnyxClient,
    plan: Plan,
    *,
    sleep: Callable[[float], None] = time.sleep,
    on_unknown: Callable[[OutcomeUnknown], None] | None = None,
) -> FaxApplication:
    """Do what the plan says. Return the application in its new state.

    At most one creation is requested. If the outcome is unknown, the application is searched for by its name, and used
    if it is found; `on_unknown` is called before the search, which can take a while.

    Raises:
        OutcomeUnknown: it was not found; it may exist nevertheless and be listed later.
        TelnyxError: a call failed in any other way.
    """
    if plan.found is None:
        return _create(telnyx, plan.wanted, sleep, on_unknown)
    if not plan.differences:
        return plan.found
    return telnyx.update_application(plan.found.id or "", complete(plan.found, plan.wanted.fields()))


def _create(
    telnyx: TelnyxClient,
    wanted: Wanted,
    sleep: Callable[[float], None],
    on_unknown: Callable[[OutcomeUnknown], None] | None,
) -> FaxApplication:
    try:
        return telnyx.create_application(_creation(wanted))
    except OutcomeUnknown as error:
        unknown = error
    if on_unknown:
        on_unknown(unknown)
    for pause in PAUSES:
        sleep(pause)
        try:
            found = _by_name(telnyx, wanted.search_name)
        except TelnyxError:
            # The next search may be answered, and an interrupted listing proves nothing.
            continue
        if found is not None:
            return found
    raise OutcomeUnknown(
        f"{unknown}. No listing shows it, but it may have been created: check with faxdispatch apps list in some "
        f"minutes before you run this again",
        status=unknown.status,
    ) from unknown


def _creation(wanted: Wanted) -> ApplicationParams:
    if not wanted.webhook_url:
        raise BadInput("webhook_url: a new application needs one; give --webhook-url or set FAX_WEBHOOK_URL")
    return ApplicationParams.build(**{**wanted.fields(), "application_name": wanted.search_name})


def _check(found: FaxApplication, wanted: Wanted) -> None:
    """Raise BadInput for values that Telnyx would not accept, even if nothing differs or nothing is carried out."""
    if wanted.fields():
        complete(found, wanted.fields())


def _configured(telnyx: TelnyxClient, wanted: Wanted, connection_id: str | None) -> FaxApplication | None:
    found = _by_id(telnyx, connection_id) if connection_id else None
    if found and wanted.name and found.application_name != wanted.search_name:
        raise BadInput(
            f"name: FAX_CONNECTION_ID is the application {found.application_name!r}, not {wanted.search_name!r}; give "
            f"--id {found.id} to rename it, or unset FAX_CONNECTION_ID to look for the one with that name"
        )
    return found


def _by_id(telnyx: TelnyxClient, identity: str) -> FaxApplication | None:
    try:
        return telnyx.get_application(identity)
    except NoSuchResource:
        return None


def _by_name(telnyx: TelnyxClient, name: str) -> FaxApplication | None:
    """Find the application with exactly this name.

    Raises:
        BadInput: there are several.
    """
    # Telnyx searches for parts of names, ignores case, and finds no short names.
    search = name if len(name) >= MIN_SEARCH else None
    same = [found for found in telnyx.list_applications(name_contains=search) if found.application_name == name]
    if len(same) > 1:
        ids = ", ".join(sorted(str(found.id) for found in same))
        raise BadInput(f"name: several applications are called {name!r}: {ids}; say which with --id")
    return same[0] if same else None
