"""Whether the console runs, for whoever starts it."""

from flask import Blueprint
from werkzeug.wrappers import Response

PATH = "/healthz"

pages = Blueprint("health", __name__)


@pages.get(PATH)
def alive() -> Response:
    """Say so, to anybody."""
    return Response("ok\n", mimetype="text/plain")
