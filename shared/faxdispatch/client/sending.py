"""How a client is connected to the ledger and the broker, and how it sends faxes."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from faxdispatch.calling.numbers import NumberPolicy
from faxdispatch.client.recording import Receipt, Recorder, SendResult
from faxdispatch.client.requests import Requests
from faxdispatch.errors import BadInput, Misconfigured, TelnyxError, Unavailable
from faxdispatch.jobs import SendFax
from faxdispatch.ledger import Ledger, New, Scripts, connect
from faxdispatch.settings import Settings

if TYPE_CHECKING:
    from faxdispatch.documents.local import Document
    from faxdispatch.documents.preflight.report import Report


class SendCalls:
    """The part of `FaxClient` that sends."""

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
        from faxdispatch.documents.local import document_of  # noqa: PLC0415 - needed only to send a document
        from faxdispatch.documents.preflight.examining import examine  # noqa: PLC0415 - the same

        if document is None:
            raise BadInput("give a document or a media_url")
        return examine(document_of(document), quality=quality)

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
