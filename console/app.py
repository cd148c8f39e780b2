"""Building the Flask app from the settings."""

import hashlib
import hmac
import ipaddress
import secrets
from urllib.parse import urlsplit

from flask import Flask, render_template, request
from flask_wtf.csrf import CSRFError, CSRFProtect
from werkzeug.exceptions import HTTPException

from console import (
    access,
    campaigns,
    deadletters,
    drafts,
    erasing,
    faxes,
    health,
    holds,
    inbound,
    matching,
    numbers,
    overview,
    signin,
    suppressions,
    templating,
)
from console.desk import Desk
from console.headers import harden
from faxdispatch.documents.preview.pages import NotDrawn
from faxdispatch.errors import BadInput, Conflict, FaxError, NotKnown, Unavailable
from faxdispatch.settings import Settings
from faxdispatch.text.privacy import scrub

LARGEST = 300 * 1024 * 1024
"""Maximum size of a request in bytes: a list of some million recipients."""

_PAGES = (
    signin.pages,
    health.pages,
    overview.pages,
    matching.pages,
    faxes.pages,
    campaigns.pages,
    drafts.pages,
    holds.pages,
    numbers.pages,
    suppressions.pages,
    deadletters.pages,
    inbound.pages,
    erasing.pages,
)
_TITLES = {
    400: "That request cannot be understood",
    401: "Please sign in again",
    403: "You may not do that",
    404: "There is no such page",
    405: "That is not possible here",
    413: "That file is too large",
    503: "The ledger cannot be reached",
}


def create_app(settings: Settings) -> Flask:
    """Build the app; it connects to Redis when it is first needed.

    Raises:
        Misconfigured: there is no address of Redis, or the file of users is invalid.
    """
    app = Flask("console")
    https = (settings.fax_console_url or "").startswith("https://")
    desk = Desk(settings)
    app.config.update(
        SECRET_KEY=_key(desk),
        SESSION_COOKIE_NAME="__Host-console" if https else "console",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=https,
        MAX_CONTENT_LENGTH=LARGEST,
        MAX_FORM_MEMORY_SIZE=2 * 1024 * 1024,
        TRUSTED_HOSTS=_hosts(settings),
        # A page may stay open over a shift, so the token lasts as long as its session.
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_CHECK_DEFAULT=True,
    )
    app.extensions["desk"] = desk
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    harden(app)
    access.guard(app)
    CSRFProtect(app)
    signin.limiter.init_app(app)
    templating.teach(app)
    for pages in _PAGES:
        app.register_blueprint(pages)
    app.register_error_handler(FaxError, _trouble)
    app.register_error_handler(CSRFError, _forged)
    app.register_error_handler(HTTPException, _refusal)
    return app


def _key(desk: Desk) -> str:
    """Return the key that signs sessions: that of the users, or else one made from the proxy's secret."""
    if key := desk.users.key():
        return key
    secret = desk.settings.fax_console_proxy_secret
    if secret:
        return hmac.new(secret.get_secret_value().encode(), b"console sessions", hashlib.sha256).hexdigest()
    return secrets.token_hex(32)


def _hosts(settings: Settings) -> list[str]:
    """Return the names under which the console answers; a page under another name could be anybody's."""
    if settings.fax_console_url:
        return [urlsplit(settings.fax_console_url).netloc.rpartition("@")[2]]
    known = ["localhost", "127.0.0.1", "[::1]"]
    try:
        bound = ipaddress.ip_address(settings.fax_console_host)
    except ValueError:
        return [*known, settings.fax_console_host]
    return known if bound.is_unspecified or bound.is_loopback else [*known, settings.fax_console_host]


def _trouble(error: FaxError) -> tuple[str, int]:
    status = 500
    for kind, code in ((NotKnown, 404), (NotDrawn, 404), (BadInput, 400), (Conflict, 409), (Unavailable, 503)):
        if isinstance(error, kind):
            status = code
            break
    return _error_page(status, scrub(str(error)))


def _forged(error: CSRFError) -> tuple[str, int]:
    access.log.warning("refused as forged: %s %a: %s", request.method, request.path, error.description)
    return _error_page(
        400, "This form is from another session, or from another site. Load the page again and repeat it."
    )


def _refusal(error: HTTPException) -> tuple[str, int]:
    return _error_page(error.code or 500, None)


def _error_page(status: int, what: str | None) -> tuple[str, int]:
    title = _TITLES.get(status, "That did not work")
    return render_template("error.html", title=title, what=what, status=status), status
