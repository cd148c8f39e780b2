"""The operations on faxes (Telnyx API reference, "Programmable Fax Commands")."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Literal, TypedDict, Unpack

from faxdispatch.errors import BadInput
from faxdispatch.telnyx.caller import Caller, segment
from faxdispatch.telnyx.models import Fax, Page
from faxdispatch.telnyx.requests import SendRequest
from faxdispatch.telnyx.transport import Call


class FaxFilters(TypedDict, total=False):
    """The filters of a listing of faxes; None means not given.

    There is no filter on status, `client_state` or connection (Telnyx API reference, "View a list of faxes"). Datetimes
    must be aware.
    """

    created_at_gte: datetime | None
    created_at_gt: datetime | None
    created_at_lte: datetime | None
    created_at_lt: datetime | None
    direction: Literal["inbound", "outbound"] | None
    from_: str | None
    to: str | None
    page_size: int | None


class FaxCalls(Caller):
    """Send, read, list, cancel, refresh and delete faxes."""

    def send_fax(self, request: SendRequest, *, deadline: float | None = None) -> Fax:
        """Ask Telnyx to send a fax. It is tried only once, since Telnyx has no idempotency key for this.

        `deadline` is the time, by the client's clock, by which sending must have started, since a claim that may have
        passed to another worker must not dial.

        Raises:
            NotSent: nothing left; repeating is safe.
            OutcomeUnknown: it may have been accepted: look for its `client_state` before repeating.
            RateLimited, AccountRefused, Refused: definite answers; no fax was created.
        """
        call = Call("send_fax", "POST", "/faxes", json=request.body())
        return self._object(Fax, call, self._once(call, deadline))

    def get_fax(self, fax_id: str) -> Fax:
        """Read a fax.

        Raises:
            NoSuchResource: Telnyx knows no such fax.
            TelnyxError: the call failed in any other way.
        """
        call = Call("get_fax", "GET", f"/faxes/{segment(fax_id, 'fax_id')}")
        return self._object(Fax, call, self._answer(call))

    def list_faxes(self, **filters: Unpack[FaxFilters]) -> Iterator[Fax]:
        """List faxes, through all pages, each once; their order is not documented.

        Raises:
            OutcomeUnknown: a page could not be read; what came before it is not the complete listing.
            BadInput: a datetime has no zone.
            TelnyxError: a call failed in any other way.
        """
        return self._pages(Fax, Call("list_faxes", "GET", "/faxes", _query(filters)))

    def list_faxes_page(self, page_number: int = 1, **filters: Unpack[FaxFilters]) -> Page[Fax]:
        """Read one page of `list_faxes`, with what Telnyx says about the number of pages. Raises the same errors."""
        query = {**_query(filters), "page[number]": str(page_number)}
        return self._page(Fax, Call("list_faxes", "GET", "/faxes", query))

    def delete_fax(self, fax_id: str) -> None:
        """Delete a fax's record.

        Raises:
            NoSuchResource: there is none, or an earlier try of this call deleted it.
            TelnyxError: the call failed in any other way.
        """
        self._answer(Call("delete_fax", "DELETE", f"/faxes/{segment(fax_id, 'fax_id')}"))

    def cancel_fax(self, fax_id: str) -> None:
        """Ask Telnyx to cancel an outbound fax.

        Success only means that the cancel was requested; an event reports the result.

        Possible while the fax is queued, media.processed, originated or sending (Telnyx API reference).

        Raises:
            WrongState: the fax is in a later state, or inbound.
            NoSuchResource: Telnyx knows no such fax.
            TelnyxError: the call failed in any other way.
        """
        self._answer(Call("cancel_fax", "POST", f"/faxes/{segment(fax_id, 'fax_id')}/actions/cancel"))

    def refresh_fax(self, fax_id: str) -> None:
        """Renew an inbound fax's expired `media_url`; read the fax again to get the new one. Raises as `get_fax`."""
        self._answer(Call("refresh_fax", "POST", f"/faxes/{segment(fax_id, 'fax_id')}/actions/refresh"))


def _query(filters: FaxFilters) -> dict[str, str | list[str]]:
    """Write the filters under Telnyx's names, such as `filter[created_at][gte]`."""
    # A misspelt filter would silently widen the listing.
    if unknown := filters.keys() - FaxFilters.__annotations__.keys():
        raise TypeError(f"no such filter: {', '.join(sorted(unknown))}")
    query: dict[str, str | list[str]] = {}
    for name, value in filters.items():
        if value is None:
            continue
        if name.startswith("created_at_"):
            query[f"filter[created_at][{name.removeprefix('created_at_')}]"] = _iso(value)
        elif name == "page_size":
            query["page[size]"] = str(value)
        else:
            query[f"filter[{name.rstrip('_')}][eq]"] = str(value)
    return query


def _iso(moment: Any) -> str:
    if not isinstance(moment, datetime) or moment.tzinfo is None:
        raise BadInput("created_at: give a datetime with a time zone; without one the wrong faxes could be listed")
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
