"""What other services use: send, cancel, refresh, sync, status, campaigns; and an operator's decisions."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from faxdispatch.calling.numbers import NumberPolicy, country_of
from faxdispatch.client.recording import Receipt, Recorder, SendResult
from faxdispatch.client.requests import Requests
from faxdispatch.errors import (
    BadInput,
    Misconfigured,
    NotKnown,
    TelnyxError,
    Unavailable,
)
from faxdispatch.jobs import CancelFax, FindInbound, RefreshMedia, SendFax, SyncStatus
from faxdispatch.ledger import DeadLetters, Inbox, JobView, Ledger, New, Scripts, Suppressions, connect
from faxdispatch.operations import resending
from faxdispatch.reasons import holds
from faxdispatch.reasons.verdicts import check, check_reason, refusal
from faxdispatch.settings import Settings
from faxdispatch.states import HoldReason, Verdict

if TYPE_CHECKING:
    from faxdispatch.campaign.service import CampaignService
    from faxdispatch.campaign.suppression import SuppressionList
    from faxdispatch.documents.local import Document
    from faxdispatch.documents.preflight.report import Report
    from faxdispatch.evidence import Packed
    from faxdispatch.operations.erasing import Erased
    from faxdispatch.search import Found, Search, Wanted


class FaxClient:
    """Enqueue faxes and follow them.

    `redis_url` is where the ledger is, `broker_url` is Celery's broker if that is elsewhere. `region` (ISO 3166, two
    letters) is the country of numbers written without `+`; `numbers` says where faxes may go, and gives the region if
    `region` does not. Without it, only the workers judge that. For campaigns, lists with one of `own_numbers` get a
    warning, and tests go only to `test_numbers` (all E.164); if `settings` are given, they define both. Nothing
    connects before the first call.
    """

    def __init__(
        self,
        redis_url: str,
        *,
        broker_url: str | None = None,
        region: str | None = None,
        numbers: NumberPolicy | None = None,
        own_numbers: Sequence[str] = (),
        test_numbers: Sequence[str] = (),
        ledger: Ledger | None = None,
        settings: Settings | None = None,
    ) -> None:
        self._numbers = numbers
        self._region = region or (numbers.region if numbers else None)
        self._own_numbers = own_numbers
        self._test_numbers = test_numbers
        self._settings = settings
        self._ledger = ledger or Ledger(Scripts(connect(redis_url)))
        self._requests = Requests(self._ledger.scripts, region=self._region, numbers=numbers, settings=settings)
        self._recorder = Recorder(
            self._ledger,
            redis_url=redis_url,
            broker_url=broker_url,
            replicas=settings.fax_replicas if settings else None,
        )

    @classmethod
    def from_env(cls, settings: Settings | None = None) -> Self:
        """Build the client from the environment, or from settings that have been read.

        Raises:
            Misconfigured: `REDIS_URL` is missing or a setting is wrong.
        """
        settings = settings or Settings.load()
        return cls(
            settings.redis,
            broker_url=settings.broker,
            numbers=settings.number_policy,
            ledger=Ledger(Scripts.from_settings(settings)),
            settings=settings,
        )

    def send(self, job: SendFax | Mapping[str, Any] | None = None, /, **options: Any) -> Receipt:
        """Record a fax and hand it to the workers.

        Accepts a `SendFax`, a mapping of its fields, or the fields as keywords.

        In place of `media_url` and `media_name`, `document` may be the document itself: its bytes, or the `Path` of a
        file. It is checked, and stored at Telnyx once for the same content, before the fax is recorded. That needs the
        extra `documents`, and a client built from settings with `TELNYX_API_KEY`. Several in a list become one PDF.
        `cover` is the text of a cover page before them; `cover_fields` are the values of its fields, besides
        `{sender}`, `{to}`, `{date}` and `{pages}`. With a cover, the document of a `media_url` is fetched here.

        Once this returns, the fax is recorded and will be sent, even if the broker could not be reached just now.

        Raises:
            InvalidJob: it names each wrong field; nothing is recorded.
            Misconfigured: a document was given, and the extra or the key is missing.
            IdempotencyConflict: the key belongs to other content.
            TelnyxError: the document was not stored; nothing is recorded.
            Unavailable: Redis did not answer; call again with the same `idempotency_key` to be sure of one fax.
        """
        return self._recorder.one(self._requests.read(job, options))

    def preflight(
        self,
        document: "bytes | Path | Document | None" = None,
        *,
        media_url: str | None = None,
        quality: str | None = None,
    ) -> "Report":
        """Examine a document, or the one behind a link, before anything is recorded.

        Returns its pages and the findings: errors, for which a document is refused, and warnings, such as blank pages
        or text that is too pale for a fax. `send` does this with each `document`, but not with links, since that takes
        time. A link is checked as FAX_LINK_CHECK says. Without the extra `documents`, only the kind of document is
        checked.

        Raises:
            BadInput: it cannot be read, or Telnyx does not fax its kind.
            Misconfigured: a link is to be checked, and the extra is missing.
        """
        if media_url is not None:
            try:
                from faxdispatch.documents.preflight.links import look  # noqa: PLC0415 - needs the extra `documents`
            except ImportError as error:
                raise Misconfigured(
                    f"media_url: asking a link needs {error.name}: install faxdispatch with its extra [documents]"
                ) from None
            asked = self._settings
            if asked is None:
                return look(media_url, "head", quality=quality)
            return look(media_url, asked.fax_link_check, asked.fax_dangerous_inbound_origins, quality=quality)
        from faxdispatch.documents.local import document_of  # noqa: PLC0415 - only who has a document needs it
        from faxdispatch.documents.preflight.examining import examine  # noqa: PLC0415 - the same

        if document is None:
            raise BadInput("give a document or a media_url")
        return examine(document_of(document), quality=quality)

    def send_many(self, faxes: Iterable[SendFax | Mapping[str, Any]]) -> list[SendResult]:
        """Record many faxes and hand them to the workers: `send` for each, at a fraction of its cost.

        Takes `SendFax`es, or mappings of their fields. Returns a result for each, in their order. Each succeeds or
        fails by itself, so look at every result: a fax with an `error` is not sent. A hundred faxes are one round trip.
        If Redis does not answer, the faxes from there on have the error `Unavailable`; those before it are sent.

        If you send one document to a list of recipients, a campaign costs even less, and can be stopped.
        """
        judged = [self._judged(fax) for fax in faxes]
        sent = self._recorder.many([one for one in judged if isinstance(one, New)])
        return [next(sent) if isinstance(one, New) else one for one in judged]

    def send_on_commit(
        self,
        on_commit: Callable[[Callable[[], object]], object],
        job: SendFax | Mapping[str, Any] | None = None,
        /,
        **options: Any,
    ) -> str:
        """Send once a database transaction commits. Return the job's id at once.

        `on_commit` registers a callable that runs after the commit and never after a rollback. For Django, use
        `transaction.on_commit`. For SQLAlchemy, use the `append` of a list; run its callables in the session's
        `after_commit`, and empty it there and in `after_rollback`. The fax is checked now, so that bad input fails
        inside the transaction. If its `idempotency_key` turns out to belong to an earlier job with the same content,
        the fax is that job's, and the id returned here belongs to no job. A `document` is stored now, too.

        Raises:
            InvalidJob: it names each wrong field; nothing is registered.
            TelnyxError: the document was not stored; nothing is registered.
        """
        fax = self._requests.read(job, options)
        named = fax.model_copy(update={"job_id": fax.identity()})
        on_commit(lambda: self.send(named))
        return str(named.job_id)

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
        ours = command.job_id or self._ledger.job_of_fax(command.fax_id or "")
        if ours:
            source = "producer" if operator is None else "operator"
            outcome: str = self._ledger.cancel(ours, source=source, why=reason, operator=operator)["outcome"]
            if outcome == "gone":
                raise NotKnown(f"job {ours}: not known here")
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
        """Return a job in its present state, with its history if wanted.

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

    def resolve(
        self,
        job_id: str,
        verdict: Verdict,
        *,
        reason: str,
        fax_id: str | None = None,
        operator: str | None = None,
        attempt: int | None = None,
    ) -> str:
        """Decide by hand about an attempt whose outcome is unknown and cannot be found out.

        `accepted` with the `fax_id` that Telnyx shows is also possible for an attempt that was given up, as long as the
        next has not begun; `failed` also for a fax that Telnyx no longer knows. `attempt` is the one that the verdict
        is about, by default the last one; `reason` and `operator` are recorded. Returns `resolved`, or `repeated` if
        the same verdict was given before.

        Raises:
            BadInput: the verdict is not complete; the message says what is missing.
            NotKnown: there is no such job.
            Conflict: the job's state does not allow the verdict, or the fax belongs to another attempt.
            Unavailable: Redis did not answer; try again.
        """
        check(verdict, reason=reason, fax_id=fax_id)
        reply = self._ledger.resolve(job_id, verdict, reason=reason, fax_id=fax_id, operator=operator, attempt=attempt)
        if reply["outcome"] not in {"resolved", "repeated"}:
            raise refusal(job_id, reply)
        return str(reply["outcome"])

    def release(self, job_id: str, *, reason: str, operator: str | None = None) -> HoldReason:
        """Release a held fax from its hold. Return the reason of the hold.

        Only holds that concern this fax alone can be waived: `states.WAIVABLE`. It still waits for what others wait for
        too: a free channel, the number, the end of a pause. `reason` and `operator` are recorded.

        Raises:
            BadInput: the reason is missing or too long.
            NotKnown: there is no such job.
            Conflict: the job is not held, or not for a reason of its own; the message says what to do instead.
            Unavailable: Redis did not answer; try again.
        """
        check_reason(reason)
        reply = self._ledger.release(job_id, why=reason, operator=operator)
        if reply["outcome"] == "released":
            return HoldReason(reply["reason"])
        connection = self._ledger.job(job_id).connection_id if reply["outcome"] == "shared" else None
        raise holds.refusal(job_id, reply, connection=connection)

    @cached_property
    def search(self) -> "Search":
        """Finds faxes in pages, for programs that show them; see `find`."""
        from faxdispatch.search import Search  # noqa: PLC0415 - only who looks for faxes needs it

        return Search(self._ledger)

    def wanted(self, **words: Any) -> "Wanted":
        """Read the search words, in the form of `find`, for `search.page`.

        A number without `+` belongs to the region, or else to the sender's country: only numbers for sending must be
        unambiguous.

        Raises:
            BadInput: it names the wrong word.
        """
        from faxdispatch.search import Wanted  # noqa: PLC0415 - the same

        sender = self._settings.sender if self._settings and not self._region else None
        return Wanted.of(region=country_of(sender) if sender else self._region, **words)

    def find(self, **words: Any) -> "Iterator[Found]":
        """Return the faxes that match, open and ended ones, single ones and rows of campaigns, the newest first.

        `words` are the fields of `search.Wanted`; a fax must match all of them, and every fax is returned if there are
        none. The recipient's `number` may be written in any way; `state` is one or more words of `search.STATES`. Faxes
        are read as the iterator advances.

        Raises:
            BadInput: it names the wrong word.
            NotKnown: there is no campaign with that `campaign_id`.
            Unavailable: Redis did not answer.
        """
        return self.search.all(self.wanted(**words))

    def evidence(
        self, path: Path, faxes: "Iterable[Found] | None" = None, *, campaign_id: str | None = None
    ) -> "Packed":
        """Write a ZIP file that proves what became of some faxes, as returned by `find`, or of a whole campaign.

        It needs the extra `app`. `faxdispatch.evidence.verify` checks such a file.

        Raises:
            BadInput: not exactly one of the two is given, or the file exists already or cannot be written.
            NotKnown: there is no such campaign.
            Unavailable: Redis did not answer.
        """
        from faxdispatch.evidence import campaign_pack, faxes_pack  # noqa: PLC0415 - needs the extra `app`

        if campaign_id is not None and faxes is None:
            return campaign_pack(self._ledger, campaign_id, path)
        if faxes is None or campaign_id is not None:
            raise BadInput("give faxes or campaign_id")
        return faxes_pack(self._ledger, faxes, path)

    def erase(
        self,
        *,
        number: str | None = None,
        job_id: str | None = None,
        tag: str | None = None,
        operator: str | None = None,
        reason: str | None = None,
    ) -> "Erased":
        """Erase permanently everything stored about a number, a job, or a tag. Return counts of what was erased.

        Faxes that have not ended are left and named in `open`, those that this version cannot read in `unread`. Rows
        of campaigns stay as rows without a name; pending ones are cancelled. Stored documents of inbound faxes are
        removed from the `FAX_INBOUND_DIR` in the settings.
        The event `operator.acted` reports it without any name, so name nobody in the `reason`.

        Raises:
            BadInput: not exactly one of the three is given, or it is not a number.
            StoreTrouble: a stored document could not be removed; try again.
            Unavailable: Redis did not answer; call again to continue.
        """
        if sum(word is not None for word in (number, job_id, tag)) != 1:
            raise BadInput("give one of number, job_id and tag")
        from faxdispatch.operations.erasing import Eraser  # noqa: PLC0415 - only who erases needs it
        from faxdispatch.storage.store import open_store  # noqa: PLC0415 - the same

        where = self._settings.fax_inbound_dir if self._settings else None
        eraser = Eraser(self._ledger, open_store(where) if where else None)
        return eraser.run(self.wanted(number=number, job_id=job_id, tag=tag), operator=operator, reason=reason)

    @cached_property
    def campaigns(self) -> "CampaignService":
        """Campaigns: one document, or one each, to a list of recipients.

        Raises:
            Misconfigured: the settings name a sender or test numbers that are not numbers.
        """
        # Only campaigns need the modules that read lists.
        from faxdispatch.campaign.making import Maker  # noqa: PLC0415
        from faxdispatch.campaign.service import CampaignService  # noqa: PLC0415

        scripts, settings = self._ledger.scripts, self._settings
        policy = self._numbers or NumberPolicy(region=self._region)
        maker = Maker(
            scripts,
            policy=policy,
            store=self._requests.store,
            storage=self._requests.storage,
            fetch_link=self._requests.fetch_link,
            cover_fonts=settings.fax_cover_fonts if settings else None,
            own_numbers=self._own_numbers if settings is None else tuple(filter(None, (settings.sender,))),
        )
        return CampaignService(
            scripts,
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

    @property
    def dead_letters(self) -> DeadLetters:
        """The messages that the workers could not understand or carry out."""
        return self._ledger.dead_letters

    def redrive(self, letter_id: str, changes: Mapping[str, Any] | None = None) -> None:
        """Send a dead letter again under its own message id, so that a fax stays one fax, and take it off the list.

        `changes` corrects fields of it; a field set to None is removed. If the message is still invalid, it becomes a
        dead letter again.

        Raises:
            NotKnown: there is no such letter.
            BadInput: it cannot be read or is for no task of ours, or a field is wrong even with the changes.
            Unavailable: Redis or the broker did not answer; the letter stays.
        """
        letter = self.dead_letters.get(letter_id)
        kind, payload = letter.kind, letter.corrected(changes or {}, region=self._region)
        token = self.dead_letters.take_out(letter_id)
        self._recorder.post_again(kind, payload, message_id=letter_id)
        self.dead_letters.sent(letter_id, token)

    def check(self, job: SendFax) -> None:
        """Check whether the fax may go to its destination, as `send` does, without recording it.

        Raises:
            InvalidJob: it names the setting that refuses the destination.
        """
        self._requests.check(job)

    def _judged(self, fax: SendFax | Mapping[str, Any]) -> New | SendResult:
        try:
            return self._recorder.new(self._requests.read(fax, {}))
        except (BadInput, TelnyxError, Unavailable) as error:
            return SendResult(error=error)
