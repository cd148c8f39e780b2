"""Signing in and out."""

from urllib.parse import urlsplit

from flask import Blueprint, current_app, flash, redirect, render_template, request, session, url_for
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from werkzeug.exceptions import TooManyRequests
from werkzeug.wrappers import Response

from console.access import begin, log
from console.desk import desk

pages = Blueprint("signin", __name__)

# In memory, since a console is one process, and the counts expire within the hour anyway.
limiter = Limiter(get_remote_address, storage_uri="memory://", headers_enabled=False)
_FAILED = 401


def _failed(response: Response) -> bool:
    return response.status_code == _FAILED


def _name() -> str:
    return request.form.get("name", "").strip().lower()[:64]


@pages.get("/sign-in")
def form() -> str:
    """Ask for name and password."""
    return render_template("signin.html", next=_inside(request.args.get("next")))


@pages.post("/sign-in")
@limiter.limit("10 per 5 minutes; 60 per day", key_func=_name, deduct_when=_failed)
@limiter.limit("20 per 5 minutes", deduct_when=_failed)
def enter() -> Response | tuple[str, int]:
    """Sign in a user who gives name and password. Failed sign-ins are counted by name and by address."""
    name, onward = request.form.get("name", "").strip(), _inside(request.form.get("next"))
    user = desk().users.signed_in(name, request.form.get("password", ""))
    if user is None:
        log.warning("sign-in failed: %a from %a", name[:64], request.remote_addr)
        return render_template("signin.html", next=onward, wrong=True, name=name[:64]), _FAILED
    begin(user)
    log.info("%a signed in as %s from %a", user.name, user.role, request.remote_addr)
    return redirect(onward or url_for("overview.page"), 303)


@pages.post("/sign-out")
def leave() -> Response:
    """End the session."""
    session.clear()
    flash("You are signed out.")
    return redirect(url_for("signin.form"), 303)


@pages.app_errorhandler(TooManyRequests)
def too_many(_error: TooManyRequests) -> tuple[str, int]:
    """Say that one has to wait."""
    current_app.logger.warning("sign-in is throttled: %a", request.remote_addr)
    return render_template("signin.html", next=_inside(request.form.get("next")), throttled=True), 429


def _inside(address: str | None) -> str | None:
    """Return one of our own addresses to continue to, or None for any other."""
    if not address or not address.startswith("/") or address.startswith(("//", "/\\")):
        return None
    parts = urlsplit(address)
    return address if not parts.scheme and not parts.netloc else None
