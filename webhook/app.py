"""Building two Flask apps from the settings: one for Telnyx, one for operators."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from flask import Flask, Response, jsonify
from flask.globals import request_ctx
from prometheus_client import CONTENT_TYPE_LATEST
from werkzeug.exceptions import HTTPException

from faxdispatch.ledger import Observations, Patience, Scripts
from faxdispatch.serving import Bounds
from faxdispatch.settings import Settings
from faxdispatch.telnyx.signature import PublicKeys
from faxdispatch.telnyx.webhooks import WEBHOOK_PATH
from webhook.breaker import Breaker
from webhook.connections import Connections
from webhook.endpoint import MAX_BODY, Endpoint, Refusal, empty
from webhook.health import Readiness
from webhook.intake import Outcome
from webhook.metrics import LedgerGauges, Metrics
from webhook.recorder import Recorder

THREADS = 16
"""How many requests are worked on at once; a request mostly waits for Redis."""
_DEADLINE = 1.2
"""Seconds that Redis may take.

Telnyx gives a webhook two, including the network (developer guide, webhook fundamentals).
"""
_PAUSE = 0.5
"""Seconds for which nothing is tried after a failure."""


BOUNDS = Bounds(
    threads=THREADS,
    # So many fit into the usual 1024 files and, with bodies of maximum size, into 160 MB.
    connections=500,
    # Telnyx sends a webhook at once.
    seconds=10,
    # Room for the framing of a chunked body; between the two limits the app answers 413.
    body=MAX_BODY + 64 * 1024,
)
"""The limits for callers from outside."""
ADMIN_BOUNDS = Bounds(threads=2, connections=50, seconds=10, body=1024)
"""The limits for monitoring."""


@dataclass(frozen=True, slots=True)
class Apps:
    """The two apps of a receiver; they share their figures."""

    public: Flask
    """Receives webhooks, and answers health checks."""
    admin: Flask
    """Serves metrics, readiness and health; for a port that only operators can reach."""


def create_apps(
    settings: Settings,
    *,
    clock: Callable[[], float] = time.time,
    observations: Observations | None = None,
) -> Apps:
    """Build the apps; they connect to Redis when it is first needed.

    `clock` returns the seconds since 1970 by which a webhook's age is judged; `observations` replaces the ledger in
    tests.

    Raises:
        Misconfigured: there is no usable public key, or no address of Redis.
    """
    keys = PublicKeys.from_base64(settings.telnyx_public_key)
    scripts = Scripts.from_settings(settings, Patience.WEBHOOK)
    metrics = Metrics((*Outcome, *Refusal))
    recorder = Recorder(
        observations
        or Observations(scripts, known_connections=settings.known_connections, addresses=settings.webhook_addresses),
        Connections(scripts.redis, Breaker(deadline=_DEADLINE, pause=_PAUSE, threads=THREADS)),
    )
    endpoint = Endpoint(keys=keys, recorder=recorder, metrics=metrics, clock=clock)
    # Monitoring has its own connection with its own time-outs, so that it cannot delay a webhook.
    watching = Breaker(deadline=_DEADLINE, pause=_PAUSE, threads=2)
    metrics.registry.register(LedgerGauges(scripts, watching, connections=settings.known_connections))
    return Apps(_public(endpoint), _admin(Readiness(scripts.redis, watching), metrics))


def _public(endpoint: Endpoint) -> Flask:
    app = _app("webhook")
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY + 1

    @app.post(WEBHOOK_PATH)
    def receive() -> Response:
        # `flask.request` would look the request up again each time something is read from it.
        return endpoint.answer(request_ctx.request)

    return app


def _admin(readiness: Readiness, metrics: Metrics) -> Flask:
    app = _app("admin")

    @app.get("/readyz")
    def ready() -> tuple[Response, int]:
        problems = readiness.problems()
        return jsonify(ready=not problems, problems=problems), 503 if problems else 200

    @app.get("/metrics")
    def figures() -> Response:
        return Response(metrics.text(), content_type=CONTENT_TYPE_LATEST)

    return app


def _app(name: str) -> Flask:
    app = Flask(name, static_folder=None)
    # A redirect counts as a failed delivery, so a misspelt path is not corrected by one.
    app.url_map.merge_slashes = False
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    app.register_error_handler(HTTPException, _refusal)

    @app.get("/healthz")
    def alive() -> Response:
        return Response("ok\n", mimetype="text/plain")

    return app


def _refusal(error: HTTPException) -> Response:
    """Refuse with the status alone, keeping `Allow` and the like."""
    return empty(error.code or 500, {name: text for name, text in error.get_headers() if name != "Content-Type"})
