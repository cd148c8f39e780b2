"""Settings of storage and retention: finished jobs, events, and documents of inbound faxes."""

from pydantic import Field

from faxdispatch.settings.values import Seconds, Subject


class KeepingSettings(Subject):
    """Settings of storage and retention, here and at Telnyx."""

    fax_retention_days: float = Field(default=30, gt=0, allow_inf_nan=False)
    """Days for which finished jobs, their history and idempotency keys, and the events of the stream are kept."""
    fax_events_maxlen: int = Field(default=1_000_000, ge=1000)
    """Approximate maximum number of entries in the event stream, so that it cannot fill Redis."""
    fax_telnyx_delete_after: Seconds | None = None
    """Seconds after its end at which a fax is deleted at Telnyx; for an inbound fax, after it was stored here.

    Never if not set.
    """

    # Inbound faxes
    fax_inbound_dir: str | None = None
    """Where their documents are stored: a folder, or a bucket like `s3://bucket/faxes`. If not set, none is fetched."""
    fax_inbound_retention_days: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    """Days for which stored documents are kept; forever if not set."""
