"""Finds the reasons why an application cannot send faxes or report them to us."""

from collections.abc import Iterator
from ipaddress import ip_address
from urllib.parse import urlsplit

from faxdispatch.settings import Settings
from faxdispatch.telnyx.models import FaxApplication
from faxdispatch.telnyx.webhooks import WEBHOOK_PATH


def shortcomings(application: FaxApplication, settings: Settings) -> Iterator[str]:
    """Yield what is still missing, each in one line with its remedy."""
    change = f"faxdispatch apps update {application.id}"
    if application.active is False:
        yield f"the application is not active and sends nothing: {change} active=true"
    if not (application.outbound and application.outbound.outbound_voice_profile_id):
        yield (
            "it has no outbound voice profile, so every fax fails with no_outbound_profile: make one in the Telnyx "
            f"portal (Voice, Outbound Voice Profiles), then {change} outbound.outbound_voice_profile_id=ID"
        )
    simulated = not settings.telnyx_base_url.startswith("https://")
    problem = None if simulated else address_problem(application.webhook_event_url or "")
    if problem:
        yield f"its webhook address {problem}: {change} webhook_event_url=https://…"
    elif not simulated and urlsplit(application.webhook_event_url or "").path != WEBHOOK_PATH:
        yield (
            f"its webhook address does not end in {WEBHOOK_PATH}, where the web process listens; that works only if a "
            f"proxy forwards to it: {change} webhook_event_url=https://…{WEBHOOK_PATH}"
        )
    if not settings.telnyx_public_key:
        yield (
            "TELNYX_PUBLIC_KEY is not set, and without it no webhook is accepted: copy it from the Telnyx portal, "
            "Keys & Credentials, Public Key"
        )


def address_problem(url: str) -> str | None:
    """Return why Telnyx cannot, or should not, send webhooks to an address, or None if it can."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return "cannot be read"
    if not host:
        return "is not set"
    if is_this_machine(host):
        return "is this machine only, which Telnyx cannot reach"
    if parts.scheme != "https":
        return "is not https, though numbers and document links travel in webhooks"
    return None


def is_this_machine(host: str) -> bool:
    """Return whether the host of a URL means the machine that reads it."""
    try:
        address = ip_address(host)
    except ValueError:
        return host.lower().rstrip(".") == "localhost" or host.lower().endswith(".localhost")
    return address.is_loopback or address.is_unspecified
