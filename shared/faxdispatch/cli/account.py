"""The account at Telnyx, for commands that ask Telnyx themselves."""

from contextlib import AbstractContextManager

from faxdispatch.account import shared_rate
from faxdispatch.cli.output import note
from faxdispatch.settings import Settings
from faxdispatch.telnyx.client import TelnyxClient


def account(settings: Settings) -> AbstractContextManager[TelnyxClient]:
    """Return a client of Telnyx at the rate of the workers; see `shared_rate.account`."""
    return shared_rate.account(settings, note)
