"""Settings of channels, rate and cost."""

from functools import cached_property
from typing import Annotated, Literal

from pydantic import Field

from faxdispatch.calling.costs import Prices
from faxdispatch.settings.values import Subject

Rate = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Money = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class LimitSettings(Subject):
    """Rate, channels and money, for all workers together."""

    fax_rate: Rate = 20
    """Calls to Telnyx a second, for all workers together."""
    fax_connection_rate: Rate | None = None
    """Faxes a second on one connection, for all workers together; if not set, only `FAX_RATE` limits them."""
    fax_channels: Annotated[int, Field(ge=1)] | Literal["auto"] = "auto"
    """Faxes in flight on one connection, for all workers together.

    `auto` estimates the limit: it starts at 2, grows while faxes go through, and is halved when Telnyx has no free
    channel.
    """
    fax_account_channels: Annotated[int, Field(ge=1)] | Literal["auto"] = "auto"
    """Faxes in flight on all connections together; `auto` sets no limit until Telnyx says that the account is full."""
    fax_urgent_channels: Annotated[int, Field(ge=0)] | Literal["auto"] = "auto"
    """Channels of a connection that bulk faxes leave to others; `auto` means one if there are four or more."""

    # Money, in the currency of your contract; the defaults are not Telnyx's price list
    fax_price_page: Money = 0.007
    """Price of a page."""
    fax_price_minute: Money = 0.005
    """Price of each minute of a call; a started minute counts in full."""
    fax_charges: bool = False
    """Whether workers read from Telnyx what the faxes of past days cost; `faxdispatch charges` shows it."""
    fax_spend_day: Money | None = None
    """Most that all faxes of a day (UTC) may cost together; a fax that would exceed it waits for the next day.

    No cap if not set.
    """

    @cached_property
    def prices(self) -> Prices:
        """The prices of faxes."""
        return Prices(self.fax_price_page, self.fax_price_minute)
