"""The moves of a campaign: start, pause, resume, cancel, finish, set its cap, try rows again, purge."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from faxdispatch.calling.numbers import NumberPolicy
from faxdispatch.campaign.giving_up import give_up
from faxdispatch.campaign.making import see_amount
from faxdispatch.campaign.retrying import choose, corrected
from faxdispatch.errors import BadInput, Conflict
from faxdispatch.ledger import Campaign, CampaignMedia, Campaigns, Clock
from faxdispatch.reasons.verdicts import check_reason
from faxdispatch.states import CampaignState
from faxdispatch.text.wording import counted

_STANDING = {
    CampaignState.DRAFT: "its list was not read completely; create it again with the same list to continue",
    CampaignState.CHECKED: "it has not been started",
    CampaignState.RUNNING: "it is running; faxdispatch campaign pause {id} stops it",
    CampaignState.PAUSED: "it is paused; campaign status {id} says why, campaign resume {id} continues it",
    CampaignState.FINISHED: "it is finished; faxdispatch campaign retry {id} makes chosen rows pending again",
    CampaignState.CANCELLED: "it is cancelled",
}
"""Why a campaign in each state refuses a move, and what to do."""


@dataclass(frozen=True, slots=True)
class Retried:
    """A campaign whose chosen rows are pending again, and the number of these rows."""

    campaign: Campaign
    rows: int


class CampaignMoves:
    """Moves campaigns. `policy` says where faxes may go; `operator` is the person who gives a command, for the record.

    Every call raises Unavailable if Redis does not answer; try again.
    """

    def __init__(self, ledger: Campaigns, *, policy: NumberPolicy) -> None:
        self.ledger = ledger
        self._scripts = ledger.scripts
        self._policy = policy

    def start(
        self, campaign_id: str, *, at: datetime | None = None, reason: str | None = None, operator: str | None = None
    ) -> Campaign:
        """Let a checked campaign be sent, now or at a planned time.

        If nothing runs until `FAX_TOO_LATE` after the planned time, the campaign is paused instead.

        Raises:
            BadInput: the time has no time zone, or is over.
            NotKnown: there is no such campaign.
            Conflict: it does not wait for its start, or Telnyx no longer has documents of its rows.
        """
        self._see_documents(campaign_id)
        if at is None:
            return self._move(
                campaign_id, CampaignState.RUNNING, "started", reason, operator, only_from={CampaignState.CHECKED}
            )
        if at.tzinfo is None:
            raise BadInput("at: has no time zone; write it like 2026-05-01T08:00:00-05:00")
        if at <= Clock(self._scripts).now():
            raise BadInput("at: has already passed; give a later time, or none to start now")
        outcome, state = self.ledger.start_at(campaign_id, at, reason=reason, operator=operator)
        if outcome != "planned":
            raise self._refusal(campaign_id, state, "started")
        return self.ledger.get(campaign_id)

    def pause(self, campaign_id: str, *, reason: str, operator: str | None = None) -> Campaign:
        """Begin no more rows; faxes at Telnyx continue. A planned start is cancelled.

        Raises:
            BadInput: the reason is missing or too long.
            NotKnown: there is no such campaign.
            Conflict: it neither runs nor has a planned start.
        """
        check_reason(reason)
        campaign = self.ledger.get(campaign_id)
        if campaign.state is CampaignState.CHECKED and campaign.start_at is None:
            raise self._refusal(campaign_id, campaign.state, "paused")
        return self._move(campaign_id, CampaignState.PAUSED, "paused", reason, operator)

    def resume(self, campaign_id: str, *, reason: str | None = None, operator: str | None = None) -> Campaign:
        """Let a paused campaign continue where it was: no row is repeated or left out.

        Raises:
            NotKnown: there is no such campaign.
            Conflict: it is not paused, has spent its cap, or Telnyx no longer has documents of its rows.
        """
        self._see_documents(campaign_id)
        campaign = self.ledger.get(campaign_id)
        if campaign.state is CampaignState.PAUSED and campaign.cap is not None and campaign.spent >= campaign.cap:
            raise Conflict(
                f"campaign {campaign_id}: has spent {campaign.spent:.2f} of {campaign.cap:.2f}; "
                f"faxdispatch campaign cap {campaign_id} AMOUNT raises the cap"
            )
        return self._move(
            campaign_id, CampaignState.RUNNING, "resumed", reason, operator, only_from={CampaignState.PAUSED}
        )

    def cancel(
        self,
        campaign_id: str,
        *,
        reason: str | None = None,
        also_in_flight: bool = False,
        operator: str | None = None,
    ) -> Campaign:
        """Send no more rows; with `also_in_flight`, Telnyx is asked to cancel faxes that were already sent to it.

        Call it again to cancel those in flight as well.

        Raises:
            NotKnown: there is no such campaign.
            Conflict: it is finished.
        """
        self._move(campaign_id, CampaignState.CANCELLED, "cancelled", reason, operator, also_in_flight=also_in_flight)
        # The scheduler does this, too, but it may not be running, and the counts should be right at once.
        self.ledger.sweep(campaign_id)
        return self.ledger.get(campaign_id)

    def finish(
        self, campaign_id: str, *, reason: str | None = None, operator: str | None = None
    ) -> tuple[Campaign, int]:
        """Give up the rows that Telnyx never accepted, that wait for their document, or that missed their time.

        Returns how many. They count as failed, with the cause `never_accepted`, `no_document` or `too_late`, and can be
        tried again like all failed rows. The campaign is finished once its other rows have ended.

        Raises:
            NotKnown: there is no such campaign.
            Conflict: it is neither running nor paused.
        """
        campaign = self.ledger.get(campaign_id)
        if campaign.state not in {CampaignState.RUNNING, CampaignState.PAUSED}:
            raise self._refusal(campaign_id, campaign.state, "finished")
        given_up = give_up(campaign, self._scripts, why=reason, operator=operator)
        return self.ledger.get(campaign_id), given_up

    def set_cap(
        self, campaign_id: str, cap: float | None, *, reason: str | None = None, operator: str | None = None
    ) -> Campaign:
        """Set the largest amount that a campaign may cost, in the currency of the settings; None means no cap.

        If it is paused for its cap, it must be resumed separately.

        Raises:
            BadInput: the amount is not valid.
            NotKnown: there is no such campaign.
            Conflict: it is over.
        """
        see_amount(cap)
        outcome, state = self.ledger.set_cap(campaign_id, cap, reason=reason, operator=operator)
        if outcome == "no":
            raise self._refusal(campaign_id, state, "given a cap")
        return self.ledger.get(campaign_id)

    def retry(
        self,
        campaign_id: str,
        causes: Iterable[str] = (),
        *,
        rows: Mapping[int, str | None] | None = None,
        reason: str | None = None,
        operator: str | None = None,
    ) -> Retried:
        """Make chosen rows of a finished campaign pending again, as a new generation that waits for its start.

        `causes` are words of `retrying.WORDS`, such as `busy`, or causes themselves. `rows` maps numbers of rows to
        their new numbers to call, or None for the number in the list. Until the new generation is started, more rows
        can be chosen for it.

        Raises:
            BadInput: a word or a number is not valid.
            NotKnown: there is no such campaign or row.
            Conflict: it is not finished, no row is chosen, or a row of `rows` has not failed.
        """
        campaign = self.ledger.get(campaign_id)
        again = campaign.generation > 1 and campaign.state is CampaignState.CHECKED
        if campaign.state is not CampaignState.FINISHED and not again:
            raise self._refusal(campaign_id, campaign.state, "tried again")
        numbers = corrected(self.ledger, campaign_id, rows or {}, policy=self._policy)
        chosen = choose(self.ledger, campaign_id, causes, rows or {})
        if not chosen and not again:
            raise Conflict(f"campaign {campaign_id}: no row ended in this way; nothing is tried again")
        generation = campaign.generation if again else campaign.generation + 1
        count = self.ledger.again(
            campaign_id, chosen, generation=generation, numbers=numbers, reason=reason, operator=operator
        )
        return Retried(self.ledger.get(campaign_id), count)

    def purge(self, campaign_id: str, *, operator: str | None = None) -> None:
        """Delete a campaign with all its rows and results.

        Its events, and the jobs of its last minutes, stay for their usual time.

        Raises:
            NotKnown: there is no such campaign.
            Conflict: it runs, is paused, or has faxes under way.
        """
        outcome, state = self.ledger.purge(campaign_id, operator=operator)
        if outcome == "no" and state is not None:
            raise self._refusal(campaign_id, state, "purged")

    def _move(
        self, campaign_id: str, to: CampaignState, verb: str, reason: str | None, operator: str | None, **limits: Any
    ) -> Campaign:
        event = f"campaign.{verb}"
        outcome, state = self.ledger.move(campaign_id, to, event=event, reason=reason, operator=operator, **limits)
        if outcome == "no":
            raise self._refusal(campaign_id, state, verb)
        return self.ledger.get(campaign_id)

    def _see_documents(self, campaign_id: str) -> None:
        if gone := CampaignMedia(self._scripts).gone(campaign_id):
            raise Conflict(
                f"campaign {campaign_id}: Telnyx no longer stores {counted(gone, 'document')} of its rows; create it "
                f"again with the same list and options, which stores them again"
            )

    def _refusal(self, campaign_id: str, state: CampaignState, verb: str) -> Conflict:
        return Conflict(f"campaign {campaign_id}: cannot be {verb}: {_STANDING[state].format(id=campaign_id)}")
