"""Stored documents of campaigns: Telnyx keeps them for longer while their campaign is not over."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from faxdispatch.errors import NoSuchResource, TelnyxError
from faxdispatch.ledger import CampaignMedia
from faxdispatch.ledger.campaign_media import DUE
from faxdispatch.states import CampaignState
from faxdispatch.telnyx.client import TelnyxClient
from faxdispatch.telnyx.media.uploads import KEEP
from worker.context import Collaborators

log = logging.getLogger(__name__)

AT_A_TIME = 50
"""How many documents one message handles."""

_AGAIN = timedelta(hours=1)
_NEED = frozenset({CampaignState.CHECKED, CampaignState.RUNNING, CampaignState.PAUSED})


def keep_media(w: Collaborators) -> bool:
    """Extend the time of some of the documents that expire soon; return whether there may be more of them.

    If Telnyx no longer has a document, a running campaign is paused: its rows would fail one after the other.

    Raises:
        Unavailable: Redis did not answer.
    """
    if (due := due_media(w)) is None:
        return False
    campaign_id, names = due
    try:
        with w.telnyx.borrow() as telnyx:
            gone = _renew(telnyx, CampaignMedia(w.ledger.scripts), campaign_id, names, w.clock.now())
    except TelnyxError as error:
        log.warning(
            "campaign %s: the storage of its documents could not be extended: %s",
            campaign_id,
            error,
            extra={"campaign": campaign_id},
        )
        return False
    if gone and w.campaigns.get(campaign_id).state is CampaignState.RUNNING:
        w.campaigns.move(campaign_id, CampaignState.PAUSED, event="campaign.paused", reason="documents_gone")
    return True


def due_media(w: Collaborators) -> tuple[str, list[str]] | None:
    """Return a campaign that has not ended, and some of its documents that expire soon, or None if there is none.

    Raises:
        Unavailable: Redis did not answer.
    """
    media, before = CampaignMedia(w.ledger.scripts), w.clock.now() + DUE
    for campaign_id in w.campaigns.ids():
        names = media.ending(campaign_id, before, limit=AT_A_TIME)
        if names and w.campaigns.get(campaign_id).state in _NEED:
            return campaign_id, names
    return None


def _renew(
    telnyx: TelnyxClient, media: CampaignMedia, campaign_id: str, names: Sequence[str], now: datetime
) -> list[str]:
    """Extend the time of each. Return the documents that no longer exist."""
    gone = []
    for name in names:
        try:
            end = telnyx.get_media(name).expires_at
            if end is not None and end <= now + DUE:
                end = telnyx.update_media(name, ttl_seconds=int(KEEP.total_seconds())).expires_at or now + KEEP
                # If Telnyx grants less than was requested, it is asked again, but not at once.
                end = max(end, now + DUE + _AGAIN)
        except NoSuchResource:
            gone.append(name)
        else:
            media.note(campaign_id, {name: end})
    media.note_gone(campaign_id, gone)
    return gone
