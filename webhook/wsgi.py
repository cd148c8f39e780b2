"""The apps for WSGI servers: `webhook.wsgi:app`, `webhook.wsgi:admin`.

This is the only module whose import has an effect.
"""

import sys

from faxdispatch.errors import Misconfigured
from faxdispatch.ledger.connection import refuse_unfit
from faxdispatch.settings import Settings
from webhook.app import create_apps

try:
    # A process that takes calls from outside gets no API key, even if the environment has one.
    settings = Settings.load(telnyx_api_key=None)
    refuse_unfit(settings.redis)
    apps = create_apps(settings)
except Misconfigured as error:
    # A server that cannot verify Telnyx's signatures must not start; for a missing setting, a traceback would not help
    # the user.
    print(f"webhook: {error}", file=sys.stderr)
    raise SystemExit(2) from None
app, admin = apps.public, apps.admin
