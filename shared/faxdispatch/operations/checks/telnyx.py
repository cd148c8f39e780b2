"""Checks of the account at Telnyx: the key, the fax application, the clock."""

import time
from collections.abc import Iterator, Mapping
from email.utils import parsedate_to_datetime

from faxdispatch.errors import AccountRefused, FaxError, NoSuchResource, Unavailable
from faxdispatch.ledger import Identity, Scripts
from faxdispatch.operations.checks.finding import Finding, fail, ok, skew, warn
from faxdispatch.settings import Settings
from faxdispatch.telnyx.account.key import OtherAccount, account_of_key, recognise
from faxdispatch.telnyx.client import TelnyxClient
from faxdispatch.telnyx.models import FaxApplication

_STALE = 250
"""Clock error (seconds) from which genuine webhooks, which may be 300 seconds old, are refused."""


def check_telnyx(settings: Settings) -> Iterator[Finding]:
    """Make two reading calls to Telnyx. They change nothing there and cost nothing."""
    if not settings.telnyx_api_key:
        return
    skews: list[float] = []

    def look_at_clock(_operation: str, headers: Mapping[str, str], _status: int) -> None:
        skews.append(parsedate_to_datetime(headers["date"]).timestamp() - time.time())

    try:
        with TelnyxClient.from_settings(settings, after_response=look_at_clock) as telnyx:
            yield _credentials(telnyx)
            yield from _account(settings, telnyx)
            if settings.connection_id:
                yield from _connection(telnyx, settings.connection_id, settings)
    except AccountRefused as error:
        yield fail("telnyx key", str(error), "make a new API key in the Telnyx portal and set TELNYX_API_KEY")
    except FaxError as error:
        yield fail("telnyx", str(error), "check TELNYX_BASE_URL, TELNYX_API_KEY, the network and status.telnyx.com")
    if skews:
        # The Date header is in whole seconds.
        yield skew("telnyx clock", skews[0] + 0.5, bearable=_STALE)


def _credentials(telnyx: TelnyxClient) -> Finding:
    next(telnyx.list_applications(page_size=1), None)
    return ok("telnyx key", "accepted")


def _account(settings: Settings, telnyx: TelnyxClient) -> Iterator[Finding]:
    if not settings.redis_url:
        return
    try:
        identity = Identity(Scripts.from_settings(settings))
        if identity.account is None:
            yield ok("telnyx account", "the first worker that starts makes it the ledger's account")
            return
        account = account_of_key(settings, identity) or recognise(settings, identity, telnyx)
    except OtherAccount as error:
        text, _, remedy = str(error).removeprefix("TELNYX_API_KEY: ").partition(". ")
        yield fail("telnyx account", text, remedy)
    except Unavailable:
        return  # reported by the checks of Redis
    else:
        yield ok("telnyx account", f"{account}, the one that ledger {identity.id} sends with")


def _connection(telnyx: TelnyxClient, connection_id: str, settings: Settings) -> Iterator[Finding]:
    try:
        application = telnyx.get_application(connection_id)
    except NoSuchResource:
        remedy = (
            "set FAX_CONNECTION_ID to the id of a fax application: faxdispatch apps list shows them, "
            "faxdispatch apps setup finds or makes one"
        )
        yield fail("connection", f"Telnyx has no fax application {connection_id}", remedy)
        return
    yield _active(application)
    yield _outbound(application)
    yield _reporting(application, settings.webhook_url)


def _change(application: FaxApplication) -> str:
    return f"faxdispatch apps update {application.id}"


def _active(application: FaxApplication) -> Finding:
    if application.active is False:
        return fail("connection", f"{application.id} is not active", f"{_change(application)} active=true")
    return ok("connection", f"{application.application_name or application.id} is active")


def _outbound(application: FaxApplication) -> Finding:
    if application.outbound and application.outbound.outbound_voice_profile_id:
        return ok("connection outbound", "has an outbound voice profile")
    detail = "has no outbound voice profile: every fax fails with no_outbound_profile"
    return fail("connection outbound", detail, f"{_change(application)} outbound.outbound_voice_profile_id=ID")


def _reporting(application: FaxApplication, own_url: str | None) -> Finding:
    name, current_url = "connection webhook", application.webhook_event_url
    remedy = f"{_change(application)} webhook_event_url={own_url or 'ADDRESS, our public one'}"
    if current_url and own_url == current_url:
        return ok(name, "is FAX_WEBHOOK_URL")
    if own_url:
        # Every fax that we send names our address, so only events of faxes that were not sent from here are lost.
        return warn(
            name, f"is {current_url or 'not set'}, not FAX_WEBHOOK_URL, so inbound faxes are not reported here", remedy
        )
    if current_url:
        return ok(name, f"is {current_url}; without FAX_WEBHOOK_URL it cannot be tested whether that is us")
    return warn(name, "is not set: results are found only by asking, minutes later", remedy)
