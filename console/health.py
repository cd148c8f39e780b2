"""The health check of the console."""

from flask import Blueprint
from werkzeug.wrappers import Response

PATH = "/healthz"

pages = Blueprint("health", __name__)


@pages.get(PATH)
def alive() -> Response:
    """Answer every request."""
    return Response("ok\n", mimetype="text/plain")
