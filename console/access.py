"""Access to the console: only known users see pages, and only operators change anything."""

import hmac
import logging
import time
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from flask import Flask, abort, g, redirect, request, session, url_for
from werkzeug.exceptions import SecurityError
from werkzeug.wrappers import Response

from console import health
from console.desk import desk
from faxdispatch.users import Role, User

log = logging.getLogger("console.access")

PROXY_SECRET = "X-Console-Secret"  # noqa: S105 - the name of a header
"""The header with which a proxy proves its identity."""
PROXY_USER = "X-Forwarded-User"
"""The header in which a proxy names the person."""
LASTS = 12 * 3600
"""Seconds after which one must sign in again."""

_OPEN_TO_ALL = frozenset({"static", "health.alive", "signin.form", "signin.enter"})
_SAFE = frozenset({"GET", "HEAD"})
_OF_EVERYBODY = frozenset({"signin.enter", "signin.leave"})
"""The forms that viewers may send, too."""

View = TypeVar("View", bound=Callable[..., Any])


def guard(app: Flask) -> None:
    """Check every request before anything else is done with it."""
    app.before_request(_judge)


def you() -> User:
    """Return the user who sent the request."""
    return cast("User", g.user)


def is_operator() -> bool:
    """Return whether the user may act and see data that is hidden from viewers."""
    return g.user is not None and g.user.role is Role.OPERATOR


def operators_only(view: View) -> View:
    """Refuse viewers. This protects content that is not masked, such as documents."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        if not is_operator():
            abort(403)
        return view(*args, **kwargs)

    return cast("View", guarded)


def looked(what: str) -> None:
    """Log that the user sees something in full: a document, or numbers."""
    log.info("%a saw %s in full: %a", you().name, what, request.path)


def begin(user: User) -> None:
    """Begin the session of a user who has just proved their identity."""
    session.clear()
    session.update(user=user.name, mark=user.mark, until=int(time.time()) + LASTS)


def _judge() -> Response | None:
    if isinstance(request.routing_exception, SecurityError):
        if request.path == health.PATH:
            # Health checks ask by IP address, and learn only that we run.
            return health.alive()
        # No page can be built for a wrong address.
        return Response("This is not the address of this console: see FAX_CONSOLE_URL.\n", 400, mimetype="text/plain")
    g.user = _by_proxy() or _by_session()
    g.full = False
    if request.endpoint in _OPEN_TO_ALL:
        return None
    if g.user is None:
        if request.method in _SAFE:
            back = request.full_path.rstrip("?")
            return redirect(url_for("signin.form", next=back if back != "/" else None))
        abort(401)
    if request.method not in _SAFE and request.endpoint not in _OF_EVERYBODY and not is_operator():
        log.warning("%a is a viewer and was refused: %s %a", you().name, request.method, request.path)
        abort(403)
    if request.args.get("full") == "1":
        if not is_operator():
            abort(403)
        g.full = True
        looked("numbers")
    return None


def _by_session() -> User | None:
    name, mark, until = session.get("user"), session.get("mark"), session.get("until", 0)
    user = desk().users.get(name) if isinstance(name, str) and until > time.time() else None
    return user if user and hmac.compare_digest(user.mark, str(mark)) else None


def _by_proxy() -> User | None:
    """Return the person whom a proxy names, if the proxy proves its identity."""
    settings = desk().settings
    given = request.headers.get(PROXY_SECRET)
    if settings.fax_console_proxy_secret is None or given is None:
        return None
    secret = settings.fax_console_proxy_secret.get_secret_value()
    name = request.headers.get(PROXY_USER, "").strip()
    if not hmac.compare_digest(given.encode(), secret.encode()):
        log.warning("a proxy sent a wrong secret in %s", PROXY_SECRET)
        return None
    if not name or len(name) > 200 or not name.isprintable():
        return None
    return User(name, Role.OPERATOR if name in settings.fax_console_operators else Role.VIEWER)
