"""The operations on faxes (Telnyx API reference, "Programmable Fax Commands")."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Literal

from faxdispatch.errors import BadInput
from faxdispatch.telnyx.caller import Caller, never, segment
from faxdispatch.telnyx.models import Fax, Page
from faxdispatch.telnyx.requests import SendRequest
from faxdispatch.telnyx.translate import unreadable
from faxdispatch.telnyx.transport import Call

Direction = Literal["inbound", "outbound"]


class FaxCalls(Caller):
    """Send, read, list, cancel, refresh and delete faxes."""

    def send_fax(self, request: SendRequest, *, deadline: float | None = None) -> Fax:
        """Ask Telnyx to send a fax. Tried once, whatever happens: Telnyx has no idempotency key for this.

        `deadline`, a time of the client's clock, is when the request must have begun to leave: a claim that may
        have passed to another worker must not dial.

        Raises:
            NotSent: nothing left; repeating is safe.
            OutcomeUnknown: it may have been accepted: look for its `client_state` before repeating.
            RateLimited, AccountRefused, Refused: definite answers; no fax was created.
        """
        call = Call("send_fax", "POST", "/faxes", json=request.body())
        answer = self._answer(call, again=never, deadline=deadline)
        fax = self._object(Fax, call, answer)
        if not fax.id:
            raise unreadable(call.operation, answer, "without a fax id")
        return fax

    def get_fax(self, fax_id: str) -> Fax:
        """Read a fax.

        Raises:
            NoSuchResource: Telnyx knows no such fax.
            TelnyxError: any other outcome of the call.
        """
        call = Call("get_fax", "GET", f"/faxes/{segment(fax_id, 'fax_id')}")
        return self._object(Fax, call, self._answer(call))

    def list_faxes(
        self,
        *,
        created_at_gte: datetime | None = None,
        created_at_gt: datetime | None = None,
        created_at_lte: datetime | None = None,
        created_at_lt: datetime | None = None,
        direction: Direction | None = None,
        from_: str | None = None,
        to: str | None = None,
        page_size: int | None = None,
    ) -> Iterator[Fax]:
        """List faxes, through all pages, each once; their order is not documented.

        Datetimes must be aware. There is no filter on status, `client_state` or connection (Telnyx API reference).

        Raises:
            OutcomeUnknown: a page could not be read; what came before it is not the complete listing.
            BadInput: a datetime without a zone.
            TelnyxError: any other outcome of a call.
        """
        created = {"gte": created_at_gte, "gt": created_at_gt, "lte": created_at_lte, "lt": created_at_lt}
        return self._pages(Fax, _listing(created, direction, from_, to, page_size))

    def list_faxes_page(
        self,
        page_number: int = 1,
        *,
        created_at_gte: datetime | None = None,
        created_at_gt: datetime | None = None,
        created_at_lte: datetime | None = None,
        created_at_lt: datetime | None = None,
        direction: Direction | None = None,
        from_: str | None = None,
        to: str | None = None,
        page_size: int | None = None,
    ) -> Page[Fax]:
        """Read one page of `list_faxes`, with what Telnyx says of the number of pages. Raises as it does."""
        created = {"gte": created_at_gte, "gt": created_at_gt, "lte": created_at_lte, "lt": created_at_lt}
        call = _listing(created, direction, from_, to, page_size)
        return self._page(Fax, _numbered(call, page_number))

    def delete_fax(self, fax_id: str) -> None:
        """Delete a fax's record.

        Raises:
            NoSuchResource: there is none; also where an earlier try of this call deleted it unseen.
            TelnyxError: any other outcome of the call.
        """
        self._answer(Call("delete_fax", "DELETE", f"/faxes/{segment(fax_id, 'fax_id')}"))

    def cancel_fax(self, fax_id: str) -> None:
        """Ask Telnyx to cancel an outbound fax. Success means asked for only; an event tells what came of it.

        Possible while the fax is queued, media.processed, originated or sending (Telnyx API reference).

        Raises:
            WrongState: the fax is past that, or inbound.
            NoSuchResource: Telnyx knows no such fax.
            TelnyxError: any other outcome of the call.
        """
        self._answer(Call("cancel_fax", "POST", f"/faxes/{segment(fax_id, 'fax_id')}/actions/cancel"))

    def refresh_fax(self, fax_id: str) -> None:
        """Renew an inbound fax's expired `media_url`; read the fax again to get the new one. Raises as `get_fax`."""
        self._answer(Call("refresh_fax", "POST", f"/faxes/{segment(fax_id, 'fax_id')}/actions/refresh"))


def _numbered(call: Call, page_number: int) -> Call:
    return Call(call.operation, call.method, call.path, {**(call.params or {}), "page[number]": str(page_number)})


def _listing(
    created: dict[str, datetime | None],
    direction: Direction | None,
    from_: str | None,
    to: str | None,
    page_size: int | None,
) -> Call:
    filters = {f"filter[created_at][{edge}]": _iso(moment) for edge, moment in created.items() if moment}
    given = {"filter[direction][eq]": direction, "filter[from][eq]": from_, "filter[to][eq]": to}
    filters |= {name: value for name, value in given.items() if value is not None}
    if page_size is not None:
        filters["page[size]"] = str(page_size)
    return Call("list_faxes", "GET", "/faxes", filters)


def _iso(moment: datetime) -> str:
    if moment.tzinfo is None:
        raise BadInput("created_at: give a datetime with a time zone; without one the wrong faxes could be listed")
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
