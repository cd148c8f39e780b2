"""`python -m webhook`: serve the app on `PORT`."""

import logging
import signal
import sys
from types import FrameType

from waitress.server import create_server

from webhook import witness
from webhook.app import THREADS
from webhook.door import MAX_BODY
from webhook.wsgi import app, settings

OPTIONS = {
    "host": "0.0.0.0",  # noqa: S104 - Telnyx calls from outside; in a container that is the only way in
    "threads": THREADS,
    # Stalled clients cost a file and some memory each, and no thread: requests are handed on when they are whole.
    # This many fit into the usual 1024 files and, with bodies as long as allowed, into 160 MB.
    "connection_limit": 500,
    # The default, select, fails for file numbers above 1023.
    "asyncore_use_poll": True,
    # Seconds; Telnyx sends a webhook in one go.
    "channel_timeout": 10,
    "cleanup_interval": 5,
    "max_request_header_size": 16 * 1024,
    # Ours plus room for the framing of a chunked body, which counts here; between the two the app answers 413.
    "max_request_body_size": MAX_BODY + 64 * 1024,
    "clear_untrusted_proxy_headers": True,
    "log_socket_errors": False,
    "ident": None,
}
"""Settings of waitress."""


def main() -> None:
    """Serve until told to stop; then running requests are finished and no new ones begun."""
    logging.basicConfig(
        level=settings.fax_log_level,
        stream=sys.stderr,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    # That requests wait for a thread is no news worth a line each.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    try:
        server = create_server(app, port=settings.port, **OPTIONS)
    except OSError as error:
        sys.exit(f"webhook: cannot listen on port {settings.port}: {error.strerror}")
    signal.signal(signal.SIGTERM, _stop)
    witness.start(settings)
    print(f"webhook: listening on port {server.effective_port}", file=sys.stderr, flush=True)
    server.run()


def _stop(_number: int, _frame: FrameType | None) -> None:
    """End waitress's loop the way it expects; it then waits for its threads."""
    raise SystemExit(0)


if __name__ == "__main__":
    main()
