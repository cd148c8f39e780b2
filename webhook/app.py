"""The composition: settings in, Flask app out."""

import time
from collections.abc import Callable

from flask import Flask, Response, jsonify, request
from prometheus_client import CONTENT_TYPE_LATEST
from werkzeug.exceptions import HTTPException

from faxdispatch.ledger import Agenda, Charges, Ledger, Limits, Observations, Patience, Scripts, Watch
from faxdispatch.settings import Settings
from faxdispatch.telnyx.signature import PublicKeys
from faxdispatch.telnyx.webhooks import WEBHOOK_PATH
from webhook.breaker import Breaker
from webhook.door import MAX_BODY, Door, Refusal, empty
from webhook.health import Readiness
from webhook.intake import Outcome
from webhook.lines import Lines
from webhook.metrics import LedgerGauges, Metrics

THREADS = 16
"""Requests worked on at once; nearly all of a request's time is Redis' time."""
_DEADLINE = 1.2
"""Seconds that Redis may take. Telnyx gives a webhook two, network included (developer guide, webhook fundamentals)."""
_PAUSE = 0.5
"""Seconds for which nothing is tried after a failure."""


def create_app(
    settings: Settings,
    *,
    clock: Callable[[], float] = time.time,
    observations: Observations | None = None,
) -> Flask:
    """Build the app; it connects to Redis when it is first needed.

    `clock` gives the seconds since 1970 by which a webhook's age is judged; `observations` stands in for the ledger.

    Raises:
        Misconfigured: no usable public key, or no address of Redis.
    """
    keys = PublicKeys.from_base64(settings.telnyx_public_key)
    scripts = Scripts.from_settings(settings, Patience.WEBHOOK)
    metrics = Metrics((*Outcome, *Refusal))
    door = Door(
        keys=keys,
        observations=observations
        or Observations(scripts, known_connections=settings.known_connections, addresses=settings.webhook_addresses),
        lines=Lines(scripts.redis, Breaker(deadline=_DEADLINE, pause=_PAUSE, threads=THREADS)),
        metrics=metrics,
        clock=clock,
    )
    # Looking on has patience of its own, so that nobody who asks for figures can hold up a webhook.
    watching = Breaker(deadline=_DEADLINE, pause=_PAUSE, threads=2)
    metrics.registry.register(_gauges(scripts, watching, settings.known_connections))
    return _app(door, Readiness(scripts.redis, watching), metrics)


def _gauges(scripts: Scripts, breaker: Breaker, connections: frozenset[str]) -> LedgerGauges:
    return LedgerGauges(
        Ledger(scripts),
        Agenda(scripts),
        Limits(scripts),
        Charges(scripts),
        Watch(scripts),
        breaker,
        connections=connections,
    )


def _app(door: Door, readiness: Readiness, metrics: Metrics) -> Flask:
    app = Flask("webhook", static_folder=None)
    # A redirect counts as a failed delivery, so no spelling of the address is mended by one.
    app.url_map.merge_slashes = False
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY + 1
    app.register_error_handler(HTTPException, _refusal)

    @app.post(WEBHOOK_PATH)
    def receive() -> Response:
        return door.answer(request)

    @app.get("/healthz")
    def alive() -> Response:
        return Response("ok\n", mimetype="text/plain")

    @app.get("/readyz")
    def ready() -> tuple[Response, int]:
        problems = readiness.problems()
        return jsonify(ready=not problems, problems=problems), 503 if problems else 200

    @app.get("/metrics")
    def figures() -> Response:
        return Response(metrics.text(), content_type=CONTENT_TYPE_LATEST)

    return app


def _refusal(error: HTTPException) -> Response:
    """Say no in the status alone, keeping `Allow` and the like."""
    return empty(error.code or 500, {name: text for name, text in error.get_headers() if name != "Content-Type"})
