"""Whether the console runs, for health checks."""

from flask import Blueprint
from werkzeug.wrappers import Response

PATH = "/healthz"

pages = Blueprint("health", __name__)


@pages.get(PATH)
def alive() -> Response:
    """Answer anybody."""
    return Response("ok\n", mimetype="text/plain")
