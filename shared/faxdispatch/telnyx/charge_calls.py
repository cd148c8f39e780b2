"""The real cost of faxes: Telnyx's detail records (API reference, "Detail Records").

The reference names `fax` among the record types and describes records of other types; it does not describe records of
faxes. We assume that `cost`, `currency`, `direction` and `created_at` have the same meaning as elsewhere.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from faxdispatch.telnyx.caller import Caller
from faxdispatch.telnyx.lenient import Text
from faxdispatch.telnyx.models import Resource
from faxdispatch.telnyx.transport import Call

_MOST = Decimal(1_000_000)


def _money(value: Any) -> Decimal | None:
    try:
        read = Decimal(str(value))
    except InvalidOperation:
        return None
    return read if read.is_finite() and 0 <= read < _MOST else None


class Charge(Resource):
    """The cost of one fax, or of one part of its price."""

    id: Text = None
    uuid: Text = None
    """The id if there is no `id`: record types differ in this."""
    fax_id: Text = None
    direction: Text = None
    """`outbound` or `inbound`."""
    status: Text = None
    cost: Annotated[Decimal | None, BeforeValidator(_money)] = Field(default=None)
    """In `currency`, or None if it is not an amount of money."""
    currency: Text = None

    @property
    def identity(self) -> str | None:
        """The record's id."""
        return self.id or self.uuid


class ChargeCalls(Caller):
    """Read the cost of faxes."""

    def list_charges(self, day: date) -> Iterator[Charge]:
        """List the charges of faxes that were made on a day of UTC, through all pages, each once.

        Telnyx does not say how late records appear; ask about a day only some time after its end.

        Raises:
            OutcomeUnknown: a page could not be read; what came before it is not the complete listing.
            TelnyxError: a call failed in any other way.
        """
        query: dict[str, str | list[str]] = {
            "filter[record_type]": "fax",
            "filter[created_at][gte]": day.isoformat(),
            "filter[created_at][lt]": (day + timedelta(days=1)).isoformat(),
            "page[size]": "50",
        }
        return self._pages(Charge, Call("list_charges", "GET", "/detail_records", query))
