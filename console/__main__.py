"""`python -m console`: serve the console on FAX_CONSOLE_HOST and FAX_CONSOLE_PORT."""

import gc

gc.disable()  # The modules that are loaded now stay. Garbage collection over them would take a seventh of the start.

from faxdispatch.redis.metrics import without_metrics

with without_metrics():
    import redis  # noqa: F401 - all that follows uses it

import logging
import os
import signal
import sys
from types import FrameType

from console.app import create_app
from faxdispatch.errors import Misconfigured
from faxdispatch.ledger.connection import refuse_unfit
from faxdispatch.observability import sentry
from faxdispatch.observability.logs import set_up
from faxdispatch.serving import Bounds, Server, listen
from faxdispatch.settings import Settings
from faxdispatch.subprocesses.umask import UMASK

log = logging.getLogger("console")


def main() -> None:
    """Serve until told to stop."""
    gc.enable()
    # Only our user may read lists and drafts.
    os.umask(UMASK)
    try:
        settings = Settings.load()
        refuse_unfit(settings.redis, settings.broker)
        app = create_app(settings)
        set_up(settings)
        sentry.set_up(settings, "console")
    except Misconfigured as error:
        print(f"console: {error}", file=sys.stderr)
        raise SystemExit(2) from None
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    try:
        sock = listen(settings.fax_console_host, settings.fax_console_port)
    except OSError as error:
        where = f"{settings.fax_console_host}:{settings.fax_console_port}"
        sys.exit(f"console: cannot listen on {where}: {error.strerror}; set FAX_CONSOLE_PORT")
    server = Server(
        app,
        sock,
        # A list of a million recipients takes long over a slow line.
        Bounds(threads=8, connections=200, seconds=900, body=app.config["MAX_CONTENT_LENGTH"]),
        scheme="https" if app.config["SESSION_COOKIE_SECURE"] else "http",
        # A proxy in front names the user, and proves its own identity by a secret.
        proxy=settings.fax_console_proxy_address,
    )
    if not app.extensions["desk"].users.all() and not settings.fax_console_proxy_secret:
        log.warning("nobody may sign in yet: faxdispatch console user add NAME --role operator")
    signal.signal(signal.SIGTERM, _stop)
    host = f"[{settings.fax_console_host}]" if ":" in settings.fax_console_host else settings.fax_console_host
    log.info("listening on http://%s:%d", host, server.port)
    server.run()


def _stop(_number: int, _frame: FrameType | None) -> None:
    """End waitress's loop the way it expects; it then waits for its threads."""
    raise SystemExit(0)


if __name__ == "__main__":
    main()
