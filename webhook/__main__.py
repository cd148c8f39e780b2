"""`python -m webhook`: serve webhooks on `PORT`, and those who run this on `FAX_ADMIN_PORT`."""

import gc

gc.disable()  # What is loaded now stays. To look for garbage among it takes a seventh of the start.

import logging
import signal
import socket
import sys
from types import FrameType

from faxdispatch.errors import Misconfigured
from faxdispatch.notices.telling import Telling
from faxdispatch.observability import sentry, tracing
from faxdispatch.observability.logs import set_up
from faxdispatch.serving import Server, listen
from webhook import witness
from webhook.app import ADMIN_BOUNDS, BOUNDS
from webhook.wsgi import admin, app, settings

log = logging.getLogger("webhook")


def main() -> None:
    """Serve until told to stop; then running requests are finished and no new ones begun."""
    set_up(settings)
    tracing.set_up(settings, "faxdispatch-web")
    try:
        sentry.set_up(settings, "web")
    except Misconfigured as error:
        sys.exit(f"webhook: {error}")
    # That requests wait for a thread is no news worth a line each.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    server = Server(app, _listen("PORT", settings.fax_webhook_host, settings.port), BOUNDS)
    watched = Server(admin, _listen("FAX_ADMIN_PORT", settings.fax_admin_host, settings.fax_admin_port), ADMIN_BOUNDS)
    signal.signal(signal.SIGTERM, _stop)
    witness.start(settings)
    _tell_incidents()
    watched.run_aside()
    # What is here now lives as long as the process: the collector need not look through it again and again.
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


def _tell_incidents() -> None:
    """Tell them where FAX_NOTICES is set: where no worker runs, nobody else can."""
    try:
        telling = Telling.from_settings(settings)
    except Misconfigured as error:
        sys.exit(f"webhook: {error}")
    if telling:
        telling.start()


def _stop(_number: int, _frame: FrameType | None) -> None:
    """End waitress's loop the way it expects; it then waits for its threads."""
    raise SystemExit(0)


if __name__ == "__main__":
    main()
