"""The operations on fax applications (Telnyx API reference, "Fax Applications")."""

from collections.abc import Iterator
from typing import Literal

from faxdispatch.errors import BadInput
from faxdispatch.telnyx.caller import Caller, if_not_sent, segment
from faxdispatch.telnyx.models import FaxApplication
from faxdispatch.telnyx.requests import ApplicationParams, ApplicationUpdate
from faxdispatch.telnyx.transport import Call

ApplicationSort = Literal["created_at", "-created_at", "application_name", "-application_name", "active", "-active"]
"""Order of a listing; `-` turns it round. What the order is without one, the API reference contradicts itself about."""

MIN_SEARCH = 3
"""Fewest characters of a name that Telnyx searches for."""
_MAX_PAGE = 250


class ApplicationCalls(Caller):
    """List, create, read, change and delete fax applications."""

    def list_applications(
        self,
        *,
        name_contains: str | None = None,
        outbound_voice_profile_id: str | None = None,
        sort: ApplicationSort | None = None,
        page_size: int | None = None,
    ) -> Iterator[FaxApplication]:
        """List applications, through all pages, each once.

        `name_contains` takes at least 3 characters, in any case; `page_size` is 1 to 250.

        Raises:
            BadInput: an argument out of its range.
            OutcomeUnknown: a page could not be read; what came before it is not the complete listing.
            TelnyxError: any other outcome of a call.
        """
        if name_contains is not None and len(name_contains) < MIN_SEARCH:
            raise BadInput(f"name_contains: Telnyx searches for at least {MIN_SEARCH} characters")
        if page_size is not None and not 1 <= page_size <= _MAX_PAGE:
            raise BadInput(f"page_size: must be 1 to {_MAX_PAGE}")
        given = {
            "filter[application_name][contains]": name_contains,
            "filter[outbound_voice_profile_id]": outbound_voice_profile_id,
            "sort": sort,
            "page[size]": None if page_size is None else str(page_size),
        }
        params: dict[str, str | list[str]] = {name: value for name, value in given.items() if value is not None}
        return self._pages(FaxApplication, Call("list_applications", "GET", "/fax_applications", params))

    def create_application(self, params: ApplicationParams) -> FaxApplication:
        """Create an application. Tried again only where the request never left: each try could create another.

        Raises:
            Refused: something in `params` is not to Telnyx's liking.
            OutcomeUnknown: it may have been created; list the applications.
            TelnyxError: any other outcome of the call.
        """
        call = Call("create_application", "POST", "/fax_applications", json=params.body())
        return self._object(FaxApplication, call, self._answer(call, again=if_not_sent))

    def get_application(self, application_id: str) -> FaxApplication:
        """Read an application.

        Raises:
            NoSuchResource: there is none with that id.
            TelnyxError: any other outcome of the call.
        """
        call = Call("get_application", "GET", _path(application_id))
        return self._object(FaxApplication, call, self._answer(call))

    def update_application(self, application_id: str, params: ApplicationUpdate) -> FaxApplication:
        """Change an application; what `params` does not set stays as it is.

        Raises:
            NoSuchResource: there is none with that id.
            Refused: something in `params` is not to Telnyx's liking.
            TelnyxError: any other outcome of the call.
        """
        call = Call("update_application", "PATCH", _path(application_id), json=params.body())
        return self._object(FaxApplication, call, self._answer(call))

    def delete_application(self, application_id: str) -> FaxApplication:
        """Delete an application; gives it as it was (Telnyx answers 200 with the object).

        Raises:
            NoSuchResource: there is none with that id; also where an earlier try of this call deleted it unseen.
            Refused: it is still in use, by a number for instance.
            TelnyxError: any other outcome of the call.
        """
        call = Call("delete_application", "DELETE", _path(application_id))
        return self._object(FaxApplication, call, self._answer(call))


def _path(application_id: str) -> str:
    return f"/fax_applications/{segment(application_id, 'application_id')}"
