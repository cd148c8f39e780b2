"""An answer or a listing entry of Telnyx about a fax, as an observation for the ledger. Pure."""

import hashlib
import json

from faxdispatch.events import TYPE_OF_INBOUND_STATUS, TYPE_OF_STATUS
from faxdispatch.ledger import Observation
from faxdispatch.telnyx import Fax
from faxdispatch.telnyx.client_state import decode_client_state


def observation_of(fax: Fax, source: str) -> Observation:
    """Return the observation; a status that has no event only moves the job. `source` is `poll` or `listing`."""
    status = fax.status or ""
    outbound = fax.direction != "inbound"
    if not outbound and status == "delivered":
        # One of Telnyx's guides calls an inbound fax delivered; elsewhere it is called received.
        status = "received"
    mark = decode_client_state(fax.client_state)
    return Observation(
        event_id=f"{source}:{fax.id}:{status}",
        digest=hashlib.sha256(json.dumps([fax.id, status]).encode()).hexdigest(),
        event_type=(TYPE_OF_STATUS if outbound else TYPE_OF_INBOUND_STATUS).get(status),
        source=source,
        fax_id=fax.id,
        job_id=mark.job_id if mark else None,
        attempt=mark.attempt if mark else None,
        ledger=mark.ledger if mark else None,
        status=status,
        outbound=outbound,
        connection_id=fax.connection_id,
        sender=fax.from_,
        recipient=fax.to,
        media_url=fax.media_url,
        failure_reason=fax.failure_reason,
        page_count=fax.page_count,
        duration=fax.call_duration_secs,
        data=fax.model_dump(mode="json", by_alias=True, exclude_none=True),
    )
