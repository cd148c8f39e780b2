"""The app for a WSGI server: `webhook.wsgi:app`. The one place where importing has an effect."""

import sys

from faxdispatch.errors import Misconfigured
from faxdispatch.ledger.connection import refuse_unfit
from faxdispatch.settings import Settings
from webhook.app import create_app

try:
    settings = Settings.load()
    refuse_unfit(settings.redis)
    app = create_app(settings)
except Misconfigured as error:
    # A server that cannot tell Telnyx from a stranger must not start; nobody needs a traceback to set a variable.
    print(f"webhook: {error}", file=sys.stderr)
    raise SystemExit(2) from None
