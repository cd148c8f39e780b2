"""`python -m webhook`: serve webhooks on `PORT`, and metrics and health on `FAX_ADMIN_PORT`."""

import gc

gc.disable()  # The modules that are loaded now stay. Garbage collection over them would take a seventh of the start.

from faxdispatch.redis.metrics import without_metrics

with without_metrics():
    import redis  # noqa: F401 - all that follows uses it

import logging
import signal
import socket
import sys
from types import FrameType

from faxdispatch.errors import Misconfigured
from faxdispatch.observability import sentry, tracing
from faxdispatch.observability.logs import set_up
from faxdispatch.observability.notices.reporting import Reporter
from faxdispatch.serving import Server, listen
from webhook import witness
from webhook.app import ADMIN_BOUNDS, BOUNDS
from webhook.wsgi import admin, app, settings

log = logging.getLogger("webhook")


def main() -> None:
    """Serve until a signal to stop; then finish running requests and begin no new ones."""
    set_up(settings)
    tracing.set_up(settings, "faxdispatch-web")
    try:
        sentry.set_up(settings, "web")
    except Misconfigured as error:
        sys.exit(f"webhook: {error}")
    # Requests that wait for a thread are not worth a log line each.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    server = Server(app, _listen("PORT", settings.fax_webhook_host, settings.port), BOUNDS)
    watched = Server(admin, _listen("FAX_ADMIN_PORT", settings.fax_admin_host, settings.fax_admin_port), ADMIN_BOUNDS)
    signal.signal(signal.SIGTERM, _stop)
    witness.start(settings)
    _report_incidents()
    watched.run_aside()
    # These objects live as long as the process, so the collector need not go through them again and again.
    gc.collect()
    gc.freeze()
    gc.enable()
    log.info("listening on port %d; metrics, readiness and health on port %d", server.port, watched.port)
    server.run()


def _listen(setting: str, host: str, port: int) -> socket.socket:
    try:
        return listen(host, port)
    except OSError as error:
        sys.exit(f"webhook: cannot listen on {host} port {port}: {error.strerror}; set {setting}")


def _report_incidents() -> None:
    """Report incidents if FAX_NOTICES is set: if no worker runs, nobody else can."""
    try:
        reporter = Reporter.from_settings(settings)
    except Misconfigured as error:
        sys.exit(f"webhook: {error}")
    if reporter:
        reporter.start()


def _stop(_number: int, _frame: FrameType | None) -> None:
    """End waitress's loop the way it expects; it then waits for its threads."""
    raise SystemExit(0)


if __name__ == "__main__":
    main()
