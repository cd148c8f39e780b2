"""A Flask app that only answers, behind plain waitress, which shows the least cost of a webhook.

PORT=8080 .venv/bin/python -m bench.bare
"""

import os

from flask import Flask
from waitress.server import create_server

from faxdispatch.telnyx.webhooks import WEBHOOK_PATH
from webhook.app import THREADS

app = Flask("bare", static_folder=None)


@app.post(WEBHOOK_PATH)
def receive() -> str:
    """Accept everything, check nothing."""
    return ""


@app.get("/healthz")
def alive() -> str:
    """Answer health checks."""
    return "ok"


if __name__ == "__main__":
    create_server(app, host="127.0.0.1", port=int(os.environ["PORT"]), threads=THREADS, asyncore_use_poll=True).run()
