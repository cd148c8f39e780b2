"""What other services use: send, cancel, refresh, sync, status, campaigns; and an operator's decisions."""

from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from faxdispatch.calling.numbers import NumberPolicy
from faxdispatch.client.operating import OperatorCalls
from faxdispatch.client.recording import Receipt
from faxdispatch.errors import NotKnown
from faxdispatch.jobs import CancelFax, FindInbound, RefreshMedia, SyncStatus
from faxdispatch.ledger import Inbox, JobView, Suppressions
from faxdispatch.operations import resending
from faxdispatch.reasons.verdicts import check_reason

if TYPE_CHECKING:
    from faxdispatch.campaign.service import CampaignService
    from faxdispatch.campaign.suppression import SuppressionList


class FaxClient(OperatorCalls):
    """Enqueue faxes and follow them.

    `redis_url` is where the ledger is, `broker_url` is Celery's broker if that is elsewhere. `region` (ISO 3166, two
    letters) is the country of numbers written without `+`; `numbers` says where faxes may go, and gives the region if
    `region` does not. Without it, only the workers judge that. For campaigns, lists with one of `own_numbers` get a
    warning, and tests go only to `test_numbers` (all E.164); if `settings` are given, they define both. Nothing
    connects before the first call.
    """

    def cancel(
        self,
        *,
        job_id: str | None = None,
        fax_id: str | None = None,
        reason: str | None = None,
        operator: str | None = None,
    ) -> str:
        """Cancel a fax by our id or Telnyx's.

        Returns `cancelled` if nothing had left, `over` if the job had ended, and `wished` if Telnyx is asked; then an
        event reports the result. `reason` and `operator` are recorded with the job.

        Raises:
            InvalidJob: not exactly one id is given.
            BadInput: the reason is empty or too long.
            NotKnown: there is no such job.
            Unavailable: Redis or the broker did not answer.
        """
        command = CancelFax.decode({"job_id": job_id, "fax_id": fax_id})
        if reason is not None:
            check_reason(reason)
        known_job = command.job_id or self._ledger.job_of_fax(command.fax_id or "")
        if known_job:
            source = "producer" if operator is None else "operator"
            outcome: str = self._ledger.cancel(known_job, source=source, why=reason, operator=operator)["outcome"]
            if outcome == "gone":
                raise NotKnown(f"job {known_job}: not known here")
            if outcome != "wished":
                return outcome
        self._recorder.post(command)
        return "wished"

    def refresh(self, fax_id: str) -> None:
        """Renew an inbound fax's media link; the new one comes as event `fax.refreshed`.

        Raises:
            InvalidJob: it is not an id.
            Unavailable: the broker did not answer.
        """
        self._recorder.post(RefreshMedia.decode({"fax_id": fax_id}))

    def sync(self, *, job_id: str | None = None, fax_id: str | None = None) -> None:
        """Let the workers read a fax's status from Telnyx and record it.

        Raises:
            InvalidJob: not exactly one id is given.
            NotKnown: there is no such job.
            Unavailable: Redis or the broker did not answer.
        """
        command = SyncStatus.decode({"job_id": job_id, "fax_id": fax_id})
        if command.job_id:
            self._ledger.job(command.job_id)
        self._recorder.post(command)

    @cached_property
    def inbound(self) -> Inbox:
        """The inbound faxes, and where their documents are."""
        return Inbox(self._ledger.scripts)

    def find_inbound(self, *, since: datetime | None = None) -> None:
        """Let the workers list Telnyx's inbound faxes and record those that no webhook reported.

        The workers do this by themselves every few minutes, from where their last complete listing began. `since` (an
        aware datetime) makes them go further back, for instance after the loss of Redis.

        Raises:
            InvalidJob: `since` has no time zone.
            Unavailable: the broker did not answer.
        """
        self._recorder.post(FindInbound.decode({"since": since}))

    def status(self, job_id: str, *, history: bool = False) -> JobView:
        """Return a job in its present state, with its history on request.

        A row of a campaign is known as long as its campaign: after its end from its record, see `search.Search.view`.

        Raises:
            NotKnown: there is no such job.
            Unavailable: Redis did not answer.
        """
        try:
            return self._ledger.job(job_id, history=history)
        except NotKnown:
            return self.search.view(job_id, history=history)

    def resend(self, job_id: str, to: str | None = None) -> Receipt:
        """Send an ended fax again as a new job that names the old one (`resend_of`), to another number if given.

        It is sent as the old one was, without its `send_at` and `send_by`. Two calls for the same job and number are
        one fax; to send it once more, name the newer job.

        Raises:
            InvalidJob: it is not a number, or faxes may not go there.
            NotKnown: there is no such job, or it has been deleted.
            Conflict: the job is open, or its outcome is unknown: it may still arrive. Or it is a row of a campaign.
            Unavailable: Redis did not answer; try again.
        """
        try:
            view = self._ledger.job(job_id)
        except NotKnown:
            found = self.search.job(job_id)
            raise resending.of_a_campaign(job_id, found.campaign_id or "", found.row or 0) from None
        return self.send(resending.again(view, to, region=self._region))

    @cached_property
    def campaigns(self) -> "CampaignService":
        """Campaigns: one document, or one each, to a list of recipients.

        Raises:
            Misconfigured: the settings name a sender or test numbers that are not numbers.
        """
        # Only campaigns need the modules that read lists.
        from faxdispatch.campaign.making import Maker  # noqa: PLC0415
        from faxdispatch.campaign.service import CampaignService  # noqa: PLC0415
        from faxdispatch.ledger import Campaigns  # noqa: PLC0415

        ledger, settings = Campaigns(self._ledger.scripts), self._settings
        policy = self._numbers or NumberPolicy(region=self._region)
        maker = Maker(
            ledger,
            policy=policy,
            store=self._requests.store,
            storage=self._requests.storage,
            fetch_link=self._requests.fetch_link,
            cover_fonts=settings.fax_cover_fonts if settings else None,
            own_numbers=self._own_numbers if settings is None else tuple(filter(None, (settings.sender,))),
        )
        return CampaignService(
            ledger,
            maker,
            policy=policy,
            send=lambda job: self.send(job).job_id,
            test_numbers=self._test_numbers if settings is None else settings.test_numbers,
        )

    @cached_property
    def suppressions(self) -> "SuppressionList":
        """The numbers that no campaign sends to. Single faxes to them are still sent."""
        from faxdispatch.campaign.suppression import SuppressionList  # noqa: PLC0415 - the same

        return SuppressionList(Suppressions(self._ledger.scripts), region=self._region)
