"""Settings of calls to Telnyx, of its webhooks, and of time-outs."""

from functools import cached_property
from typing import ClassVar

from pydantic import SecretStr

from faxdispatch.settings.values import Address, Seconds, Subject, Words

_LOOK_AFTER = 0.2
"""Least number of seconds before the first search for an unknown send."""
_POLL_AFTER = 300.0
"""Seconds without a webhook after which Telnyx is asked, however late an unknown send is settled."""


class TelnyxSettings(Subject):
    """The account at Telnyx, its webhooks, and the times after which it is asked."""

    telnyx_api_key: SecretStr | None = None
    """API v2 key."""
    telnyx_public_key: Words = ()
    """Ed25519 public keys (base64) that webhooks may be signed with: one, or several while a key is being rotated."""
    telnyx_base_url: Address = "https://api.telnyx.com/v2"
    """Root of the API."""
    fax_connection_id: Words = ()
    """Fax application to send with, then further ones whose webhooks are ours; events of any other are quarantined."""
    fax_webhook_url: Words = ()
    """Public address of our webhook, which is sent with every fax and which `doctor` tests.

    After it come further addresses at which our webhooks arrive, such as a failover address. An event sent to any other
    address is quarantined, unless its fax is known here.
    """
    fax_read_timeout: Seconds = 20
    """Longest wait for an answer; after that the outcome is unknown.

    A worker's lease on a claim lasts three times as long. A queued job that no worker has taken for one and a half
    times as long gets a new message.
    """
    fax_settle: Seconds = 600
    """How long faxdispatch looks for an unknown send before it counts as never accepted."""

    max_never_accepted: ClassVar[int] = 3
    """Number of attempts that Telnyx provably never accepted, such as those answered with a 5xx, after which a person
    must decide."""
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
        """Seconds for which a claim belongs to one worker: more than twice the longest call."""
        return 3 * self.fax_read_timeout

    @property
    def reconcile_every(self) -> float:
        """Pause, in seconds, before the first look for an unknown send; it doubles, up to a tenth of `FAX_SETTLE`."""
        return max(_LOOK_AFTER, self.fax_settle / 40)

    @property
    def poll_after(self) -> float:
        """Seconds after which Telnyx is asked about an accepted fax of which no webhook reports; the interval doubles.

        Inbound faxes are listed at this interval, to find those whose webhooks never came.
        """
        return min(_POLL_AFTER, self.fax_settle / 2)

    @property
    def hint_after(self) -> float:
        """If no worker has taken a queued job for this many seconds, a new message is sent for it.

        Workers that are busy with calls are not late yet: a call takes `FAX_READ_TIMEOUT` at most.
        """
        return 1.5 * self.fax_read_timeout

    @property
    def visibility_timeout(self) -> float:
        """A message that a dead worker had comes back after this many seconds. It can make no second call."""
        return 4 * self.hint_after

    @property
    def connection_id(self) -> str | None:
        """The fax application to send with."""
        return next(iter(self.fax_connection_id), None)

    @cached_property
    def known_connections(self) -> frozenset[str]:
        """Connections whose events are ours; empty if none is configured, which means all."""
        return frozenset(self.fax_connection_id)

    @property
    def webhook_url(self) -> str | None:
        """The address of our webhook that is sent with every fax."""
        return next(iter(self.fax_webhook_url), None)

    @cached_property
    def webhook_addresses(self) -> frozenset[str]:
        """Addresses at which our webhooks arrive; empty if FAX_WEBHOOK_URL is not set, which means any."""
        return frozenset(self.fax_webhook_url)
