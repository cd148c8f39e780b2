"""Records faxes, and sends the workers messages about them."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from faxdispatch.broker.connection import broker_app, post, post_job, refused, reminder
from faxdispatch.errors import BadInput, IdempotencyConflict, InvalidJob, TelnyxError, Unavailable
from faxdispatch.jobs import Job, SendFax
from faxdispatch.ledger import DurabilityCheck, Ledger, New
from faxdispatch.observability import tracing
from faxdispatch.redis.address import same_redis
from faxdispatch.text.trouble import why

log = logging.getLogger(__name__)

MANY = 100
"""Faxes that `send_many` records in one round trip, which blocks Redis for some milliseconds."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """A fax that is recorded and will be sent. `created` is False if the same fax was recorded before.

    `durable` is False if Redis has not confirmed yet that the fax outlives a crash as a claim does, on disk and
    on as many replicas as FAX_REPLICAS asks for. Sending it again with the same `idempotency_key` asks again.
    """

    job_id: str
    created: bool
    durable: bool = True


@dataclass(frozen=True, slots=True)
class SendResult:
    """The result for one fax of `FaxClient.send_many`: its `receipt`, or the `error` that `send` would have raised.

    `job_id` is the fax's if it is, or may be, recorded: after `Unavailable`, the same fax sent again with this `job_id`
    stays one fax. It is None if the fax was refused, or its document was not stored.
    """

    job_id: str | None = None
    receipt: Receipt | None = None
    error: BadInput | IdempotencyConflict | Unavailable | TelnyxError | None = None


class Recorder:
    """Records faxes in the ledger at `redis_url`, and posts messages to the broker at `broker_url`.

    The ledger's Redis is the broker too if `broker_url` is None. `replicas` is FAX_REPLICAS, or None if it is not
    known.

    Raises:
        Misconfigured: `broker_url` is not the address of a broker that can be used here.
    """

    def __init__(self, ledger: Ledger, *, redis_url: str, broker_url: str | None, replicas: int | None) -> None:
        self._ledger = ledger
        self._durability = DurabilityCheck(ledger.redis, replicas)
        self._app = broker_app("faxdispatch-client", broker_url or redis_url, namespace=ledger.scripts.namespace)
        self._one_redis = broker_url is None or same_redis(broker_url, redis_url)

    def one(self, job: SendFax) -> Receipt:
        """Record a fax.

        Raises:
            IdempotencyConflict: its key belongs to other content.
            InvalidJob: its `send_by` has passed.
            Unavailable: Redis did not answer.
        """
        new = self.new(job)
        [reply], durable = self._record([new])
        if refusal := _refusal(new, reply):
            raise refusal
        return _receipt(reply, durable=durable)

    def new(self, job: SendFax) -> New:
        """Return a fax in the form for the ledger, with the message for the workers."""
        job_id, queue = job.identity(), self._app.named(job.queue)
        return New(job_id, job, message=(queue, reminder(job_id, queue)) if self._one_redis else None, in_time=True)

    def many(self, faxes: Sequence[New]) -> Iterator[SendResult]:
        """Record faxes, `MANY` in a round trip; yield the result for each, in their order."""
        for at in range(0, len(faxes), MANY):
            some = faxes[at : at + MANY]
            try:
                replies, durable = self._record(some)
            except Unavailable as error:
                # The remaining faxes are not tried, since each try may wait for seconds.
                yield from (SendResult(one.job_id, error=error) for one in faxes[at:])
                return
            for one, reply in zip(some, replies, strict=True):
                if refusal := _refusal(one, reply):
                    yield SendResult(error=refusal)
                else:
                    yield SendResult(reply["job"], _receipt(reply, durable=durable))

    def _record(self, faxes: Sequence[New]) -> tuple[list[dict[str, Any]], bool]:
        """Record faxes in one round trip, and make sure that the workers get a message about each new one.

        Also returns whether the faxes are as safe as a claim.
        """
        before = self._durability.mark()
        facts = {"fax.job": faxes[0].job_id if len(faxes) == 1 else None, "fax.count": len(faxes)}
        with tracing.within("fax send", "PRODUCER", facts=facts) as span:
            replies = self._ledger.create_many([replace(one, trace=span.trace) for one in faxes], source="producer")
        untold = [
            one
            for one, reply in zip(faxes, replies, strict=True)
            if reply["outcome"] == "created" and not reply.get("told")
        ]
        try:
            for one in untold:
                self.post(one.job.model_copy(update={"job_id": one.job_id}), message_id=one.job_id)
        except Unavailable as error:
            log.warning("%d jobs are recorded, and the scheduler will send their messages: %s", len(untold), error)
        return replies, self._durability.durable_since(before)

    def post(self, job: Job, *, message_id: str | None = None) -> None:
        """Post the message of a job. Raises `Unavailable` if the broker did not accept it."""
        with _broker_trouble():
            post_job(self._app, job, message_id=message_id)

    def post_again(self, kind: type[Job], payload: dict[str, Any], *, message_id: str) -> None:
        """Post a message unchanged. Raises `Unavailable` if the broker did not accept it."""
        with _broker_trouble():
            post(self._app, kind.TASK, kind.QUEUE, payload, message_id=message_id)


def _receipt(reply: Mapping[str, Any], *, durable: bool) -> Receipt:
    return Receipt(reply["job"], created=reply["outcome"] == "created", durable=durable)


def _refusal(new: New, reply: Mapping[str, Any]) -> IdempotencyConflict | InvalidJob | None:
    if reply["outcome"] == "conflict":
        return IdempotencyConflict(new.job.idempotency_key or new.job_id, reply["job"])
    if reply["outcome"] == "late":
        return InvalidJob([("send_by", "has already passed by Redis' clock; give a later time")])
    return None


@contextmanager
def _broker_trouble() -> Iterator[None]:
    try:
        yield
    except Exception as error:
        # Celery, kombu and each broker's driver have errors of their own, without a common class.
        reason = refused(error) or why(error)
        raise Unavailable(
            f"the broker did not accept the message: {reason}; check CELERY_BROKER_URL, or REDIS_URL"
        ) from error
