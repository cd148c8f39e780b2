"""The objects that every page uses: settings, ledger and client, made once and shared by all threads."""

from functools import cached_property

from flask import current_app

from console.background import Background
from console.draft import Drafts
from faxdispatch.campaign.planning.forecast import Forecaster
from faxdispatch.client import FaxClient
from faxdispatch.ledger import Ledger, Limits, Scripts, Suspects
from faxdispatch.settings import Settings
from faxdispatch.users import Users


class Desk:
    """Everything behind the pages. Nothing connects before it is first needed."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.scripts = Scripts.from_settings(settings)
        self.ledger = Ledger(self.scripts)
        self.limits = Limits(self.scripts)
        self.suspects = Suspects(self.scripts)
        self.users = Users(settings.console_users)
        self.drafts = Drafts(settings.fax_data_dir.absolute() / "console" / "drafts")
        self.background = Background()

    @cached_property
    def forecaster(self) -> Forecaster:
        """Forecasts the ends of campaigns."""
        return Forecaster(self.client.campaigns.ledger, self.settings)

    @cached_property
    def client(self) -> FaxClient:
        """The client for actions."""
        return FaxClient.from_env(self.settings)


def desk() -> Desk:
    """Return the desk of the present app."""
    found: Desk = current_app.extensions["desk"]
    return found
