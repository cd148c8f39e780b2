"""One webhook request: the checks in their order, and the answer to each."""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from flask import Request, Response
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge, UnsupportedMediaType

from faxdispatch.errors import Unavailable
from faxdispatch.observability import tracing
from faxdispatch.telnyx.signature import PublicKeys
from faxdispatch.telnyx.webhooks import TelnyxWebhook
from webhook.intake import Outcome, Receipt, take_in
from webhook.metrics import Metrics
from webhook.recorder import Recorder
from webhook.verify import Forged, Stale, verify

log = logging.getLogger(__name__)

MAX_BODY = 256 * 1024
"""Longest body that is read; Telnyx's are about one kilobyte."""
RETRY_AFTER = 2
"""Seconds after which Telnyx may send a webhook again that could not be recorded."""

_ALARMING = {
    Outcome.DIFFERS: "an event arrived again with other content; the first one counts",
    Outcome.FOREIGN: "an event of a connection or address that is not ours is in quarantine: are FAX_CONNECTION_ID "
    "and FAX_WEBHOOK_URL complete?",
    Outcome.UNREADABLE: "a signed body that cannot be read is in quarantine",
}


class Refusal(StrEnum):
    """Why a request was refused; counted like `Outcome`."""

    FORGED = "forged"
    STALE = "stale"
    UNAVAILABLE = "unavailable"
    TOO_LARGE = "too_large"
    ENCODED = "encoded"
    BROKEN = "broken"
    FAULT = "fault"
    """An unexpected error in our code."""


@dataclass(frozen=True, slots=True)
class _Answer:
    """The status, and the word under which the request is counted."""

    status: int
    outcome: Outcome | Refusal
    receipt: Receipt | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Answers webhook requests. Only the timestamp and the body are signed, so nothing else in a request matters."""

    keys: PublicKeys
    recorder: Recorder
    metrics: Metrics
    clock: Callable[[], float]

    def answer(self, request: Request) -> Response:
        """Answer a POST with an empty body; it is 200 exactly when Telnyx has nothing more to do."""
        began = time.perf_counter()
        answer = _Answer(500, Refusal.FAULT)
        try:
            answer = self._judge(request)
        finally:
            seconds = time.perf_counter() - began
            self.metrics.count(answer.outcome, seconds)
            _report(answer, seconds)
            _trace(answer, seconds)
        return _ANSWERS[answer.status] if answer.status in _ANSWERS else empty(answer.status, {})

    def _judge(self, request: Request) -> _Answer:
        try:
            receipt = self._admit(request)
        except Forged:
            return _Answer(401, Refusal.FORGED)
        except Stale:
            return _Answer(401, Refusal.STALE)
        except Unavailable as trouble:
            log.warning("a webhook could not be recorded: %s", trouble)
            return _Answer(503, Refusal.UNAVAILABLE)
        except RequestEntityTooLarge:
            return _Answer(413, Refusal.TOO_LARGE)
        except UnsupportedMediaType:
            return _Answer(415, Refusal.ENCODED)
        except HTTPException as problem:
            return _Answer(problem.code or 400, Refusal.BROKEN)
        return _Answer(200, receipt.outcome, receipt)

    def _admit(self, request: Request) -> Receipt:
        # Compressed bodies of strangers are not unpacked.
        if request.headers.get("Content-Encoding", "identity").lower() not in {"", "identity"}:
            raise UnsupportedMediaType
        body = _body(request)
        now = self.clock()
        verify(
            self.keys,
            timestamp=request.headers.get("telnyx-timestamp"),
            signature=request.headers.get("telnyx-signature-ed25519"),
            body=body,
            now=now,
        )
        receipt = take_in(self.recorder, body)
        if receipt.outcome is Outcome.RECORDED and receipt.event:
            self._measure(receipt.event, now)
        return receipt

    def _measure(self, event: TelnyxWebhook, now: float) -> None:
        if event.occurred_at:
            self.metrics.late_by(now - event.occurred_at.timestamp())
        if event.event_type == "fax.failed":
            self.metrics.failed(event.failure_reason, event.internal_failure_reason)


def empty(status: int, headers: Mapping[str, str]) -> Response:
    """Return a response that consists of its status."""
    response = Response(status=status, headers=headers)
    del response.headers["Content-Type"]
    return response


_ANSWERS = {
    200: empty(200, {}),
    401: empty(401, {}),
    503: empty(503, {"Retry-After": str(RETRY_AFTER)}),
}
"""The usual answers, which are made only once."""


def _report(answer: _Answer, seconds: float) -> None:
    """Log what happened; only the event's type and ids, since everything else in it is personal."""
    event, job_id = (answer.receipt.event, answer.receipt.job_id) if answer.receipt else (None, None)
    if isinstance(answer.outcome, Outcome) and answer.outcome in _ALARMING:
        log.error("%s (event %a)", _ALARMING[answer.outcome], event.event_id if event else None)
    if answer.outcome is Refusal.STALE:
        log.warning("a webhook has a valid signature but is too old or from the future: is this machine's clock right?")
    if event is None:
        log.info("%d %s %.1f ms", answer.status, answer.outcome, seconds * 1000)
        return
    ids = {"event": event.event_id, "fax": event.fax_id, "job": job_id}
    log.info(
        "%d %s %a %.1f ms: event %a of fax %a, job %a",
        *(answer.status, answer.outcome, event.event_type, seconds * 1000, *ids.values()),
        extra=ids,
    )


def _trace(answer: _Answer, seconds: float) -> None:
    """Make a span for a webhook that was recorded. Its trace is known only now."""
    if answer.receipt is None or answer.receipt.event is None:
        return
    event, job_id = answer.receipt.event, answer.receipt.job_id
    facts = {
        "fax.job": job_id,
        "fax.id": event.fax_id,
        "fax.event": event.event_type,
        "fax.outcome": answer.outcome,
        "fax.cause": tracing.word(event.failure_reason),
    }
    tracing.begin("fax webhook", "SERVER", parent=answer.receipt.trace, facts=facts, ago=seconds).end()


def _body(request: Request) -> bytes:
    """Read the raw body.

    The framework silently cuts a body without an announced length at its limit, so that limit is one above ours.

    Raises:
        RequestEntityTooLarge: it is too long.
        ClientDisconnected: it ended early.
    """
    body = request.get_data(cache=False)
    if len(body) > MAX_BODY:
        raise RequestEntityTooLarge
    return body
