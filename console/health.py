"""Whether the console runs, for whoever starts it."""

from flask import Blueprint, Response

pages = Blueprint("health", __name__)


@pages.get("/healthz")
def alive() -> Response:
    """Say so, to anybody."""
    return Response("ok\n", mimetype="text/plain")
