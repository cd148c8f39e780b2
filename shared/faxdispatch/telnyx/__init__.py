"""Telnyx over HTTP: the client, its models, webhooks and their signatures.

Names are looked up when first used: the webhook server reads events without loading an HTTP client, and a producer
without the extra `app` can read them without having one.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from faxdispatch.telnyx.client import TelnyxClient
    from faxdispatch.telnyx.clock import TelnyxClock
    from faxdispatch.telnyx.models import Fax, FaxApplication, MediaResource, Page
    from faxdispatch.telnyx.requests import ApplicationParams, ApplicationUpdate, SendRequest
    from faxdispatch.telnyx.signature import PublicKeys
    from faxdispatch.telnyx.stack import ClientStack
    from faxdispatch.telnyx.webhooks import TelnyxWebhook, Unreadable, parse_webhook

__all__ = [
    "ApplicationParams",
    "ApplicationUpdate",
    "ClientStack",
    "Fax",
    "FaxApplication",
    "MediaResource",
    "Page",
    "PublicKeys",
    "SendRequest",
    "TelnyxClient",
    "TelnyxClock",
    "TelnyxWebhook",
    "Unreadable",
    "parse_webhook",
]

_MODULES = {
    "client": ("TelnyxClient",),
    "clock": ("TelnyxClock",),
    "models": ("Fax", "FaxApplication", "MediaResource", "Page"),
    "requests": ("ApplicationParams", "ApplicationUpdate", "SendRequest"),
    "signature": ("PublicKeys",),
    "stack": ("ClientStack",),
    "webhooks": ("TelnyxWebhook", "Unreadable", "parse_webhook"),
}


def __getattr__(name: str) -> Any:
    for module, names in _MODULES.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
