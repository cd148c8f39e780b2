"""The operations on fax applications (Telnyx API reference, "Fax Applications")."""

from collections.abc import Iterator
from typing import Literal

from faxdispatch.errors import BadInput
from faxdispatch.telnyx.caller import Caller, if_not_sent, segment
from faxdispatch.telnyx.models import FaxApplication
from faxdispatch.telnyx.requests import ApplicationParams, ApplicationUpdate
from faxdispatch.telnyx.transport import Call

ApplicationSort = Literal["created_at", "-created_at", "application_name", "-application_name", "active", "-active"]
"""Order of a listing; `-` reverses it. The API reference contradicts itself about the default order."""

MIN_SEARCH = 3
"""The least number of characters of a name that Telnyx searches for."""
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

        `name_contains` needs at least 3 characters and ignores case; `page_size` is 1 to 250.

        Raises:
            BadInput: an argument is out of its range.
            OutcomeUnknown: a page could not be read; what came before it is not the complete listing.
            TelnyxError: a call failed in any other way.
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
        """Create an application. Tried again only if the request never left: each try could create another one.

        Raises:
            Refused: Telnyx does not accept something in `params`.
            OutcomeUnknown: it may have been created; list the applications.
            TelnyxError: the call failed in any other way.
        """
        call = Call("create_application", "POST", "/fax_applications", json=params.body())
        return self._object(FaxApplication, call, self._answer(call, again=if_not_sent))

    def get_application(self, application_id: str) -> FaxApplication:
        """Read an application.

        Raises:
            NoSuchResource: there is none with that id.
            TelnyxError: the call failed in any other way.
        """
        call = Call("get_application", "GET", _path(application_id))
        return self._object(FaxApplication, call, self._answer(call))

    def update_application(self, application_id: str, params: ApplicationUpdate) -> FaxApplication:
        """Change an application; fields that `params` does not set stay as they are.

        Raises:
            NoSuchResource: there is none with that id.
            Refused: Telnyx does not accept something in `params`.
            TelnyxError: the call failed in any other way.
        """
        call = Call("update_application", "PATCH", _path(application_id), json=params.body())
        return self._object(FaxApplication, call, self._answer(call))

    def delete_application(self, application_id: str) -> FaxApplication:
        """Delete an application. Return it as it was (Telnyx answers 200 with the object).

        Raises:
            NoSuchResource: there is none with that id, or an earlier try of this call deleted it.
            Refused: it is still in use, for instance by a number.
            TelnyxError: the call failed in any other way.
        """
        call = Call("delete_application", "DELETE", _path(application_id))
        return self._object(FaxApplication, call, self._answer(call))


def _path(application_id: str) -> str:
    return f"/fax_applications/{segment(application_id, 'application_id')}"
