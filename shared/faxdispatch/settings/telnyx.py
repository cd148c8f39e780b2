"""How Telnyx is called, how it reports to us, and how long we wait for it."""

from functools import cached_property
from typing import ClassVar

from pydantic import SecretStr

from faxdispatch.settings.values import Address, Seconds, Subject, Words

_LOOK_AFTER = 0.2
"""Seconds before the first look for an unknown send at least, however soon it is settled."""


class TelnyxSettings(Subject):
    """The account at Telnyx, its webhooks, and the times after which it is asked."""

    telnyx_api_key: SecretStr | None = None
    """API v2 key."""
    telnyx_public_key: Words = ()
    """Ed25519 public keys (base64) that webhooks may be signed with: one, or several while a key is being rotated."""
    telnyx_base_url: Address = "https://api.telnyx.com/v2"
    """Root of the API."""
    fax_connection_id: str | None = None
    """Fax application to send with."""
    fax_connections: Words = ()
    """Further fax applications whose webhooks are ours; events of any other are quarantined."""
    fax_webhook_url: str | None = None
    """Public address of our webhook. If set, it is sent with every fax, and `doctor` tests it."""
    fax_webhook_urls: Words = ()
    """Further addresses at which our webhooks arrive, such as a failover address.

    If FAX_WEBHOOK_URL is set, an event sent to any other address is quarantined, unless its fax is known here.
    """
    fax_read_timeout: Seconds = 20
    """Longest wait for an answer; after that the outcome is unknown.

    A worker's lease on a claim lasts three times as long.
    """
    fax_settle: Seconds = 600
    """How long faxdispatch looks for an unknown send before it counts as never accepted."""
    fax_poll_after: Seconds = 300
    """If no webhook has reported on an accepted fax for this long, Telnyx is asked; the interval then doubles."""
    fax_hint_after: Seconds = 30
    """If no worker has taken a queued job for this long, a new message is sent for it."""

    max_never_accepted: ClassVar[int] = 3
    """Attempts that Telnyx provably never took, such as those it answered with a 5xx; then a person must decide."""
    settle_listings: ClassVar[int] = 3
    """Complete listings without an unknown send that are needed before it counts as never accepted."""
    settle_skew: ClassVar[float] = 120
    """Allowance, in seconds, for the difference between Telnyx's clock and ours when faxes are listed by time."""

    @property
    def connect_timeout(self) -> float:
        """Longest wait for a connection, in seconds."""
        return self.fax_read_timeout / 4

    @property
    def lease(self) -> float:
        """How long a claim is one worker's alone, in seconds: longer than twice the longest call."""
        return 3 * self.fax_read_timeout

    @property
    def reconcile_every(self) -> float:
        """Pause, in seconds, before the first look for an unknown send; it doubles, up to a tenth of `FAX_SETTLE`."""
        return max(_LOOK_AFTER, self.fax_settle / 40)

    @property
    def visibility_timeout(self) -> float:
        """A message that a dead worker had comes back after this many seconds. It can make no second call."""
        return 4 * self.fax_hint_after

    @cached_property
    def webhook_addresses(self) -> frozenset[str]:
        """Addresses at which our webhooks arrive; empty if FAX_WEBHOOK_URL is not set, which means any."""
        return frozenset((self.fax_webhook_url, *self.fax_webhook_urls)) if self.fax_webhook_url else frozenset()

    @cached_property
    def known_connections(self) -> frozenset[str]:
        """Connections whose events are ours; empty if none is configured, which means all."""
        return frozenset(filter(None, (self.fax_connection_id, *self.fax_connections)))
