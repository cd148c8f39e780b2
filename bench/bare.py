"""A Flask app that only answers, behind waitress as ours is: what a webhook costs before it does anything.

    PORT=8080 .venv/bin/python -m bench.bare

Needs the settings of the web app, whose options of waitress it takes.
"""

import os

from flask import Flask
from waitress.server import create_server

from faxdispatch.telnyx.webhooks import WEBHOOK_PATH
from webhook.__main__ import OPTIONS

app = Flask("bare", static_folder=None)


@app.post(WEBHOOK_PATH)
def receive() -> str:
    """Take everything, look at nothing."""
    return ""


@app.get("/healthz")
def alive() -> str:
    """Say that it serves."""
    return "ok"


if __name__ == "__main__":
    create_server(app, port=int(os.environ["PORT"]), **OPTIONS).run()
