"""What faxes really cost: Telnyx's detail records (API reference, "Detail Records").

The reference names `fax` among the record types and describes what records of other types hold; of those of faxes it
says nothing. `cost`, `currency`, `direction` and `created_at` are taken to be what they are elsewhere.
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
    """What one fax, or one part of its price, cost."""

    id: Text = None
    uuid: Text = None
    """The id, where `id` is missing: types of records differ in that."""
    fax_id: Text = None
    direction: Text = None
    """`outbound` or `inbound`."""
    status: Text = None
    cost: Annotated[Decimal | None, BeforeValidator(_money)] = Field(default=None)
    """In `currency`, or None if it is no amount of money."""
    currency: Text = None

    @property
    def identity(self) -> str | None:
        """The record's id."""
        return self.id or self.uuid


class ChargeCalls(Caller):
    """Read what faxes cost."""

    def list_charges(self, day: date) -> Iterator[Charge]:
        """List the charges of faxes that were made on a day of UTC, through all pages, each once.

        Telnyx does not say how late records come; a day is asked about when it is over for some time.

        Raises:
            OutcomeUnknown: a page could not be read; what came before it is not the complete listing.
            TelnyxError: any other outcome of a call.
        """
        query: dict[str, str | list[str]] = {
            "filter[record_type]": "fax",
            "filter[created_at][gte]": day.isoformat(),
            "filter[created_at][lt]": (day + timedelta(days=1)).isoformat(),
            "page[size]": "50",
        }
        return self._pages(Charge, Call("list_charges", "GET", "/detail_records", query))
